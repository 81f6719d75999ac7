package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// tasks are the ids of the events with which the workflow tasks of a workflow's latest run have ended. It can be reset to each of them.
func (sys *system) tasks(t *testing.T, workflowID string) (ended []int64) {
	t.Helper()
	history := sys.Temporal.GetWorkflowHistory(t.Context(), workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			ended = append(ended, event.GetEventId())
		}
	}
	return ended
}

// reset has a workflow run again from its nth task, counted from zero, or from its last when it has fewer.
func (sys *system) reset(t *testing.T, workflowID string, task int) {
	t.Helper()
	var ended []int64
	eventually(t, workflowID+" has ended a task", func() bool {
		ended = sys.tasks(t, workflowID)
		return len(ended) > 0
	})
	at := ended[min(task, len(ended)-1)]
	_, err := sys.Temporal.WorkflowService().ResetWorkflowExecution(t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: stack.Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID}, Reason: "test",
		RequestId: fmt.Sprint(t.Name(), workflowID, time.Now().UnixNano()), WorkflowTaskFinishEventId: at,
	})
	require.NoError(t, err)
}

// asksInVain waits until the latest run of a workflow has failed to close an intent at the provider, and will try again.
func (sys *system) asksInVain(t *testing.T, workflowID string) {
	t.Helper()
	eventually(t, workflowID+" asks the provider", func() bool {
		seen, err := sys.Temporal.DescribeWorkflowExecution(t.Context(), workflowID, "")
		require.NoError(t, err)
		for _, step := range seen.GetPendingActivities() {
			if step.GetActivityType().GetName() == booking.StepCloseIntent && step.GetAttempt() > 1 {
				return true
			}
		}
		return false
	})
}

// tellHistory prints what a workflow's latest run has done if the test fails.
func (sys *system) tellHistory(t *testing.T, workflowID string) {
	t.Helper()
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		ctx := context.WithoutCancel(t.Context())
		history := sys.Temporal.GetWorkflowHistory(ctx, workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for history.HasNext() {
			event, err := history.Next()
			if err != nil {
				t.Log(err)
				return
			}
			t.Log(event)
		}
	})
}

func (sys *system) decide(t *testing.T, payment openapi.Payment, outcome string) {
	t.Helper()
	sys.control(t, "payment_intents/"+payment.ProviderPayload.PaymentIntentId+"/settle", map[string]string{"outcome": outcome})
}

// outcomeOf waits for the end of a workflow's latest run.
func outcomeOf[T any](t *testing.T, sys *system, workflowID string) (outcome T) {
	t.Helper()
	require.NoError(t, sys.Temporal.GetWorkflow(t.Context(), workflowID, "").Get(t.Context(), &outcome))
	return outcome
}

// beginning begins a story and returns its continuation, which runs when others have begun, too: the customers' requests have to grow old in between.
type beginning func(t *testing.T, sys *system) (goesOn func(*testing.T))

// Operators may reset any workflow to any of its tasks, and pause it or a step: no seat is sold twice, and no money is lost or given back twice.
//
//nolint:paralleltest,tparallel // they grow old together, and the audit comes last
func TestAnyWorkflowMayBeResetAndPaused(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t, "BOXOFFICE_SWEEP_SCHEDULE=off")
	sys.Visitor = sys.Visitor.Persistent()
	type story struct {
		name   string
		begins beginning
		goesOn func(*testing.T)
	}
	var stories []story
	for seed := range 6 {
		stories = append(stories, story{name: fmt.Sprintf("story %d", seed), begins: playResets(seed)})
	}
	stories = append(stories,
		story{name: "paying and then sold, to the first task", begins: resetToFirst},
		story{name: "what follows a sale", begins: resetWhatFollows},
		story{name: "a workflow is paused", begins: pauseWorkflow},
		story{name: "a step is paused", begins: pauseStep},
		story{name: "paying, to the task before", begins: resetBeforePay},
	)
	for i := range stories {
		t.Run(stories[i].name, func(t *testing.T) { stories[i].goesOn = stories[i].begins(t, sys) })
	}
	// The last first: their holds are short, and their bookings' grace ends soon after. One after the other: a parallel test may wait for a free
	// place among all the others until its booking has expired.
	for _, s := range slices.Backward(stories) {
		t.Run(s.name+", and then", func(t *testing.T) {
			require.NotNil(t, s.goesOn, "it has not begun as it should")
			s.goesOn(t)
		})
	}
	failed, err := sys.Temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: "ExecutionStatus IN ('Failed', 'TimedOut')"})
	require.NoError(t, err)
	require.Empty(t, failed.GetExecutions())
	sys.audit(t)
}

// growsOld waits until nobody waits any more for what was asked for at a time.
func growsOld(t *testing.T, asked time.Time) {
	t.Helper()
	eventually(t, "what was asked for is old", func() bool { return time.Since(asked) > booking.MaxRequestAge+time.Second })
}

// The customer's card is being processed, the cancellation was refused, the deadline has passed: begun again from before the payment, the
// run must find out about it, and not give the seats to the next.
func resetBeforePay(t *testing.T, sys *system) func(*testing.T) {
	t.Helper()
	show, buyer, rival := sys.show(t, 20*time.Second), sys.buyer(t, "buyer", 0), sys.buyer(t, "rival", 0)
	held, payment := sys.processing(t, buyer, show, "A1")
	_, err := buyer.Cancel(t.Context(), held.BookingId)
	refused(t, err, http.StatusConflict, booking.CodePaymentPending)
	asked := time.Now()

	return func(t *testing.T) {
		t.Helper()
		workflowID := booking.WorkflowID(held.BookingId)
		sys.tellHistory(t, workflowID)
		growsOld(t, asked)
		eventually(t, "the deadline has passed", func() bool { return time.Now().After(held.ExpiresAt) })
		sys.asksInVain(t, workflowID)

		sys.reset(t, workflowID, 1)

		sys.asksInVain(t, workflowID)
		_, err = rival.Book(t.Context(), "rival-reset-key", show, "A1")
		refused(t, err, http.StatusConflict, booking.CodeSeatLockFailed)
		sys.decide(t, payment, "succeed")
		await(t, buyer, held.BookingId, booking.StatusConfirmed)
		require.Equal(t, booking.StatusConfirmed, outcomeOf[booking.Outcome](t, sys, workflowID).Status)
		sys.requireSold(t, show, 1)
	}
}

func resetToFirst(t *testing.T, sys *system) func(*testing.T) {
	t.Helper()
	show, buyer := sys.show(t, longHold), sys.buyer(t, "buyer", 0)
	held, payment := sys.processing(t, buyer, show, "A1")
	asked := time.Now()

	return func(t *testing.T) {
		t.Helper()
		workflowID := booking.WorkflowID(held.BookingId)
		sys.tellHistory(t, workflowID)
		growsOld(t, asked)

		sys.reset(t, workflowID, 0)

		again, err := buyer.Pay(t.Context(), "pay-A1-reset-key", held.BookingId, booking.MethodCard)
		require.NoError(t, err)
		require.Equal(t, payment.PaymentId, again.PaymentId)
		require.Equal(t, payment.ProviderPayload.PaymentIntentId, again.ProviderPayload.PaymentIntentId, "it waits on with the open attempt")
		require.Len(t, sys.intentsOf(t, held.BookingId), 1)
		sys.decide(t, payment, "succeed")
		await(t, buyer, held.BookingId, booking.StatusConfirmed)
		require.Equal(t, booking.StatusConfirmed, outcomeOf[booking.Outcome](t, sys, workflowID).Status)

		sys.reset(t, workflowID, 0)
		require.Equal(t, booking.StatusConfirmed, outcomeOf[booking.Outcome](t, sys, workflowID).Status, "it is sold")
		eventually(t, "the list says so, too", func() bool {
			listed, err := sys.Temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
				Query: fmt.Sprintf("WorkflowId = '%s' AND ExecutionStatus = 'Completed' AND BookingStatus = 'CONFIRMED'", workflowID),
			})
			require.NoError(t, err)
			return len(listed.GetExecutions()) == 2
		})
		sys.requireSold(t, show, 1)
	}
}

// processing is a booking whose card the bank has not decided about.
func (sys *system) processing(t *testing.T, buyer *customer.Customer, show, seat string) (openapi.Booking, openapi.Payment) {
	t.Helper()
	held, err := buyer.Book(t.Context(), "book-"+seat+"-reset-key", show, seat)
	require.NoError(t, err)
	payment, err := buyer.Pay(t.Context(), "pay-"+seat+"-reset-key", held.BookingId, booking.MethodCard)
	require.NoError(t, err)
	_, err = buyer.EnterCard(t.Context(), payment, "pm_card_processing")
	require.NoError(t, err)
	return held, payment
}

func resetWhatFollows(t *testing.T, sys *system) func(*testing.T) {
	t.Helper()
	show, buyer, operator := sys.show(t, longHold), sys.buyer(t, "buyer", 0), sys.operator(t)
	topUp, err := buyer.TopUp(t.Context(), "reset-top-up-key", rupees(250))
	require.NoError(t, err)
	_, err = buyer.EnterCardForTopUp(t.Context(), topUp, "pm_card_visa")
	require.NoError(t, err)
	awaitTopUp(t, buyer, topUp.TopUpId, booking.TopUpSucceeded)
	sold, _ := sys.boughtByCard(t, buyer, show, "pm_card_visa", "A1", "A2")
	moved, err := operator.MoveBooking(t.Context(), "reset-move-key", sold.BookingId, openapi.MoveBookingRequest{
		FromSeats: &[]string{"A1"}, ToSeats: []string{"B1"}, Reason: "test",
	})
	require.NoError(t, err)
	given, err := buyer.CancelSeats(t.Context(), sold.BookingId, "A2")
	require.NoError(t, err)
	sys.awaitRefund(t, given.Refunds[0].RefundId, booking.RefundSucceeded)
	asked := time.Now()

	return func(t *testing.T) {
		t.Helper()
		growsOld(t, asked)
		ids := []string{
			booking.WorkflowID(sold.BookingId), booking.TopUpWorkflowID(topUp.TopUpId), booking.MoveSeatsWorkflowID(moved.MoveId),
			booking.CancelBookingWorkflowID(sold.BookingId), booking.RefundWorkflowID(given.Refunds[0].RefundId),
		}
		for _, id := range ids {
			for task := range len(sys.tasks(t, id)) {
				sys.reset(t, id, task)
				require.NoError(t, sys.Temporal.GetWorkflow(t.Context(), id, "").Get(t.Context(), nil), id)
			}
			sys.reset(t, id, 0)
		}
		require.Equal(t, booking.StatusConfirmed, outcomeOf[booking.Outcome](t, sys, ids[0]).Status)
		require.Equal(t, booking.TopUpSucceeded, outcomeOf[booking.TopUpOutcome](t, sys, ids[1]).Status)
		require.Nil(t, outcomeOf[booking.SeatMoveOutcome](t, sys, ids[2]).Refusal, "it was moved")
		require.Equal(t, booking.RefundSucceeded, outcomeOf[booking.RefundReceipt](t, sys, ids[4]).Status)
		wallet, err := buyer.Wallet(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 25000, wallet.Balances[0].Available)
		sys.requireSold(t, show, 1)
	}
}

// storyPatience is how long customers of a story wait for an answer. Those who do not get one go away, or do something else.
const storyPatience = time.Second

// playResets plays a booking in which customers, the bank and an operator who resets it act at random. The audit judges the result.
func playResets(seed int) beginning {
	return func(t *testing.T, sys *system) func(*testing.T) {
		t.Helper()
		actions := rapid.Custom(func(draw *rapid.T) []string {
			action := rapid.SampledFrom([]string{"reset", "reset", "card", "card", "processing", "wallet", "hybrid", "cancel", "decide", "decline"})
			return append(rapid.SliceOfN(action, 5, 9).Draw(draw, "acts"), "reset")
		}).Example(seed)
		t.Log(actions)
		show, buyer := sys.show(t, 15*time.Second), sys.buyer(t, "buyer", 15000)
		held, err := buyer.Book(t.Context(), "story-booking-key", show, "A1", "A2")
		require.NoError(t, err)
		workflowID := booking.WorkflowID(held.BookingId)
		var payments []openapi.Payment
		pay := func(key string, method booking.Method, card string) {
			ctx, cancel := context.WithTimeout(t.Context(), storyPatience)
			defer cancel()
			payment, err := buyer.Pay(ctx, key, held.BookingId, method)
			if err == nil && payment.ProviderPayload != nil && payment.ProviderPayload.ClientSecret != nil {
				payments = append(payments, payment)
				_, _ = buyer.EnterCard(ctx, payment, card)
			}
		}
		for i, action := range actions {
			key := fmt.Sprintf("story-payment-%d", i)
			switch action {
			case "reset":
				sys.reset(t, workflowID, (seed+i)%5)
			case "card":
				pay(key, booking.MethodCard, "pm_card_visa")
			case "processing":
				pay(key, booking.MethodCard, "pm_card_processing")
			case "decline":
				pay(key, booking.MethodCard, "pm_card_visa_chargeDeclined")
			case "wallet":
				pay(key, booking.MethodWallet, "")
			case "hybrid":
				pay(key, booking.MethodWalletAndCard, "pm_card_visa")
			case "cancel":
				ctx, cancel := context.WithTimeout(t.Context(), storyPatience)
				_, _ = buyer.Cancel(ctx, held.BookingId)
				cancel()
			case "decide":
				sys.decideAll(t, payments)
			}
		}
		return func(t *testing.T) {
			t.Helper()
			sys.tellHistory(t, workflowID)
			eventually(t, "the booking comes to its end", func() bool {
				sys.decideAll(t, payments)
				seen, err := sys.Temporal.DescribeWorkflowExecution(t.Context(), workflowID, "")
				require.NoError(t, err)
				b, err := buyer.Booking(t.Context(), held.BookingId)
				return err == nil && seen.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING &&
					b.Status != booking.StatusSeatsLocked && b.Status != booking.StatusPaymentPending
			})
			eventually(t, "whatever was opened is followed to its end", func() bool {
				sys.decideAll(t, payments)
				return sys.count(t, `SELECT count(*) FROM payments WHERE booking_id = $1 AND status IN ('INITIATED', 'PROCESSING', 'DECLINED')`, held.BookingId) == 0
			})
			outcome := outcomeOf[booking.Outcome](t, sys, workflowID)
			if outcome.Status == booking.StatusExpired {
				return // Late money may have bought the seats since.
			}
			b, err := buyer.Booking(t.Context(), held.BookingId)
			require.NoError(t, err)
			require.Equal(t, b.Status, outcome.Status)
		}
	}
}

// decideAll has the bank accept what it is processing.
func (sys *system) decideAll(t *testing.T, payments []openapi.Payment) {
	t.Helper()
	for _, payment := range payments {
		var intent struct {
			Status string `json:"status"`
		}
		path := "/v1/payment_intents/" + url.PathEscape(payment.ProviderPayload.PaymentIntentId)
		require.Equal(t, http.StatusOK, sys.ask(t, http.MethodGet, path, nil, &intent))
		if intent.Status == "processing" {
			sys.decide(t, payment, "succeed")
		}
	}
}
