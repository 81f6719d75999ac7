package stripesim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"github.com/boxoffice/boxoffice/dev/stripesim"
)

const (
	created   = "payment_intent.created"
	charged   = "charge.succeeded"
	completed = "payment_intent.succeeded"
)

func TestWebhooksTellTheStoryInOrder(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t)
	r := newRig(t, webhookConfig(rec))
	id := r.create(t).ID
	_, err := r.confirm(id, "pm_card_visa_chargeDeclined")
	require.Error(t, err)
	_, err = r.confirm(id, "pm_card_threeDSecure2Required")
	require.NoError(t, err)
	require.NoError(t, r.Authenticate(id, stripesim.Succeed))
	_, err = r.refund(id, 30200)
	require.NoError(t, err)
	rec.await(t, created, "charge.failed", "payment_intent.payment_failed", "payment_intent.requires_action",
		charged, completed, "refund.created", "charge.refunded")

	rec.mu.Lock()
	defer rec.mu.Unlock()
	var in stripe.PaymentIntent
	require.NoError(t, json.Unmarshal(rec.events[5].Data.Raw, &in))
	require.Equal(t, id, in.ID)
	require.Equal(t, "bk_1", in.Metadata["booking_id"])
	require.EqualValues(t, 30200, in.AmountReceived)
	require.Equal(t, stripesim.DefaultAPIVersion, rec.events[5].APIVersion)
}

func TestOtherIntentEvents(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t)
	r := newRig(t, webhookConfig(rec))
	_, err := r.confirm(r.create(t).ID, "pm_card_processing")
	require.NoError(t, err)
	rec.await(t, created, "payment_intent.processing")
	_, err = r.intents.Cancel(r.create(t).ID, nil)
	require.NoError(t, err)
	rec.await(t, created, "payment_intent.processing", created, "payment_intent.canceled")
}

func TestWebhooksAreRetriedUntilAccepted(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t)
	rec.refuse = 3
	r := newRig(t, webhookConfig(rec))
	r.create(t)
	rec.await(t, created)
	require.Eventually(t, func() bool { return len(r.Deliveries()) == 4 }, patience, tick)
	for i, d := range r.Deliveries() {
		require.Equal(t, i+1, d.Attempt)
		want := stripesim.DeliveryRetry
		if i == 3 {
			want = stripesim.Delivered
		}
		require.Equal(t, want, d.Outcome)
	}
}

func TestWebhookRetriesEnd(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t)
	rec.refuse = 1000
	cfg := webhookConfig(rec)
	cfg.RetryAttempts = 3
	r := newRig(t, cfg)
	r.create(t)
	require.Eventually(t, func() bool {
		log := r.Deliveries()
		return len(log) == 3 && log[2].Outcome == stripesim.GaveUp
	}, patience, tick)
	require.Empty(t, rec.types())
}

func TestWebhookFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		faults string
		want   []string
	}{
		{
			"duplicate", `{"mode":"duplicate","copies":5,"types":["payment_intent.created"],"times":1}`,
			[]string{created, created, created, created, created},
		},
		{"drop", `{"mode":"drop","types":["charge.succeeded"]}`, []string{created, completed}},
		{"drop the next", `{"mode":"drop","times":2}`, []string{completed}},
		{"reorder", `{"mode":"reorder","window":3}`, []string{completed, charged, created}},
		{"delay", `{"mode":"delay","delay":"700ms","types":["payment_intent.created"]}`, []string{charged, completed, created}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rec := newReceiver(t)
			r := newRig(t, webhookConfig(rec))
			require.Equal(t, http.StatusOK, r.control(t, http.MethodPost, "/_sim/faults", `{"webhooks":[`+tc.faults+`]}`).status)
			in := r.create(t)
			if tc.name != "duplicate" {
				_, err := r.confirm(in.ID, "pm_card_visa")
				require.NoError(t, err)
			}
			rec.await(t, tc.want...)
		})
	}
}

func TestHeldEventsAreReleasedWithTheFault(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t)
	r := newRig(t, webhookConfig(rec))
	require.NoError(t, r.AddFaults(stripesim.Faults{Webhooks: []stripesim.WebhookFault{{Mode: stripesim.Reorder, Window: 100}}}))
	r.paid(t, "pm_card_visa")
	require.Empty(t, rec.types())
	require.Equal(t, http.StatusOK, r.control(t, http.MethodDelete, "/_sim/faults", "").status)
	rec.await(t, completed, charged, created)
}

func TestDroppedEventCanBeRedelivered(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t)
	r := newRig(t, webhookConfig(rec))
	require.NoError(t, r.AddFaults(stripesim.Faults{Webhooks: []stripesim.WebhookFault{{Mode: stripesim.Drop}}}))
	r.create(t)
	events := r.get(t, "/v1/events?type="+created, secretKey).page(t)
	require.Len(t, events, 1)
	id := fmt.Sprint(events[0]["id"])
	require.Equal(t, http.StatusOK, r.get(t, "/v1/events/"+id, secretKey).status)
	require.Equal(t, http.StatusNotFound, r.get(t, "/v1/events/evt_x", secretKey).status)
	require.Equal(t, http.StatusOK, r.control(t, http.MethodPost, "/_sim/events/"+id+"/redeliver", "").status)
	rec.await(t, created)
	require.Equal(t, http.StatusBadRequest, r.control(t, http.MethodPost, "/_sim/events/evt_x/redeliver", "").status)
	require.Equal(t, http.StatusOK, r.control(t, http.MethodGet, "/_sim/deliveries?event="+id, "").status)
}

func TestWebhookAddressCanChange(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t)
	cfg := webhookConfig(rec)
	cfg.WebhookURL = "http://127.0.0.1:1/" // nobody listens
	r := newRig(t, cfg)
	r.create(t)
	require.Eventually(t, func() bool { return len(r.Deliveries()) > 0 }, patience, tick)
	r.SetWebhookURL(rec.url)
	rec.await(t, created)
}

func TestSignature(t *testing.T) {
	t.Parallel()
	payload := []byte(`{"id":"evt_1"}`)
	require.NoError(t, webhook.ValidatePayload(payload, stripesim.Sign(time.Now(), payload, "s"), "s"))
	require.ErrorIs(t, webhook.ValidatePayload(payload, stripesim.Sign(time.Now().Add(-time.Hour), payload, "s"), "s"), webhook.ErrTooOld)
	require.ErrorIs(t, webhook.ValidatePayload(payload, stripesim.Sign(time.Now(), payload, "other"), "s"), webhook.ErrNoValidSignature)
}
