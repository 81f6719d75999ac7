package worker_test

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/workflows"
)

// refundFaults are faults of the provider while money is to go back.
var refundFaults = []stripesim.RequestFault{
	{Mode: stripesim.FailBefore, Times: 2, Operation: stripesim.OpCreateRefund},
	{Mode: stripesim.FailAfter, Times: 2, Operation: stripesim.OpCreateRefund},
	{Mode: stripesim.FailAfter, Times: 1, Operation: stripesim.OpCreateRefund, Unstored: true},
	{Mode: stripesim.Refuse, Times: 1, Operation: stripesim.OpCreateRefund},
	{Mode: stripesim.Refuse, Times: 2, Operation: stripesim.OpCreateRefund, Code: "balance_insufficient"},
	{Mode: stripesim.FailAfter, Times: 1, Operation: stripesim.OpListRefunds},
}

// giveBack cancels seats of a confirmed booking, in any parts and order and some of them twice, and
// follows the refunds: the provider may take days, refuse, or return them, and operators may step in.
func (s *story) giveBack(draw *rapid.T) {
	if !rapid.Bool().Draw(draw, "cancels") {
		return
	}
	s.drawFailures(draw)
	s.providerFaults = append(s.providerFaults, rapid.SliceOfN(rapid.SampledFrom(refundFaults), 0, 3).Draw(draw, "faults of refunds")...)
	require.NoError(s.t, s.books.sim.AddFaults(stripesim.Faults{Requests: slices.Clone(s.providerFaults)}))
	defer s.books.sim.ClearFaults()

	refunds := s.cancelSeats(draw)
	for _, id := range refunds {
		s.followRefund(draw, id, "")
	}
	for range rapid.IntRange(0, 3).Draw(draw, "what comes later") {
		ids := s.refundIDs()
		if len(ids) == 0 {
			return
		}
		id := rapid.SampledFrom(ids).Draw(draw, "refund")
		switch later := rapid.SampledFrom([]string{"comes back", booking.UpdateRetry, booking.UpdateDivert, booking.UpdateSettle, "nothing new"}).Draw(draw, "later"); later {
		case "comes back":
			s.endRefund(id, stripesim.Fail)
			s.followRefund(draw, id, "")
			if rapid.Bool().Draw(draw, "is given back by hand") {
				s.giveBackByHand(draw, id)
			}
		case "nothing new":
			s.followRefund(draw, id, "")
		case booking.UpdateSettle:
			s.followRefund(draw, id, later)
			s.giveBackByHand(draw, id)
		default:
			s.followRefund(draw, id, later)
		}
	}
}

// cancelSeats runs the workflow that cancels once, and returns the refunds that it followed.
func (s *story) cancelSeats(draw *rapid.T) (refunds []string) {
	env := s.newEnv()
	env.OnWorkflow(booking.RefundWorkflow, mock.Anything, mock.Anything).Maybe().Return(booking.RefundReceipt{}, nil)
	env.SetOnChildWorkflowStartedListener(func(_ *workflow.Info, _ workflow.Context, args converter.EncodedValues) {
		var req booking.RefundRequest
		require.NoError(s.t, args.Get(&req))
		refunds = append(refunds, req.RefundID)
	})
	for i := range rapid.IntRange(1, 3).Draw(draw, "cancellations") {
		req := booking.CancelSeatsRequest{
			BookingID: s.id, RefundTo: rapid.SampledFrom([]booking.RefundTo{booking.RefundToOriginal, booking.RefundToWallet}).Draw(draw, "refund to"),
			Seats: rapid.SampledFrom([][]string{nil, {"A1"}, {"A2"}, {"A1", "A2"}}).Draw(draw, "seats"),
			Cause: rapid.SampledFrom([]booking.CancellationCause{booking.CauseCustomer, booking.CauseCustomer, booking.CauseShowCancelled}).Draw(draw, "cause"),
			Actor: "CUSTOMER", Reason: "test", CorrelationID: "test",
		}
		env.RegisterDelayedCallback(func() {
			s.logf("cancels %v for %s to %s", req.Seats, req.Cause, req.RefundTo)
			env.UpdateWorkflow(booking.UpdateCancel, fmt.Sprintf("%s-%d", req.ID(), i), answered{story: s, to: booking.UpdateCancel}, req)
		}, time.Duration(rapid.IntRange(0, 2).Draw(draw, "after"))*time.Millisecond)
	}
	env.ExecuteWorkflow(workflows.CancelBooking, booking.CancelBookingRequest{BookingID: s.id})
	require.True(s.t, env.IsWorkflowCompleted(), "%s", s)
	require.NoError(s.t, env.GetWorkflowError(), "%s", s)
	s.runLate()
	return refunds
}

// followRefund runs a refund's workflow once. After days, the bank decides about what it has not decided.
func (s *story) followRefund(draw *rapid.T, id, command string) {
	env := s.newEnv()
	if command != "" {
		cmd := booking.RefundCommand{
			RefundID: id, CommandID: fmt.Sprintf("%s-%d", command, rapid.IntRange(0, 1).Draw(draw, "command")), Actor: "operator", Reason: "test",
		}
		env.RegisterDelayedCallback(func() {
			s.logf("%s %s", command, id)
			env.UpdateWorkflow(command, cmd.CommandID, answered{story: s, to: command}, cmd)
		}, 0)
	}
	outcome := s.drawDecision(draw)
	for _, days := range []int{1, 2, 3} {
		env.RegisterDelayedCallback(func() {
			s.runLate()
			s.endPending(outcome)
			if days > 1 {
				env.SignalWorkflow(booking.SignalRefundEvent, booking.RefundEvent{EventID: fmt.Sprint(days), RefundID: id})
			}
		}, time.Duration(days)*24*time.Hour)
	}
	env.ExecuteWorkflow(workflows.Refund, booking.RefundRequest{RefundID: id, CorrelationID: "test"})
	require.True(s.t, env.IsWorkflowCompleted(), "refund %s: %s", id, s)
	require.NoError(s.t, env.GetWorkflowError(), "refund %s: %s", id, s)
	var receipt booking.RefundReceipt
	require.NoError(s.t, env.GetWorkflowResult(&receipt))
	s.logf("refund %s is %s to the %s: %s", id, receipt.Status, receipt.Tender, receipt.FailureCode)
	s.runLate()
}

// giveBackByHand makes a refund that waits for an operator at the provider by hand, and has it
// settled. Until then the provider holds less than the books say, so the operator does not give up.
func (s *story) giveBackByHand(draw *rapid.T, id string) {
	status := func() string { return s.books.text(`SELECT status FROM refunds WHERE id = $1`, id) }
	if status() != string(booking.RefundNeedsAttention) {
		return
	}
	s.logf("by hand: %s", id)
	s.cuts = nil
	s.books.sim.ClearFaults()
	s.books.postProvider("/v1/refunds", url.Values{
		"payment_intent": {s.books.text(`SELECT intent_id FROM refunds WHERE id = $1`, id)},
		"amount":         {s.books.text(`SELECT amount::text FROM refunds WHERE id = $1`, id)},
	})
	s.followRefund(draw, id, booking.UpdateSettle)
	require.Equal(s.t, string(booking.RefundSucceeded), status(), "%s", s)
}

// drawDecision is how the bank decides about refunds that it has not decided at once.
func (s *story) drawDecision(draw *rapid.T) stripesim.Outcome {
	return rapid.SampledFrom([]stripesim.Outcome{stripesim.Succeed, stripesim.Succeed, stripesim.Fail}).Draw(draw, "the bank's decision")
}

func (s *story) refundIDs() []string {
	rows, err := s.books.owner.Query(s.t.Context(), `SELECT id FROM refunds WHERE booking_id = $1 ORDER BY id`, s.id)
	require.NoError(s.t, err)
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		require.NoError(s.t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(s.t, rows.Err())
	return ids
}

// endRefund makes the bank decide about a refund, if the provider has it and it can still change.
func (s *story) endRefund(id string, outcome stripesim.Outcome) {
	known := s.books.text(`SELECT COALESCE((SELECT provider_refund_id FROM refunds WHERE id = $1), '')`, id)
	if known != "" && s.books.sim.SettleRefund(known, outcome) == nil {
		s.logf("the bank: %s %s", id, outcome)
	}
}

func (s *story) endPending(outcome stripesim.Outcome) {
	for _, id := range s.refundIDs() {
		if s.books.text(`SELECT status FROM refunds WHERE id = $1`, id) == string(booking.RefundInitiated) {
			s.endRefund(id, outcome)
		}
	}
}
