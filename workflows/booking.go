package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// Booking is one booking from its request to its end: lock the seats and price them, await payment or the deadline, then
// confirm, or give the seats and the money back. A request that says how it is paid is paid at once.
//
// The customer acts by the updates hold, pay and cancel, the provider by the signal payment-event. All of them are decided
// one after another in one place, awaitEnd: so the question "was it paid before the hold expired?" has one recorded answer.
func Booking(ctx workflow.Context, req booking.Request) (booking.Outcome, error) {
	run, err := newBookingRun(ctx, req)
	if err != nil {
		return booking.Outcome{}, err
	}
	if run.lockAndPrice(); run.hasEnded() {
		return run.close()
	}
	if run.payAtOnce(); run.hasEnded() {
		return run.close()
	}
	run.awaitEnd()
	return run.close()
}

// bookingRun is the state of one run of the booking workflow.
type bookingRun struct {
	// ctx is disconnected from the workflow's own: an operator's cancel is an event among others, and must not cut
	// off a step that handles money.
	ctx      workflow.Context
	canceled workflow.ReceiveChannel
	req      booking.Request

	// hold is set once the seats are locked and priced; due is what they cost. answerable says that the customer may have the answer.
	hold       *booking.Hold
	due        booking.Money
	answerable bool
	// payNow is how the booking is paid at once; nil for one that is paid later.
	payNow *booking.PayAtOnce
	// payments counts the attempts to collect the quote; open is the attempt whose intent the customer can still pay.
	payments int
	open     *booking.Payment
	// ended are the ids of attempts that an earlier run made and that can no longer be paid.
	ended map[string]bool
	// over are the intents that can bring nothing more to this booking: they are closed without money, or a settlement follows them.
	over []string
	// pending says that an attempt by card has been started, and that operators can see it.
	pending bool

	commands      workflow.Channel
	commandsTaken int

	events workflow.ReceiveChannel
	seen   map[string]bool
	// showCancelled brings the signal that the show is cancelled.
	showCancelled workflow.ReceiveChannel
	// accounted are the intents whose money has bought the seats or has gone back, or is followed by a settlement.
	accounted map[string]bool

	// correlationID is that of the customer's latest request.
	correlationID string
	// shown is the state by which operators can search for the booking; empty while that is not known.
	shown booking.Status

	// outcome is set once, when the booking has ended. A defect makes the workflow fail.
	outcome *booking.Outcome
	defect  error
}

func newBookingRun(ctx workflow.Context, req booking.Request) (*bookingRun, error) {
	work, _ := workflow.NewDisconnectedContext(ctx)
	run := &bookingRun{
		ctx:           work,
		canceled:      ctx.Done(),
		req:           req,
		commands:      workflow.NewBufferedChannel(work, commandBuffer),
		events:        workflow.GetSignalChannel(ctx, booking.SignalPaymentEvent),
		seen:          map[string]bool{},
		showCancelled: workflow.GetSignalChannel(ctx, booking.SignalShowCancelled),
		ended:         map[string]bool{},
		over:          []string{},
		accounted:     map[string]bool{},
		correlationID: req.CorrelationID,
	}
	return run, run.handleUpdates(ctx)
}

func (b *bookingRun) hasEnded() bool { return b.outcome != nil }

// awaitEnd handles what comes until the booking has ended: the provider's events, the customer's commands, an operator's cancel, the
// cancellation of the show, the deadline. A tie is decided in favour of the payer: the deadline first looks at what else has come.
func (b *bookingRun) awaitEnd() {
	deadline := workflow.NewTimerWithOptions(b.ctx, b.hold.ExpiresAt.Sub(workflow.Now(b.ctx)), workflow.TimerOptions{
		Summary: "hold ends at " + clock(b.hold.ExpiresAt),
	})
	next := workflow.NewSelector(b.ctx)
	next.AddReceive(b.events, func(workflow.ReceiveChannel, bool) { b.takeEvent() })
	next.AddReceive(b.commands, func(workflow.ReceiveChannel, bool) { b.takeCommand() })
	next.AddReceive(b.canceled, func(workflow.ReceiveChannel, bool) { b.cancelByOperator() })
	next.AddReceive(b.showCancelled, func(workflow.ReceiveChannel, bool) { b.cancelWithShow() })
	next.AddFuture(deadline, func(workflow.Future) {
		for more := true; more && !b.hasEnded(); {
			more = b.takeEvent() || b.takeCommand()
		}
		if !b.hasEnded() {
			b.expire()
		}
	})
	for !b.hasEnded() {
		next.Select(b.ctx)
	}
}

// end decides the booking. Nothing that happens afterwards can change the outcome.
func (b *bookingRun) end(outcome booking.Outcome) {
	outcome.BookingID = b.req.BookingID
	outcome.RequestHash = b.req.RequestHash
	b.outcome = &outcome
	b.open = nil
}

// close answers the commands that still wait, makes sure that no late event about money is lost, and ends the workflow.
func (b *bookingRun) close() (booking.Outcome, error) {
	b.showEnd()
	for b.takeCommand() {
		b.logger().Debug("a command came too late")
	}
	if err := workflow.Await(b.ctx, func() bool { return workflow.AllHandlersFinished(b.ctx) }); err != nil {
		return *b.outcome, err
	}
	b.drainEvents()
	return *b.outcome, b.defect
}

// clock formats a time for operators.
func clock(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }
