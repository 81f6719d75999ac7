package workflows

import (
	"errors"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// TopUp is one top-up of a wallet by card from its request to its end: write it within the limits,
// open an intent, await the payment or the deadline, then credit the wallet, or end unpaid.
//
// The customer acts by the update open and at the provider, the provider by the signal payment-event.
func TopUp(ctx workflow.Context, req booking.TopUpRequest) (booking.TopUpOutcome, error) {
	run, err := newTopUpRun(ctx, req)
	if err != nil {
		return booking.TopUpOutcome{}, err
	}
	if run.open(); !run.ended() {
		run.awaitEnd()
	}
	return run.close()
}

// topUpRun is the state of one run of the top-up workflow.
type topUpRun struct {
	// ctx is disconnected from the workflow's own: an operator's cancel must not cut off a step that handles money.
	ctx      workflow.Context
	canceled workflow.ReceiveChannel
	req      booking.TopUpRequest

	// opened is set once the customer can pay.
	opened *booking.TopUp

	events workflow.ReceiveChannel
	seen   map[string]bool
	// accounted are the intents whose money is in the wallet, or is followed by a settlement.
	accounted map[string]bool
	// over are the intents that can collect nothing more.
	over []string

	// outcome is set once, when the top-up has ended. A defect makes the workflow fail.
	outcome *booking.TopUpOutcome
	defect  error
}

func newTopUpRun(ctx workflow.Context, req booking.TopUpRequest) (*topUpRun, error) {
	work, _ := workflow.NewDisconnectedContext(ctx)
	run := &topUpRun{
		ctx:       work,
		canceled:  ctx.Done(),
		req:       req,
		events:    workflow.GetSignalChannel(ctx, booking.SignalPaymentEvent),
		seen:      map[string]bool{},
		accounted: map[string]bool{},
	}
	return run, workflow.SetUpdateHandlerWithOptions(ctx, booking.UpdateOpen, run.handleOpen, workflow.UpdateHandlerOptions{
		Description: "Answers with the intent to pay, or says why there is none.",
	})
}

func (t *topUpRun) handleOpen(ctx workflow.Context) (booking.TopUp, error) {
	if err := await(ctx, func() bool { return t.opened != nil || t.ended() }); err != nil {
		return booking.TopUp{}, err
	}
	switch {
	case t.opened != nil:
		return *t.opened, nil
	case t.outcome.Refusal != nil:
		return booking.TopUp{}, answer(t.outcome.Refusal.With(booking.DetailRequestHash, t.req.RequestHash))
	case t.defect != nil:
		return booking.TopUp{}, t.defect
	default:
		return booking.TopUp{}, answer(booking.Refuse(booking.CodeInvalidState, "This top-up has ended.").With("status", t.outcome.Status))
	}
}

func (t *topUpRun) ended() bool { return t.outcome != nil }

// awaitEnd handles what comes until the top-up has ended: the provider's events, an operator's cancel,
// the deadline. A tie is decided in favour of the payer: the deadline first looks at what else has come.
func (t *topUpRun) awaitEnd() {
	deadline := workflow.NewTimerWithOptions(t.ctx, t.opened.ExpiresAt.Sub(workflow.Now(t.ctx)), workflow.TimerOptions{
		Summary: "payable until " + clock(t.opened.ExpiresAt),
	})
	next := workflow.NewSelector(t.ctx)
	next.AddReceive(t.events, func(workflow.ReceiveChannel, bool) { t.takeEvent() })
	next.AddReceive(t.canceled, func(workflow.ReceiveChannel, bool) {
		t.giveUp(booking.TopUpCancelled, "cancelled by an operator")
	})
	next.AddFuture(deadline, func(workflow.Future) {
		t.takeEvents()
		if !t.ended() {
			t.giveUp(booking.TopUpExpired, "not paid in time")
		}
	})
	for !t.ended() {
		next.Select(t.ctx)
	}
}

// end decides the top-up. Nothing that happens afterwards can change the outcome.
func (t *topUpRun) end(outcome booking.TopUpOutcome) {
	outcome.TopUpID, outcome.RequestHash = t.req.TopUpID, t.req.RequestHash
	t.outcome = &outcome
}

// close answers the updates that still wait, makes sure that no late event about money is lost, and ends the workflow.
func (t *topUpRun) close() (booking.TopUpOutcome, error) {
	t.showEnd()
	if err := workflow.Await(t.ctx, func() bool { return workflow.AllHandlersFinished(t.ctx) }); err != nil {
		return *t.outcome, err
	}
	for t.takeEvent() {
		t.logger().Debug("an event came while the top-up was ending")
	}
	return *t.outcome, t.defect
}

// settle starts a settlement that follows an intent's money.
func (t *topUpRun) settle(intentID, reason string) {
	if t.accounted[intentID] {
		return
	}
	t.accounted[intentID] = true
	t.defect = errors.Join(t.defect, startSettlement(t.ctx, intentID, reason, t.req.CorrelationID))
}

func (t *topUpRun) logger() log.Logger {
	return log.With(workflow.GetLogger(t.ctx), "topUpId", t.req.TopUpID, "correlationId", t.req.CorrelationID)
}
