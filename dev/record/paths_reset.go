package main

import (
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// resetPaths are those in which an operator resets a workflow. The history of the run that begins again is kept.
func resetPaths() []path {
	return []path{
		{name: "reset_while_paying", want: booking.StatusConfirmed, play: func(s *scene) { s.resetWhilePaying(0) }},
		{name: "reset_before_paying", want: booking.StatusConfirmed, play: func(s *scene) { s.resetWhilePaying(1) }},
		{name: "reset_confirmed", want: booking.StatusConfirmed, play: func(s *scene) {
			s.hold(s.asha)
			s.payFromWallet()
			s.await(booking.StatusConfirmed)
			s.reset(booking.WorkflowID(s.booking), 0)
		}},
		{name: "reset_confirmed_later", want: booking.StatusConfirmed, play: func(s *scene) {
			s.hold(s.asha)
			s.payFromWallet()
			s.await(booking.StatusConfirmed)
			s.untilOld()
			s.reset(booking.WorkflowID(s.booking), 0)
		}},
		{name: "reset_cancellation", play: func(s *scene) {
			s.sellByCard(cardVisa)
			get(s.asha.Cancel(s.ctx, s.booking))
			s.untilCancelled()
			s.untilOld()
			s.reset(booking.CancelBookingWorkflowID(s.booking), 0)
			s.keepCancellation(s.name, 1, "")
		}},
		toppedUp("reset_topup", booking.TopUpSucceeded, func(s *scene, topUp openapi.TopUp) {
			s.enterForTopUp(topUp, cardVisa, "succeeded")
			s.untilTopUp(topUp, booking.TopUpSucceeded)
			s.reset(booking.TopUpWorkflowID(topUp.TopUpId), 0)
		}),
	}
}

// resetWhilePaying resets a booking to one of its tasks while a card is being processed. The customer has wanted to cancel, and was told to wait.
func (s *scene) resetWhilePaying(task int) {
	payment := s.holdAndPayByCard()
	s.enter(payment, "pm_card_processing", "processing")
	s.untilPayment(payment, booking.PaymentProcessing)
	_, err := s.asha.Cancel(s.ctx, s.booking)
	s.refused(err, booking.CodePaymentPending)
	s.untilOld()
	id := booking.WorkflowID(s.booking)
	s.reset(id, task)
	s.untilEventOf(id, "the cancellation is refused", func(event *historypb.HistoryEvent) bool {
		return event.GetWorkflowExecutionUpdateCompletedEventAttributes().GetOutcome().GetFailure() != nil
	})
	s.must(s.Simulator().SettleIntent(s.ctx, payment.ProviderPayload.PaymentIntentId, stripesim.Succeed))
}

// untilOld waits until nobody waits any more for what was asked for before.
func (s *scene) untilOld() {
	old := time.Now().Add(booking.MaxRequestAge + time.Second)
	s.until("the commands are old", func() (bool, error) { return time.Now().After(old), nil })
}

// reset has a workflow run again from its nth task, counted from zero.
func (s *scene) reset(workflowID string, task int) {
	var ended []int64
	s.until("the workflow has ended so many tasks", func() (bool, error) {
		ended = nil
		for _, event := range s.history(workflowID).GetEvents() {
			if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
				ended = append(ended, event.GetEventId())
			}
		}
		return len(ended) > task, nil
	})
	_, err := s.Temporal.WorkflowService().ResetWorkflowExecution(s.ctx, &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: stack.Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID}, Reason: "recorded",
		RequestId: "reset-" + s.name, WorkflowTaskFinishEventId: ended[task],
	})
	s.must(err)
}
