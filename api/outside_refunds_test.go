package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

func TestRefundsMadeOutsideAreListed(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	b.outsideRefund("re_1", "STANDING", 10000, 10000)
	b.outsideRefund("re_2", "STANDING", 10000, 4000)
	b.outsideRefund("re_3", "RETURNED", 10000, 0)
	b.exec(`UPDATE outside_refunds SET recorded_at = now() - right(id, 1)::int * interval '1 minute'`)
	require.Equal(t, []string{"re_1", "re_2", "re_3"}, b.page(admin+"/outside-refunds"))
	require.Equal(t, []string{"re_2"}, b.page(admin+"/outside-refunds?open=true"))
	b.get(ada, admin+"/outside-refunds?limit=0").refuses(http.StatusBadRequest, booking.CodeValidation)

	var told openapi.OutsideRefundHistory
	b.get(ada, admin+"/outside-refunds/re_2").is(http.StatusOK, &told)
	require.EqualValues(t, 6000, told.OutsideRefund.Left)
	require.Equal(t, "bk_1", *told.OutsideRefund.BookingId)
	b.get(ada, admin+"/outside-refunds/re_3").is(http.StatusOK, &told)
	require.Zero(t, told.OutsideRefund.Left, "the money is there again")
	b.get(ada, admin+"/outside-refunds/re_none").refuses(http.StatusNotFound, booking.CodeNotFound)
}

func TestRefundsMadeOutsideAreAssignedAndWrittenOff(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]any{
		booking.UpdateAssign: map[string]any{"seatIds": []string{"A1"}, "reason": "given back by phone"}, booking.UpdateWriteOff: reason("given back by phone"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := withPaidBooking(t)
			b.outsideRefund("re_1", "STANDING", 10000, 0)
			path := admin + "/outside-refunds/re_1/" + name
			b.temporal.onCommand = answering(func(options client.UpdateWorkflowOptions) (any, error) {
				command := asked[booking.OutsideRefundCommand](t, options.Args)
				require.Equal(t, booking.OutsideRefundsWorkflowID("pi_pay_1"), options.WorkflowID)
				require.Equal(t, name, options.UpdateName)
				require.Equal(t, booking.OutsideRefundCommandID("re_1", name, ada, "key-00001"), command.CommandID)
				require.Equal(t, [3]string{"re_1", ada, "given back by phone"}, [3]string{command.OutsideRefundID, command.Actor, command.Reason})
				require.Equal(t, name == booking.UpdateAssign, len(command.Seats) == 1)
				b.exec(`INSERT INTO outside_refund_events (outside_refund_id, event, amount, command_id, actor, reason, correlation_id)
				        VALUES ('re_1', 'WRITTEN_OFF', 10000, $1, $2, $3, 'test')`, command.CommandID, command.Actor, command.Reason)
				return booking.OutsideRefund{ID: "re_1"}, nil
			})
			for range 3 {
				var told openapi.OutsideRefundHistory
				b.post(ada, path, "key-00001", body).is(http.StatusOK, &told)
				require.Len(t, told.Events, 1)
				require.Equal(t, ada, told.Events[0].Actor)
			}
			require.Len(t, b.temporal.updates, 1, "a repeat does nothing")
			b.post(ada, path, "key-00001", reason("another reason")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
			b.post(ada, path, "key-00001", map[string]any{"reason": ""}).refuses(http.StatusBadRequest, booking.CodeValidation)
			b.post(ada, path, "short", map[string]any{"reason": ""}).refuses(http.StatusBadRequest, booking.CodeValidation)
			b.post(ada, admin+"/outside-refunds/re_none/"+name, "key-00001", body).refuses(http.StatusNotFound, booking.CodeNotFound)

			b.temporal.onCommand = answering(func(client.UpdateWorkflowOptions) (any, error) {
				return nil, refuse(booking.Refuse(booking.CodeInvalidState, "Nothing of this refund is left to decide about."))
			})
			b.post(ada, path, "key-00002", body).refuses(http.StatusConflict, booking.CodeInvalidState)
		})
	}
}

// Whoever repeats a key with other seats must not believe that those were cancelled.
func TestAKeyThatHasAssignedSeatsAssignsNoOthers(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	b.outsideRefund("re_1", "STANDING", 10000, 0)
	path := admin + "/outside-refunds/re_1/" + booking.UpdateAssign
	b.temporal.onCommand = answering(func(options client.UpdateWorkflowOptions) (any, error) {
		command := asked[booking.OutsideRefundCommand](t, options.Args)
		require.False(t, command.At.IsZero(), "a reset must know how old it is")
		cancelled := booking.CancelSeatsRequest{BookingID: "bk_1", Seats: command.Seats, RefundTo: booking.RefundToOriginal}
		b.writeCancellation(cancelled)
		b.exec(`INSERT INTO outside_refund_events (outside_refund_id, event, amount, refund_id, command_id, actor, reason, correlation_id)
		        VALUES ('re_1', 'ASSIGNED', 7500, $1, $2, $3, $4, 'test')`,
			booking.CancellationRefundID(cancelled.ID(), booking.TenderCard), command.CommandID, command.Actor, command.Reason)
		return booking.OutsideRefund{ID: "re_1"}, nil
	})
	body := func(seats ...string) map[string]any {
		return map[string]any{"seatIds": seats, "reason": "given back by phone"}
	}
	for range 2 {
		b.post(ada, path, "key-00001", body("A1")).is(http.StatusOK, nil)
	}
	b.post(ada, path, "key-00001", body("A2")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
	b.post(ada, path, "key-00001", reason("given back by phone")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
	require.Len(t, b.temporal.updates, 1)
}
