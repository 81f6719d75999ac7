package main

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDaysAreUnderstood(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"30d": 720 * time.Hour, "0d": 0, "12h": 12 * time.Hour, "1h30m": 90 * time.Minute} {
		got, err := parseDays(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "d", "-3d", "1.5d", "99999999d", "soon"} {
		_, err := parseDays(text)
		require.Error(t, err, text)
	}
}

func TestAnAuditSaysByItsExitCodeHowItEnded(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"audit", "--limit", "many"},
		{"audit", "--since", "soon"},
		{"audit", "everything"},
	} {
		command := command()
		command.SetArgs(args)
		require.Equal(t, exitAuditNotRun, exitCode(command.ExecuteContext(t.Context())), "%v", args)
	}
	require.Equal(t, exitBroken, exitCode(fmt.Errorf("audit: %w", exitError{code: exitBroken, err: errors.New("wrong")})))
	require.Equal(t, 1, exitCode(errors.New("anything else")))
}

func TestOnlyWhatTakesLongIsTold(t *testing.T) {
	t.Parallel()
	reported := make(chan string, 3)
	slow := newSlowNotice(time.Hour, func(doing string) { reported <- doing })
	slow.begin("counting")
	slow.begin("listing")
	slow.after = 0
	slow.begin("thinking")
	require.Equal(t, "thinking", <-reported)
	slow.done()
	slow.done()
	require.Empty(t, reported)
}
