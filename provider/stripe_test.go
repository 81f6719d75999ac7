package provider_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/provider"
)

const secretKey = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"

// rig is the adapter in front of a simulator.
type rig struct {
	*provider.Stripe
	sim *stripesim.Server
	url string
	log *safeBuffer
}

func newRig(t *testing.T, cfg stripesim.Config) *rig {
	t.Helper()
	sim, err := stripesim.New(cfg)
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		require.NoError(t, sim.Close())
		server.Close()
	})
	r := &rig{sim: sim, url: server.URL, log: &safeBuffer{}}
	r.waitFor(t, provider.DefaultTimeout)
	return r
}

// waitFor gives the adapter this time-out.
func (r *rig) waitFor(t *testing.T, timeout time.Duration) {
	t.Helper()
	var err error
	r.Stripe, err = provider.NewStripe(provider.Config{
		SecretKey: secretKey, URL: r.url, Timeout: timeout,
		Logger: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(t, err)
}

// impatient is a time-out for answers that do not come.
const impatient = 500 * time.Millisecond

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func money(paise int64) booking.Money { return booking.Money{Amount: paise, Currency: "INR"} }

func intentRequest(key string) provider.IntentRequest {
	return provider.IntentRequest{
		Amount: money(30200), BookingID: "bk_1", PaymentID: "pay_1", CorrelationID: "corr-1",
		IdempotencyKey: key, Description: "2 seats A10 A11",
	}
}

func refundRequest(intentID, id string) provider.RefundRequest {
	return provider.RefundRequest{
		IntentID: intentID, RefundID: id, BookingID: "bk_1", CorrelationID: "corr-1",
		IdempotencyKey: id, Reason: "SHOW_CANCELLED", Amount: money(30200),
	}
}

func (r *rig) created(t *testing.T) provider.Intent {
	t.Helper()
	in, err := r.CreateIntent(t.Context(), intentRequest(t.Name()))
	require.NoError(t, err)
	return in
}

// pay confirms an intent as the customer's browser does.
func (r *rig) pay(t *testing.T, in provider.Intent, method string) {
	t.Helper()
	form := url.Values{"key": {"pk_test_1"}, "client_secret": {in.ClientSecret}, "payment_method": {method}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/v1/payment_intents/"+in.ID+"/confirm",
		strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
}

func (r *rig) paid(t *testing.T, method string) provider.Intent {
	t.Helper()
	in := r.created(t)
	r.pay(t, in, method)
	return in
}

func (r *rig) fault(t *testing.T, faults ...stripesim.RequestFault) {
	t.Helper()
	require.NoError(t, r.sim.AddFaults(stripesim.Faults{Requests: faults}))
}

func fails(t *testing.T, err error, kind provider.Kind) provider.Error {
	t.Helper()
	var e *provider.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, kind, e.Kind, e.Error())
	return *e
}

func TestIntentStates(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		method  string
		status  provider.IntentStatus
		decline string
	}{
		{"", provider.IntentRequiresPayment, ""},
		{"pm_card_visa", provider.IntentSucceeded, ""},
		{"pm_card_visa_chargeDeclinedInsufficientFunds", provider.IntentRequiresPayment, "insufficient_funds"},
		{"pm_card_chargeDeclinedExpiredCard", provider.IntentRequiresPayment, "expired_card"},
		{"pm_card_threeDSecure2Required", provider.IntentRequiresAction, ""},
		{"pm_card_processing", provider.IntentProcessing, ""},
	} {
		t.Run(tc.method, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stripesim.Config{})
			in := r.created(t)
			if tc.method != "" {
				r.pay(t, in, tc.method)
			}
			now, err := r.Intent(t.Context(), in.ID)
			require.NoError(t, err)
			require.WithinDuration(t, time.Now(), now.Created, time.Minute)
			want := provider.Intent{
				ID: in.ID, ClientSecret: in.ClientSecret, Status: tc.status, Amount: money(30200), Received: money(0),
				BookingID: "bk_1", PaymentID: "pay_1", DeclineCode: tc.decline, Created: in.Created,
			}
			if tc.status == provider.IntentSucceeded {
				want.Received = money(30200)
			}
			require.Equal(t, want, now)
		})
	}
}

func TestAnIntentIsForABookingOrForATopUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in, err := r.CreateIntent(t.Context(), provider.IntentRequest{Amount: money(100), TopUpID: "tu_1", IdempotencyKey: "tu_1"})
	require.NoError(t, err)
	require.Equal(t, "tu_1", in.TopUpID)
	require.Empty(t, in.BookingID)
	now, err := r.Intent(t.Context(), in.ID)
	require.NoError(t, err)
	require.Equal(t, in, now)

	both := intentRequest("k")
	both.TopUpID = "tu_2"
	_, err = r.CreateIntent(t.Context(), both)
	fails(t, err, provider.KindRejected)
	require.Equal(t, 1, r.sim.Counts().ByOperation[stripesim.OpCreateIntent], "not worth sending")
}

func TestAnotherSumThanWasAskedForIsSeen(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.created(t)
	require.NoError(t, r.sim.Amend(in.ID, 100, "usd"))
	r.pay(t, in, "pm_card_visa")
	now, err := r.CreateIntent(t.Context(), intentRequest(t.Name()))
	require.NoError(t, err)
	require.Equal(t, in.ID, now.ID)
	require.Equal(t, provider.IntentSucceeded, now.Status)
	require.Equal(t, booking.Money{Amount: 100, Currency: "USD"}, now.Received)
}

func TestCreateIntentRepeated(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	first, err := r.CreateIntent(t.Context(), intentRequest("bk_1:1"))
	require.NoError(t, err)
	r.pay(t, first, "pm_card_visa")
	again, err := r.CreateIntent(t.Context(), intentRequest("bk_1:1"))
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, provider.IntentSucceeded, again.Status, "as it is now, not as it was created")

	other := intentRequest("bk_1:1")
	other.Amount = money(99900)
	_, err = r.CreateIntent(t.Context(), other)
	reuse := fails(t, err, provider.KindIdempotencyReuse)
	require.False(t, reuse.Retryable())
}

func TestCreateIntentComesThroughServerErrors(t *testing.T) {
	t.Parallel()
	for _, mode := range []stripesim.RequestMode{stripesim.FailBefore, stripesim.FailAfter} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stripesim.Config{})
			r.fault(t, stripesim.RequestFault{Operation: stripesim.OpCreateIntent, Mode: mode, Times: 2})
			for range 2 {
				_, err := r.CreateIntent(t.Context(), intentRequest("k"))
				unknown := fails(t, err, provider.KindUnavailable)
				require.True(t, unknown.Retryable())
			}
			in, err := r.CreateIntent(t.Context(), intentRequest("k"))
			require.NoError(t, err)
			again, err := r.CreateIntent(t.Context(), intentRequest("k"))
			require.NoError(t, err)
			require.Equal(t, in.ID, again.ID)
		})
	}
}

func TestCreateIntentTimeOutIsResolvedByTheSameKey(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	r.fault(t, stripesim.RequestFault{Operation: stripesim.OpCreateIntent, Mode: stripesim.HangAfter, Times: 1})
	r.waitFor(t, impatient)
	_, err := r.CreateIntent(t.Context(), intentRequest("k"))
	fails(t, err, provider.KindUnavailable)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	r.waitFor(t, provider.DefaultTimeout)
	first, err := r.CreateIntent(t.Context(), intentRequest("k"))
	require.NoError(t, err)
	again, err := r.CreateIntent(t.Context(), intentRequest("k"))
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
}

func TestCancelIntent(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		method string
		want   provider.IntentStatus
	}{
		{"", provider.IntentCanceled},
		{"pm_card_visa_chargeDeclined", provider.IntentCanceled},
		{"pm_card_threeDSecure2Required", provider.IntentCanceled},
		{"pm_card_visa", provider.IntentSucceeded},
		{"pm_card_processing", provider.IntentProcessing},
	} {
		t.Run(tc.method, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stripesim.Config{})
			in := r.created(t)
			if tc.method != "" {
				r.pay(t, in, tc.method)
			}
			for _, key := range []string{"c", "c", "another"} {
				now, err := r.CancelIntent(t.Context(), in.ID, key)
				require.NoError(t, err)
				require.Equal(t, tc.want, now.Status)
			}
		})
	}
}

func TestCancelAfterProcessingHasFailed(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_processing")
	now, err := r.CancelIntent(t.Context(), in.ID, "c")
	require.NoError(t, err)
	require.Equal(t, provider.IntentProcessing, now.Status)
	require.NoError(t, r.sim.SettleIntent(in.ID, stripesim.Fail))
	now, err = r.CancelIntent(t.Context(), in.ID, "c")
	require.NoError(t, err)
	require.Equal(t, provider.IntentCanceled, now.Status, "the refusal that the key remembers is out of date")
}

func TestCancelComesThroughServerErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		mode  stripesim.RequestMode
		tries int
	}{
		{stripesim.FailBefore, 2}, // nothing happened: again
		{stripesim.FailAfter, 1},  // it happened: seen at once
		{stripesim.HangAfter, 1},
	} {
		t.Run(string(tc.mode), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stripesim.Config{})
			in := r.created(t)
			r.fault(t, stripesim.RequestFault{Operation: stripesim.OpCancelIntent, Mode: tc.mode, Times: 1})
			if tc.mode == stripesim.HangAfter {
				r.waitFor(t, 2*time.Second)
			}
			for n := 1; ; n++ {
				now, err := r.CancelIntent(t.Context(), in.ID, "c")
				if n < tc.tries {
					fails(t, err, provider.KindUnavailable)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, provider.IntentCanceled, now.Status)
				return
			}
		})
	}
}

func TestErrorsAreClassified(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		fault stripesim.RequestFault
		kind  provider.Kind
		code  string
		retry bool
	}{
		{"server error", stripesim.RequestFault{Mode: stripesim.FailBefore}, provider.KindUnavailable, "api_error", true},
		{"gateway", stripesim.RequestFault{Mode: stripesim.FailBefore, Status: 503, Unstored: true}, provider.KindUnavailable, "api_error", true},
		{
			"conflict",
			stripesim.RequestFault{Mode: stripesim.Refuse, Status: 409, Code: "idempotency_key_in_use", Type: "idempotency_error"},
			provider.KindUnavailable, "idempotency_key_in_use", true,
		},
		{"lock time-out", stripesim.RequestFault{Mode: stripesim.Refuse, Status: 429, Code: "lock_timeout"}, provider.KindUnavailable, "lock_timeout", true},
		{
			"rate limit",
			stripesim.RequestFault{Mode: stripesim.RateLimit, RetryAfter: stripesim.Duration(7 * time.Second)},
			provider.KindRateLimited, "rate_limit", true,
		},
		{"no permission", stripesim.RequestFault{Mode: stripesim.Refuse, Status: 403}, provider.KindUnauthorized, "invalid_request_error", true},
		{"refused", stripesim.RequestFault{Mode: stripesim.Refuse, Status: 400, Code: "parameter_unknown"}, provider.KindRejected, "parameter_unknown", false},
		{"not found", stripesim.RequestFault{Mode: stripesim.Refuse, Status: 404, Code: "resource_missing"}, provider.KindNotFound, "resource_missing", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stripesim.Config{})
			r.fault(t, tc.fault)
			_, err := r.CreateIntent(t.Context(), intentRequest("k"))
			e := fails(t, err, tc.kind)
			require.Equal(t, tc.code, e.Code)
			require.Equal(t, tc.retry, e.Retryable())
			require.NotEmpty(t, e.RequestID)
			require.NotEmpty(t, e.Message)
			if tc.kind == provider.KindRateLimited {
				require.Equal(t, 7*time.Second, e.RetryAfter)
			}
		})
	}
}

func TestOtherFailures(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{SecretKey: "sk_test_another000000000000"})
	_, err := r.CreateIntent(t.Context(), intentRequest("k"))
	fails(t, err, provider.KindUnauthorized)

	r = newRig(t, stripesim.Config{})
	_, err = r.Intent(t.Context(), "pi_unknown")
	fails(t, err, provider.KindNotFound)
	_, err = r.CancelIntent(t.Context(), "pi_unknown", "c")
	fails(t, err, provider.KindNotFound)
	small := intentRequest("k")
	small.Amount = money(49)
	_, err = r.CreateIntent(t.Context(), small)
	require.Equal(t, "amount_too_small", fails(t, err, provider.KindRejected).Code)

	r.sim.ResetCounts()
	for _, key := range []string{"", strings.Repeat("k", 201)} {
		_, err = r.CreateIntent(t.Context(), intentRequest(key))
		fails(t, err, provider.KindRejected)
		_, err = r.CancelIntent(t.Context(), "pi_1", key)
		fails(t, err, provider.KindRejected)
	}
	_, err = r.Intent(t.Context(), "")
	fails(t, err, provider.KindRejected)
	_, err = r.CancelIntent(t.Context(), "", "c")
	fails(t, err, provider.KindRejected)
	require.Empty(t, r.sim.Counts().ByOperation, "not worth sending")

	canceled, stop := context.WithCancel(t.Context())
	stop()
	_, err = r.Intent(canceled, "pi_1")
	fails(t, err, provider.KindUnavailable)
	require.ErrorIs(t, err, context.Canceled)
}

func TestAnswersThatAreNotStripes(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]http.HandlerFunc{
		"a gateway's page": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte("<html>secret " + secretKey + "</html>"))
		},
		"JSON without an error": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"client_secret":"` + secretKey + `"}`))
		},
		"half an answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"id":"pi_`))
		},
		"an answer without end": func(w http.ResponseWriter, _ *http.Request) {
			for range 5 << 10 {
				_, _ = w.Write(bytes.Repeat([]byte(" "), 1<<10))
			}
		},
		"a redirect": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(http.StatusFound)
		},
	} {
		server := httptest.NewServer(f)
		p, err := provider.NewStripe(provider.Config{SecretKey: secretKey, URL: server.URL})
		require.NoError(t, err)
		_, err = p.Intent(t.Context(), "pi_1")
		server.Close()
		e := fails(t, err, provider.KindUnavailable)
		require.NotContains(t, e.Error(), secretKey, name)
	}
}

// Errors end up in workflow histories, cause by cause.
func TestNothingSecretIsShown(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_visa")
	r.fault(t, stripesim.RequestFault{Operation: stripesim.OpCreateRefund, Mode: stripesim.Refuse, Message: "key " + secretKey, Times: 1})
	_, refused := r.Refund(t.Context(), refundRequest(in.ID, "rf_1"))
	_, reused := r.CreateIntent(t.Context(), provider.IntentRequest{Amount: money(100), IdempotencyKey: t.Name()})
	r.fault(t, stripesim.RequestFault{Operation: stripesim.OpRetrieveIntent, Mode: stripesim.RateLimit})
	_, limited := r.CancelIntent(t.Context(), in.ID, "c") // the refusal holds the intent with its client secret
	for _, err := range []error{refused, reused, limited} {
		require.Error(t, err)
		for cause := err; cause != nil; {
			require.NotContains(t, cause.Error(), secretKey)
			require.NotContains(t, cause.Error(), in.ClientSecret)
			unwrapper, ok := cause.(interface{ Unwrap() error })
			if !ok {
				break
			}
			cause = unwrapper.Unwrap()
		}
	}
	require.NotEmpty(t, r.log.String())
	require.NotContains(t, r.log.String(), secretKey)
	require.NotContains(t, r.log.String(), in.ClientSecret)
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]provider.Config{
		"no key":              {},
		"no host":             {SecretKey: secretKey, URL: "localhost:1"},
		"live key over http":  {SecretKey: "sk_live_0000", URL: "http://127.0.0.1:1"},
		"neither http(s) url": {SecretKey: secretKey, URL: "ftp://127.0.0.1"},
	} {
		_, err := provider.NewStripe(cfg)
		require.Error(t, err, name)
		if cfg.SecretKey != "" {
			require.NotContains(t, err.Error(), cfg.SecretKey)
		}
	}
	_, err := provider.NewStripe(provider.Config{SecretKey: secretKey})
	require.NoError(t, err)
}
