package stripesim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/paymentintent"
	"github.com/stripe/stripe-go/v76/refund"
	"github.com/stripe/stripe-go/v76/webhook"

	"github.com/boxoffice/boxoffice/dev/stripesim"
)

const (
	secretKey     = "sk_test_simulator0000000001"
	publicKey     = "pk_test_simulator0000000001"
	webhookSecret = "whsec_simulator"
	patience      = 2 * time.Minute
	tick          = 5 * time.Millisecond
)

// rig is a simulator with Stripe's own client in front of it.
type rig struct {
	*stripesim.Server
	url     string
	intents paymentintent.Client
	refunds refund.Client
}

func newRig(t *testing.T, cfg stripesim.Config) *rig {
	t.Helper()
	cfg.SecretKey = secretKey
	sim, err := stripesim.New(cfg)
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		require.NoError(t, sim.Close())
		server.Close()
	})
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL:               stripe.String(server.URL),
		MaxNetworkRetries: stripe.Int64(0),
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	return &rig{
		Server: sim, url: server.URL,
		intents: paymentintent.Client{B: backend, Key: secretKey},
		refunds: refund.Client{B: backend, Key: secretKey},
	}
}

func intentParams(key string) *stripe.PaymentIntentParams {
	p := &stripe.PaymentIntentParams{
		Amount:   stripe.Int64(30200),
		Currency: stripe.String("inr"),
		AutomaticPaymentMethods: &stripe.PaymentIntentAutomaticPaymentMethodsParams{
			Enabled: stripe.Bool(true), AllowRedirects: stripe.String("never"),
		},
		Metadata: map[string]string{"booking_id": "bk_1"},
	}
	if key != "" {
		p.IdempotencyKey = stripe.String(key)
	}
	return p
}

func (r *rig) create(t *testing.T) *stripe.PaymentIntent {
	t.Helper()
	in, err := r.intents.New(intentParams(""))
	require.NoError(t, err)
	return in
}

func (r *rig) confirm(id, method string) (*stripe.PaymentIntent, error) {
	return r.intents.Confirm(id, &stripe.PaymentIntentConfirmParams{PaymentMethod: stripe.String(method)})
}

func (r *rig) paid(t *testing.T, method string) *stripe.PaymentIntent {
	t.Helper()
	in, err := r.confirm(r.create(t).ID, method)
	require.NoError(t, err)
	require.Equal(t, stripe.PaymentIntentStatusSucceeded, in.Status)
	return in
}

func stripeError(t *testing.T, err error) *stripe.Error {
	t.Helper()
	var e *stripe.Error
	require.ErrorAs(t, err, &e)
	return e
}

// reply is a raw answer.
type reply struct {
	status int
	header http.Header
	body   map[string]any
}

func (r reply) errorField(name string) any {
	e, ok := r.body["error"].(map[string]any)
	if !ok {
		return nil
	}
	return e[name]
}

// page returns the objects of a list.
func (r reply) page(t *testing.T) []map[string]any {
	t.Helper()
	data, ok := r.body["data"].([]any)
	require.True(t, ok, "no list: %v", r.body)
	var out []map[string]any
	for _, v := range data {
		object, ok := v.(map[string]any)
		require.True(t, ok)
		out = append(out, object)
	}
	return out
}

// post sends a form as something other than stripe-go would.
func (r *rig) post(t *testing.T, path, key string, form url.Values, header ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r.send(t, req, key, header...)
}

func (r *rig) get(t *testing.T, path, key string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+path, nil)
	require.NoError(t, err)
	return r.send(t, req, key)
}

// control talks JSON to /_sim/.
func (r *rig) control(t *testing.T, method, path, body string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(t, err)
	return r.send(t, req, "")
}

func (r *rig) send(t *testing.T, req *http.Request, key string, header ...string) reply {
	t.Helper()
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	out := reply{status: res.StatusCode, header: res.Header}
	if bytes.HasPrefix(raw, []byte("{")) {
		require.NoError(t, json.Unmarshal(raw, &out.body))
	}
	return out
}

// receiver is a webhook endpoint that checks signatures as the product does.
type receiver struct {
	url string

	mu     sync.Mutex
	events []stripe.Event
	refuse int // answer 500 to so many more
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	rec := &receiver{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		ev, err := webhook.ConstructEvent(body, req.Header.Get("Stripe-Signature"), webhookSecret)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		rec.mu.Lock()
		defer rec.mu.Unlock()
		if rec.refuse > 0 {
			rec.refuse--
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		rec.events = append(rec.events, ev)
	}))
	t.Cleanup(server.Close)
	rec.url = server.URL
	return rec
}

// types returns the types of the events so far, in order.
func (rec *receiver) types() []string {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	out := []string{}
	for _, ev := range rec.events {
		out = append(out, string(ev.Type))
	}
	return out
}

func (rec *receiver) count(eventType string) int {
	n := 0
	for _, seen := range rec.types() {
		if seen == eventType {
			n++
		}
	}
	return n
}

func (rec *receiver) await(t *testing.T, want ...string) {
	t.Helper()
	require.Eventually(t, func() bool { return slices.Equal(rec.types(), want) }, patience, tick,
		"want %v", want)
}

func webhookConfig(rec *receiver) stripesim.Config {
	return stripesim.Config{
		WebhookSecret: webhookSecret, WebhookURL: rec.url,
		RetryFirst: 5 * time.Millisecond, RetryMax: 20 * time.Millisecond,
	}
}
