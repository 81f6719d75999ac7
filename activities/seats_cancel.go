package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/pricing"
)

// CancelSeats cancels seats of a confirmed booking in one transaction: the seats go back on sale, the refund
// becomes a debt, the wallet gets its part at once, and the booking is CANCELLED when no seat is left. Refunds
// by card are only written; the caller has to have them sent. A repeat returns what the first run wrote.
func (a *Activities) CancelSeats(ctx context.Context, req booking.CancelSeatsRequest) (done booking.CancelledSeats, err error) {
	err = db.InTx(ctx, a.pool, func(q *db.Queries) error {
		_, err := q.BookingForUpdate(ctx, req.BookingID)
		if db.IsNotFound(err) {
			return booking.Refuse(booking.CodeNotFound, "There is no such booking.").With("field", "bookingId")
		}
		if err != nil {
			return fmt.Errorf("lock booking: %w", err)
		}
		done, err = cancellationOf(ctx, q, req.ID())
		if !db.IsNotFound(err) {
			return err
		}
		if req.Repeat {
			return booking.Refuse(booking.CodeUnavailable, "This cancellation could not be made in time. Ask for it again.")
		}
		if err := cancelSeats(ctx, q, req); err != nil {
			return err
		}
		done, err = cancellationOf(ctx, q, req.ID())
		return err
	})
	return done, classify(err)
}

func cancelSeats(ctx context.Context, q *db.Queries, req booking.CancelSeatsRequest) error {
	terms, err := q.CancellationTerms(ctx, req.BookingID)
	if err != nil {
		return fmt.Errorf("read the terms: %w", err)
	}
	refund, err := pricing.RefundFor(terms.Sale(), req.Seats, req.Cause)
	if err != nil {
		return err
	}
	if err := refund.RefuseUnless(req.Expected); err != nil {
		return err
	}
	outside, err := paidOutside(ctx, q, terms.IntentID, "", refund.Card)
	if err != nil {
		return err
	}
	return carryOutCancellation(ctx, q, req, terms, refund, outside)
}

// carryOutCancellation writes a cancellation and all that follows from it. outside are the refunds
// made outside that have already paid a part of it.
func carryOutCancellation(
	ctx context.Context, q *db.Queries, req booking.CancelSeatsRequest, terms db.CancellationTermsRow, refund pricing.Refund, outside []paidPart,
) error {
	if err := writeCancellation(ctx, q, req, terms, refund); err != nil {
		return err
	}
	refunds, err := openCancellationRefunds(ctx, q, req, terms, refund, outside)
	if err != nil {
		return err
	}
	if err := giveSeatsBack(ctx, q, req.ID(), terms.ID, refund.Seats); err != nil {
		return err
	}
	if err := postCancellation(ctx, q, req.ID(), terms.ID, terms.Currency, refund.Parts); err != nil {
		return err
	}
	if err := payOut(ctx, q, req, refunds); err != nil {
		return err
	}
	if len(terms.Cancelled)+len(refund.Seats) < len(terms.Seats) {
		return nil
	}
	return endCancelled(ctx, q, req)
}

func writeCancellation(
	ctx context.Context, q *db.Queries, req booking.CancelSeatsRequest, terms db.CancellationTermsRow, refund pricing.Refund,
) error {
	params := db.CancellationWriteParams{
		ID: req.ID(), BookingID: terms.ID, Seats: refund.Seats,
		Percent: int32(refund.Percent), //nolint:gosec // at most 100
		Carried: int32(refund.Carried), //nolint:gosec // below 100
		Fee:     refund.Fee, Paid: refund.Paid, Amount: refund.Amount, Currency: terms.Currency,
		RefundTo: req.RefundTo, Cause: refund.Cause, Actor: req.Actor, Reason: req.Reason, CorrelationID: req.CorrelationID,
	}
	if refund.PolicyID != 0 {
		params.PolicyID = &refund.PolicyID
	}
	if err := q.CancellationWrite(ctx, params); err != nil {
		return fmt.Errorf("write cancellation: %w", err)
	}
	return nil
}

// cancellationRefund is a part of what a cancellation gives back: where it comes from, where it goes, and what has already paid it.
type cancellationRefund struct {
	id     string
	intent *string
	tender booking.Tender
	amount int64
	paid   *paidPart
}

// cancellationRefunds are the parts that a cancellation gives back: of the card's share, what refunds
// made outside have paid and the rest; and the wallet's share.
func cancellationRefunds(req booking.CancelSeatsRequest, terms db.CancellationTermsRow, refund pricing.Refund, outside []paidPart) []cancellationRefund {
	var refunds []cancellationRefund
	card := cancellationRefund{
		id: booking.CancellationRefundID(req.ID(), booking.TenderCard), intent: terms.IntentID, tender: booking.TenderCard, amount: refund.Card,
	}
	for _, part := range outside {
		refunds = append(refunds, cancellationRefund{
			id:     booking.OutsideRefundPartID(req.ID(), part.outside.ID, card.amount),
			intent: terms.IntentID, tender: booking.TenderCard, amount: part.amount, paid: &part,
		})
		card.amount -= part.amount
	}
	if req.RefundTo == booking.RefundToWallet {
		card.tender = booking.TenderWallet
	}
	wallet := cancellationRefund{
		id: booking.CancellationRefundID(req.ID(), booking.TenderWallet), tender: booking.TenderWallet, amount: refund.Wallet,
	}
	return slices.DeleteFunc(append(refunds, card, wallet), func(r cancellationRefund) bool { return r.amount == 0 })
}

// openCancellationRefunds writes a refund for each part. What a card had paid names its charge,
// wherever the money goes: it may be disputed, or given back outside.
func openCancellationRefunds(
	ctx context.Context, q *db.Queries, req booking.CancelSeatsRequest, terms db.CancellationTermsRow, refund pricing.Refund, outside []paidPart,
) ([]cancellationRefund, error) {
	refunds := cancellationRefunds(req, terms, refund, outside)
	for _, part := range refunds {
		err := q.RefundOfCancellation(ctx, db.RefundOfCancellationParams{
			ID: part.id, BookingID: terms.ID, PaymentID: terms.PaymentID,
			CancellationID: req.ID(), IntentID: part.intent, Tender: part.tender, Amount: part.amount, Currency: terms.Currency,
			Reason: req.Reason, Actor: req.Actor, CorrelationID: req.CorrelationID,
		})
		if err != nil {
			return nil, fmt.Errorf("write the refund to the %s: %w", part.tender, err)
		}
	}
	return refunds, nil
}

func giveSeatsBack(ctx context.Context, q *db.Queries, cancellationID, bookingID string, seats []string) error {
	sorted := booking.SortSeats(seats)
	taken, err := q.SeatsCancel(ctx, db.SeatsCancelParams{CancellationID: cancellationID, BookingID: bookingID, Seats: sorted})
	if err != nil {
		return fmt.Errorf("take the seats out of the booking: %w", err)
	}
	given, err := q.ClaimsGiveBack(ctx, db.ClaimsGiveBackParams{BookingID: bookingID, Seats: sorted})
	if err != nil {
		return fmt.Errorf("put the seats on sale: %w", err)
	}
	if int(taken) != len(seats) || int(given) != len(seats) {
		return temporal.NewNonRetryableApplicationError("the booking does not own all of its seats", booking.FailureDefect, nil)
	}
	return nil
}

// payOut makes the refunds that need no provider: those that refunds made outside have paid, and those
// to the wallet. What came from a card whose charge is disputed waits for the bank, whether it goes to
// the wallet or to that card; what the bank has already given back is closed.
func payOut(ctx context.Context, q *db.Queries, req booking.CancelSeatsRequest, refunds []cancellationRefund) error {
	for _, part := range refunds {
		if err := payPartOut(ctx, q, req, part); err != nil {
			return err
		}
	}
	return nil
}

func payPartOut(ctx context.Context, q *db.Queries, req booking.CancelSeatsRequest, part cancellationRefund) error {
	row, err := q.RefundForUpdate(ctx, part.id)
	if err != nil {
		return fmt.Errorf("read the refund to the %s: %w", part.tender, err)
	}
	next := refundChange{
		to: booking.RefundSucceeded, actor: string(booking.ActorSystem), reason: "paid into the wallet", correlationID: req.CorrelationID,
	}
	if part.paid != nil {
		next.reason, next.outsideRefundID = "given back outside", part.paid.outside.ID
		if part.paid.commandID != "" {
			next.actor, next.reason = req.Actor, req.Reason
		}
		if err := part.paid.use(ctx, q, part.id, next); err != nil {
			return err
		}
		_, err = moveRefund(ctx, q, row, next)
		return err
	}
	hold, err := holdOn(ctx, q, row.Refund)
	switch {
	case err != nil:
		return err
	case !hold.pays():
		return holdBack(ctx, q, row, hold, req.CorrelationID)
	case part.tender == booking.TenderWallet:
		_, err = moveRefund(ctx, q, row, next)
	}
	return err
}

func endCancelled(ctx context.Context, q *db.Queries, req booking.CancelSeatsRequest) error {
	moved, err := q.BookingMove(ctx, db.BookingMoveParams{
		ID:       req.BookingID,
		ToStatus: booking.StatusCancelled,
		FromStatuses: origins(booking.StatusCancelled, func(s booking.Status) bool {
			return s == booking.StatusConfirmed
		}),
		Reason:        req.Reason,
		Actor:         req.Actor,
		CorrelationID: req.CorrelationID,
	})
	if err != nil {
		return fmt.Errorf("move booking to %s: %w", booking.StatusCancelled, err)
	}
	if moved != 1 {
		return errors.New("a locked, confirmed booking cannot be cancelled")
	}
	return nil
}

// cancellationOf reads a cancellation with the current state of its refunds.
func cancellationOf(ctx context.Context, q *db.Queries, id string) (booking.CancelledSeats, error) {
	row, err := q.CancellationByID(ctx, id)
	if err != nil {
		return booking.CancelledSeats{}, err
	}
	refunds, err := q.RefundsOfCancellation(ctx, id)
	if err != nil {
		return booking.CancelledSeats{}, err
	}
	c := row.Cancellation
	money := func(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: c.Currency} }
	done := booking.CancelledSeats{
		CancellationID: c.ID, BookingID: c.BookingID, Seats: slices.Clone(c.Seats), Status: row.BookingStatus,
		Percent: int(c.Percent), Paid: money(c.Paid), Fee: money(c.Fee), Amount: money(c.Amount),
		RefundTo: c.RefundTo, Cause: c.Cause, Refunds: []booking.RefundReceipt{},
	}
	for _, r := range refunds {
		done.Refunds = append(done.Refunds, receiptOf(r))
	}
	return done, nil
}
