package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/booking"
)

var someRefund = booking.RefundID("pi_pay_1")

// refundEvent is an event about our someRefund, at the provider re_1.
func refundEvent(id, kind, status string, more map[string]any) string {
	refund := map[string]any{
		"id": "re_1", "object": "refund", "amount": 30000, "currency": "inr", "payment_intent": "pi_pay_1", "status": status,
		"metadata": map[string]string{booking.MetadataRefund: someRefund, booking.MetadataDeployment: booking.DefaultDeployment},
	}
	maps.Copy(refund, more)
	text, err := json.Marshal(map[string]any{
		"id": id, "object": "event", "api_version": "2099-01-01", "type": kind, "created": 1_790_000_000, "data": map[string]any{"object": refund},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// withRefund is a server with a refund of money that came too late.
func withRefund(t *testing.T, status booking.RefundStatus) *bundle {
	t.Helper()
	b := setup(t)
	b.insert(row{id: "bk_1", status: booking.StatusExpired})
	b.insertPayment("pay_1", "bk_1", "hash", booking.PaymentRefunding)
	b.exec(`INSERT INTO refunds (id, booking_id, payment_id, intent_id, tender, amount, currency, reason, status, correlation_id)
	        VALUES ($1, 'bk_1', 'pay_1', 'pi_pay_1', 'CARD', 30000, 'INR', 'late', $2, 'test')`, someRefund, status)
	return b
}

func TestNewsOfARefundWakesItsWorkflow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		ours   booking.RefundStatus
		theirs string
		wakes  bool
	}{
		{booking.RefundSucceeded, "succeeded", false},
		{booking.RefundSucceeded, "failed", true},
		{booking.RefundSucceeded, "pending", true},
		{booking.RefundInitiated, "pending", false},
		{booking.RefundInitiated, "succeeded", true},
		{booking.RefundInitiated, "failed", true},
		{booking.RefundInitiated, "something_new", true},
		{booking.RefundInitiated, "Something else!", true},
		{booking.RefundSucceeded, "", true},
		{booking.RefundFailed, "succeeded", true},
		{booking.RefundFailed, "failed", true},
		{booking.RefundNeedsAttention, "canceled", true},
		{booking.RefundNeedsAttention, "failed", true},
	} {
		t.Run(string(test.ours)+" "+test.theirs, func(t *testing.T) {
			t.Parallel()
			b := withRefund(t, test.ours)
			outcome := map[bool]string{true: "SIGNALLED", false: "IGNORED"}[test.wakes]
			for n, kind := range []string{"refund.updated", "refund.failed", "charge.refund.updated"} {
				b.accepted(refundEvent(fmtID(n), kind, test.theirs, nil), outcome)
				b.accepted(refundEvent(fmtID(n), kind, test.theirs, nil), "DUPLICATE")
			}
			require.Equal(t, 3, b.count("SELECT count(*) FROM webhook_events WHERE outcome = $1 AND booking_id = 'bk_1' AND intent_id = 'pi_pay_1'", outcome))
			if !test.wakes {
				require.Empty(t, b.temporal.starts)
				return
			}
			require.Len(t, b.temporal.hints, 3)
			require.Equal(t, booking.RefundWorkflowID(someRefund), b.temporal.starts[0].ID)
			hint := b.temporal.hints[0]
			require.NotEmpty(t, hint.CorrelationID)
			hint.CorrelationID = ""
			require.Equal(t, booking.RefundEvent{EventID: "evt_0", RefundID: someRefund, OccurredAt: time.Unix(1_790_000_000, 0).UTC()}, hint)
			require.Equal(t, 0, b.count("SELECT count(*) FROM refunds WHERE status <> $1", test.ours), "events themselves change nothing")
		})
	}
}

// Whoever has had a refund made is told of its success by the answer to the request, which may come later than the event.
func TestNobodyIsWokenByTheSuccessThatIsBeingAnswered(t *testing.T) {
	t.Parallel()
	for theirs, outcome := range map[string]string{"succeeded": "IGNORED", "pending": "IGNORED", "failed": "SIGNALLED", "requires_action": "SIGNALLED"} {
		t.Run(theirs, func(t *testing.T) {
			t.Parallel()
			withRefund(t, booking.RefundInitiated).accepted(refundEvent("evt_1", "refund.created", theirs, nil), outcome)
		})
	}
	for _, ours := range []booking.RefundStatus{booking.RefundFailed, booking.RefundNeedsAttention} {
		t.Run("nobody waits for it: "+string(ours), func(t *testing.T) {
			t.Parallel()
			withRefund(t, ours).accepted(refundEvent("evt_1", "refund.created", "succeeded", nil), "SIGNALLED")
		})
	}
}

func TestALaterAttemptIsTheSameRefund(t *testing.T) {
	t.Parallel()
	b := withRefund(t, booking.RefundInitiated)
	second := map[string]any{"metadata": map[string]string{
		booking.MetadataRefund: booking.RefundKey(someRefund, 2), booking.MetadataDeployment: booking.DefaultDeployment,
	}}
	b.accepted(refundEvent("evt_1", "refund.failed", "failed", second), "SIGNALLED")
	require.Equal(t, someRefund, b.temporal.hints[0].RefundID)
}

func TestRefundsOfChargesThatAreNotOursAreIgnored(t *testing.T) {
	t.Parallel()
	b := withRefund(t, booking.RefundSucceeded)
	for n, more := range []map[string]any{
		{"payment_intent": "pi_theirs", "metadata": nil},
		{"payment_intent": nil, "metadata": nil},
		{"payment_intent": "pi_theirs", "metadata": map[string]string{booking.MetadataRefund: someRefund, booking.MetadataDeployment: "boxoffice-pune"}},
	} {
		b.accepted(refundEvent(fmtID(n), "refund.failed", "failed", more), "IGNORED")
	}
	b.accepted(chargeEvent("evt_3", map[string]any{"payment_intent": "pi_theirs"}), "IGNORED")
	b.accepted(chargeEvent("evt_4", map[string]any{"payment_intent": nil}), "IGNORED")
	require.Equal(t, 5, b.count("SELECT count(*) FROM webhook_events WHERE event IS NULL AND intent_id IS NULL"))
	require.Empty(t, b.temporal.starts)
}

func TestMalformedRefunds(t *testing.T) {
	t.Parallel()
	b := withRefund(t, booking.RefundSucceeded)
	for name, more := range map[string]map[string]any{
		"no id":             {"id": nil},
		"odd id":            {"id": "re 1"},
		"status of another": {"status": 3},
		"odd metadata":      {"metadata": "rf_1"},
		"odd intent":        {"payment_intent": "pi 1"},
	} {
		b.unreadable(name, refundEvent("evt_1", "refund.failed", "failed", more))
	}
	require.Empty(t, b.temporal.hints)
}

func TestRefundEventsComeAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	b := withRefund(t, booking.RefundSucceeded)
	event := refundEvent("evt_1", "refund.failed", "failed", nil)
	b.temporal.onHint = func(client.StartWorkflowOptions) error { return serviceerror.NewUnavailable("away") }
	b.deliver(event, time.Now(), webhookSecret).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	require.Equal(t, 0, b.count("SELECT count(*) FROM webhook_events"))
	b.temporal.onHint = nil
	b.accepted(event, "SIGNALLED")
}
