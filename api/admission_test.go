package api_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/booking"
)

// postLater sends a request for seats and gives its answer when there is one.
func (b *bundle) postLater(user, key string, body any) <-chan answer {
	b.Helper()
	answered := make(chan answer, 1)
	go func() { answered <- b.post(user, bookings, key, body) }()
	return answered
}

// postUntilTaken sends a request for seats as often as it is told to come again, as on a busy machine somebody may be.
func (b *bundle) postUntilTaken(user, key string, body any) answer {
	b.Helper()
	began := time.Now()
	for {
		got := b.post(user, bookings, key, body)
		if got.status != http.StatusServiceUnavailable {
			return got
		}
		require.Less(b, time.Since(began), patience, "the machine is never free")
	}
}

// blocks lets holds of Temporal wait for goOn, and tells of each that has come.
func (b *bundle) blocks(goOn <-chan struct{}) (entered chan booking.Request) {
	entered = make(chan booking.Request, 10)
	b.holds()
	hold := b.temporal.onHold
	b.temporal.onHold = func(ctx context.Context, request booking.Request) (booking.Hold, error) {
		entered <- request
		<-goOn
		return hold(ctx, request)
	}
	return entered
}

// boundless lets one customer hold as many seats as the queue lets through.
const boundless = `UPDATE hold_limits SET holds = 1000, seats = 1000`

func within[T any](tb testing.TB, from <-chan T) (value T) {
	tb.Helper()
	select {
	case value = <-from:
	case <-time.After(patience):
		require.Fail(tb, "nothing came")
	}
	return value
}

func TestWhoWaitsForAPlaceLooksAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.ConcurrentHolds = 1 })
	goOn := make(chan struct{})
	entered := b.blocks(goOn)
	first := b.postLater(asha, "key-first", holdBody("sh_hindi", "A1"))
	within(t, entered)
	same := b.postLater(asha, "key-first", holdBody("sh_hindi", "A1"))
	loser := b.postLater(ravi, "key-loser", holdBody("sh_hindi", "A1", "A2"))
	other := b.postLater(ravi, "key-other", holdBody("sh_hindi", "B1"))
	require.Never(t, func() bool { return len(entered)+len(same)+len(loser)+len(other) > 0 }, 100*time.Millisecond, 10*time.Millisecond,
		"there is one place")
	close(goOn)

	within(t, first).is(http.StatusCreated, nil)
	details := within(t, loser).refuses(http.StatusConflict, booking.CodeSeatLockFailed)
	require.Equal(t, []any{"A1"}, details["unavailableSeatIds"])
	within(t, same).is(http.StatusCreated, nil)
	within(t, other).is(http.StatusCreated, nil)
	require.Len(t, b.temporal.requests, 2, "neither the loser nor the repeat reaches Temporal")
}

func TestWhoWantsWhatSomebodyIsGettingWaitsForTheOutcome(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.ConcurrentHolds = 9 })
	goOn := make(chan struct{})
	entered := b.blocks(goOn)
	first := b.postLater(asha, "key-first", holdBody("sh_hindi", "A1"))
	within(t, entered)
	loser := b.postLater(ravi, "key-loser", holdBody("sh_hindi", "A1", "A2"))
	require.Never(t, func() bool { return len(entered)+len(loser) > 0 }, 100*time.Millisecond, 10*time.Millisecond, "there are places, but not for a loser")
	other := b.postLater(ravi, "key-other", holdBody("sh_hindi", "B1"))
	within(t, entered)
	close(goOn)

	within(t, first).is(http.StatusCreated, nil)
	within(t, other).is(http.StatusCreated, nil)
	within(t, loser).refuses(http.StatusConflict, booking.CodeSeatLockFailed)
	require.Len(t, b.temporal.requests, 2, "the loser does not reach Temporal")
}

// One hold takes longer than half of the patience with Temporal, and there is one place: all have their turn all the same.
func TestALongQueueIsWaitedInWhileItMoves(t *testing.T) {
	t.Parallel()
	// Between two signs of life a busy machine has five seconds to spare.
	b := setup(t, func(c *api.Config) { c.ConcurrentHolds, c.WorkflowTimeout = 1, 8*time.Second })
	b.exec(boundless)
	goOn := make(chan struct{})
	entered := b.blocks(goOn)
	var answers []<-chan answer
	for i, seat := range []string{"A1", "A2", "A3", "B1"} {
		answers = append(answers, b.postLater(asha, "key-of-"+strconv.Itoa(i), holdBody("sh_hindi", seat)))
	}
	began := time.Now()
	for range answers {
		within(t, entered)
		time.AfterFunc(3*time.Second, func() { goOn <- struct{}{} })
	}
	for _, answered := range answers {
		within(t, answered).is(http.StatusCreated, nil)
	}
	require.Greater(t, time.Since(began), b.config.WorkflowTimeout)
}

func TestNobodyFillsTheQueue(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.ConcurrentHolds = 1 })
	b.exec(boundless)
	goOn := make(chan struct{})
	entered := b.blocks(goOn)
	first := b.postLater(asha, "key-of-first", holdBody("sh_hindi", "A1"))
	within(t, entered)
	others := make(chan answer, 4)
	for i, seat := range []string{"A2", "A3", "B1", "B2"} {
		go func() { others <- b.post(asha, bookings, "key-of-"+strconv.Itoa(i), holdBody("sh_hindi", seat)) }()
	}
	details := within(t, others).refuses(http.StatusTooManyRequests, booking.CodeRateLimited)
	require.EqualValues(t, 4, details["maxBookings"], "one of the five is too many")
	close(goOn)
	within(t, first).is(http.StatusCreated, nil)
	for range 3 {
		within(t, others).is(http.StatusCreated, nil)
	}
}

func TestTheQueueHasAnEnd(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.ConcurrentHolds, c.QueueTimeout = 1, 100*time.Millisecond })
	goOn := make(chan struct{})
	entered := b.blocks(goOn)
	first := b.postLater(asha, "key-first", holdBody("sh_hindi", "A1"))
	within(t, entered)
	b.post(ravi, bookings, "key-other", holdBody("sh_hindi", "B1")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	close(goOn)
	within(t, first).is(http.StatusCreated, nil)
}

func TestWhoGetsNoPlaceIsToldToComeAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.ConcurrentHolds, c.WorkflowTimeout = 1, 300*time.Millisecond })
	goOn := make(chan struct{})
	entered := b.blocks(goOn)
	first := make(chan answer, 1)
	go func() { first <- b.postUntilTaken(asha, "key-first", holdBody("sh_hindi", "A1")) }()
	require.Equal(t, asha, within(t, entered).CustomerID)
	b.post(ravi, bookings, "key-other", holdBody("sh_hindi", "B1")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	require.Empty(t, entered)
	close(goOn)
	within(t, first)
	b.postUntilTaken(ravi, "key-other", holdBody("sh_hindi", "B1")).is(http.StatusCreated, nil)
	require.NotContains(t, b.log.String(), "level=ERROR")
}
