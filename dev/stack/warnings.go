package stack

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"
)

const (
	// At most warningBurst warnings of one part are shown in any warningWindow: when a database goes away, hundreds come.
	warningBurst  = 5
	warningWindow = 30 * time.Second
	// shownLength is how many characters of a line of a log are shown.
	shownLength = 300
)

// warnings shows the warnings of one part, as far as people can read them. All are in the log.
type warnings struct {
	part    Part
	logFile string
	say     func(line string)
	now     func() time.Time

	since time.Time
	shown int
}

func (w *warnings) show(line string) {
	now := w.now()
	if now.Sub(w.since) > warningWindow {
		w.since, w.shown = now, 0
	}
	w.shown++
	if w.shown > warningBurst {
		return
	}
	w.say(fmt.Sprintf("%-9s | %s", w.part, shorten(line)))
	if w.shown == warningBurst {
		w.say(fmt.Sprintf("%-9s | more are in %s", w.part, w.logFile))
	}
}

func shorten(line string) string {
	if runes := []rune(line); len(runes) > shownLength {
		return string(runes[:shownLength]) + "..."
	}
	return line
}

// isWarning recognises the levels of slog's two formats and of Temporal's log, and a Go program that crashes.
func isWarning(line string) bool {
	for _, mark := range []string{
		"level=WARN", "level=ERROR", `"level":"WARN"`, `"level":"ERROR"`, `"level":"warn"`, `"level":"error"`, `"level":"fatal"`,
	} {
		if strings.Contains(line, mark) {
			return true
		}
	}
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")
}

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
