package stripesim_test

import (
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"

	"github.com/boxoffice/boxoffice/dev/stripesim"
)

func form(amount string) url.Values {
	return url.Values{"amount": {amount}, "currency": {"inr"}}
}

func TestIdempotencyKeyRepeatsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	const path = "/v1/payment_intents"
	first := r.post(t, path, secretKey, form("5000"), "Idempotency-Key", "k1")
	require.Equal(t, http.StatusOK, first.status)
	require.Empty(t, first.header.Get("Idempotent-Replayed"))

	second := r.post(t, path, secretKey, form("5000"), "Idempotency-Key", "k1")
	require.Equal(t, first.body, second.body)
	require.Equal(t, "true", second.header.Get("Idempotent-Replayed"))
	require.Equal(t, first.header.Get("Request-Id"), second.header.Get("Original-Request"))

	other := r.post(t, path, secretKey, form("6000"), "Idempotency-Key", "k1")
	require.Equal(t, http.StatusBadRequest, other.status)
	require.Equal(t, "idempotency_error", other.errorField("type"))

	elsewhere := r.post(t, path+"/pi_any/cancel", secretKey, nil, "Idempotency-Key", "k1")
	require.Equal(t, "idempotency_error", elsewhere.errorField("type"))
}

func TestIdempotencyKeepsErrorsOfExecutedRequestsOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	const path = "/v1/payment_intents"
	invalid := r.post(t, path, secretKey, form("1"), "Idempotency-Key", "k1")
	require.Equal(t, "amount_too_small", invalid.errorField("code"))
	require.Equal(t, http.StatusOK, r.post(t, path, secretKey, form("5000"), "Idempotency-Key", "k1").status,
		"a refused request leaves the key free")

	in := r.create(t)
	confirm := func() reply {
		return r.post(t, path+"/"+in.ID+"/confirm", secretKey, url.Values{"payment_method": {"pm_card_visa_chargeDeclined"}},
			"Idempotency-Key", "k2")
	}
	declined, again := confirm(), confirm()
	require.Equal(t, http.StatusPaymentRequired, again.status)
	require.Equal(t, declined.body, again.body)
	require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
}

func TestIdempotencyKeyInUse(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	require.NoError(t, r.AddFaults(stripesim.Faults{Requests: []stripesim.RequestFault{
		{Operation: stripesim.OpCreateIntent, Mode: stripesim.Slow, Latency: stripesim.Duration(time.Second)},
	}}))
	answers := make(chan error, 2)
	for range cap(answers) {
		go func() {
			_, err := r.intents.New(intentParams("k"))
			answers <- err
		}()
	}
	concurrent := stripeError(t, <-answers) // the slow one answers last
	require.Equal(t, http.StatusConflict, concurrent.HTTPStatusCode)
	require.Equal(t, stripe.ErrorCodeIdempotencyKeyInUse, concurrent.Code)
	require.NoError(t, <-answers)
	_, err := r.intents.New(intentParams("k"))
	require.NoError(t, err)
	require.Len(t, r.get(t, "/v1/payment_intents", secretKey).body["data"], 1)
}

func TestIdempotencyKeyIsForgottenAfterADay(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	r := newRig(t, stripesim.Config{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	first, err := r.intents.New(intentParams("k"))
	require.NoError(t, err)
	ahead.Store(int64(25 * time.Hour))
	second, err := r.intents.New(intentParams("k"))
	require.NoError(t, err)
	require.NotEqual(t, first.ID, second.ID)
}
