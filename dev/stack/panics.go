package stack

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

var panicked = regexp.MustCompile(`panic|goroutine \d+ \[|runtime error|DATA RACE`)

// NoPanic fails when a log of the API or of a worker tells of a panic, one that was recovered from included.
func NoPanic(file string) error {
	log, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	lines := bufio.NewReader(log)
	for {
		line, err := lines.ReadString('\n')
		// The route of a request may not tell of panics, but its own words may.
		if panicked.MatchString(line) && !strings.Contains(line, `"msg":"request"`) {
			return fmt.Errorf("it has panicked: %.2000s", line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
