package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSummariesFit(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 27, 18, 30, 0, 0, time.UTC)
	said := holdSummary([]string{"A10"}, ShowTitle{Movie: strings.Repeat("ℵ", 100), StartsAt: start})
	require.LessOrEqual(t, len(said), maxSummary)
	require.True(t, strings.HasPrefix(said, "1 seat A10 · ℵ"))
	require.True(t, strings.HasSuffix(said, "ℵ · Fri 18:30"))
	require.Equal(t, "2 seats A1 A2 · Sholay", holdSummary([]string{"A1", "A2"}, ShowTitle{Movie: "Sholay"}), "when is not known")
}
