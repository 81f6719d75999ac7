package operations

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// OutsideRefundHistory is a refund that somebody made at the provider by hand, with what became of it.
type OutsideRefundHistory struct {
	Refund db.OutsideRefund
	Events []db.OutsideRefundEvent
}

// OutsideRefund reads a refund made outside. It refuses with NOT_FOUND.
func (o *Operations) OutsideRefund(ctx context.Context, id string) (history OutsideRefundHistory, err error) {
	if !booking.IsID(id) {
		return history, booking.NotFound("refund")
	}
	history.Refund, err = o.queries.OutsideRefundByID(ctx, id)
	if db.IsNotFound(err) {
		return history, booking.NotFound("refund")
	}
	if err != nil {
		return history, fmt.Errorf("read the refund made outside: %w", err)
	}
	if history.Events, err = o.queries.OutsideRefundEventsToShow(ctx, id); err != nil {
		return history, fmt.Errorf("read the events of %s: %w", id, err)
	}
	return history, nil
}

// OutsideRefundLeft is how much of a refund made outside has neither been assigned nor written off, in minor units of its currency.
func OutsideRefundLeft(refund db.OutsideRefund) int64 {
	if refund.Status != booking.OutsideRefundStanding {
		return 0
	}
	return refund.Amount - refund.Assigned - refund.WrittenOff
}

// OutsideRefundCommand is what an operator decides about a refund made outside.
type OutsideRefundCommand struct {
	ID, IdempotencyKey string
	// Seats are those that it was for; nil for all that are left. Only Assign has seats.
	Seats []string
	By    By
}

// AssignOutsideRefund says which seats a refund made outside was for, and returns it as it is afterwards.
//
// Errors: VALIDATION_ERROR with the field's name; NOT_FOUND; IDEMPOTENCY_KEY_REUSED; the refusals of the workflow of the charge.
func (o *Operations) AssignOutsideRefund(ctx context.Context, wanted OutsideRefundCommand) (OutsideRefundHistory, error) {
	seats, err := booking.SomeSeats("seatIds", wanted.Seats)
	if err != nil {
		return OutsideRefundHistory{}, err
	}
	wanted.Seats = seats
	return o.commandOutsideRefund(ctx, booking.UpdateAssign, o.options.Engine.AssignOutsideRefund, wanted)
}

// WriteOffOutsideRefund says that a refund made outside paid nothing that was owed, and returns it as it is afterwards.
//
// Errors: those of AssignOutsideRefund, without VALIDATION_ERROR.
func (o *Operations) WriteOffOutsideRefund(ctx context.Context, wanted OutsideRefundCommand) (OutsideRefundHistory, error) {
	return o.commandOutsideRefund(ctx, booking.UpdateWriteOff, o.options.Engine.WriteOffOutsideRefund, wanted)
}

// commandOutsideRefund lets the workflow of the charge carry out a command: once for each key, however often it is sent.
func (o *Operations) commandOutsideRefund(
	ctx context.Context, name string, send func(context.Context, string, booking.OutsideRefundCommand) error, wanted OutsideRefundCommand,
) (OutsideRefundHistory, error) {
	history, err := o.OutsideRefund(ctx, wanted.ID)
	if err != nil {
		return history, err
	}
	command := booking.OutsideRefundCommand{
		OutsideRefundID: wanted.ID, Seats: wanted.Seats, CommandID: booking.OutsideRefundCommandID(wanted.ID, name, wanted.By.ActorID, wanted.IdempotencyKey),
		Actor: wanted.By.ActorID, Reason: wanted.By.Reason, CorrelationID: wanted.By.CorrelationID, At: o.options.Now().UTC(),
	}
	done, err := o.outsideCommandDone(ctx, command)
	if err == nil && !done {
		if err = send(ctx, history.Refund.IntentID, command); err == nil {
			// Somebody may have sent another reason under the same key at the same moment.
			_, err = o.outsideCommandDone(ctx, command)
		}
	}
	if err != nil {
		return OutsideRefundHistory{}, err
	}
	return o.OutsideRefund(ctx, wanted.ID)
}

// outsideCommandDone says whether a command has been carried out; another reason, or other seats, under its key are refused.
func (o *Operations) outsideCommandDone(ctx context.Context, command booking.OutsideRefundCommand) (done bool, err error) {
	row, err := o.queries.OutsideRefundCommandCarriedOut(ctx, db.OutsideRefundCommandCarriedOutParams{
		OutsideRefundID: command.OutsideRefundID, CommandID: command.CommandID,
	})
	switch {
	case db.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read the commands of %s: %w", command.OutsideRefundID, err)
	case row.Reason != command.Reason || row.CancellationID != nil && *row.CancellationID != booking.CancellationID(*row.BookingID, command.Seats):
		return false, booking.KeyReused()
	}
	return true, nil
}
