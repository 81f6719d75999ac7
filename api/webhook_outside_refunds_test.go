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

// chargeEvent is an event that tells how much of the charge of pay_1 has been given back.
func chargeEvent(id string, more map[string]any) string {
	charge := map[string]any{
		"id": "ch_1", "object": "charge", "amount": 30000, "amount_refunded": 10000, "currency": "inr", "payment_intent": "pi_pay_1",
		"metadata": map[string]string{},
	}
	maps.Copy(charge, more)
	text, err := json.Marshal(map[string]any{
		"id": id, "object": "event", "api_version": "2099-01-01", "type": "charge.refunded", "created": 1_790_000_000, "data": map[string]any{"object": charge},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// byHand is what an event tells of a refund that somebody made in the provider's dashboard.
func byHand(more map[string]any) map[string]any {
	said := map[string]any{"id": "re_by_hand", "amount": 10000, "metadata": map[string]string{}}
	maps.Copy(said, more)
	return said
}

func (b *bundle) outsideRefund(id, status string, amount, assigned int) {
	b.Helper()
	b.exec(`INSERT INTO outside_refunds (id, intent_id, booking_id, payment_id, amount, currency, status, assigned, made_at)
	        VALUES ($1, 'pi_pay_1', 'bk_1', 'pay_1', $2, 'INR', $3, $4, now())`, id, amount, status, assigned)
}

// Which events come depends on the version of the provider's API that the endpoint has: each kind is enough.
func TestARefundMadeByHandIsNoticedByItsCharge(t *testing.T) {
	t.Parallel()
	for name, event := range map[string]string{
		"refund.created":        refundEvent("evt_1", "refund.created", "succeeded", byHand(nil)),
		"refund.updated":        refundEvent("evt_1", "refund.updated", "pending", byHand(map[string]any{"metadata": nil})),
		"refund.failed":         refundEvent("evt_1", "refund.failed", "something_new", byHand(nil)),
		"charge.refund.updated": refundEvent("evt_1", "charge.refund.updated", "succeeded", byHand(nil)),
		"charge.refunded":       chargeEvent("evt_1", nil),
		"of another deployment": refundEvent("evt_1", "refund.created", "succeeded", byHand(map[string]any{
			"metadata": map[string]string{booking.MetadataRefund: "rf_1", booking.MetadataDeployment: "boxoffice-pune"},
		})),
		"with an id that we have forgotten": refundEvent("evt_1", "refund.created", "succeeded", byHand(map[string]any{
			"metadata": map[string]string{booking.MetadataRefund: booking.RefundID("pi_none"), booking.MetadataDeployment: booking.DefaultDeployment},
		})),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := withPaidBooking(t)
			b.accepted(event, "SIGNALLED")
			b.accepted(event, "DUPLICATE")
			require.Len(t, b.temporal.outside, 1)
			require.Equal(t, "pi_pay_1", b.temporal.outside[0].IntentID)
			require.Equal(t, booking.OutsideRefundsWorkflowID("pi_pay_1"), b.temporal.starts[0].ID)
			require.Equal(t, 1, b.count(`SELECT count(*) FROM webhook_events WHERE outcome = 'SIGNALLED' AND intent_id = 'pi_pay_1' AND booking_id = 'bk_1' AND event IS NOT NULL`))
		})
	}
}

func TestWhatIsKnownOfARefundMadeByHandWakesNobody(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	b.outsideRefund("re_by_hand", "STANDING", 10000, 0)
	b.outsideRefund("re_failed", "RETURNED", 5000, 0)
	b.accepted(refundEvent("evt_1", "refund.updated", "succeeded", byHand(nil)), "IGNORED")
	b.accepted(refundEvent("evt_2", "refund.failed", "failed", byHand(map[string]any{"id": "re_failed"})), "IGNORED")
	b.accepted(refundEvent("evt_3", "refund.failed", "canceled", byHand(map[string]any{"id": "re_never_seen"})), "IGNORED")
	b.accepted(chargeEvent("evt_4", nil), "IGNORED")
	require.Empty(t, b.temporal.starts)

	b.accepted(chargeEvent("evt_5", map[string]any{"amount_refunded": 10001}), "SIGNALLED")
	b.accepted(refundEvent("evt_6", "refund.failed", "failed", byHand(nil)), "SIGNALLED")
	b.accepted(refundEvent("evt_7", "refund.updated", "succeeded", byHand(map[string]any{"id": "re_failed"})), "SIGNALLED")
	require.Len(t, b.temporal.outside, 3)
}

// The provider tells of every refund of ours by its charge as well.
func TestARefundOfOursIsNotTakenForOneMadeByHand(t *testing.T) {
	t.Parallel()
	for _, status := range []booking.RefundStatus{booking.RefundInitiated, booking.RefundSucceeded} {
		b := withRefund(t, status)
		b.accepted(chargeEvent("evt_1", map[string]any{"amount_refunded": 30000}), "IGNORED")
		require.Empty(t, b.temporal.starts)
	}
}

func TestMalformedCharges(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	for name, more := range map[string]map[string]any{
		"no id": {"id": nil}, "odd id": {"id": "ch 1"}, "odd intent": {"payment_intent": "pi 1"}, "negative": {"amount_refunded": -1}, "a text": {"amount_refunded": "1"},
	} {
		b.unreadable(name, chargeEvent("evt_1", more))
	}
	require.Equal(t, 0, b.count("SELECT count(*) FROM webhook_events"))
}

func TestNewsOfARefundMadeByHandComesAgainAfterAFailureAndIsReplayed(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	event := chargeEvent("evt_1", nil)
	b.temporal.onHint = func(client.StartWorkflowOptions) error { return serviceerror.NewUnavailable("away") }
	b.deliver(event, time.Now(), webhookSecret).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	require.Equal(t, 0, b.count("SELECT count(*) FROM webhook_events"))
	b.temporal.onHint = nil
	b.accepted(event, "SIGNALLED")
	b.accepted(refundEvent("evt_2", "refund.created", "succeeded", byHand(nil)), "SIGNALLED")
	for n, id := range []string{"evt_1", "evt_2"} {
		b.post(ada, admin+"/webhooks/"+id+"/replay", "", reason("it got lost")).is(http.StatusOK, nil)
		require.Len(t, b.temporal.outside, 3+n)
	}
}
