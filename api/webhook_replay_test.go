package api_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

func (b *bundle) replay(eventID string) (replay openapi.WebhookReplay) {
	b.Helper()
	b.post(ada, admin+"/webhooks/"+eventID+"/replay", "", reason("lost")).is(http.StatusOK, &replay)
	require.Equal(b, eventID, replay.Webhook.EventId)
	return replay
}

func TestAPaymentEventIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.temporal.onSignal = func(string, booking.PaymentEvent) error { return nil }
	b.accepted(intentEvent("evt_1", "payment_intent.succeeded", someBooking, nil), "SIGNALLED")
	require.Equal(t, "SIGNALLED", b.replay("evt_1").Outcome)
	first, again := b.temporal.signals[0], b.temporal.signals[1]
	require.NotEqual(t, first.CorrelationID, again.CorrelationID)
	again.CorrelationID = first.CorrelationID
	require.Equal(t, first, again, "a workflow knows that it is a repeat")

	b.temporal.onSignal = nil
	require.Equal(t, "SETTLING", b.replay("evt_1").Outcome)
	require.Equal(t, "pi_1", b.temporal.settles[0].IntentID)
	require.Equal(t, 1, b.count("SELECT count(*) FROM webhook_events WHERE outcome = 'SIGNALLED'"), "what became of it at first stays")

	b.temporal.onExecute = func(client.StartWorkflowOptions) error { return serviceerror.NewUnavailable("away") }
	b.post(ada, admin+"/webhooks/evt_1/replay", "", reason("lost")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	var actions openapi.ActionList
	b.get(ada, admin+"/actions?subject=evt_1").is(http.StatusOK, &actions)
	require.Len(t, actions.Actions, 2)
	require.Equal(t, map[string]any{"type": "payment_intent.succeeded", "outcome": "SETTLING"}, *actions.Actions[0].Details)
	require.Nil(t, actions.Actions[0].BookingId, "there is no such booking")
}

// What has been done stands in the trail, whether or not its operator waited for the answer.
func TestAnOperatorMayLeaveEarly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.temporal.onSignal = func(string, booking.PaymentEvent) error { return nil }
	b.accepted(intentEvent("evt_1", "payment_intent.succeeded", someBooking, nil), "SIGNALLED")
	ctx, leave := context.WithCancel(t.Context())
	b.temporal.onSignal = func(string, booking.PaymentEvent) error { leave(); return nil }
	b.do(call{method: http.MethodPost, path: admin + "/webhooks/evt_1/replay", user: ada, body: reason("lost"), ctx: ctx})
	require.Equal(t, 1, b.count("SELECT count(*) FROM operator_actions WHERE action = 'REPLAY_WEBHOOK'"))

	b.insert(row{id: "bk_1"})
	ctx, leave = context.WithCancel(t.Context())
	b.temporal.onUpdate = answering(func(client.UpdateWorkflowOptions) (any, error) {
		leave()
		b.end("bk_1", booking.StatusConfirmed, "PROVIDER", "paid by card at the last moment")
		return booking.Expiry{BookingID: "bk_1", Status: booking.StatusConfirmed}, nil
	})
	b.do(call{method: http.MethodPost, path: admin + "/bookings/bk_1/expire", user: ada, body: reason("they called"), ctx: ctx})
	require.Equal(t, 1, b.count("SELECT count(*) FROM operator_actions WHERE action = 'EXPIRE_BOOKING'"))
}

func TestARefundEventIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	b := withRefund(t, booking.RefundSucceeded)
	b.accepted(refundEvent("evt_1", "refund.updated", "succeeded", nil), "IGNORED")
	require.Empty(t, b.temporal.hints)
	require.Equal(t, "SIGNALLED", b.replay("evt_1").Outcome)
	require.Equal(t, someRefund, b.temporal.hints[0].RefundID)
	require.Equal(t, 1, b.count("SELECT count(*) FROM operator_actions WHERE booking_id = 'bk_1'"))
}

func TestADisputeIsWrittenAgain(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	b.accepted(disputeEvent("evt_1", "created", "needs_response", 1, nil), "RECORDED")
	b.accepted(disputeEvent("evt_2", "closed", "won", 5, nil), "RECORDED")
	require.Equal(t, "RECORDED", b.replay("evt_1").Outcome)
	require.Equal(t, "won", b.disputes().Disputes[0].Status, "a stale event changes nothing")
	b.exec("DELETE FROM disputes")
	b.replay("evt_1")
	require.Equal(t, "needs_response", b.disputes().Disputes[0].Status)
	b.replay("evt_2")
	require.Equal(t, "won", b.disputes().Disputes[0].Status)
	require.Len(t, b.page(admin+"/actions"), 3)
}

func TestEventsThatMeantNothingAreNotDelivered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.accepted(intentEvent("evt_1", "customer.created", "", nil), "IGNORED")
	b.accepted(intentEvent("evt_2", "payment_intent.succeeded", "not-ours", nil), "IGNORED")
	for _, id := range []string{"evt_1", "evt_2"} {
		require.Equal(t, "IGNORED", b.post(ada, admin+"/webhooks/"+id+"/replay", "", reason("x")).refuses(http.StatusConflict, booking.CodeInvalidState)["outcome"])
	}
	b.post(ada, admin+"/webhooks/evt_none/replay", "", reason("x")).refuses(http.StatusNotFound, booking.CodeNotFound)
	require.Equal(t, "reason", b.post(ada, admin+"/webhooks/evt_1/replay", "", reason(" ")).refuses(http.StatusBadRequest, booking.CodeValidation)["field"])
	require.Zero(t, b.count("SELECT count(*) FROM operator_actions"))
}

func TestStoredEventsAreListed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.accepted(intentEvent("evt_1", "payment_intent.succeeded", someBooking, nil), "SETTLING")
	b.accepted(intentEvent("evt_2", "payment_intent.processing", someBooking, nil), "IGNORED")
	b.accepted(intentEvent("evt_3", "customer.created", "", nil), "IGNORED")
	var list openapi.WebhookList
	got := b.get(ada, admin+"/webhooks").is(http.StatusOK, &list)
	require.Len(t, list.Webhooks, 3)
	require.Equal(t, "evt_3", list.Webhooks[0].EventId)
	require.False(t, list.Webhooks[0].Replayable)
	require.True(t, list.Webhooks[1].Replayable)
	require.NotContains(t, string(got.body), "asha@")
	require.Equal(t, []string{"evt_3", "evt_2", "evt_1"}, b.page(admin+"/webhooks"))
	require.Equal(t, []string{"evt_2", "evt_1"}, b.page(admin+"/webhooks?bookingId="+someBooking))
	require.Equal(t, []string{"evt_1"}, b.page(admin+"/webhooks?paymentIntentId=pi_1&outcome=SETTLING"))
	for query, field := range map[string]string{"outcome=LOST": "outcome", "bookingId=": "bookingId", "paymentIntentId=%20": "paymentIntentId", "cursor=x": "cursor"} {
		require.Equal(t, field, b.get(ada, admin+"/webhooks?"+query).refuses(http.StatusBadRequest, booking.CodeValidation)["field"], query)
	}
}

func TestOneListTellsOfEverythingThatOperatorsDid(t *testing.T) {
	t.Parallel()
	b := withRefund(t, booking.RefundNeedsAttention)
	b.event("", booking.RefundInitiated, nil, "SYSTEM", "late")
	b.event(booking.RefundNeedsAttention, booking.RefundSucceeded, "rc_1", ada, "diverted")
	b.exec("INSERT INTO flags (kind, subject, message, resolved_at, resolved_by, resolution) VALUES ('REFUND', $1, 'refused', now(), $2, 'done')", someRefund, ada)
	b.insert(row{id: "bk_2", seats: []string{"B1"}})
	b.end("bk_2", booking.StatusExpired, "us_else", "they called")
	require.Len(t, b.page(admin+"/actions"), 3)
	require.Len(t, b.page(admin+"/actions?subject="+someRefund), 2)
	require.Len(t, b.page(admin+"/actions?subject=bk_1"), 1, "by the booking")
	require.Len(t, b.page(admin+"/actions?actor=us_else"), 1)
	require.Equal(t, "actor", b.get(ada, admin+"/actions?actor=").refuses(http.StatusBadRequest, booking.CodeValidation)["field"])
}
