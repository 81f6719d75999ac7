package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/pricing"
)

// AssignOutsideRefund cancels the seats that a refund made outside was for. The refund has paid for them, and nothing else goes back.
func (a *Activities) AssignOutsideRefund(ctx context.Context, cmd booking.OutsideRefundCommand) (booking.OutsideRefund, error) {
	done, err := a.commandOutsideRefund(ctx, cmd, func(q *db.Queries, outside db.OutsideRefund) error {
		if outside.BookingID == nil {
			return booking.Refuse(booking.CodeInvalidState, "This charge has bought no seats.")
		}
		req := booking.CancelSeatsRequest{
			BookingID: *outside.BookingID, Seats: cmd.Seats, RefundTo: booking.RefundToOriginal, Cause: booking.CauseOutsideRefund,
			Actor: cmd.Actor, Reason: cmd.Reason, CorrelationID: cmd.CorrelationID,
		}
		terms, err := q.CancellationTerms(ctx, req.BookingID)
		if err != nil {
			return fmt.Errorf("read the terms: %w", err)
		}
		if valueOr(terms.IntentID, "") != outside.IntentID {
			return booking.Refuse(booking.CodeInvalidState, "This charge has not paid for the seats.")
		}
		refund, err := pricing.RefundGiven(terms.Sale(), req.Seats, unassigned(outside))
		if err != nil {
			return err
		}
		if refund.Amount == 0 {
			return booking.Refuse(booking.CodeInvalidState, "All that the card paid has been promised back already.")
		}
		part := paidPart{outside: outside, amount: refund.Amount, commandID: cmd.CommandID}
		return carryOutCancellation(ctx, q, req, terms, refund, []paidPart{part})
	})
	return done, classify(err)
}

// WriteOffOutsideRefund says that the rest of a refund made outside paid nothing that we owed: it is a loss.
func (a *Activities) WriteOffOutsideRefund(ctx context.Context, cmd booking.OutsideRefundCommand) (booking.OutsideRefund, error) {
	done, err := a.commandOutsideRefund(ctx, cmd, func(q *db.Queries, outside db.OutsideRefund) error {
		amount := unassigned(outside)
		err := q.OutsideRefundUse(ctx, db.OutsideRefundUseParams{
			ID: outside.ID, WrittenOff: amount, Amount: amount, Event: outsideWrittenOff, CommandID: &cmd.CommandID,
			Actor: cmd.Actor, Reason: cmd.Reason, CorrelationID: cmd.CorrelationID,
		})
		if err != nil {
			return fmt.Errorf("write off the refund made outside: %w", err)
		}
		return postWrittenOff(ctx, q, outside, amount, cmd.CommandID)
	})
	return done, classify(err)
}

// unassigned is what an operator still has to decide about in a refund made outside.
func unassigned(outside db.OutsideRefund) int64 {
	return outside.Amount - outside.Assigned - outside.WrittenOff
}

// commandOutsideRefund carries out an operator's command, once, on a refund made outside that has something left.
func (a *Activities) commandOutsideRefund(
	ctx context.Context, cmd booking.OutsideRefundCommand, do func(*db.Queries, db.OutsideRefund) error,
) (done booking.OutsideRefund, err error) {
	err = db.InTx(ctx, a.pool, func(q *db.Queries) error {
		seen, err := q.OutsideRefundByID(ctx, cmd.OutsideRefundID)
		if db.IsNotFound(err) {
			return booking.Refuse(booking.CodeNotFound, "There is no such refund.").With("outsideRefundId", cmd.OutsideRefundID)
		}
		if err != nil {
			return fmt.Errorf("read the refund made outside: %w", err)
		}
		if err := q.RefundLockBooking(ctx, db.RefundLockBookingParams{BookingID: seen.BookingID}); err != nil {
			return fmt.Errorf("lock the charge's booking: %w", err)
		}
		outside, err := q.OutsideRefundForUpdate(ctx, cmd.OutsideRefundID)
		if err != nil {
			return fmt.Errorf("lock the refund made outside: %w", err)
		}
		repeated, err := q.OutsideRefundCommandDone(ctx, db.OutsideRefundCommandDoneParams{OutsideRefundID: outside.ID, CommandID: cmd.CommandID})
		if err != nil {
			return fmt.Errorf("look for the command: %w", err)
		}
		if !repeated {
			if err := refuseUsed(outside); err != nil {
				return err
			}
			if err := do(q, outside); err != nil {
				return err
			}
			if outside, err = q.OutsideRefundByID(ctx, cmd.OutsideRefundID); err != nil {
				return fmt.Errorf("read the refund made outside again: %w", err)
			}
		}
		done = outsideRefundOf(outside)
		return nil
	})
	return done, err
}

func refuseUsed(outside db.OutsideRefund) error {
	if outside.Status == booking.OutsideRefundStanding && unassigned(outside) > 0 {
		return nil
	}
	return booking.Refuse(booking.CodeInvalidState, "Nothing of this refund is left to decide about.").With("status", outside.Status).
		With("assigned", outside.Assigned).With("writtenOff", outside.WrittenOff)
}

func outsideRefundOf(outside db.OutsideRefund) booking.OutsideRefund {
	return booking.OutsideRefund{
		ID: outside.ID, Status: outside.Status, Amount: booking.Money{Amount: outside.Amount, Currency: outside.Currency},
		Assigned: outside.Assigned, WrittenOff: outside.WrittenOff,
	}
}
