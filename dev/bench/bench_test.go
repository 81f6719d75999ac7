package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheCommandLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	options, err := parse(nil, &out)
	require.NoError(t, err)
	wanted, err := choose(options.subjects)
	require.NoError(t, err)
	require.Len(t, wanted, len(subjects()), "everything, unless told otherwise")
	_, err = choose("cascade,tea")
	require.ErrorContains(t, err, `"tea"`)
	for _, wrong := range []string{"-bookings=0", "-buyers=-1", "-rounds=0", "-round=0s", "-think=-1s", "-tea=hot"} {
		_, err := parse([]string{wrong}, &out)
		require.Error(t, err, wrong)
	}
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
