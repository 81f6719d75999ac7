package stripesim_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"

	"github.com/boxoffice/boxoffice/dev/stripesim"
)

func TestRequestFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		fault  stripesim.RequestFault
		status int
		made   int  // intents that exist after the first try
		stored bool // whether the same key repeats the answer
	}{
		{"fail before", stripesim.RequestFault{Mode: stripesim.FailBefore}, 500, 0, true},
		{"fail after", stripesim.RequestFault{Mode: stripesim.FailAfter}, 500, 1, true},
		{"gateway fails before", stripesim.RequestFault{Mode: stripesim.FailBefore, Status: 503, Unstored: true}, 503, 0, false},
		{"rate limit", stripesim.RequestFault{Mode: stripesim.RateLimit, RetryAfter: stripesim.Duration(3 * time.Second)}, 429, 0, false},
		{"refuse", stripesim.RequestFault{Mode: stripesim.Refuse, Code: "balance_insufficient"}, 400, 0, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stripesim.Config{})
			tc.fault.Operation, tc.fault.Times = stripesim.OpCreateIntent, 1
			require.NoError(t, r.AddFaults(stripesim.Faults{Requests: []stripesim.RequestFault{tc.fault}}))
			_, err := r.intents.New(intentParams("k"))
			e := stripeError(t, err)
			require.Equal(t, tc.status, e.HTTPStatusCode)
			if tc.status == http.StatusTooManyRequests {
				require.Equal(t, "3", e.LastResponse.Header.Get("Retry-After"))
			}
			require.Len(t, r.get(t, "/v1/payment_intents", secretKey).body["data"], tc.made)
			_, err = r.intents.New(intentParams("k"))
			if !tc.stored {
				require.NoError(t, err)
				return
			}
			again := stripeError(t, err)
			require.Equal(t, tc.status, again.HTTPStatusCode)
			require.Equal(t, "true", again.LastResponse.Header.Get("Idempotent-Replayed"))
		})
	}
}

func TestAFaultMayBefallEveryThirdRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	require.NoError(t, r.AddFaults(stripesim.Faults{Requests: []stripesim.RequestFault{
		{Operation: stripesim.OpCreateIntent, Mode: stripesim.Refuse, Every: 3, Times: 2},
	}}))
	var refused []int
	for n := 1; n <= 10; n++ {
		if _, err := r.intents.New(intentParams("")); err != nil {
			refused = append(refused, n)
		}
	}
	require.Equal(t, []int{3, 6}, refused)
}

func TestChargeThenTimeOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.create(t)
	require.NoError(t, r.AddFaults(stripesim.Faults{Requests: []stripesim.RequestFault{
		{Operation: stripesim.OpConfirmIntent, Mode: stripesim.HangAfter, Times: 1},
	}}))
	confirm := func(ctx context.Context) (*stripe.PaymentIntent, error) {
		p := &stripe.PaymentIntentConfirmParams{PaymentMethod: stripe.String("pm_card_visa")}
		p.Context, p.IdempotencyKey = ctx, stripe.String("k")
		return r.intents.Confirm(in.ID, p)
	}
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	hung := make(chan error, 1)
	go func() {
		_, err := confirm(ctx)
		hung <- err
	}()
	require.Eventually(t, func() bool {
		now, err := r.intents.Get(in.ID, nil)
		return err == nil && now.Status == stripe.PaymentIntentStatusSucceeded
	}, patience, tick)
	require.Empty(t, hung, "charged, and no answer")
	giveUp()
	require.ErrorIs(t, <-hung, context.Canceled)
	again, err := confirm(t.Context())
	require.NoError(t, err)
	require.Equal(t, "true", again.LastResponse.Header.Get("Idempotent-Replayed"))
}

func TestFaultsAreChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	for _, body := range []string{
		`{"requests":[{"mode":"explode"}]}`,
		`{"requests":[{"mode":"slow","operation":"make_coffee"}]}`,
		`{"requests":[{"mode":"slow","latency":5}]}`,
		`{"requests":[{"mode":"refuse","status":200}]}`,
		`{"requests":[{"mode":"refuse","every":-1}]}`,
		`{"webhooks":[{"mode":"lose"}]}`,
		`{"webhooks":[{"mode":"duplicate","copies":100000}]}`,
		`{"web":[]}`,
	} {
		require.Equal(t, http.StatusBadRequest, r.control(t, http.MethodPost, "/_sim/faults", body).status, body)
	}
	require.Empty(t, r.ActiveFaults())
}

func TestCounts(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_visa")
	_, err := r.intents.Get(in.ID, nil)
	require.NoError(t, err)
	_, err = r.refund(in.ID, 100)
	require.NoError(t, err)
	want := map[stripesim.Operation]int{
		stripesim.OpCreateIntent: 1, stripesim.OpConfirmIntent: 1,
		stripesim.OpRetrieveIntent: 1, stripesim.OpCreateRefund: 1,
	}
	require.Equal(t, want, r.Counts().ByOperation)
	require.Equal(t, want, r.Counts().ByBooking["bk_1"])
	require.Contains(t, r.control(t, http.MethodGet, "/_sim/counts", "").body, "by_booking")
	require.Equal(t, http.StatusOK, r.control(t, http.MethodDelete, "/_sim/counts", "").status)
	require.Empty(t, r.Counts().ByOperation)
}
