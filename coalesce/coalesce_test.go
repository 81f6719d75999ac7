package coalesce

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func never(error) bool { return false }

func TestWhatIsAskedWhileAllReadIsReadTogether(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan []int, 10), make(chan struct{})
	asking := &Batch[int, int]{IsAway: never, Readers: 1, Most: 3, Backlog: 100, Patience: time.Minute, Read: func(_ context.Context, questions []int) ([]int, error) {
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
			answer, err := asking.Ask(t.Context(), n)
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
	}, time.Minute, time.Millisecond)
	close(goOn)
	asked.Wait()
	require.Len(t, <-begun, 3, "no more than so many")
	require.Len(t, <-begun, 1)
	require.Empty(t, begun)
	require.Eventually(t, func() bool {
		asking.mu.Lock()
		defer asking.mu.Unlock()
		return asking.reading == 0
	}, time.Minute, time.Millisecond)
}

func TestAReadThatFailsFailsForAll(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(context.Context, []int) ([]int, error){
		"spilt":   func(context.Context, []int) ([]int, error) { return nil, errors.New("spilt") },
		"panic":   func(context.Context, []int) ([]int, error) { panic("tea") },
		"answers": func(context.Context, []int) ([]int, error) { return nil, nil },
	} {
		asking := &Batch[int, int]{IsAway: never, Readers: 1, Most: 3, Backlog: 100, Patience: time.Minute, Read: read}
		_, err := asking.Ask(t.Context(), 1)
		require.ErrorContains(t, err, name)
	}
	hanging := &Batch[int, int]{IsAway: never, Readers: 1, Most: 3, Backlog: 100, Patience: time.Millisecond, Read: func(ctx context.Context, _ []int) ([]int, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	_, err := hanging.Ask(t.Context(), 1)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestWhoComesDuringAReadGetsTheNextOne(t *testing.T) {
	t.Parallel()
	pages := NewSame(time.Minute, never, Keeping[int]{})
	begun, goOn := make(chan struct{}, 10), make(chan struct{})
	reads := 0 // one at a time
	read := func(context.Context) (int, error) {
		reads++
		mine := reads
		begun <- struct{}{}
		<-goOn
		return mine, nil
	}
	got := make(chan int, 10)
	get := func(ctx context.Context) {
		value, err := pages.Get(ctx, "page", read)
		if err == nil {
			got <- value
		}
	}
	var getting sync.WaitGroup
	getting.Go(func() { get(t.Context()) })
	<-begun
	impatient, leave := context.WithCancel(t.Context())
	leave()
	for range 3 {
		get(impatient)
	}
	require.Empty(t, got, "who leaves gets nothing")
	other, err := pages.Get(t.Context(), "other page", func(context.Context) (int, error) { return 7, nil })
	require.NoError(t, err)
	require.Equal(t, 7, other, "other pages are not in the way")
	getting.Go(func() { get(t.Context()) })
	close(goOn)
	getting.Wait()
	require.Eventually(t, func() bool {
		pages.mu.Lock()
		defer pages.mu.Unlock()
		return len(pages.reads) == 0
	}, time.Minute, time.Millisecond, "nothing is remembered")
	values := []int{<-got, <-got}
	require.Contains(t, values, 1)
	require.GreaterOrEqual(t, max(values[0], values[1]), 2, "it was read after the last one came")
	require.LessOrEqual(t, reads, 3, "the three who came during the first read share the second")
	_, err = pages.Get(t.Context(), "page", func(context.Context) (int, error) { panic("tea") })
	require.ErrorContains(t, err, "panic: tea")
}

func TestWhoSharedAReadThatFailedAsksOnceMore(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	isAway := func(err error) bool { return errors.Is(err, away) }
	failing := func(times int) func(context.Context) (int, error) {
		return func(context.Context) (int, error) {
			if times--; times >= 0 {
				return 0, away
			}
			return 7, nil
		}
	}
	for times, want := range map[int]error{0: nil, 1: nil, 2: away} {
		read := failing(times)
		asking := &Batch[int, int]{IsAway: isAway, Readers: 1, Most: 3, Backlog: 100, Patience: time.Minute, Read: func(ctx context.Context, _ []int) ([]int, error) {
			answer, err := read(ctx)
			return []int{answer}, err
		}}
		_, err := asking.Ask(t.Context(), 1)
		require.ErrorIs(t, err, want)
		_, err = NewSame(time.Minute, isAway, Keeping[int]{}).Get(t.Context(), "page", failing(times))
		require.ErrorIs(t, err, want)
	}
	full := &Batch[int, int]{IsAway: func(error) bool { return true }}
	_, err := full.Ask(t.Context(), 1)
	require.ErrorIs(t, err, ErrCrowded)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// Whoever shared a failure and asks once more is not handed the same failure, whether or not answers are kept.
func TestNobodyIsToldTwiceOfOneFailure(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	for _, keeping := range []Keeping[int]{{}, {Age: time.Hour, Now: time.Now, Most: 1, MostBytes: 1 << 10, Size: func(int) int { return 1 }}} {
		for range 50 {
			same := NewSame(time.Minute, func(err error) bool { return errors.Is(err, away) }, keeping)
			var asked, answered sync.WaitGroup
			failed := false
			errs := make([]error, 100)
			asked.Add(len(errs))
			for i := range errs {
				answered.Go(func() {
					asked.Done()
					_, errs[i] = same.Get(t.Context(), "page", func(context.Context) (int, error) {
						if failed {
							return 7, nil
						}
						failed = true
						asked.Wait()
						return 0, away
					})
				})
			}
			answered.Wait()
			require.NoError(t, errors.Join(errs...))
		}
	}
}
