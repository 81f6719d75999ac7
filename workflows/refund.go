package workflows

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

const (
	// firstRefundPoll and longestRefundPoll bound how long an undecided refund waits before the provider is asked
	// again; each wait is twice the previous one. A refund may take weeks, and its history still stays short.
	firstRefundPoll   = time.Minute
	longestRefundPoll = 12 * time.Hour
)

// Refund brings one refund to its end: it has it sent, and asks for its status after growing waits, or at once when the
// provider sends an event. It ends when the money has gone back, from us or from the customer's bank, or when an operator
// has to decide; the operator's updates retry, divert, settle and close, or an event of the provider, then start it again.
//
// It never believes an event, but asks; and it never changes the refund itself: the steps do.
func Refund(ctx workflow.Context, req booking.RefundRequest) (booking.RefundReceipt, error) {
	run, err := newRefundRun(ctx, req)
	if err != nil {
		return booking.RefundReceipt{}, err
	}
	for wait := firstRefundPoll; ; {
		err := run.send()
		if err != nil || run.decided() {
			if awaitErr := workflow.Await(run.ctx, func() bool { return workflow.AllHandlersFinished(run.ctx) }); awaitErr != nil {
				return run.receipt, awaitErr
			}
			if !run.hasNews() {
				return run.receipt, err
			}
			wait = firstRefundPoll
			continue
		}
		news, err := run.pause(wait)
		if err != nil {
			return run.receipt, err
		}
		if wait = min(2*wait, longestRefundPoll); news {
			wait = firstRefundPoll
		}
	}
}

// refundRun is the state of one run of the workflow.
type refundRun struct {
	// ctx is disconnected from the workflow's own: an operator's cancel must not leave the money where it is.
	ctx workflow.Context
	req booking.RefundRequest

	// busy says that a step is running: steps run one after another.
	busy bool
	// changed says that a command has changed the refund since it was last sent.
	changed  bool
	events   workflow.ReceiveChannel
	commands int
	receipt  booking.RefundReceipt
}

func newRefundRun(ctx workflow.Context, req booking.RefundRequest) (*refundRun, error) {
	work, _ := workflow.NewDisconnectedContext(ctx)
	run := &refundRun{ctx: work, req: req, events: workflow.GetSignalChannel(ctx, booking.SignalRefundEvent)}
	// Setting a handler runs a step of the updates that have already come: the order of handlers is part
	// of every history, so a new one comes first.
	return run, errors.Join(
		workflow.SetUpdateHandlerWithOptions(ctx, booking.UpdateClose, run.handle(closeRefund), workflow.UpdateHandlerOptions{
			Description: "Ends a refund whose money the customer's bank has given back.",
			Validator:   run.refuseCommand,
		}),
		workflow.SetUpdateHandlerWithOptions(ctx, booking.UpdateSettle, run.handle(settleRefund), workflow.UpdateHandlerOptions{
			Description: "Ends a refund that the provider refused and somebody has given back by hand.",
			Validator:   run.refuseCommand,
		}),
		workflow.SetUpdateHandlerWithOptions(ctx, booking.UpdateRetry, run.handle(retryRefund), workflow.UpdateHandlerOptions{
			Description: "Makes another attempt at a refund that the provider refused.",
			Validator:   run.refuseCommand,
		}),
		workflow.SetUpdateHandlerWithOptions(ctx, booking.UpdateDivert, run.handle(divertRefund), workflow.UpdateHandlerOptions{
			Description: "Gives a refund that the provider refused to the customer's wallet.",
			Validator:   run.refuseCommand,
		}),
	)
}

// send waits for its turn and has the refund sent, or finds out how it stands.
func (r *refundRun) send() error {
	if err := workflow.Await(r.ctx, func() bool { return !r.busy }); err != nil {
		return err
	}
	r.busy = true
	defer func() { r.busy = false }()
	r.readEvents()
	r.show("Asking the provider for the refund.")
	receipt, err := sendRefund(r.ctx, r.req)
	if err != nil {
		r.show("The refund cannot be sent: " + err.Error())
		return err
	}
	r.receipt = receipt
	r.show(receipt.String() + ".")
	return nil
}

// decided says that there is nothing to wait for.
func (r *refundRun) decided() bool {
	return r.receipt.Status.Ended() || r.receipt.Status == booking.RefundNeedsAttention
}

// hasNews says that something has happened since the refund was last sent.
func (r *refundRun) hasNews() bool { return r.changed || r.events.Len() > 0 }

// readEvents takes the events that have come. What they say does not matter.
func (r *refundRun) readEvents() {
	r.changed = false
	for r.events.ReceiveAsync(nil) {
		workflow.GetLogger(r.ctx).Debug("the provider sent word of a refund", "refundId", r.req.RefundID)
	}
}

// pause waits until it is time to ask again, and says whether something happened before then.
func (r *refundRun) pause(wait time.Duration) (news bool, err error) {
	again := workflow.Now(r.ctx).Add(wait)
	r.show(fmt.Sprintf("%s. Asking again at %s.", r.receipt, again.UTC().Format(time.DateTime)))
	return workflow.AwaitWithOptions(r.ctx, workflow.AwaitOptions{
		Timeout:      wait,
		TimerOptions: workflow.TimerOptions{Summary: "ask again about the refund"},
	}, r.hasNews)
}

// handle makes the update handler of an operator's command. The handler waits for its turn, but not for the provider's answer.
func (r *refundRun) handle(
	step func(workflow.Context, booking.RefundCommand) (booking.RefundReceipt, error),
) func(workflow.Context, booking.RefundCommand) (booking.RefundReceipt, error) {
	return func(ctx workflow.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
		r.commands++
		if belated(ctx, cmd.At) {
			return booking.RefundReceipt{}, tooLate()
		}
		work, cancel := workflow.NewDisconnectedContext(ctx)
		defer cancel()
		mine, err := r.takeTurn(work)
		if err != nil {
			return booking.RefundReceipt{}, err
		}
		if !mine {
			return booking.RefundReceipt{}, answer(providerAway())
		}
		defer func() { r.busy, r.changed = false, true }()
		cmd.RefundID = r.req.RefundID
		cmd.CommandID = cmp.Or(cmd.CommandID, workflow.GetCurrentUpdateInfo(ctx).ID)
		receipt, err := step(work, cmd)
		switch refusal := refusalIn(err); {
		case refusal != nil:
			return booking.RefundReceipt{}, answer(refusal)
		case err != nil && !isFinal(err):
			// Whether it was done is unknown: a repeat of the command finds out.
			return booking.RefundReceipt{}, answer(providerAway())
		default:
			return receipt, err
		}
	}
}

// takeTurn waits for the running step, but not for one to which nobody answers.
func (r *refundRun) takeTurn(ctx workflow.Context) (mine bool, err error) {
	mine, err = workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout: closePatience, TimerOptions: workflow.TimerOptions{Summary: "an operator waits"},
	}, func() bool { return !r.busy })
	r.busy = r.busy || mine
	return mine, err
}

func (r *refundRun) refuseCommand(cmd booking.RefundCommand) error {
	switch {
	case cmd.Actor == "" || cmd.Reason == "":
		return answer(booking.InvalidField("reason", "A command needs an actor and a reason."))
	case r.commands >= booking.MaxCommands:
		return answer(booking.Refuse(booking.CodeConflict, "This refund has taken as many commands as it may. Try again later."))
	default:
		return nil
	}
}

func providerAway() *booking.Refusal {
	return booking.Refuse(booking.CodeUnavailable, "The payment provider does not answer. Try again in a moment.")
}

func (r *refundRun) show(phase string) { workflow.SetCurrentDetails(r.ctx, phase) }
