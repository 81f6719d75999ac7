package workflows

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// commandBuffer is how many of the customer's commands may wait: as many as the server allows in flight.
const commandBuffer = 10

// command is something that a customer wants done. It runs in the main loop, between two other events, never at the same time.
type command func()

func (b *bookingRun) handleUpdates(ctx workflow.Context) error {
	// Setting a handler runs a step of the updates that have already come: the order of handlers is part
	// of every history, so a new one comes first.
	return errors.Join(
		workflow.SetUpdateHandlerWithOptions(ctx, booking.UpdateExpire, b.handleExpire, workflow.UpdateHandlerOptions{
			Description: "Ends the unpaid hold for an operator, after asking the provider.",
			Validator:   b.refuseExpire,
		}),
		workflow.SetUpdateHandlerWithOptions(ctx, booking.UpdateHold, b.handleHold, workflow.UpdateHandlerOptions{
			Description: "Answers with the held and priced seats, or says why they cannot be had.",
		}),
		workflow.SetUpdateHandlerWithOptions(ctx, booking.UpdatePay, b.handlePay, workflow.UpdateHandlerOptions{
			Description: "Starts an attempt to collect the quote.",
			Validator:   b.refusePayment,
		}),
		workflow.SetUpdateHandlerWithOptions(ctx, booking.UpdateCancel, b.handleCancel, workflow.UpdateHandlerOptions{
			Description: "Gives the seats back before they are paid.",
			Validator:   func(booking.CancelRequest) error { return b.refuseCommand() },
		}),
	)
}

func (b *bookingRun) handleHold(ctx workflow.Context) (booking.Hold, error) {
	if err := await(ctx, func() bool { return b.answerable || b.hasEnded() }); err != nil {
		return booking.Hold{}, err
	}
	switch {
	case b.hasEnded() && b.outcome.Refusal != nil:
		return booking.Hold{}, answer(b.outcome.Refusal.With(booking.DetailRequestHash, b.req.RequestHash))
	case b.hold != nil:
		return *b.hold, nil
	case b.outcome.Status == booking.StatusConfirmed:
		return booking.Hold{BookingID: b.req.BookingID, RequestHash: b.req.RequestHash}, nil
	case b.defect != nil:
		return booking.Hold{}, b.defect
	default:
		return booking.Hold{}, b.refuseIfEnded()
	}
}

func (b *bookingRun) handlePay(ctx workflow.Context, req booking.PayRequest) (booking.Payment, error) {
	pay := b.pay
	if belated(ctx, req.At) {
		pay = b.payAgain
	}
	payment, err := runInTurn(ctx, b, req.CorrelationID, func() (booking.Payment, error) { return pay(req) })
	if refusal := refusalIn(err); refusal != nil {
		err = answer(refusal.With(booking.DetailRequestHash, req.RequestHash))
	}
	return payment, err
}

func (b *bookingRun) handleCancel(ctx workflow.Context, req booking.CancelRequest) (booking.Cancellation, error) {
	cancel := b.cancel
	if belated(ctx, req.At) {
		cancel = func() (booking.Cancellation, error) { return booking.Cancellation{}, b.refuseBelated() }
	}
	return runInTurn(ctx, b, req.CorrelationID, cancel)
}

func (b *bookingRun) handleExpire(ctx workflow.Context, req booking.ExpireRequest) (booking.Expiry, error) {
	expire := func() (booking.Expiry, error) { return b.expireFor(req) }
	if belated(ctx, req.At) {
		expire = func() (booking.Expiry, error) { return booking.Expiry{}, b.refuseBelated() }
	}
	return runInTurn(ctx, b, req.CorrelationID, expire)
}

// runInTurn has the main loop run a customer's command and waits for its result.
func runInTurn[T any](ctx workflow.Context, b *bookingRun, correlationID string, do func() (T, error)) (T, error) {
	var (
		result T
		err    error
		done   bool
	)
	run := func() {
		defer func() { done = true }()
		if err = b.refuseIfEnded(); err == nil {
			b.correlationID = correlationID
			result, err = do()
		}
	}
	if b.hasEnded() {
		run()
		return result, err
	}
	b.commandsTaken++
	b.commands.Send(ctx, command(run))
	if awaitErr := await(ctx, func() bool { return done }); awaitErr != nil {
		return result, awaitErr
	}
	return result, err
}

// await lets a handler wait for the main loop, even while the main loop is handling an operator's cancel.
func await(ctx workflow.Context, condition func() bool) error {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	return workflow.Await(ctx, condition)
}

// takeCommand runs the next command of the customer, if there is one.
func (b *bookingRun) takeCommand() bool {
	var run command
	if !b.commands.ReceiveAsync(&run) {
		return false
	}
	run()
	return true
}

// refusePayment rejects a payment before anything of it is written.
func (b *bookingRun) refusePayment(req booking.PayRequest) error {
	switch req.Method {
	case booking.MethodCard, booking.MethodWallet, booking.MethodWalletAndCard:
		return b.refuseCommand()
	default:
		return answer(booking.InvalidField("method", "This is no payment method."))
	}
}

// refuseExpire leaves an operator room to act when the customer has used up all commands.
func (b *bookingRun) refuseExpire(req booking.ExpireRequest) error {
	switch {
	case req.Actor == "" || req.Reason == "":
		return answer(booking.InvalidField("reason", "A command needs an actor and a reason."))
	case b.commandsTaken >= 2*booking.MaxCommands:
		return answer(booking.Refuse(booking.CodeConflict, "This booking has taken as many commands as it may. It ends at its deadline."))
	default:
		return b.refuseIfEnded()
	}
}

func (b *bookingRun) refuseCommand() error {
	if err := b.refuseIfEnded(); err != nil {
		return err
	}
	if b.commandsTaken >= booking.MaxCommands {
		return answer(booking.Refuse(booking.CodeConflict, "This booking has taken as many attempts as it may. Book again."))
	}
	return nil
}

func (b *bookingRun) refuseIfEnded() error {
	switch {
	case !b.hasEnded():
		return nil
	case b.outcome.Status == booking.StatusExpired:
		return answer(booking.Expired(b.req.BookingID))
	default:
		return answer(booking.WrongState("This booking has ended.", b.outcome.Status))
	}
}
