package provider_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/provider"
)

// clock is the provider's time, which the test sets.
type clock struct{ unix atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.unix.Store(1_800_000_000)
	return c
}

func (c *clock) now() time.Time { return time.Unix(c.unix.Load(), 0).UTC() }

func (c *clock) tick() { c.unix.Add(1) }

// intents returns the ids of all pages, and their sizes.
func (r *rig) intents(t *testing.T, since time.Time) (ids []string, sizes []int) {
	t.Helper()
	require.NoError(t, r.EachIntent(t.Context(), since, func(page []provider.Intent) error {
		sizes = append(sizes, len(page))
		for _, in := range page {
			ids = append(ids, in.ID)
		}
		return nil
	}))
	return ids, sizes
}

func TestEachIntentComesOnceNewestFirst(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := newRig(t, stripesim.Config{Now: c.now})
	ids, _ := r.intents(t, time.Time{})
	require.Empty(t, ids, "there is no page without any")

	const all = 230
	var made []provider.Intent
	for n := range all {
		in, err := r.CreateIntent(t.Context(), intentRequest(fmt.Sprint("k", n)))
		require.NoError(t, err)
		require.Equal(t, c.now(), in.Created)
		made = append([]provider.Intent{in}, made...)
		c.tick()
	}
	ids, sizes := r.intents(t, time.Time{})
	require.Equal(t, []int{100, 100, 30}, sizes)
	for n, in := range made {
		require.Equal(t, in.ID, ids[n])
	}

	ids, _ = r.intents(t, made[4].Created.Add(500*time.Millisecond))
	require.Len(t, ids, 5, "the very second counts")
	ids, sizes = r.intents(t, made[99].Created)
	require.Len(t, ids, 100)
	require.Equal(t, []int{100}, sizes)
	ids, _ = r.intents(t, c.now())
	require.Empty(t, ids)
}

func TestEachRefundComesOnce(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := newRig(t, stripesim.Config{Now: c.now})
	in := r.paid(t, "pm_card_visa")
	want := map[string]string{}
	for n := range 130 {
		req := refundRequest(in.ID, fmt.Sprint("rf_", n))
		req.Amount = money(10)
		back, err := r.Refund(t.Context(), req)
		require.NoError(t, err)
		want[req.RefundID] = back.ID
		c.tick()
	}
	got := map[string]string{}
	require.NoError(t, r.EachRefund(t.Context(), time.Time{}, func(page []provider.Refund) error {
		for _, back := range page {
			require.NotContains(t, got, back.RefundID)
			require.Equal(t, in.ID, back.IntentID)
			require.Equal(t, money(10), back.Amount)
			got[back.RefundID] = back.ID
		}
		return nil
	}))
	require.Equal(t, want, got)

	newest := 0
	require.NoError(t, r.EachRefund(t.Context(), c.now().Add(-3*time.Second), func(page []provider.Refund) error {
		newest += len(page)
		return nil
	}))
	require.Equal(t, 3, newest)
}

func TestListsShowWhatIsNotOursWithoutIDsOfOurs(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{SecretKey: secretKey})
	in := r.paid(t, "pm_card_visa")
	_, err := r.Refund(t.Context(), refundRequest(in.ID, "rf_1"))
	require.NoError(t, err)
	staging, err := provider.NewStripe(provider.Config{SecretKey: secretKey, URL: r.url, Deployment: "staging"})
	require.NoError(t, err)
	require.NoError(t, staging.EachIntent(t.Context(), time.Time{}, func(page []provider.Intent) error {
		require.Len(t, page, 1)
		require.Equal(t, in.ID, page[0].ID)
		require.Equal(t, money(30200), page[0].Received)
		require.Empty(t, page[0].BookingID)
		require.Empty(t, page[0].PaymentID)
		return nil
	}))
	require.NoError(t, staging.EachRefund(t.Context(), time.Time{}, func(page []provider.Refund) error {
		require.Len(t, page, 1)
		require.Equal(t, in.ID, page[0].IntentID)
		require.Empty(t, page[0].RefundID)
		return nil
	}))
}

func TestListsEndWithTheFirstError(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	for n := range 101 {
		_, err := r.CreateIntent(t.Context(), intentRequest(fmt.Sprint("k", n)))
		require.NoError(t, err)
	}
	for _, tc := range []struct {
		mode stripesim.RequestMode
		kind provider.Kind
	}{
		{stripesim.RateLimit, provider.KindRateLimited},
		{stripesim.FailBefore, provider.KindUnavailable},
	} {
		pages := 0
		err := r.EachIntent(t.Context(), time.Time{}, func([]provider.Intent) error {
			pages++
			r.fault(t, stripesim.RequestFault{Operation: stripesim.OpListIntents, Mode: tc.mode, Times: 1})
			return nil
		})
		refused := fails(t, err, tc.kind)
		require.True(t, refused.Retryable())
		require.Equal(t, 1, pages)
	}
	r.fault(t, stripesim.RequestFault{Operation: stripesim.OpListRefunds, Mode: stripesim.FailBefore, Times: 1})
	fails(t, r.EachRefund(t.Context(), time.Time{}, nil), provider.KindUnavailable)

	full := errors.New("the disk is full")
	err := r.EachIntent(t.Context(), time.Time{}, func([]provider.Intent) error { return full })
	require.Equal(t, full, err)
}

func TestListsThatMakeNoProgressEnd(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"empty":    `{"object":"list","has_more":true,"data":[]}`,
		"the same": `{"object":"list","has_more":true,"data":[{"id":"x_1"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := answering(t, body)
			fails(t, p.EachIntent(t.Context(), time.Time{}, func([]provider.Intent) error { return nil }), provider.KindUnavailable)
			fails(t, p.EachRefund(t.Context(), time.Time{}, func([]provider.Refund) error { return nil }), provider.KindUnavailable)
		})
	}
}
