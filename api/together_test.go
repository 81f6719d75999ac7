package api

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatIsAskedWhileAllReadIsReadTogether(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan []int, 10), make(chan struct{})
	asking := &together[int, int]{readers: 1, most: 3, patience: time.Minute, read: func(_ context.Context, questions []int) ([]int, error) {
		begun <- questions
		<-goOn
		answers := make([]int, len(questions))
		for i, q := range questions {
			answers[i] = -q
		}
		return answers, nil
	}}
	var asked sync.WaitGroup
	ask := func(n int) {
		asked.Go(func() {
			answer, err := asking.ask(t.Context(), n)
			if err != nil || answer != -n {
				t.Errorf("%d is answered %d, %v", n, answer, err)
			}
		})
	}
	ask(1)
	require.Equal(t, []int{1}, <-begun, "the first one is alone")
	for n := range 4 {
		ask(n + 2)
	}
	require.Eventually(t, func() bool {
		asking.mu.Lock()
		defer asking.mu.Unlock()
		return len(asking.waiting) == 4
	}, 10*time.Second, time.Millisecond)
	close(goOn)
	asked.Wait()
	require.Len(t, <-begun, 3, "no more than so many")
	require.Len(t, <-begun, 1)
	require.Empty(t, begun)
	require.Eventually(t, func() bool {
		asking.mu.Lock()
		defer asking.mu.Unlock()
		return asking.reading == 0
	}, 10*time.Second, time.Millisecond)
}

func TestAReadThatFailsFailsForAll(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(context.Context, []int) ([]int, error){
		"spilt":   func(context.Context, []int) ([]int, error) { return nil, errors.New("spilt") },
		"panic":   func(context.Context, []int) ([]int, error) { panic("tea") },
		"answers": func(context.Context, []int) ([]int, error) { return nil, nil },
	} {
		asking := &together[int, int]{readers: 1, most: 3, patience: time.Minute, read: read}
		_, err := asking.ask(t.Context(), 1)
		require.ErrorContains(t, err, name)
	}
	hanging := &together[int, int]{readers: 1, most: 3, patience: time.Millisecond, read: func(ctx context.Context, _ []int) ([]int, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	_, err := hanging.ask(t.Context(), 1)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
