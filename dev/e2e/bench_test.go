package e2e_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// What an operator does to a booking by the bench, one of each, on the whole system.

func TestAnOperatorEndsAHold(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	showID := sys.show(t, 5*time.Minute)
	asha, ravi, operator := sys.buyer(t, "asha", 0), sys.buyer(t, "ravi", 0), sys.operator(t)
	held, err := asha.Book(t.Context(), "asha-holds-a1", showID, "A1")
	require.NoError(t, err)
	_, err = asha.Pay(t.Context(), "asha-pays-a1", held.BookingId, booking.MethodCard)
	require.NoError(t, err)
	_, err = asha.ExpireBooking(t.Context(), held.BookingId, "mine")
	refused(t, err, http.StatusForbidden, booking.CodeForbidden)

	expiry, err := operator.ExpireBooking(t.Context(), held.BookingId, "they called")
	require.NoError(t, err)
	require.Equal(t, booking.StatusExpired, expiry.Status)
	_, err = ravi.Book(t.Context(), "ravi-holds-a1", showID, "A1")
	require.NoError(t, err, "the seat is on sale at once")
	_, err = operator.ExpireBooking(t.Context(), held.BookingId, "once more")
	refused(t, err, http.StatusConflict, booking.CodeInvalidState)
	actions, err := operator.Actions(t.Context(), held.BookingId)
	require.NoError(t, err)
	require.Len(t, actions, 1)
	require.Equal(t, "they called", actions[0].Reason)
}

func TestABookingWithoutItsWorkflowIsFoundAndEnded(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	asha, operator := sys.buyer(t, "asha", 0), sys.operator(t)
	held, err := asha.Book(t.Context(), "asha-holds-a1", sys.show(t, 5*time.Minute), "A1")
	require.NoError(t, err)
	payment, err := asha.Pay(t.Context(), "asha-pays-a1", held.BookingId, booking.MethodCard)
	require.NoError(t, err)
	require.NoError(t, sys.Temporal.TerminateWorkflow(t.Context(), booking.WorkflowID(held.BookingId), "", "test"))
	_, err = sys.Owner.Exec(t.Context(), `UPDATE bookings SET expires_at = now() - interval '10 minutes' WHERE id = $1`, held.BookingId)
	require.NoError(t, err)
	list, err := operator.Stuck(t.Context())
	require.NoError(t, err)
	n := slices.IndexFunc(list.Items, func(item openapi.StuckItem) bool { return item.BookingId != nil && *item.BookingId == held.BookingId })
	require.GreaterOrEqual(t, n, 0, "%+v", list)
	require.Equal(t, []string{"NO_WORKFLOW"}, list.Items[n].Reasons)

	expiry, err := operator.ExpireBooking(t.Context(), held.BookingId, "its workflow was terminated")
	require.NoError(t, err)
	require.Equal(t, booking.StatusExpired, expiry.Status)
	eventually(t, "a settlement closes the intent", func() bool {
		return sys.count(t, `SELECT count(*) FROM payments WHERE id = $1 AND status = 'CANCELLED'`, payment.PaymentId) == 1
	})
}

func TestAnOperatorMovesABookingToOtherSeats(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	showID := sys.show(t, 5*time.Minute)
	asha, ravi, operator := sys.buyer(t, "asha", 0), sys.buyer(t, "ravi", 0), sys.operator(t)
	bought, payment := sys.boughtByCard(t, asha, showID, "pm_card_visa", "A1", "A2")
	_, err := ravi.Book(t.Context(), "ravi-holds-b1", showID, "B1")
	require.NoError(t, err)
	request := openapi.MoveBookingRequest{FromSeats: &[]string{"A2"}, ToSeats: []string{"B1"}, Reason: "the seat is broken"}
	_, err = operator.MoveBooking(t.Context(), "move-key-1", bought.BookingId, request)
	require.Equal(t, []any{"B1"}, refusalOf(t, err, http.StatusConflict, booking.CodeSeatLockFailed).Detail("unavailableSeatIds"))
	request.ToSeats = []string{"B2"}
	for range 2 {
		move, err := operator.MoveBooking(t.Context(), "move-key-2", bought.BookingId, request)
		require.NoError(t, err)
		require.Equal(t, []string{"A1", "B2"}, move.SeatIds)
	}
	seen := await(t, asha, bought.BookingId, booking.StatusConfirmed)
	require.Equal(t, "B2", seen.Seats[1])
	require.Equal(t, bought.Pricing.Total, seen.Pricing.Total)
	_, err = ravi.Book(t.Context(), "ravi-holds-a2", showID, "A2")
	require.NoError(t, err, "the old seat is on sale")
	one, err := asha.CancelSeats(t.Context(), bought.BookingId, "B2")
	require.NoError(t, err)
	require.Equal(t, []string{"B2"}, one.SeatIds)
	eventually(t, "the refund succeeds", func() bool { return len(sys.refundsAtProvider(t, payment)) == 1 })
	actions, err := operator.Actions(t.Context(), bought.BookingId)
	require.NoError(t, err)
	require.Len(t, actions, 1)
	require.Equal(t, "MOVE_SEATS", actions[0].Action)
}

func TestAnOperatorDeliversAWebhookAgain(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	asha, operator := sys.buyer(t, "asha", 0), sys.operator(t)
	bought, _ := sys.boughtByCard(t, asha, sys.show(t, 5*time.Minute), "pm_card_visa", "A1")
	var event string
	eventually(t, "the event is stored", func() bool {
		stored, err := operator.Webhooks(t.Context(), bought.BookingId)
		require.NoError(t, err)
		n := slices.IndexFunc(stored, func(w openapi.StoredWebhook) bool { return w.Type == "payment_intent.succeeded" })
		if n >= 0 {
			event = stored[n].EventId
		}
		return n >= 0
	})
	replay, err := operator.ReplayWebhook(t.Context(), event, "the customer says that it was lost")
	require.NoError(t, err)
	require.Equal(t, "SETTLING", replay.Outcome, "the booking's workflow is over")
	var outcome booking.SettlementOutcome
	settlement := booking.SettlementWorkflowID(*replay.Webhook.PaymentIntentId)
	require.NoError(t, sys.Temporal.GetWorkflow(t.Context(), settlement, "").Get(t.Context(), &outcome))
	require.Equal(t, booking.SettledAlready, outcome.Result)
	await(t, asha, bought.BookingId, booking.StatusConfirmed)
}

func TestTheBenchWorksFromATerminal(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t)
	showID := sys.show(t, 5*time.Minute)
	asha, operator := sys.buyer(t, "asha", 30000), sys.operator(t)
	held, err := asha.Book(t.Context(), "asha-holds-a1", showID, "A1")
	require.NoError(t, err)
	out, err := sys.ops(t, "expire", held.BookingId, "--reason", "they called")
	require.NoError(t, err)
	require.Equal(t, held.BookingId+" is EXPIRED.\n", out)
	sold, err := asha.Book(t.Context(), "asha-holds-a2", showID, "A2")
	require.NoError(t, err)
	_, err = asha.Pay(t.Context(), "asha-pays-a2", sold.BookingId, booking.MethodWallet)
	require.NoError(t, err)
	for range 2 {
		out, err = sys.ops(t, "move", sold.BookingId, "--to", "B1", "--reason", "broken", "--json")
		require.NoError(t, err)
		var move openapi.SeatMove
		require.NoError(t, json.Unmarshal([]byte(out), &move))
		require.Equal(t, []string{"B1"}, move.SeatIds)
	}
	out, err = sys.ops(t, "stuck")
	require.NoError(t, err)
	require.Contains(t, out, "Nothing is stuck.")

	bought, _ := sys.boughtByCard(t, asha, showID, "pm_card_visa", "C1")
	sys.requestFault(t, stripesim.RequestFault{Operation: stripesim.OpCreateRefund, Mode: stripesim.FailBefore, Times: 4, Unstored: true})
	given, err := asha.Cancel(t.Context(), bought.BookingId)
	require.NoError(t, err)
	eventually(t, "the refund is tried in vain", func() bool {
		list, err := operator.Stuck(t.Context())
		require.NoError(t, err)
		if len(list.Items) == 0 {
			return false
		}
		item := list.Items[0]
		require.Equal(t, []string{"RETRYING"}, item.Reasons)
		require.Equal(t, []string{given.Refunds[0].RefundId, bought.BookingId, showID}, []string{*item.RefundId, *item.BookingId, *item.ShowId})
		require.Equal(t, booking.StepSendRefund, item.PendingActivities[0].Name)
		require.Regexp(t, "^provider: .*refund", *item.PendingActivities[0].LastFailure)
		return true
	})

	out, err = sys.ops(t, "cancel-show", showID, "--reason", "the projector burnt")
	require.NoError(t, err)
	require.Contains(t, out, "show "+showID)
	out, err = sys.ops(t, "actions")
	require.NoError(t, err)
	for _, word := range []string{"EXPIRE_BOOKING", "MOVE_SEATS", "CANCEL_SHOW", "they called", "the projector burnt"} {
		require.Contains(t, out, word)
	}
	_, err = sys.ops(t, "expire", held.BookingId, "--reason", "once more")
	require.ErrorContains(t, err, "INVALID_STATE: Only a booking that waits for money can be expired. (status: EXPIRED; correlation id ")
	await(t, asha, sold.BookingId, booking.StatusCancelled)
	eventually(t, "the refund succeeds", func() bool {
		return sys.count(t, `SELECT count(*) FROM refunds WHERE id = $1 AND status = 'SUCCEEDED'`, given.Refunds[0].RefundId) == 1
	})
	sys.audit(t)
}

// ops runs a command of the operators' bench.
func (sys *system) ops(t *testing.T, args ...string) (string, error) {
	t.Helper()
	return sys.Boxoffice(t.Context(), append([]string{"ops"}, args...)...)
}
