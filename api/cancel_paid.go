package api

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
	"github.com/boxoffice/boxoffice/pricing"
)

// reasonCustomer is what the trail says of a cancellation by the booking's own customer.
const reasonCustomer = "cancelled by the customer"

// cancelPaid has seats of a booking that was paid for cancelled, unless they are already. Whoever is refused may have asked at the same
// moment as somebody whose wish was the same: then it has come true all the same.
func (h *handlers) cancelPaid(
	ctx context.Context, row db.BookingViewsRow, view openapi.Booking, wish cancelWish, correlationID string,
) (openapi.Cancellation, error) {
	if answer, done := cancellationDone(view, wish); done {
		return answer, wish.refuseOtherWay(view, answer)
	}
	said := h.askCancellation(ctx, row, wish, correlationID)
	if _, refused := errors.AsType[*booking.Refusal](said); said != nil && !refused {
		return openapi.Cancellation{}, said
	}
	row, ok, err := h.bookingRow(ctx, view.Id)
	if err != nil || !ok {
		return openapi.Cancellation{}, fmt.Errorf("read booking %s again: %w", view.Id, errors.Join(err, said))
	}
	if view, err = h.bookingView(row); err != nil {
		return openapi.Cancellation{}, err
	}
	answer, done := cancellationDone(view, wish)
	switch {
	case done:
		return answer, wish.refuseOtherWay(view, answer)
	case said != nil:
		return openapi.Cancellation{}, said
	}
	return openapi.Cancellation{}, fmt.Errorf("booking %s was cancelled but says nothing about it", view.Id)
}

// refuseOtherWay tells whoever has named where the money is to go that it goes elsewhere, since another cancellation of the same seats was faster.
func (w cancelWish) refuseOtherWay(view openapi.Booking, done openapi.Cancellation) error {
	if !w.refundToNamed {
		return nil
	}
	carriedOut := view.Cancellations
	if done.Cancellation != nil {
		carriedOut = []openapi.SeatCancellation{*done.Cancellation}
	}
	for _, c := range carriedOut {
		if c.RefundTo != w.refundTo && c.Refund > 0 {
			return booking.RefundGoesElsewhere(c.Id, c.RefundTo)
		}
	}
	return nil
}

// askCancellation refuses what plainly cannot be, so that no workflow starts for it, and asks the workflow for the rest. The look
// before gives nothing back: what counts is decided with the booking locked.
func (h *handlers) askCancellation(ctx context.Context, row db.BookingViewsRow, wish cancelWish, correlationID string) error {
	_, _, refund, err := h.cancellationTerms(ctx, row.Booking.ID, wish.seats)
	if err != nil {
		return err
	}
	if err := refund.RefuseUnless(wish.expected); err != nil {
		return err
	}
	return h.startCancellation(ctx, row, wish, refund.Seats, correlationID)
}

// cancellationDone answers for a wish that has come true: by the very same wish, or because nothing is left to cancel.
func cancellationDone(view openapi.Booking, wish cancelWish) (answer openapi.Cancellation, done bool) {
	id := booking.CancellationID(view.Id, wish.seats)
	n := slices.IndexFunc(view.Cancellations, func(c openapi.SeatCancellation) bool { return c.Id == id })
	if n < 0 {
		return wholeCancellation(view), wish.seats == nil && view.Status == booking.StatusCancelled
	}
	answer = openapi.Cancellation{
		BookingId: view.Id, Status: view.Status, SeatIds: view.Cancellations[n].SeatIds, Refunds: []openapi.Refund{},
		Cancellation: &view.Cancellations[n],
	}
	for _, refund := range view.Refunds {
		if refund.CancellationId != nil && *refund.CancellationId == id {
			answer.Refunds = append(answer.Refunds, refund)
		}
	}
	return answer, true
}

// cancellationTerms says what cancelling these seats, all that are left when none are named, gives back at this moment.
// The intent is that of the card that has paid for them, if one has.
func (h *handlers) cancellationTerms(
	ctx context.Context, bookingID string, seats []string,
) (intentID *string, sale pricing.Sale, refund pricing.Refund, err error) {
	terms, err := h.queries.CancellationTerms(ctx, bookingID)
	switch {
	case db.IsNotFound(err):
		return nil, sale, refund, notFound("booking")
	case err != nil:
		return nil, sale, refund, fmt.Errorf("read the terms: %w", err)
	}
	sale = terms.Sale()
	if sale.Status == booking.StatusConfirmed {
		if err := checkSeatsLeft(terms, seats); err != nil {
			return nil, sale, refund, err
		}
	}
	refund, err = pricing.RefundFor(sale, seats, booking.CauseCustomer)
	return terms.IntentID, sale, refund, err
}

// checkSeatsLeft refuses seats that are not the booking's, or not any more.
func checkSeatsLeft(terms db.CancellationTermsRow, seats []string) error {
	var unknown, cancelled []string
	for _, seat := range seats {
		switch {
		case !slices.Contains(terms.Seats, seat):
			unknown = append(unknown, seat)
		case slices.Contains(terms.Cancelled, seat):
			cancelled = append(cancelled, seat)
		}
	}
	switch {
	case len(unknown) > 0:
		return notInBooking(unknown)
	case len(cancelled) > 0:
		return booking.InvalidField("seatIds", "Some of these seats have been cancelled already.").With("cancelledSeatIds", cancelled)
	}
	return nil
}

// startCancellation has the seats cancelled by the one workflow in which all cancellations of a booking happen.
func (h *handlers) startCancellation(ctx context.Context, row db.BookingViewsRow, wish cancelWish, seats []string, correlationID string) error {
	request := booking.CancelSeatsRequest{
		BookingID: row.Booking.ID, Seats: wish.seats, RefundTo: wish.refundTo, Cause: booking.CauseCustomer, Expected: wish.expected,
		Actor: string(booking.ActorCustomer), Reason: reasonCustomer, CorrelationID: correlationID, At: h.now().UTC(),
	}
	return h.engine.CancelSeats(ctx, request, engine.BookingParties{
		CustomerID: row.Booking.CustomerID, ShowID: row.Booking.ShowID, TheatreID: row.TheatreID,
	}, seats)
}
