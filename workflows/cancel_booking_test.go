package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/workflows"
)

// cancelRun runs the workflow that cancels seats once, against a step that remembers what it did.
type cancelRun struct {
	t    *testing.T
	env  *testsuite.TestWorkflowEnvironment
	step func(booking.CancelSeatsRequest) (booking.CancelledSeats, error)

	// mu guards what the step remembers: cancellations run concurrently.
	mu sync.Mutex
	// taken are the cancellations in order; followed are the refunds that have got a workflow.
	taken, followed []string
	// onFollow runs when a refund's workflow has started.
	onFollow func()
}

func newCancelRun(t *testing.T) *cancelRun {
	t.Helper()
	return newCancelRunIn(t, newEnvironment())
}

func newCancelRunIn(t *testing.T, env *testsuite.TestWorkflowEnvironment) *cancelRun {
	t.Helper()
	run := &cancelRun{t: t, env: env, onFollow: func() {}}
	run.step = func(req booking.CancelSeatsRequest) (booking.CancelledSeats, error) { return cancelled(req), nil }
	run.env.RegisterActivityWithOptions(func(_ context.Context, req booking.CancelSeatsRequest) (booking.CancelledSeats, error) {
		run.mu.Lock()
		defer run.mu.Unlock()
		run.taken = append(run.taken, strings.Join(req.Seats, " "))
		return run.step(req)
	}, activity.RegisterOptions{Name: booking.StepCancelSeats})
	run.env.SetOnChildWorkflowStartedListener(func(child *workflow.Info, _ workflow.Context, args converter.EncodedValues) {
		var request booking.RefundRequest
		require.NoError(t, args.Get(&request))
		require.Equal(t, "checkout-1", request.CorrelationID, "the refund is made on behalf of who asked for it")
		run.followed = append(run.followed, strings.TrimPrefix(child.WorkflowExecution.ID, "refund/"))
		run.onFollow()
	})
	return run
}

// cancelled is a cancellation with a refund by card.
func cancelled(req booking.CancelSeatsRequest) booking.CancelledSeats {
	amount := booking.Money{Amount: 100, Currency: "INR"}
	return booking.CancelledSeats{
		CancellationID: req.ID(), BookingID: req.BookingID, Seats: req.Seats, Status: booking.StatusCancelled, Percent: 100,
		Paid: amount, Amount: amount, RefundTo: req.RefundTo, Cause: req.Cause,
		Refunds: []booking.RefundReceipt{
			{RefundID: "rf_card_" + strings.Join(req.Seats, ""), Status: booking.RefundInitiated, Tender: booking.TenderCard, Amount: amount},
			{RefundID: "rf_wallet", Status: booking.RefundSucceeded, Tender: booking.TenderWallet, Amount: amount},
		},
	}
}

func seatsRequest(seats ...string) booking.CancelSeatsRequest {
	return booking.CancelSeatsRequest{
		BookingID: "bk_1", Seats: seats, RefundTo: booking.RefundToOriginal, Cause: booking.CauseCustomer, Actor: "CUSTOMER", Reason: "test",
		CorrelationID: "checkout-1",
	}
}

func (r *cancelRun) cancelAt(after time.Duration, req booking.CancelSeatsRequest) *update[booking.CancelledSeats] {
	done := &update[booking.CancelledSeats]{}
	r.env.RegisterDelayedCallback(func() { r.env.UpdateWorkflow(booking.UpdateCancel, req.ID(), done, req) }, after)
	return done
}

func (r *cancelRun) play(first *booking.CancelSeatsRequest) (booking.CancelBookingOutcome, error) {
	r.t.Helper()
	r.env.OnWorkflow(booking.RefundWorkflow, mock.Anything, mock.Anything).Maybe().Return(booking.RefundReceipt{}, nil)
	r.env.ExecuteWorkflow(workflows.CancelBooking, booking.CancelBookingRequest{BookingID: "bk_1", Cancel: first})
	require.True(r.t, r.env.IsWorkflowCompleted())
	var outcome booking.CancelBookingOutcome
	if err := r.env.GetWorkflowError(); err != nil {
		return outcome, err
	}
	require.NoError(r.t, r.env.GetWorkflowResult(&outcome))
	return outcome, nil
}

func TestACancellationIsAnsweredAndItsCardRefundFollowed(t *testing.T) {
	t.Parallel()
	run := newCancelRun(t)
	start := run.env.Now()
	done := run.cancelAt(0, seatsRequest("A10", "A11"))

	outcome, err := run.play(nil)

	require.NoError(t, err)
	require.NoError(t, done.err)
	require.Equal(t, cancelled(seatsRequest("A10", "A11")), done.result)
	require.Equal(t, []booking.CancelledSeats{done.result}, outcome.Cancellations)
	require.Equal(t, []string{"rf_card_A10A11"}, run.followed, "the wallet has its part already")
	require.Less(t, run.env.Now().Sub(start), time.Second, "it waits for nobody")
}

// A refund that waits for a bank's decision has a workflow that waits with it.
func TestARefundThatCannotBePaidYetIsFollowed(t *testing.T) {
	t.Parallel()
	for status, followed := range map[booking.RefundStatus][]string{
		booking.RefundFailed: {"rf_card_A10"}, booking.RefundClosed: nil, booking.RefundNeedsAttention: nil,
	} {
		run := newCancelRun(t)
		run.step = func(req booking.CancelSeatsRequest) (booking.CancelledSeats, error) {
			done := cancelled(req)
			done.Refunds[0].Status = status
			return done, nil
		}
		run.cancelAt(0, seatsRequest("A10"))

		_, err := run.play(nil)

		require.NoError(t, err)
		require.Equal(t, followed, run.followed, status)
	}
}

func TestTwoCancellationsInOneRun(t *testing.T) {
	t.Parallel()
	run := newCancelRun(t)
	first, second := run.cancelAt(0, seatsRequest("A10")), run.cancelAt(0, seatsRequest("A11"))

	outcome, err := run.play(nil)

	require.NoError(t, err)
	require.NoError(t, errors.Join(first.err, second.err))
	require.Len(t, outcome.Cancellations, 2)
	require.ElementsMatch(t, []string{"A10", "A11"}, run.taken)
	require.ElementsMatch(t, []string{"rf_card_A10", "rf_card_A11"}, run.followed)
}

func TestACancellationThatComesWhileTheRunIsClosingIsServed(t *testing.T) {
	t.Parallel()
	run := newCancelRun(t)
	run.cancelAt(0, seatsRequest("A10"))
	var late *update[booking.CancelledSeats]
	run.onFollow = func() {
		if late == nil {
			late = run.cancelAt(0, seatsRequest("A11"))
		}
	}

	outcome, err := run.play(nil)

	require.NoError(t, err)
	require.NoError(t, late.err)
	require.Len(t, outcome.Cancellations, 2)
	require.Equal(t, []string{"rf_card_A10", "rf_card_A11"}, run.followed)
}

func TestARefusedCancellationIsAnAnswerAndNotAFailure(t *testing.T) {
	t.Parallel()
	run := newCancelRun(t)
	run.step = func(booking.CancelSeatsRequest) (booking.CancelledSeats, error) {
		return booking.CancelledSeats{}, refusalError(booking.Refuse(booking.CodeConflict, "too late"))
	}
	done := run.cancelAt(0, seatsRequest("A10"))

	outcome, err := run.play(nil)

	require.NoError(t, err)
	requireRefusal(t, done.err, booking.CodeConflict)
	require.Empty(t, outcome.Cancellations)
	require.Empty(t, run.followed)
}

func TestACascadeStartsARunWithItsCancellation(t *testing.T) {
	t.Parallel()
	request := seatsRequest()
	request.Cause = booking.CauseShowCancelled

	run := newCancelRun(t)
	outcome, err := run.play(&request)
	require.NoError(t, err)
	require.Len(t, outcome.Cancellations, 1)
	require.Equal(t, []string{"rf_card_"}, run.followed)

	run = newCancelRun(t)
	run.step = func(booking.CancelSeatsRequest) (booking.CancelledSeats, error) {
		return booking.CancelledSeats{}, refusalError(booking.WrongState("cancelled already", booking.StatusCancelled))
	}
	outcome, err = run.play(&request)
	require.NoError(t, err, "somebody was faster")
	require.Equal(t, booking.CodeInvalidState, outcome.Refusal.Code)
}

func TestACancellationOutlivesADatabaseThatIsAwayAndAnOperatorsCancel(t *testing.T) {
	t.Parallel()
	run := newCancelRun(t)
	tries := 0
	run.step = func(req booking.CancelSeatsRequest) (booking.CancelledSeats, error) {
		if tries++; tries < 20 {
			return booking.CancelledSeats{}, errors.New("database is away")
		}
		return cancelled(req), nil
	}
	done := run.cancelAt(0, seatsRequest("A10"))
	run.env.RegisterDelayedCallback(run.env.CancelWorkflow, time.Second)

	_, err := run.play(nil)

	require.NoError(t, err)
	require.NoError(t, done.err)
	require.Equal(t, []string{"rf_card_A10"}, run.followed)
}

func TestADefectInACancellationFailsItsWorkflow(t *testing.T) {
	t.Parallel()
	run := newCancelRun(t)
	run.step = func(booking.CancelSeatsRequest) (booking.CancelledSeats, error) {
		return booking.CancelledSeats{}, temporal.NewNonRetryableApplicationError("seats are missing", "Defect", nil)
	}
	done := run.cancelAt(0, seatsRequest("A10"))

	_, err := run.play(nil)

	require.ErrorContains(t, err, "seats are missing")
	require.Error(t, done.err)
}

func TestARunThatNobodyAsksForAnythingEnds(t *testing.T) {
	t.Parallel()
	run := newCancelRun(t)

	outcome, err := run.play(nil)

	require.NoError(t, err)
	require.Empty(t, outcome.Cancellations)
}

func TestARequestThatMakesNoSenseIsRejectedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*booking.CancelSeatsRequest){
		"another booking": func(r *booking.CancelSeatsRequest) { r.BookingID = "bk_2" },
		"too many seats":  func(r *booking.CancelSeatsRequest) { r.Seats = make([]string, booking.MaxSeats+1) },
		"no tender":       func(r *booking.CancelSeatsRequest) { r.RefundTo = "CASH" },
		"no cause":        func(r *booking.CancelSeatsRequest) { r.Cause = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := newCancelRun(t)
			request := seatsRequest("A10")
			change(&request)
			done := run.cancelAt(0, request)

			_, err := run.play(nil)

			require.NoError(t, err)
			requireRefusal(t, done.err, booking.CodeValidation)
			require.Empty(t, run.taken)
		})
	}
}

func TestARunTakesABoundedNumberOfCancellations(t *testing.T) {
	t.Parallel()
	run := newCancelRun(t)
	run.step = func(booking.CancelSeatsRequest) (booking.CancelledSeats, error) {
		return booking.CancelledSeats{}, refusalError(booking.Refuse(booking.CodeConflict, "too late"))
	}
	refused := 0
	var all []*update[booking.CancelledSeats]
	for i := range booking.MaxCommands + 1 {
		all = append(all, run.cancelAt(0, seatsRequest(fmt.Sprintf("A%d", i+1))))
	}

	_, err := run.play(nil)

	require.NoError(t, err)
	for _, done := range all {
		if strings.Contains(refusalOf(t, done.err, booking.CodeConflict).Message, "Try again") {
			refused++
		}
	}
	require.Equal(t, 1, refused)
	require.Len(t, run.taken, booking.MaxCommands)
}
