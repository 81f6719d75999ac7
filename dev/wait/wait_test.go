package wait_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/wait"
)

func TestAWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	require.True(t, wait.For(t.Context(), time.Nanosecond))
	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.False(t, wait.For(over, time.Hour))
}

func TestItIsAskedUntilTheAnswerIsYesOrAnError(t *testing.T) {
	t.Parallel()
	asked, broken := 0, errors.New("broken")
	require.NoError(t, wait.Until(t.Context(), time.Nanosecond, func() (bool, error) { asked++; return asked == 3, nil }))
	require.Equal(t, 3, asked)
	require.ErrorIs(t, wait.Until(t.Context(), time.Nanosecond, func() (bool, error) { return false, broken }), broken)
	bored, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("bored"))
	require.EqualError(t, wait.Until(bored, time.Hour, func() (bool, error) { asked++; return false, nil }), "bored")
	require.Equal(t, 4, asked, "once at least")
}
