package sales

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/engine"
	"github.com/boxoffice/boxoffice/pricing"
)

// CancelRequest asks to cancel seats of a booking.
type CancelRequest struct {
	CustomerID, BookingID string
	// Seats are those to cancel; nil for all that are left.
	Seats []string
	// RefundTo is where the money should go; nil when its customer has not said so, and it goes back where it came from.
	RefundTo *booking.RefundTo
	// Expected is the refund that the customer expects, in minor units; nil for any amount.
	Expected      *int64
	CorrelationID string
}

// Cancellation is what was cancelled.
type Cancellation struct {
	BookingID, ShowID string
	Status            booking.Status
	Seats             []string
	Refunds           []Refund
	// Of is the cancellation to which these seats belong; nil when the whole booking is cancelled.
	Of *SeatCancellation
}

// RefundNone is the status of what goes back when nothing does.
const RefundNone booking.RefundStatus = "NONE"

// Refund is all that goes back, in minor units of the booking's currency: SUCCEEDED when all of it is there, INITIATED while some is on its way,
// and RefundNone when nothing goes back.
func (c Cancellation) Refund() (status booking.RefundStatus, amount int64) {
	status = RefundNone
	for _, refund := range c.Refunds {
		amount += refund.Amount
		if refund.Status != booking.RefundSucceeded {
			status = booking.RefundInitiated
		} else if status == RefundNone {
			status = booking.RefundSucceeded
		}
	}
	return status, amount
}

// reasonCustomer is the trail's reason for a cancellation by the booking's own customer.
const reasonCustomer = "cancelled by the customer"

// Cancel cancels seats of a booking: all of an unpaid one, any of a confirmed one. A repeat finds them cancelled.
//
// Errors: VALIDATION_ERROR with the field's name; NOT_FOUND; FORBIDDEN; CONFLICT when another amount would
// go back than expected, when it would go elsewhere, or when the refund policy allows no cancellation any
// more; INVALID_STATE for a ticket that was scanned; BOOKING_EXPIRED or INVALID_STATE for a booking that
// has ended in another way; PAYMENT_PENDING while its card is being charged; UNAVAILABLE.
func (s *Sales) Cancel(ctx context.Context, wanted CancelRequest) (Cancellation, error) {
	wanted, err := wanted.read()
	if err != nil {
		return Cancellation{}, err
	}
	waiting, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	b, err := s.ownBooking(waiting, wanted.CustomerID, wanted.BookingID)
	switch {
	case err != nil:
		return Cancellation{}, err
	case b.Status.Unpaid():
		return s.cancelUnpaid(ctx, wanted)
	default:
		return s.cancelPaid(waiting, b, wanted)
	}
}

// read refuses what is invalid for any booking.
func (w CancelRequest) read() (CancelRequest, error) {
	if to := w.refundTo(); to != booking.RefundToOriginal && to != booking.RefundToWallet {
		return w, booking.InvalidField("refundTo", "refundTo must be ORIGINAL or WALLET.")
	}
	if w.Expected != nil && *w.Expected < 0 {
		return w, booking.InvalidField("expectedRefund", "expectedRefund cannot be negative.")
	}
	var err error
	w.Seats, err = booking.SomeSeats("seatIds", w.Seats)
	return w, err
}

// wholeOnly refuses to cancel a part of an unpaid booking.
func wholeOnly(seats []string) error {
	if seats != nil {
		return booking.InvalidField("seatIds", "An unpaid booking is cancelled as a whole: leave seatIds out.")
	}
	return nil
}

// cancelUnpaid lets the booking's workflow give all seats back.
func (s *Sales) cancelUnpaid(ctx context.Context, wanted CancelRequest) (Cancellation, error) {
	if err := wholeOnly(wanted.Seats); err != nil {
		return Cancellation{}, err
	}
	if err := (pricing.Refund{}).RefuseUnless(wanted.Expected); err != nil {
		return Cancellation{}, err
	}
	err := s.options.Engine.CancelUnpaid(ctx, wanted.BookingID, booking.CancelRequest{CorrelationID: wanted.CorrelationID, At: s.options.Now().UTC()})
	if errors.Is(err, engine.ErrNoWorkflow) {
		err = s.cancelAbandoned(ctx, wanted.BookingID, wanted.CorrelationID)
	}
	if err != nil && !engine.HasEnded(err) {
		return Cancellation{}, err
	}
	return s.cancelledUnpaid(ctx, wanted.BookingID, err)
}

// cancelAbandoned cancels a booking that has lost its workflow, if it still waits for money.
func (s *Sales) cancelAbandoned(ctx context.Context, bookingID, correlationID string) error {
	end, err := s.queries.BookingEnd(ctx, bookingID)
	if err != nil {
		return fmt.Errorf("read the booking: %w", err)
	}
	if !end.Status.Unpaid() {
		return nil
	}
	_, err = s.options.Engine.EndAbandoned(ctx, booking.ExpireRequest{
		BookingID: bookingID, To: booking.StatusCancelled, Actor: string(booking.ActorCustomer), Reason: reasonCustomer, CorrelationID: correlationID,
	}, end.ShowID)
	return err
}

// cancelledUnpaid answers from what is written: a cancelled booking has been cancelled, whoever asked for
// it and however often. Any other can no longer be cancelled: if a workflow said why, that is the answer,
// unless the money arrived first. Then the customer should first see what a cancellation would give back.
func (s *Sales) cancelledUnpaid(ctx context.Context, bookingID string, said error) (Cancellation, error) {
	b, err := s.anyBooking(ctx, bookingID)
	switch {
	case err != nil:
		return Cancellation{}, err
	case b.Status == booking.StatusConfirmed || b.Status == booking.StatusCompleted:
		return Cancellation{}, notCancellable.refuse(bookingID, b.Status)
	case b.Status != booking.StatusCancelled && engine.HasEnded(said):
		return Cancellation{}, said
	case b.Status != booking.StatusCancelled:
		return Cancellation{}, s.refuseEnded(ctx, bookingID, notCancellable)
	}
	return b.wholeCancellation(), nil
}

// wholeCancellation answers for a booking of which nothing is left.
func (b Booking) wholeCancellation() Cancellation {
	whole := Cancellation{BookingID: b.ID, ShowID: b.Show.ID, Status: b.Status, Seats: make([]string, len(b.Seats)), Refunds: b.Refunds}
	for i, seat := range b.Seats {
		whole.Seats[i] = seat.Label
	}
	return whole
}

// cancelPaid cancels seats of a paid booking, unless they are cancelled already. A request that is refused
// may have come at the same moment as another one for the same seats: then it has succeeded nevertheless.
func (s *Sales) cancelPaid(ctx context.Context, b Booking, wanted CancelRequest) (Cancellation, error) {
	if done, ok := b.cancelled(wanted.Seats); ok {
		return done, wanted.refuseOtherWay(b, done)
	}
	said := s.askCancellation(ctx, b, wanted)
	if said != nil && !isRefusal(said) {
		return Cancellation{}, said
	}
	b, ok, err := s.booking(ctx, wanted.BookingID)
	if err != nil || !ok {
		return Cancellation{}, fmt.Errorf("read booking %s again: %w", wanted.BookingID, errors.Join(err, said))
	}
	done, ok := b.cancelled(wanted.Seats)
	switch {
	case ok:
		return done, wanted.refuseOtherWay(b, done)
	case said != nil:
		return Cancellation{}, said
	}
	return Cancellation{}, fmt.Errorf("booking %s was cancelled but says nothing about it", b.ID)
}

// cancelled answers for seats that have been cancelled, by the very same request or because nothing is left to cancel.
func (b Booking) cancelled(seats []string) (done Cancellation, ok bool) {
	id := booking.CancellationID(b.ID, seats)
	n := slices.IndexFunc(b.Cancellations, func(c SeatCancellation) bool { return c.ID == id })
	if n < 0 {
		return b.wholeCancellation(), seats == nil && b.Status == booking.StatusCancelled
	}
	of := b.Cancellations[n]
	done = Cancellation{BookingID: b.ID, ShowID: b.Show.ID, Status: b.Status, Seats: of.Seats, Refunds: []Refund{}, Of: &of}
	for _, refund := range b.Refunds {
		if refund.CancellationID == id {
			done.Refunds = append(done.Refunds, refund)
		}
	}
	return done, true
}

// refuseOtherWay tells a customer who has said where the money should go that it goes elsewhere, since
// another cancellation of the same seats came first.
func (w CancelRequest) refuseOtherWay(b Booking, done Cancellation) error {
	if w.RefundTo == nil {
		return nil
	}
	carriedOut := b.Cancellations
	if done.Of != nil {
		carriedOut = []SeatCancellation{*done.Of}
	}
	for _, c := range carriedOut {
		if c.RefundTo != *w.RefundTo && c.Refund > 0 {
			return booking.RefundGoesElsewhere(c.ID, c.RefundTo)
		}
	}
	return nil
}

// askCancellation refuses what is obviously impossible, so that no workflow starts for it, and asks the
// workflow for the rest: the one in which all cancellations of a booking happen. The check before it
// changes nothing: what counts is decided with the booking locked.
func (s *Sales) askCancellation(ctx context.Context, b Booking, wanted CancelRequest) error {
	terms, err := s.cancellationTerms(ctx, b.ID, wanted.Seats)
	if err != nil {
		return err
	}
	if err := terms.refund.RefuseUnless(wanted.Expected); err != nil {
		return err
	}
	return s.options.Engine.CancelSeats(ctx, booking.CancelSeatsRequest{
		BookingID: b.ID, Seats: wanted.Seats, RefundTo: wanted.refundTo(), Cause: booking.CauseCustomer, Expected: wanted.Expected,
		Actor: string(booking.ActorCustomer), Reason: reasonCustomer, CorrelationID: wanted.CorrelationID, At: s.options.Now().UTC(),
	}, engine.BookingParties{CustomerID: b.CustomerID, ShowID: b.Show.ID, TheatreID: b.Show.TheatreID}, terms.refund.Seats)
}

func (w CancelRequest) refundTo() booking.RefundTo {
	if w.RefundTo == nil {
		return booking.RefundToOriginal
	}
	return *w.RefundTo
}
