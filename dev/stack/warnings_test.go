package stack

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWarningsAreShownInBurstsOnly(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	var said []string
	w := &warnings{part: Temporal, logFile: "the.log", say: func(line string) { said = append(said, line) }, now: func() time.Time { return now }}
	for range 100 {
		w.show(strings.Repeat("ä", 1000))
	}
	require.Len(t, said, warningBurst+1)
	require.Equal(t, "temporal  | "+strings.Repeat("ä", shownLength)+"...", said[0])
	require.Contains(t, said[warningBurst], "the.log")

	now = now.Add(2 * warningWindow)
	w.show("again")
	require.Equal(t, "temporal  | again", said[len(said)-1])
}

func TestLevelsOfAllPartsAreRecognised(t *testing.T) {
	t.Parallel()
	for _, line := range []string{`time=x level=WARN msg=y`, `{"time":"x","level":"ERROR","msg":"y"}`, `{"level":"error","ts":"x"}`, "panic: y"} {
		require.True(t, isWarning(line), line)
	}
	for _, line := range []string{`level=INFO msg="no error"`, `{"level":"INFO","msg":"panic: no"}`, "ready"} {
		require.False(t, isWarning(line), line)
	}
}
