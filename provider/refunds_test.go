package provider_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/provider"
)

// repeat asks for a refund until it succeeds, as an activity does.
func (r *rig) repeat(t *testing.T, req provider.RefundRequest) provider.Refund {
	t.Helper()
	var back provider.Refund
	require.Eventually(t, func() bool {
		var err error
		back, err = r.Refund(t.Context(), req)
		var e *provider.Error
		if errors.As(err, &e) && !e.Retryable() {
			t.Error(e)
			return true
		}
		return err == nil
	}, 2*time.Minute, 10*time.Millisecond)
	return back
}

// madeRefunds checks how many refunds the provider really made.
func (r *rig) madeRefunds(t *testing.T, want int) {
	t.Helper()
	require.Equal(t, want, r.sim.EventCount("refund.created"))
}

func TestRefundIsMadeOnceWhateverHappens(t *testing.T) {
	t.Parallel()
	refund := func(mode stripesim.RequestMode, times int) stripesim.RequestFault {
		return stripesim.RequestFault{Operation: stripesim.OpCreateRefund, Mode: mode, Times: times}
	}
	gateway := refund(stripesim.FailAfter, 2)
	gateway.Status, gateway.Unstored = 502, true
	ask := func(mode stripesim.RequestMode, times int) stripesim.RequestFault {
		return stripesim.RequestFault{Operation: stripesim.OpListRefunds, Mode: mode, Times: times}
	}
	for name, faults := range map[string][]stripesim.RequestFault{
		"no trouble":                         nil,
		"failed before, three times":         {refund(stripesim.FailBefore, 3)},
		"done, told otherwise":               {refund(stripesim.FailAfter, 1)},
		"done, told otherwise, cannot ask":   {refund(stripesim.FailAfter, 1), {Operation: stripesim.OpListRefunds, Mode: stripesim.Slow, Times: 1}, ask(stripesim.FailBefore, 3)},
		"done, no answer":                    {refund(stripesim.HangAfter, 1)},
		"done, no answer, cannot ask":        {refund(stripesim.HangAfter, 1), {Operation: stripesim.OpListRefunds, Mode: stripesim.Slow, Times: 1}, ask(stripesim.RateLimit, 2)},
		"done, a gateway lost it, unstored":  {gateway},
		"failed before, then done, no word":  {refund(stripesim.FailBefore, 2), refund(stripesim.HangAfter, 1)},
		"rate limit":                         {refund(stripesim.RateLimit, 3)},
		"slow beyond the client's time-out":  {{Operation: stripesim.OpCreateRefund, Mode: stripesim.Slow, Times: 1, Latency: stripesim.Duration(700 * time.Millisecond)}},
		"the question fails before anything": {ask(stripesim.FailBefore, 4)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stripesim.Config{})
			in := r.paid(t, "pm_card_visa")
			req := refundRequest(in.ID, "rf_1")
			req.Amount = money(15000) // a second one would fit
			r.fault(t, faults...)
			r.waitFor(t, impatient)
			first := r.repeat(t, req)
			require.Equal(t, req.Amount, first.Amount)
			require.Equal(t, provider.RefundSucceeded, first.Status)
			for range 3 {
				require.Equal(t, first, r.repeat(t, req))
			}
			r.madeRefunds(t, 1)
		})
	}
}

func TestRefundByManyAtOnceIsMadeOnce(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]stripesim.RequestFault{
		"no trouble":    nil,
		"failed before": {{Operation: stripesim.OpCreateRefund, Mode: stripesim.FailBefore, Times: 3}},
		"failed after":  {{Operation: stripesim.OpCreateRefund, Mode: stripesim.FailAfter, Times: 1}},
		"slow":          {{Operation: stripesim.OpCreateRefund, Mode: stripesim.Slow, Latency: stripesim.Duration(20 * time.Millisecond)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stripesim.Config{})
			in := r.paid(t, "pm_card_visa")
			req := refundRequest(in.ID, "rf_1")
			req.Amount = money(1000)
			r.fault(t, faults...)
			const callers = 12
			ids := make(chan string, callers)
			for range callers {
				go func() {
					for range 100 {
						if back, err := r.Refund(t.Context(), req); err == nil {
							ids <- back.ID
							return
						}
					}
					ids <- "never"
				}()
			}
			seen := map[string]bool{}
			for range callers {
				seen[<-ids] = true
			}
			require.Len(t, seen, 1)
			require.NotContains(t, seen, "never")
			r.madeRefunds(t, 1)
		})
	}
}

func TestRefundIsMadeOnceAfterTheKeyIsForgotten(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	r := newRig(t, stripesim.Config{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	in := r.paid(t, "pm_card_visa")
	req := refundRequest(in.ID, "rf_1")
	req.Amount = money(100)
	first := r.repeat(t, req)
	ahead.Store(int64(72 * time.Hour))
	require.Equal(t, first, r.repeat(t, req))
	r.madeRefunds(t, 1)
}

func TestTwoRefundsOfOneIntent(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_visa")
	one, two, three := refundRequest(in.ID, "rf_1"), refundRequest(in.ID, "rf_2"), refundRequest(in.ID, "rf_3")
	one.Amount, two.Amount = money(30000), money(200)
	require.NotEqual(t, r.repeat(t, one).ID, r.repeat(t, two).ID)
	_, err := r.Refund(t.Context(), three)
	require.Equal(t, "charge_already_refunded", fails(t, err, provider.KindRejected).Code)
	require.Equal(t, money(200), r.repeat(t, two).Amount, "all is given back, and the repeat still finds its own")
	r.madeRefunds(t, 2)
}

func TestRefundStates(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_pendingRefund")
	req := refundRequest(in.ID, "rf_1")
	back := r.repeat(t, req)
	require.Equal(t, provider.RefundPending, back.Status)
	require.NoError(t, r.sim.SettleRefund(back.ID, stripesim.Fail))
	failed := r.repeat(t, req)
	require.Equal(t, provider.RefundFailed, failed.Status)
	require.NotEmpty(t, failed.FailureReason)
	require.Equal(t, back.ID, failed.ID, "a failed refund stays failed")
	require.NotEqual(t, back.ID, r.repeat(t, refundRequest(in.ID, "rf_2")).ID, "a new one can be made")
}

func TestRefundsThatAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	_, err := r.Refund(t.Context(), refundRequest(r.created(t).ID, "rf_1"))
	fails(t, err, provider.KindRejected)
	_, err = r.Refund(t.Context(), refundRequest("pi_unknown", "rf_2"))
	fails(t, err, provider.KindNotFound)
	_, err = r.Refund(t.Context(), refundRequest("", "rf_1"))
	fails(t, err, provider.KindRejected)
	_, err = r.Refund(t.Context(), refundRequest("pi_1", ""))
	fails(t, err, provider.KindRejected)
	nothing := refundRequest("pi_1", "rf_1")
	nothing.Amount = money(0)
	_, err = r.Refund(t.Context(), nothing)
	fails(t, err, provider.KindRejected)

	in := r.paid(t, "pm_card_visa")
	r.repeat(t, refundRequest(in.ID, "rf_3"))
	other := refundRequest(in.ID, "rf_3")
	other.Amount = money(5)
	_, err = r.Refund(t.Context(), other)
	fails(t, err, provider.KindIdempotencyReuse)
}

func TestRefundGivesUpOnAProviderThatOnlyFails(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_visa")
	r.fault(t, stripesim.RequestFault{Operation: stripesim.OpCreateRefund, Mode: stripesim.FailBefore})
	for range 30 {
		_, err := r.Refund(t.Context(), refundRequest(in.ID, "rf_1"))
		fails(t, err, provider.KindUnavailable)
	}
	require.Less(t, r.sim.Counts().ByOperation[stripesim.OpCreateRefund], 600, "the row of keys is bounded")
	r.madeRefunds(t, 0)
}
