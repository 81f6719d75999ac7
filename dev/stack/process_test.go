package stack

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/child"
)

type memoryLog struct{ bytes.Buffer }

func (*memoryLog) Close() error { return nil }

func shell(log *memoryLog, onLine func(string), script string) command {
	return command{path: "/bin/sh", args: []string{"-c", script}, env: os.Environ(), log: log, onLine: onLine}
}

func TestProcessThatIgnoresTheRequestToStopIsKilledWithItsChildren(t *testing.T) {
	t.Parallel()
	ready := make(chan struct{})
	p, err := startProcess(t.Context(), shell(&memoryLog{}, func(string) { close(ready) }, `trap "" TERM; echo up; while :; do sleep 60; done`))
	require.NoError(t, err)
	<-ready
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, p.Stop(ctx), "was killed")
	require.False(t, child.Alive(p.Pid()))
	p.Kill() // a second time is harmless
}

func TestOutcomeQuotesTheLastLines(t *testing.T) {
	t.Parallel()
	log := &memoryLog{}
	err := runToEnd(t.Context(), shell(log, nil, `for i in 1 2 3 4 5 6 7 8; do echo line $i; done; printf "no newline" >&2; exit 3`))
	require.ErrorContains(t, err, "exit status 3")
	require.ErrorContains(t, err, "no newline")
	require.NotContains(t, err.Error(), "line 1")
	require.Contains(t, log.String(), "line 1\n")
}

func TestLinesAreCutAtTheirEndAndAtALimit(t *testing.T) {
	t.Parallel()
	var got []string
	l := &lines{log: &memoryLog{}, onLine: func(line string) { got = append(got, line) }}
	for _, piece := range []string{"one\ntw", "o\r\n", strings.Repeat("x", 2*lineLimit), "\nrest"} {
		_, err := l.Write([]byte(piece))
		require.NoError(t, err)
	}
	l.flush()
	require.Equal(t, []string{"one", "two", strings.Repeat("x", lineLimit), "rest"}, got)
}

func TestNotReadyPartIsKilledAndSaysWhatItSaidLast(t *testing.T) {
	t.Parallel()
	p, err := startProcess(t.Context(), shell(&memoryLog{}, nil, `echo cannot find my database; exit 1`))
	require.NoError(t, err)
	err = awaitReady(t.Context(), p, time.Minute, func(context.Context) error { return context.DeadlineExceeded })
	require.ErrorContains(t, err, "ended while starting")
	require.ErrorContains(t, err, "cannot find my database")
}

func TestLongStepSaysThatItGoesOn(t *testing.T) {
	t.Parallel()
	said := make(chan string, 1000)
	s := steps{say: func(line string) { said <- line }, every: time.Millisecond}
	require.NoError(t, s.do("build", func() error {
		require.Contains(t, <-said, "build: 0s so far")
		return nil
	}))
	require.ErrorIs(t, s.do("build", func() error { return context.Canceled }), context.Canceled)
}
