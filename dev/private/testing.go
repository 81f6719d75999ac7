package private

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/boxoffice/boxoffice/dev/stack"
)

// ForTest is a system for one test, which closes it when it ends.
func ForTest(tb testing.TB, name string, opts stack.Options) *System {
	tb.Helper()
	s, err := Open(tb.Context(), name, opts)
	if err != nil {
		tb.Fatalf("open a system: %v", err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			s.TellWhatFailed(tb.Output())
		}
		if err := s.Close(tb.Context()); err != nil {
			tb.Errorf("close the system: %v", err)
		}
	})
	return s
}

// TellWhatFailed prints what the API has logged about failed requests, before the folder with the log is removed.
func (s *System) TellWhatFailed(out io.Writer) {
	content, err := os.ReadFile(s.LogFile(stack.API))
	if err != nil {
		return
	}
	for line := range strings.Lines(string(content)) {
		if strings.Contains(line, "request failed") {
			_, _ = fmt.Fprint(out, line)
		}
	}
}
