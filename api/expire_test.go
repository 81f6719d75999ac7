package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// end writes the end of a booking.
func (b *bundle) end(id string, to booking.Status, actor, reason string) {
	b.Helper()
	b.exec(`WITH e AS (INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
	                   VALUES ($1, 'SEATS_LOCKED', $2, $4, $3, 'test'))
	        UPDATE bookings SET status = $2 WHERE id = $1`, id, to, actor, reason)
}

func TestAHoldIsEndedByItsWorkflow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	path := admin + "/bookings/bk_1/expire"
	b.temporal.onUpdate = answering(func(options client.UpdateWorkflowOptions) (any, error) {
		request := asked[booking.ExpireRequest](t, options.Args)
		require.Equal(t, booking.WorkflowID("bk_1"), options.WorkflowID)
		require.Equal(t, booking.UpdateExpire, options.UpdateName)
		require.Equal(t, booking.ExpireRequest{
			BookingID: "bk_1", Actor: ada, Reason: "they called", CorrelationID: request.CorrelationID, At: request.At,
		}, request)
		require.WithinDuration(t, time.Now(), request.At, time.Minute)
		b.end("bk_1", booking.StatusExpired, request.Actor, request.Reason)
		return booking.Expiry{BookingID: "bk_1", Status: booking.StatusExpired}, nil
	})
	for range 2 {
		var expiry openapi.BookingExpiry
		b.post(ada, path, "", reason("they called")).is(http.StatusOK, &expiry)
		require.Equal(t, openapi.BookingExpiry{BookingId: "bk_1", Status: booking.StatusExpired}, expiry)
	}
	require.Len(t, b.temporal.updates, 1, "a repeat does nothing")
	require.Equal(t, "EXPIRED", b.post(ada, path, "", reason("once more")).refuses(http.StatusConflict, booking.CodeInvalidState)["status"])
	require.Len(t, b.temporal.updates, 1)
	require.Zero(t, b.count("SELECT count(*) FROM operator_actions"), "the booking's own trail tells of it")
	var actions openapi.ActionList
	b.get(ada, admin+"/actions?subject=bk_1").is(http.StatusOK, &actions)
	require.Len(t, actions.Actions, 1)
	require.Equal(t, "EXPIRE_BOOKING", actions.Actions[0].Action)
	require.Equal(t, ada, actions.Actions[0].Actor)
	require.Equal(t, "they called", actions.Actions[0].Reason)

	var seen openapi.Booking
	b.get(asha, bookings+"/bk_1").is(http.StatusOK, &seen)
	last := seen.Trail[len(seen.Trail)-1]
	require.Equal(t, booking.ActorOperator, last.Actor)
	require.NotContains(t, last.Reason, "called")
}

func TestMoneyThatWasFasterIsTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	b.temporal.onUpdate = answering(func(client.UpdateWorkflowOptions) (any, error) {
		b.end("bk_1", booking.StatusConfirmed, "PROVIDER", "paid by card at the last moment")
		return booking.Expiry{BookingID: "bk_1", Status: booking.StatusConfirmed}, nil
	})
	var expiry openapi.BookingExpiry
	b.post(ada, admin+"/bookings/bk_1/expire", "", reason("they called")).is(http.StatusOK, &expiry)
	require.Equal(t, booking.StatusConfirmed, expiry.Status)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM operator_actions WHERE action = 'EXPIRE_BOOKING' AND subject = 'bk_1' AND actor = $1
	                             AND reason = 'they called' AND details ->> 'status' = 'CONFIRMED'`, ada))
}

func TestABookingThatLostItsWorkflowIsEndedByAnother(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	b.temporal.onRun = func(options client.StartWorkflowOptions, input any) (any, error) {
		request := must[booking.ExpireRequest](input)
		require.Equal(t, booking.EndAbandonedWorkflowID("bk_1"), options.ID)
		b.end("bk_1", booking.StatusExpired, request.Actor, request.Reason)
		return booking.Expiry{BookingID: "bk_1", Status: booking.StatusExpired}, nil
	}
	var expiry openapi.BookingExpiry
	b.post(ada, admin+"/bookings/bk_1/expire", "", reason("lost")).is(http.StatusOK, &expiry)
	require.Equal(t, booking.StatusExpired, expiry.Status)
	require.Len(t, b.temporal.starts, 1)
}

func TestOnlyWhatWaitsForMoneyIsExpired(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_sold", status: booking.StatusConfirmed})
	b.insert(row{id: "bk_held", seats: []string{"B1"}})
	for _, body := range []any{reason(""), reason("  "), reason("two\nlines"), map[string]any{}} {
		require.Equal(t, "reason", b.post(ada, admin+"/bookings/bk_held/expire", "", body).refuses(http.StatusBadRequest, booking.CodeValidation)["field"])
	}
	b.post(ada, admin+"/bookings/bk_none/expire", "", reason("x")).refuses(http.StatusNotFound, booking.CodeNotFound)
	require.Equal(t, "CONFIRMED", b.post(ada, admin+"/bookings/bk_sold/expire", "", reason("x")).refuses(http.StatusConflict, booking.CodeInvalidState)["status"])
	require.Empty(t, b.temporal.updates)

	for name, refusal := range map[string]*booking.Refusal{
		"processing": booking.Refuse(booking.CodePaymentPending, "A payment may still be under way."),
		"much asked": booking.Refuse(booking.CodeConflict, "This booking has taken as many commands as it may."),
	} {
		b.temporal.onUpdate = answering(func(client.UpdateWorkflowOptions) (any, error) { return nil, refuse(refusal) })
		require.Equal(t, http.StatusConflict, b.post(ada, admin+"/bookings/bk_held/expire", "", reason("x")).status, name)
	}
	b.temporal.onUpdate = answering(func(client.UpdateWorkflowOptions) (any, error) {
		b.end("bk_held", booking.StatusExpired, "TIMER", "not paid in time")
		return nil, refuse(booking.Expired("bk_held"))
	})
	require.Equal(t, "EXPIRED", b.post(ada, admin+"/bookings/bk_held/expire", "", reason("x")).refuses(http.StatusConflict, booking.CodeInvalidState)["status"])
	require.Zero(t, b.count("SELECT count(*) FROM operator_actions"))

	b.insert(row{id: "bk_old", seats: []string{"B3"}})
	b.temporal.onUpdate = answering(func(client.UpdateWorkflowOptions) (any, error) {
		return nil, temporal.NewApplicationError("unknown update expire. KnownUpdates=[hold pay cancel]", "")
	})
	b.post(ada, admin+"/bookings/bk_old/expire", "", reason("x")).refuses(http.StatusConflict, booking.CodeConflict)

	b.insert(row{id: "bk_3", seats: []string{"B2"}})
	b.temporal.onUpdate = answering(func(client.UpdateWorkflowOptions) (any, error) { return nil, serviceerror.NewUnavailable("away") })
	b.post(ada, admin+"/bookings/bk_3/expire", "", reason("x")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
}

func TestACommandToWhatIsPausedSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.ProviderTimeout = 200 * time.Millisecond })
	b.insert(row{id: "bk_1"})
	expire := func() map[string]any {
		return b.post(ada, admin+"/bookings/bk_1/expire", "", reason("x")).refuses(http.StatusConflict, booking.CodeConflict)
	}
	b.temporal.onUpdate = answering(func(client.UpdateWorkflowOptions) (any, error) {
		return nil, serviceerror.NewFailedPrecondition("Workflow is paused. Cannot update the workflow.")
	})
	require.Equal(t, "PAUSED", expire()["reason"])
	require.Equal(t, "PAUSED", b.cancel(asha, "bk_1", nil).refuses(http.StatusConflict, booking.CodeConflict)["reason"])
	pay := b.post(asha, bookings+"/bk_1/payments", "payment-key-1", map[string]any{"method": "CARD"})
	require.Equal(t, "PAUSED", pay.refuses(http.StatusConflict, booking.CodeConflict)["reason"])

	b.temporal.onUpdate = nil
	b.temporal.unanswered = true
	b.post(ada, admin+"/bookings/bk_1/expire", "", reason("x")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	waiting := running("booking/bk_1", booking.BookingWorkflow, time.Minute)
	waiting.PendingActivities = []*workflowpb.PendingActivityInfo{{PauseInfo: &workflowpb.PendingActivityInfo_PauseInfo{}}}
	b.temporal.running = []*workflowservice.DescribeWorkflowExecutionResponse{waiting}
	require.Equal(t, "PAUSED", expire()["reason"], "it waits behind the step that is paused")
}
