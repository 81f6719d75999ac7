package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheCommandLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	order, err := parse(nil, &out)
	require.NoError(t, err)
	require.Len(t, order.subjects, len(subjects()), "everything, unless told otherwise")
	order, err = parse([]string{"-subjects", "cascade,booking", "-cascade-bookings=7"}, &out)
	require.NoError(t, err)
	require.Equal(t, []string{"cascade", "booking"}, []string{order.subjects[0].name, order.subjects[1].name}, "in the order of the wish")
	_, err = parse([]string{"-subjects=cascade,tea"}, &out)
	require.ErrorContains(t, err, `"tea"`)
	for _, wrong := range []string{
		"-rounds=0", "-tea=hot", "-booking-round=0s", "-booking-clients=", "-booking-clients=1,0", "-booking-clients=1,x",
		"-rush-buyers=0", "-rush-round=0s", "-seatmap-clients=0", "-seatmap-round=0s", "-browse-clients=0", "-browse-round=0s",
		"-webhooks-round=0s", "-webhooks-events=0", "-replay-histories=0", "-audit-bookings=1999",
		"-cascade-bookings=0", "-cascade-buyers=-1", "-cascade-round=0s", "-cascade-think=-1s",
	} {
		_, err := parse([]string{wrong}, &out)
		require.Error(t, err, wrong)
	}
	_, err = parse([]string{"-subjects=booking", "-cascade-bookings=0"}, &out)
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

	_, err = playPairs(t.Context(), 1, play("product", 1), func(context.Context) (side, error) { return side{}, errors.New("spilt") })
	require.ErrorContains(t, err, "round 1: spilt")
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
	require.InEpsilon(t, 41.0/20, found.HoldP50Ratio, 1e-9, "of the medians")
	require.InEpsilon(t, 1.5, found.HoldP99Ratio, 1e-9)
	require.InEpsilon(t, 0.9, found.ThroughputRatio, 1e-9)
	require.EqualValues(t, 3000, found.LargestRun)

	var out bytes.Buffer
	found.print(&out)
	require.Contains(t, out.String(), "round 3 without")
	require.Contains(t, out.String(), "2 runs of the cascade, the largest of 3000 events")
	encoded, err := json.Marshal(found)
	require.NoError(t, err)
	require.NotContains(t, string(encoded), "alone", "nothing was left for that")
}
