package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/dev/customer"
)

func TestTheCommandLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	order, err := parse(nil, &out)
	require.NoError(t, err)
	require.Len(t, order.subjects, len(subjects()), "everything, unless told otherwise")
	order, err = parse([]string{"-only", "cascade,booking", "-cascade-bookings=7"}, &out)
	require.NoError(t, err)
	require.Equal(t, []string{"cascade", "booking"}, order.subjects.Names(), "in the order in which they are named")
	older, err := parse([]string{"-subjects=cascade,booking"}, &out)
	require.NoError(t, err)
	require.Equal(t, []string{"cascade", "booking"}, older.subjects.Names(), "by the older name of the flag")
	_, err = parse([]string{"-only=cascade,tea"}, &out)
	require.ErrorContains(t, err, `"tea"`)
	for _, wrong := range []string{
		"-rounds=0", "-tea=hot", "-postgres=jit", "-booking-round=0s", "-booking-clients=", "-booking-clients=1,0", "-booking-clients=1,x", "-card-round=0s", "-card-clients=0", "-peer-round=0s", "-peer-clients=0", "-at-once-round=0s", "-at-once-clients=0", "-peer-at-once-round=0s", "-peer-at-once-clients=0",
		"-rush-buyers=0", "-rush-round=0s", "-seatmap-clients=0", "-seatmap-round=0s", "-browse-clients=0", "-browse-round=0s",
		"-webhooks-round=0s", "-webhooks-events=0", "-replay-histories=0", "-audit-bookings=1999",
		"-cascade-bookings=0", "-cascade-buyers=-1", "-cascade-round=0s", "-cascade-think=-1s",
	} {
		_, err := parse([]string{wrong}, &out)
		require.Error(t, err, wrong)
	}
	_, err = parse([]string{"-only=booking", "-cascade-bookings=0"}, &out)
	require.NoError(t, err, "who is not asked for is not judged")
}

func TestAProductBesideItsFloor(t *testing.T) {
	t.Parallel()
	var played []string
	sides := map[string]side{}
	play := func(who string, rates ...float64) func(context.Context) (side, error) {
		n := 0
		return func(context.Context) (side, error) {
			played = append(played, who)
			n++
			sides[who] = side{PerSecond: rates[n-1], P50: 10, P99: 20, Count: n}
			return sides[who], nil
		}
	}
	pairs, err := playPairs(t.Context(), 3, play("product", 80, 95, 10), play("floor", 100, 100, 100))
	require.NoError(t, err)
	require.Equal(t, []string{"product", "floor", "floor", "product", "product", "floor"}, played, "in turns, and each begins")
	c := compare("tea", pairs, wantRate(0.8), wantRate(0.81), wantP50(1))
	require.InEpsilon(t, 0.8, c.PerSecondRatio, 1e-9, "the median of the ratios")
	require.Equal(t, []bool{true, false, true}, []bool{c.Targets[0].Met, c.Targets[1].Met, c.Targets[2].Met})

	var out bytes.Buffer
	printComparisons(&out, c)
	require.Contains(t, out.String(), "0.80 ✓")
	require.Contains(t, out.String(), "missed: a ratio of at least 0.81 for the rate of tea\n")

	failed := []pair{{Product: side{PerSecond: 1, Failed: 2, Failure: "no time"}, Floor: side{PerSecond: 1}}}
	c = compare("coffee", failed, wantNoFailure())
	require.False(t, c.Targets[0].Met)
	require.Equal(t, []aim{{"none failed", false}}, c.conclusion().Aims)
	require.Contains(t, c.conclusion().Figures, "; 2 failed")
	out.Reset()
	printComparisons(&out, c)
	require.Contains(t, out.String(), "2 ✗")
	require.Contains(t, out.String(), "missed: no failure of coffee\na failure of coffee: no time\n")
	failed[0].Product.Failed = 0
	require.True(t, compare("coffee", failed, wantNoFailure()).Targets[0].Met)

	_, err = playPairs(t.Context(), 1, play("product", 1), func(context.Context) (side, error) { return side{}, errors.New("spilt") })
	require.ErrorContains(t, err, "round 1: spilt")
}

func TestAProductBesideSeveralFloors(t *testing.T) {
	t.Parallel()
	var played []string
	play := func(who string, spent float64) turn {
		return func(context.Context) (side, error) {
			played = append(played, who)
			return side{Count: len(played), CPU: map[string]float64{"api": spent / 2, benchItself: spent / 2, "stripesim": 100}}, nil
		}
	}
	beside, err := playBeside(t.Context(), 2, play("product", 6), play("bare", 4), play("peer", 2))
	require.NoError(t, err)
	require.Equal(t, []string{"product", "bare", "peer", "peer", "bare", "product"}, played)
	require.Len(t, beside, 2)
	require.Equal(t, []int{1, 6}, []int{beside[1][0].Product.Count, beside[1][1].Product.Count}, "the same rounds of the product")
	require.Equal(t, []int{3, 4}, []int{beside[1][0].Floor.Count, beside[1][1].Floor.Count})

	targets := []target{wantCPU(1.5), wantNoFailure()}
	bare := compare("tea beside bare", beside[0], targets...)
	require.InEpsilon(t, 1.5, bare.CPURatio, 1e-9, "the provider is not part of it")
	require.True(t, bare.Targets[0].Met)
	peer := compare("tea beside peer", beside[1], targets...)
	require.False(t, peer.Targets[0].Met)
	require.True(t, bare.Targets[0].Met, "the targets of one are not those of another")
	require.Equal(t, []aim{{"cpu ≤ 1.50", false}, {"none failed", true}}, peer.conclusion().Aims)
	require.Contains(t, peer.conclusion().Figures, ", CPU 3.00")
	var out bytes.Buffer
	printCPU(&out, bare, peer)
	require.Contains(t, out.String(), "1.50 ✓")
	require.Contains(t, out.String(), "3.00 ✗")
}

func TestBothSidesWarmUp(t *testing.T) {
	t.Parallel()
	var played []string
	play := func(who string) play {
		return func(_ context.Context, length time.Duration) (side, error) {
			played = append(played, fmt.Sprintf("%s %s", who, length))
			return side{}, nil
		}
	}
	pairs, err := playWarm(t.Context(), 1, time.Minute, play("product"), play("floor"))
	require.NoError(t, err)
	require.Len(t, pairs, 1)
	require.Equal(t, []string{"product 1s", "floor 1s", "product 1m0s", "floor 1m0s"}, played)
}

func TestShoppingCountsABusySystemsRefusalsAndEndsAtADefect(t *testing.T) {
	t.Parallel()
	var actions atomic.Int64
	met, err := actFor(t.Context(), 2, time.Minute, func(context.Context, int) (time.Duration, error) {
		switch n := actions.Add(1); {
		case n <= 2:
			return 0, &customer.Refused{Status: http.StatusServiceUnavailable, Body: openapi.ErrorBody{Code: "UNAVAILABLE"}}
		case n == 3:
			return time.Second, nil
		default:
			return 0, &customer.Refused{Status: http.StatusInternalServerError}
		}
	})
	require.ErrorContains(t, err, "500")
	require.Equal(t, []int{1, 2}, []int{met.Count, met.Failed})
	require.Contains(t, met.Failure, "503 UNAVAILABLE")
}

func TestBuyersCountABusySystemsRefusalsAndEndAtADefect(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		status := http.StatusInternalServerError
		if asked.Add(1) == 1 {
			status = http.StatusServiceUnavailable
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"error":{"code":"SOME"}}`))
	}))
	t.Cleanup(server.Close)
	crew := &buyers{people: []*buyer{{Customer: customer.New(server.URL, server.URL), show: "sh_1", seats: []string{"A1", "A2", "A3"}}}}
	met, err := crew.buy(t.Context(), time.Minute)
	require.ErrorContains(t, err, "buy A2 of sh_1: 500")
	require.EqualValues(t, 1, met.refused.many.Load())
	require.Contains(t, met.refused.first, "503")
}

func TestWaitingUntilAllIsDone(t *testing.T) {
	t.Parallel()
	done := 0
	require.NoError(t, awaitDone(t.Context(), 3, func(context.Context) (int, error) { done++; return done, nil }))
	require.Equal(t, 3, done)
	err := awaitDone(t.Context(), 3, func(context.Context) (int, error) { return 0, errors.New("spilt") })
	require.ErrorContains(t, err, "spilt")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorContains(t, awaitDone(ended, 3, func(context.Context) (int, error) { return 2, nil }), "2 of 3 are done")
}

func TestTheAuditsConclusion(t *testing.T) {
	t.Parallel()
	found := &auditFindings{SecondsPer100k: 12.34, MemoryPeak: 56 << 20, Comparison: comparison{What: "20000 bookings", P50Ratio: 7}}
	require.Equal(t, []conclusion{{
		What: "20000 bookings", Figures: "12.3 s for each 100,000, 56 MB of memory, 7 times one count of the same tables; the provider's list from memory",
	}}, found.summary())
}

func TestTheSummary(t *testing.T) {
	t.Parallel()
	found := comparisons{{What: "tea", PerSecondRatio: 0.8, P50Ratio: 1.2, Targets: []target{
		{Figure: "perSecond", AtLeast: 0.5, Met: true}, {Figure: "p50", AtMost: 1.1},
	}}, {What: "coffee"}}
	var out bytes.Buffer
	printSummary(&out, found.summary())
	require.Contains(t, out.String(), "rate 0.80, p50 1.20, p99 0.00  rate ≥ 0.50 met, p50 ≤ 1.10 MISSED\n")
	require.Contains(t, out.String(), "1 target is missed\n")
	out.Reset()
	printSummary(&out, found[1:].summary())
	require.Contains(t, out.String(), "no target is missed\n")
}

func TestTheCascadesFindings(t *testing.T) {
	t.Parallel()
	found := cascadeFindings{Runs: []int64{3000, 100}}
	for i, without := range []float64{10, 30, 20} {
		found.Rounds = append(found.Rounds, pairOfRounds{
			Without: buyersRound{HoldP50: without, HoldP99: 100, BookingsPerSecond: 10},
			With:    buyersRound{HoldP50: 40 + float64(i), HoldP99: 150, BookingsPerSecond: 9},
		})
	}
	found.conclude()
	require.Equal(t, []aim{{"none failed", true}}, found.summary()[0].Aims)
	found.Rounds[1].With.Failed, found.Rounds[1].With.Failure = 3, "no time"
	require.Equal(t, []aim{{"none failed", false}}, found.summary()[0].Aims)
	require.Contains(t, found.summary()[0].Figures, "; 3 failed")
	require.InEpsilon(t, 41.0/20, found.HoldP50Ratio, 1e-9, "of the medians")
	require.InEpsilon(t, 1.5, found.HoldP99Ratio, 1e-9)
	require.InEpsilon(t, 0.9, found.ThroughputRatio, 1e-9)
	require.EqualValues(t, 3000, found.LargestRun)

	var out bytes.Buffer
	found.print(&out)
	require.Contains(t, out.String(), "round 3 without")
	require.Contains(t, out.String(), "a failure: no time\n")
	require.Contains(t, out.String(), "2 runs of the cascade, the largest of 3000 events")
	encoded, err := json.Marshal(found)
	require.NoError(t, err)
	require.NotContains(t, string(encoded), "alone", "nothing was left for that")
}
