package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// OutsideRefunds keeps track of the refunds of one charge that somebody made at the provider by hand.
// It asks the provider for them when it begins and whenever the provider sends an event, carries out
// what operators decide about them, and ends. It decides nothing itself: the steps do.
func OutsideRefunds(ctx workflow.Context, req booking.OutsideRefundsRequest) (booking.OutsideRefundsNoted, error) {
	// An operator's cancel must not leave money unbooked.
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	run := &outsideRun{req: req}
	if err := run.listen(ctx); err != nil {
		return booking.OutsideRefundsNoted{}, err
	}
	news := workflow.GetSignalChannel(ctx, booking.SignalOutsideRefund)
	for {
		for news.ReceiveAsync(nil) {
			workflow.GetLogger(ctx).Debug("the provider sent word of a refund made outside", "intentId", req.IntentID)
		}
		workflow.SetCurrentDetails(ctx, "Asking the provider what has been given back of "+req.IntentID+".")
		noted, err := noteOutsideRefunds(ctx, req)
		if awaitErr := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); awaitErr != nil {
			return noted, awaitErr
		}
		if err != nil || news.Len() == 0 {
			return noted, err
		}
	}
}

// outsideRun is the state of one run of the workflow.
type outsideRun struct {
	req      booking.OutsideRefundsRequest
	commands int
}

func (r *outsideRun) listen(ctx workflow.Context) error {
	for _, command := range []struct {
		update, description string
		step                func(workflow.Context, booking.OutsideRefundCommand) (booking.OutsideRefund, error)
	}{
		{booking.UpdateAssign, "Cancels the seats that a refund made outside was for.", assignOutsideRefund},
		{booking.UpdateWriteOff, "Writes off a refund made outside that was for nothing.", writeOffOutsideRefund},
	} {
		err := workflow.SetUpdateHandlerWithOptions(ctx, command.update, r.handle(command.step), workflow.UpdateHandlerOptions{
			Description: command.description, Validator: r.refuseCommand,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *outsideRun) handle(
	step func(workflow.Context, booking.OutsideRefundCommand) (booking.OutsideRefund, error),
) func(workflow.Context, booking.OutsideRefundCommand) (booking.OutsideRefund, error) {
	return func(ctx workflow.Context, cmd booking.OutsideRefundCommand) (booking.OutsideRefund, error) {
		r.commands++
		if belated(ctx, cmd.At) {
			return booking.OutsideRefund{}, tooLate()
		}
		work, cancel := workflow.NewDisconnectedContext(ctx)
		defer cancel()
		done, err := step(work, cmd)
		switch refusal := refusalIn(err); {
		case refusal != nil:
			return done, answer(refusal)
		case err != nil && !isFinal(err):
			// Whether it was done is unknown: a repeat of the command finds out.
			return done, answer(booking.Refuse(booking.CodeUnavailable, "The command could not be carried out in time. Try again with the same Idempotency-Key."))
		default:
			return done, err
		}
	}
}

func (r *outsideRun) refuseCommand(cmd booking.OutsideRefundCommand) error {
	switch {
	case cmd.Actor == "" || cmd.Reason == "" || cmd.CommandID == "":
		return answer(booking.InvalidField("reason", "A command needs an id, an actor and a reason."))
	case r.commands >= booking.MaxCommands:
		return answer(booking.Refuse(booking.CodeConflict, "This charge has taken as many commands as it may. Try again later."))
	default:
		return nil
	}
}
