package apifuzz

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatTellsOfTheInside(t *testing.T) {
	t.Parallel()
	for _, leak := range []string{
		"open /usr/share/zoneinfo/x: no such file", `"/home/somebody/boxoffice"`, "at=/opt/boxoffice/api", "hold.go:17", `relation "shows"`,
	} {
		require.True(t, inside.MatchString(leak), leak)
	}
	for _, harmless := range []string{"../../etc/passwd is no id", "/api/v1/bookings", "Try again in a moment.", "go: 1"} {
		require.False(t, inside.MatchString(harmless), harmless)
	}
}

func TestOnlyA503WithoutOtherFaultsIsMerelyUnavailable(t *testing.T) {
	t.Parallel()
	busy := Answer{Status: http.StatusServiceUnavailable}
	require.True(t, busy.MerelyUnavailable([]string{answered(http.StatusServiceUnavailable)}))
	require.False(t, busy.MerelyUnavailable(nil))
	require.False(t, busy.MerelyUnavailable([]string{"it does not say when to try again"}))
	require.False(t, busy.MerelyUnavailable([]string{answered(http.StatusServiceUnavailable), "its error is incomplete"}))
	broken := Answer{Status: http.StatusInternalServerError}
	require.False(t, broken.MerelyUnavailable([]string{answered(http.StatusInternalServerError)}))
}
