package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76/webhook"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

const hook = "/api/v1/payments/webhooks/stripe"

// intentEvent is an event as Stripe writes it, of a newer API version than the client's.
func intentEvent(id, kind, bookingID string, more map[string]any) string {
	intent := map[string]any{
		"id": "pi_1", "object": "payment_intent", "amount": 30000, "amount_received": 30000, "currency": "inr", "status": "succeeded",
		"metadata": metadata(bookingID, booking.DefaultDeployment), "receipt_email": "asha@example.com",
	}
	maps.Copy(intent, more)
	text, err := json.Marshal(map[string]any{
		"id": id, "object": "event", "api_version": "2099-01-01", "type": kind, "created": 1_790_000_000, "data": map[string]any{"object": intent},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func metadata(bookingID, deployment string) map[string]string {
	return map[string]string{booking.MetadataBooking: bookingID, booking.MetadataDeployment: deployment}
}

// deliver sends an event with a signature of that moment.
func (b *bundle) deliver(body string, signed time.Time, secret string) answer {
	b.Helper()
	return b.do(call{method: http.MethodPost, path: hook, body: body, header: map[string]string{"Stripe-Signature": signature(body, signed, secret)}})
}

// signature is the header with which an event comes.
func signature(body string, signed time.Time, secret string) string {
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: []byte(body), Secret: secret, Timestamp: signed}).Header
}

func (b *bundle) accepted(body, status string) {
	b.Helper()
	var receipt openapi.WebhookReceipt
	b.deliver(body, time.Now(), webhookSecret).is(http.StatusOK, &receipt)
	require.Equal(b, status, receipt.Status)
}

var someBooking = booking.ID(asha, "any")

func TestEventsReachTheirBooking(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.temporal.onSignal = func(workflowID string, _ booking.PaymentEvent) error {
		require.Equal(t, booking.WorkflowID(someBooking), workflowID)
		return nil
	}
	b.accepted(intentEvent("evt_1", "payment_intent.succeeded", someBooking, nil), "SIGNALLED")
	declined := map[string]any{"amount_received": 0, "last_payment_error": map[string]any{"code": "card_declined", "decline_code": "insufficient_funds"}}
	b.accepted(intentEvent("evt_2", "payment_intent.payment_failed", someBooking, declined), "SIGNALLED")
	b.accepted(intentEvent("evt_3", "payment_intent.processing", someBooking, map[string]any{"amount_received": 0}), "SIGNALLED")
	b.accepted(intentEvent("evt_4", "payment_intent.canceled", someBooking, map[string]any{"amount_received": 0}), "SIGNALLED")
	authentication := map[string]any{"amount_received": 0, "last_payment_error": map[string]any{"code": "payment_intent_authentication_failure"}}
	b.accepted(intentEvent("evt_5", "payment_intent.payment_failed", someBooking, authentication), "SIGNALLED")

	require.Len(t, b.temporal.signals, 5)
	first := b.temporal.signals[0]
	require.NotEmpty(t, first.CorrelationID)
	first.CorrelationID = ""
	require.Equal(t, booking.PaymentEvent{
		EventID: "evt_1", Kind: booking.PaymentEventSucceeded, IntentID: "pi_1", BookingID: someBooking,
		Received: booking.Money{Amount: 30000, Currency: "INR"}, OccurredAt: time.Unix(1_790_000_000, 0).UTC(),
	}, first)
	require.Equal(t, "insufficient_funds", b.temporal.signals[1].DeclineCode)
	require.Equal(t, booking.PaymentEventProcessing, b.temporal.signals[2].Kind)
	require.Equal(t, booking.PaymentEventCanceled, b.temporal.signals[3].Kind)
	require.Equal(t, "payment_intent_authentication_failure", b.temporal.signals[4].DeclineCode)

	for range 4 {
		b.accepted(intentEvent("evt_1", "payment_intent.succeeded", someBooking, nil), "DUPLICATE")
	}
	require.Len(t, b.temporal.signals, 5)
	require.Equal(t, 5, b.count("SELECT count(*) FROM webhook_events WHERE outcome = 'SIGNALLED' AND booking_id = $1 AND intent_id = 'pi_1'", someBooking))
	require.Equal(t, 0, b.count("SELECT count(*) FROM webhook_events WHERE event::text LIKE '%asha@%'"), "no personal data is kept")
}

// No database keeps a text with a zero byte, and nobody needs one without end.
func TestOddWordsInEventsAreKeptWithinBounds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.temporal.onSignal = func(string, booking.PaymentEvent) error { return nil }
	odd := strings.Repeat("odd\x00", 100)
	b.accepted(intentEvent("evt_1", "payment_intent.payment_failed", someBooking, map[string]any{
		"currency": odd, "last_payment_error": map[string]any{"decline_code": odd},
	}), "SIGNALLED")
	event := b.temporal.signals[0]
	require.Equal(t, strings.ToUpper(event.DeclineCode), event.Received.Currency)
	require.Regexp(t, "^(odd){1,21}o?$", event.DeclineCode)
}

func TestEventsOfABookingThatIsOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.accepted(intentEvent("evt_1", "payment_intent.succeeded", someBooking, nil), "SETTLING")
	require.Len(t, b.temporal.settles, 1)
	require.Equal(t, "pi_1", b.temporal.settles[0].IntentID)
	require.Equal(t, booking.SettlementWorkflowID("pi_1"), b.temporal.starts[0].ID)
	require.Equal(t, 4, b.temporal.starts[0].Priority.PriorityKey)
	b.accepted(intentEvent("evt_1", "payment_intent.succeeded", someBooking, nil), "DUPLICATE")
	b.accepted(intentEvent("evt_2", "payment_intent.canceled", someBooking, nil), "IGNORED")
	require.Len(t, b.temporal.settles, 1)
}

func TestEventsThatMeanNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.accepted(intentEvent("evt_1", "customer.created", someBooking, nil), "IGNORED")
	b.accepted(intentEvent("evt_1", "customer.created", someBooking, nil), "DUPLICATE")
	b.accepted(intentEvent("evt_2", "payment_intent.succeeded", "", nil), "IGNORED")
	b.accepted(intentEvent("evt_3", "payment_intent.succeeded", "order-7", nil), "IGNORED")
	b.accepted(intentEvent("evt_4", "payment_intent.succeeded", "", map[string]any{"metadata": nil}), "IGNORED")
	require.Equal(t, 4, b.count("SELECT count(*) FROM webhook_events WHERE outcome = 'IGNORED' AND event IS NULL"))
	require.Empty(t, b.temporal.starts)
}

func TestEventsOfAnotherDeployment(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.Deployment = "boxoffice-pune" })
	nameless := map[string]any{"metadata": map[string]string{booking.MetadataBooking: someBooking}}
	b.accepted(intentEvent("evt_1", "payment_intent.succeeded", someBooking, nil), "IGNORED")
	b.accepted(intentEvent("evt_2", "payment_intent.succeeded", someBooking, nameless), "IGNORED")
	require.Equal(t, 2, b.count("SELECT count(*) FROM webhook_events WHERE outcome = 'IGNORED' AND event IS NULL"))
	require.Empty(t, b.temporal.starts, "nothing is settled")
	b.accepted(intentEvent("evt_3", "payment_intent.succeeded", someBooking, map[string]any{"metadata": metadata(someBooking, "boxoffice-pune")}), "SETTLING")
}

func TestBadEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := intentEvent("evt_1", "payment_intent.succeeded", someBooking, nil)
	b.deliver(good, time.Now(), "whsec_other").refuses(http.StatusBadRequest, booking.CodeValidation)
	details := b.deliver(good, time.Now().Add(-6*time.Minute), webhookSecret).refuses(http.StatusBadRequest, booking.CodeValidation)
	require.Equal(t, "Stripe-Signature", details["field"])
	for _, signature := range []string{"", "t=1", "v1=00", "nonsense"} {
		b.do(call{method: http.MethodPost, path: hook, body: good, header: map[string]string{"Stripe-Signature": signature}}).
			refuses(http.StatusBadRequest, booking.CodeValidation)
	}
	require.Equal(t, 0, b.count("SELECT count(*) FROM webhook_events"))
}

func TestALongEventIsReadLikeAnyOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.accepted(intentEvent("evt_1", "payment_intent.succeeded", someBooking, map[string]any{"description": strings.Repeat("x", 1000<<10)}), "SETTLING")
	require.Equal(t, 0, b.count("SELECT count(*) FROM flags"))
}

// Nobody knows whose an event is that is too long to be read, but if it is the provider's an operator has to know that it does not come through.
func TestAnEventThatIsTooLongIsFlaggedOnceInAnHour(t *testing.T) {
	t.Parallel()
	b := setup(t)
	event := intentEvent("evt_1", "payment_intent.succeeded", someBooking, map[string]any{"description": strings.Repeat("secret", 1<<20/6)})
	refuse := func(flags int) {
		t.Helper()
		details := b.deliver(event, time.Now(), webhookSecret).refuses(http.StatusRequestEntityTooLarge, booking.CodeValidation)
		require.EqualValues(t, 1<<20, details["maxBytes"])
		require.Equal(t, flags, b.count("SELECT count(*) FROM flags WHERE kind = 'PROVIDER' AND subject = 'too-large-events'"))
	}
	refuse(1)
	refuse(1)
	b.exec("UPDATE flags SET resolved_at = now(), resolved_by = 'us_ada', resolution = 'seen'")
	refuse(1)
	b.later(time.Hour)
	refuse(2)
	require.Equal(t, 0, b.count("SELECT count(*) FROM webhook_events"))
	require.Equal(t, 0, b.count("SELECT count(*) FROM flags WHERE message LIKE '%secret%'"), "nothing of it is kept")
}

func TestEventsComeAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	b := setup(t)
	event := intentEvent("evt_1", "payment_intent.succeeded", someBooking, map[string]any{"description": strings.Repeat("x", 100<<10)})
	again := func() {
		t.Helper()
		b.deliver(event, time.Now(), webhookSecret).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
		require.Equal(t, 0, b.count("SELECT count(*) FROM webhook_events"))
	}
	b.temporal.onSignal = func(string, booking.PaymentEvent) error { return serviceerror.NewUnavailable("away") }
	again()
	b.temporal.onSignal = func(string, booking.PaymentEvent) error { return serviceerror.NewInternal("odd") }
	again()
	b.temporal.onSignal = nil
	b.temporal.onExecute = func(client.StartWorkflowOptions) error { return serviceerror.NewUnavailable("away") }
	again()
	b.temporal.onExecute = nil
	b.accepted(event, "SETTLING")
}

func TestEventsOfUnknownProvidersAreNotFound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	event := intentEvent("evt_1", "payment_intent.succeeded", someBooking, nil)
	for _, provider := range []string{"paypal", "Stripe", "stripe2"} {
		path := "/api/v1/payments/webhooks/" + provider
		b.do(call{method: http.MethodPost, path: path, body: event, header: map[string]string{"Stripe-Signature": signature(event, time.Now(), webhookSecret)}}).
			refuses(http.StatusNotFound, booking.CodeNotFound)
	}
	require.Equal(t, 0, b.count("SELECT count(*) FROM webhook_events"))
}
