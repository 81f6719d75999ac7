package e2e_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// Operators can see who has paused something, and why.
const (
	pausedBy  = "ada@example.com"
	pausedFor = "the bank is asked by telephone"
)

// The hold has ended while the card is being processed, and somebody pauses the step that asks the provider. It is listed with who and why, a command
// is refused because of it, and when the step goes on, so does the booking.
func pauseStep(t *testing.T, sys *system) func(*testing.T) {
	t.Helper()
	show, buyer, operator := sys.show(t, shortHold), sys.buyer(t, "buyer", 0), sys.operator(t)
	held, payment := sys.processing(t, buyer, show, "A1")
	workflowID := booking.WorkflowID(held.BookingId)

	return func(t *testing.T) {
		t.Helper()
		sys.tellHistory(t, workflowID)
		sys.asksInVain(t, workflowID)
		execution := &commonpb.WorkflowExecution{WorkflowId: workflowID}
		_, err := sys.Temporal.WorkflowService().PauseActivity(t.Context(), &workflowservice.PauseActivityRequest{
			Namespace: stack.Namespace, Execution: execution, Identity: pausedBy, Reason: pausedFor,
			Activity: &workflowservice.PauseActivityRequest_Type{Type: booking.StepCloseIntent},
		})
		require.NoError(t, err)

		item := sys.listedAsPaused(t, operator, held.BookingId)
		require.Nil(t, item.Pause, "the workflow itself is not")
		require.Len(t, item.PendingActivities, 1)
		step := item.PendingActivities[0]
		require.Equal(t, booking.StepCloseIntent, step.Name)
		require.NotNil(t, step.Pause)
		require.Equal(t, pausedBy, step.Pause.By)
		require.Equal(t, pausedFor, *step.Pause.Reason)
		sys.refusedAsPaused(t, operator, held.BookingId)

		sys.decide(t, payment, "succeed")
		_, err = sys.Temporal.WorkflowService().UnpauseActivity(t.Context(), &workflowservice.UnpauseActivityRequest{
			Namespace: stack.Namespace, Execution: execution, Identity: pausedBy,
			Activity: &workflowservice.UnpauseActivityRequest_Type{Type: booking.StepCloseIntent},
		})
		require.NoError(t, err)
		require.Equal(t, booking.StatusConfirmed, outcomeOf[booking.Outcome](t, sys, workflowID).Status)
		sys.requireSold(t, show, 1)
	}
}

// Somebody pauses the workflow of a booking, and the customer pays meanwhile: the provider's event waits for the workflow.
func pauseWorkflow(t *testing.T, sys *system) func(*testing.T) {
	t.Helper()
	show, buyer, operator := sys.show(t, longHold), sys.buyer(t, "buyer", 0), sys.operator(t)
	held, payment := sys.processing(t, buyer, show, "A1")
	workflowID := booking.WorkflowID(held.BookingId)

	return func(t *testing.T) {
		t.Helper()
		sys.tellHistory(t, workflowID)
		_, err := sys.Temporal.WorkflowService().PauseWorkflowExecution(t.Context(), &workflowservice.PauseWorkflowExecutionRequest{
			Namespace: stack.Namespace, WorkflowId: workflowID, Identity: pausedBy, Reason: pausedFor, RequestId: "pause-" + held.BookingId,
		})
		require.NoError(t, err)

		item := sys.listedAsPaused(t, operator, held.BookingId)
		require.NotNil(t, item.Pause)
		require.Equal(t, pausedBy, item.Pause.By)
		require.Equal(t, pausedFor, *item.Pause.Reason)
		sys.refusedAsPaused(t, operator, held.BookingId)
		_, err = buyer.Cancel(t.Context(), held.BookingId)
		require.Equal(t, "PAUSED", refusalOf(t, err, http.StatusConflict, booking.CodeConflict).Detail("reason"))
		_, err = buyer.Pay(t.Context(), "pay-while-paused-key", held.BookingId, booking.MethodCard)
		require.Equal(t, "PAUSED", refusalOf(t, err, http.StatusConflict, booking.CodeConflict).Detail("reason"))

		sys.decide(t, payment, "succeed")
		_, err = sys.Temporal.WorkflowService().UnpauseWorkflowExecution(t.Context(), &workflowservice.UnpauseWorkflowExecutionRequest{
			Namespace: stack.Namespace, WorkflowId: workflowID, Identity: pausedBy, Reason: "they answered", RequestId: "unpause-" + held.BookingId,
		})
		require.NoError(t, err)
		require.Equal(t, booking.StatusConfirmed, outcomeOf[booking.Outcome](t, sys, workflowID).Status)
		sys.requireSold(t, show, 1)
	}
}

// listedAsPaused waits until a booking is in the list of what is stuck, and for that reason alone.
func (sys *system) listedAsPaused(t *testing.T, operator *customer.Customer, bookingID string) (listed openapi.StuckItem) {
	t.Helper()
	eventually(t, bookingID+" is listed", func() bool {
		list, err := operator.Stuck(t.Context())
		require.NoError(t, err)
		n := slices.IndexFunc(list.Items, func(item openapi.StuckItem) bool { return item.BookingId != nil && *item.BookingId == bookingID })
		if n < 0 || !slices.Contains(list.Items[n].Reasons, "PAUSED") {
			return false
		}
		listed = list.Items[n]
		return true
	})
	require.Equal(t, []string{"PAUSED"}, listed.Reasons)
	out, err := sys.ops(t, "stuck", "--why", "PAUSED")
	require.NoError(t, err)
	require.Contains(t, out, bookingID)
	require.Contains(t, out, pausedBy)
	require.Contains(t, out, pausedFor)
	return listed
}

// refusedAsPaused has an operator try to end a booking that somebody has paused.
func (sys *system) refusedAsPaused(t *testing.T, operator *customer.Customer, bookingID string) {
	t.Helper()
	_, err := operator.ExpireBooking(t.Context(), bookingID, "test")
	require.Equal(t, "PAUSED", refusalOf(t, err, http.StatusConflict, booking.CodeConflict).Detail("reason"))
}
