package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

func TestASeedIsAPlan(t *testing.T) {
	t.Parallel()
	one, same := makePlan(7, 5*time.Minute, 16), makePlan(7, 5*time.Minute, 16)
	require.Equal(t, one, same)
	require.Equal(t, one.digest(), same.digest())
	require.Equal(t, one.story(3, 250), same.story(3, 250))

	digests := map[string]bool{}
	for seed := range uint64(50) {
		digests[makePlan(seed, time.Minute, 4).digest()] = true
	}
	require.Len(t, digests, 50, "different seeds throw different things")
	require.NotEqual(t, one.digest(), makePlan(7, 4*time.Minute, 16).digest())
	require.NotEqual(t, one.digest(), makePlan(7, 5*time.Minute, 15).digest())
}

// What one customer draws must not depend on what happens to another one, nor on how many stories there were time for.
func TestStoriesDoNotDependOnEachOther(t *testing.T) {
	t.Parallel()
	few, many := makePlan(7, time.Minute, 2), makePlan(7, time.Hour, 200)
	require.Equal(t, few.story(1, 9), many.story(1, 9))
	require.NotEqual(t, few.story(1, 9), few.story(0, 9))
	require.NotEqual(t, few.story(1, 9), few.story(1, 8))
}

func TestAPlanStaysWithinItsBounds(t *testing.T) {
	t.Parallel()
	gentle := 0
	for seed := range uint64(200) {
		duration := 30*time.Second + time.Duration(seed)*time.Second
		p := makePlan(seed, duration, 4)
		killed := map[stack.Part]bool{}
		var before time.Duration
		for i, k := range p.Kills {
			at := time.Duration(k.At)
			require.LessOrEqual(t, at, duration-lastKill)
			require.LessOrEqual(t, time.Duration(k.Down), longestDown)
			require.GreaterOrEqual(t, k.Down, stripesim.Duration(0))
			if i == 0 {
				require.GreaterOrEqual(t, at, firstKill)
			} else {
				require.GreaterOrEqual(t, at-before, shortestGap)
			}
			if before = at; k.Gently {
				gentle++
			} else if i < len(parts) {
				killed[k.Part] = true
			}
		}
		require.Len(t, killed, len(parts), "each part is killed hard before any goes twice or gently")
		for _, f := range p.Faults {
			require.Less(t, time.Duration(f.At), duration)
			require.NotEqual(t, f.Request == nil, f.Webhook == nil)
			if f.Request != nil {
				require.Positive(t, f.Request.Times)
			} else {
				require.Positive(t, f.Webhook.Times)
			}
		}
		for _, a := range p.Actions {
			require.LessOrEqual(t, time.Duration(a.At), duration)
			require.Contains(t, []actionKind{cancelsShow, pausesShow, expires}, a.Kind)
			require.Less(t, a.Show, largeShows+hotShows)
			require.NotEqual(t, largeShows-1, a.Show)
		}
	}
	require.Positive(t, gentle)
}

func TestStoriesAreOfEveryKind(t *testing.T) {
	t.Parallel()
	p := makePlan(1, time.Minute, 10)
	seen := map[any]int{}
	for customer := range 10 {
		for number := range 200 {
			s := p.story(customer, number)
			seen[s.Kind]++
			seen[s.Method]++
			seen[s.Then]++
			require.LessOrEqual(t, len(s.Seats), 4)
			for _, use := range s.Cards {
				seen[use.Card]++
			}
			for name, is := range map[string]bool{
				"twice": s.Twice, "misuses": s.Misuses, "repeats": s.Repeats, "coupon": s.Coupon == scarceCoupon, "late": s.Think > 100, "hot": s.Show >= largeShows, "rival": s.Rival != "",
			} {
				if is {
					seen[name]++
				}
			}
		}
	}
	for _, want := range []any{
		browses, abandons, givesUp, buys, topsUp, keeps, returnsAll, returnsSome, returnsBoth, "rival", "twice", "misuses", "repeats", "coupon", "late", "hot",
		"pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_threeDSecure2Required", "pm_card_processing", "pm_card_pendingRefund", "pm_card_refundFail",
	} {
		require.GreaterOrEqual(t, seen[want], 10, "%v", want)
	}
}

func TestCustomersMayHaveStoriesOfSomeKindsAlone(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-only", "top-up,browse"}, t.Output())
	require.NoError(t, err)
	p := makePlan(1, time.Minute, 1, o.only...)
	seen := map[storyKind]int{}
	for number := range 200 {
		seen[p.story(0, number).Kind]++
	}
	require.Len(t, seen, 2)
	require.InDelta(t, 100, seen[browses], 30)
	require.NotEqual(t, makePlan(1, time.Minute, 1).digest(), p.digest())
	_, err = parse([]string{"-only", "tea"}, t.Output())
	require.ErrorContains(t, err, "cancel-unpaid")
}

func TestTheCommandLineIsBounded(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-seed", "5", "-duration", "1m"}, t.Output())
	require.NoError(t, err)
	require.EqualValues(t, 5, o.seed)
	for _, args := range [][]string{{"-duration", "1s"}, {"-duration", "3h"}, {"-customers", "0"}, {"-customers", "501"}, {"-settle", "-1s"}, {"-seed", "x"}} {
		_, err := parse(args, t.Output())
		require.Error(t, err, "%v", args)
	}
}
