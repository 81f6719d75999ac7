package worker

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"
)

// A tester may replay anything: a file that is no history, or a history of something else, is an error that names the file.
func FuzzReplayFile(f *testing.F) {
	recorded, err := filepath.Glob("../workflows/testdata/histories/*/refused_s*.json")
	require.NoError(f, err)
	require.NotEmpty(f, recorded)
	for _, name := range recorded {
		history, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(history)
		f.Add(history[:len(history)/2])
	}
	for _, text := range []string{"", "{}", "null", "[]", `{"events":[]}`, `{"events":[null]}`, `{"events":[{"eventId":"1","eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_STARTED"}]}`, "\xff"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, history []byte) {
		file := filepath.Join(t.TempDir(), "history.json")
		require.NoError(t, os.WriteFile(file, history, 0o600))
		if err := ReplayFile(file, sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))); err != nil {
			require.ErrorContains(t, err, file)
		}
	})
}
