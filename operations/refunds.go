package operations

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// RefundHistory is a refund with everything that has happened to it.
type RefundHistory struct {
	Refund db.Refund
	Events []db.RefundEvent
}

// Refund reads a refund. It refuses with NOT_FOUND.
func (o *Operations) Refund(ctx context.Context, refundID string) (history RefundHistory, err error) {
	if !booking.IsID(refundID) {
		return history, booking.NotFound("refund")
	}
	history.Refund, err = o.queries.RefundToShow(ctx, refundID)
	if db.IsNotFound(err) {
		return history, booking.NotFound("refund")
	}
	if err != nil {
		return history, fmt.Errorf("read refund: %w", err)
	}
	if history.Events, err = o.queries.RefundEventsToShow(ctx, refundID); err != nil {
		return history, fmt.Errorf("read the events of refund %s: %w", refundID, err)
	}
	return history, nil
}

// RefundDispute says why a dispute keeps a refund from being paid, booking.DisputeOpen or DisputeLost; empty when none does.
func RefundDispute(refund db.Refund) string {
	failed := func(code string) bool { return refund.FailureCode != nil && *refund.FailureCode == code }
	switch {
	case refund.Status == booking.RefundSucceeded:
		return ""
	case refund.Status == booking.RefundClosed || failed(booking.RefundDecidedByBank):
		return booking.DisputeLost
	case failed(booking.RefundDisputed):
		return booking.DisputeOpen
	default:
		return ""
	}
}

// RefundCommand is what an operator wants to do with a refused refund. Name is booking.UpdateRetry,
// UpdateDivert, UpdateSettle or UpdateClose.
type RefundCommand struct {
	RefundID, Name, IdempotencyKey string
	By                             By
}

// CommandRefund lets a refund's workflow carry out a command, once for each key, however often it is
// sent, and returns the refund as it is afterwards.
//
// Errors: NOT_FOUND; IDEMPOTENCY_KEY_REUSED; the refusals of the refund's workflow.
func (o *Operations) CommandRefund(ctx context.Context, wanted RefundCommand) (RefundHistory, error) {
	if history, err := o.Refund(ctx, wanted.RefundID); err != nil {
		return history, err
	}
	command := booking.RefundCommand{
		RefundID: wanted.RefundID, CommandID: booking.RefundCommandID(wanted.RefundID, wanted.Name, wanted.By.ActorID, wanted.IdempotencyKey),
		Actor: wanted.By.ActorID, Reason: wanted.By.Reason, CorrelationID: wanted.By.CorrelationID, At: o.options.Now().UTC(),
	}
	done, err := o.refundCommandDone(ctx, command)
	if err == nil && !done {
		if err = o.sendRefundCommand(ctx, wanted.Name, command); err == nil {
			// Somebody may have sent another reason under the same key at the same moment.
			_, err = o.refundCommandDone(ctx, command)
		}
	}
	if err != nil {
		return RefundHistory{}, err
	}
	return o.Refund(ctx, wanted.RefundID)
}

func (o *Operations) sendRefundCommand(ctx context.Context, name string, command booking.RefundCommand) error {
	switch name {
	case booking.UpdateRetry:
		return o.options.Engine.RetryRefund(ctx, command)
	case booking.UpdateDivert:
		return o.options.Engine.DivertRefund(ctx, command)
	case booking.UpdateSettle:
		return o.options.Engine.SettleRefund(ctx, command)
	case booking.UpdateClose:
		return o.options.Engine.CloseRefund(ctx, command)
	default:
		return fmt.Errorf("a refund knows no command %q", name)
	}
}

// refundCommandDone says whether a command has been carried out; another reason under its key is refused.
func (o *Operations) refundCommandDone(ctx context.Context, command booking.RefundCommand) (done bool, err error) {
	reason, err := o.queries.RefundCommandReason(ctx, db.RefundCommandReasonParams{RefundID: command.RefundID, CommandID: command.CommandID})
	switch {
	case db.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read the commands of refund %s: %w", command.RefundID, err)
	case reason != command.Reason:
		return false, booking.KeyReused()
	}
	return true, nil
}
