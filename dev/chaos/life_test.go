package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// livelyReport is that of a run in which everything has happened.
func livelyReport(duration time.Duration) report {
	r := report{
		Plan: makePlan(7, duration, 8),
		Counts: counts{Stories: map[string]map[string]int{
			string(browses): {"seen": 9, "GET /wallet: no answer": 1}, string(abandons): {"left": 1, "not held: SEAT_LOCK_FAILED": 9},
			string(givesUp): {"cancelled": 3}, string(buys): {"bought, some cancelled": 1, "not held: SEAT_LOCK_FAILED": 20}, string(topsUp): {"SUCCEEDED": 5, "left waiting": 7},
		}},
		Requests: map[string]int{"slow create_intent": 1, "refuse create_refund": 0}, Webhooks: map[string]int{"drop": 2},
	}
	for _, part := range parts {
		r.Blows = append(r.Blows, blow{Part: part})
	}
	return r
}

func TestALivelyRunHasLived(t *testing.T) {
	t.Parallel()
	for _, duration := range []time.Duration{shortestRun, 26 * time.Second, time.Minute, 5 * time.Minute} {
		require.Empty(t, judgeLife(livelyReport(duration)), "%s", duration)
	}
}

func TestARunInWhichNothingHappenedIsNoSuccess(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]func(*report){
		"a part that was not killed": func(r *report) { r.Blows = r.Blows[1:] },
		"a part that was only asked": func(r *report) { r.Blows[2].Gently = true },
		"nobody has bought":          func(r *report) { r.Counts.Stories[string(buys)] = map[string]int{"not held: CONFLICT": enough} },
		"nobody has cancelled": func(r *report) {
			r.Counts.Stories[string(givesUp)] = map[string]int{"not cancelled: no answer": enough}
		},
		"no money has come":        func(r *report) { r.Counts.Stories[string(topsUp)] = map[string]int{"left waiting": enough} },
		"hardly a story has ended": func(r *report) { r.Counts.Stories = map[string]map[string]int{string(buys): {"bought": 7}} },
		"no request was bent":      func(r *report) { r.Requests = map[string]int{"slow create_intent": 0} },
		"no event was bent":        func(r *report) { r.Webhooks = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := livelyReport(time.Minute)
			plant(&r)
			require.Len(t, judgeLife(r), 1)
		})
	}
}

// What a plan has too little of is not missed.
func TestNothingIsAskedThatMayNotHappen(t *testing.T) {
	t.Parallel()
	r := livelyReport(26 * time.Second)
	r.Counts.Stories = map[string]map[string]int{string(topsUp): {"left waiting": enough - 1}}
	r.Requests, r.Webhooks = nil, nil
	require.Empty(t, judgeLife(r))

	r = livelyReport(shortestRun)
	r.Plan.Kills, r.Blows = []kill{{Part: stack.API, Down: stripesim.Duration(time.Second)}}, []blow{{Part: stack.API}}
	require.Empty(t, judgeLife(r))
}
