package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

// hold finds the booking that a request stands for, or has its workflow make it. It gives the booking's row as it is now.
func (h *handlers) hold(ctx context.Context, request booking.Request) (db.BookingViewsRow, error) {
	before, err := h.precheck(ctx, request)
	if err == nil && !before.Booked {
		err = h.admitHold(ctx, request, before)
	}
	if err != nil {
		return db.BookingViewsRow{}, err
	}
	reading, cancel := context.WithTimeout(ctx, h.config.WorkflowTimeout)
	defer cancel()
	row, ok, err := h.bookingRow(reading, request.BookingID)
	if err != nil {
		return db.BookingViewsRow{}, fmt.Errorf("read the booking: %w", err)
	}
	if !ok {
		return db.BookingViewsRow{}, fmt.Errorf("booking %s was held but has no row", request.BookingID)
	}
	switch {
	case row.Booking.RequestHash != request.RequestHash:
		return db.BookingViewsRow{}, booking.KeyReused()
	case row.Booking.Status == booking.StatusExpired:
		return db.BookingViewsRow{}, booking.Expired(request.BookingID)
	}
	return row, nil
}

// precheck looks whether there is the booking already, and refuses what plainly cannot be had.
func (h *handlers) precheck(ctx context.Context, request booking.Request) (db.BookingPrechecksRow, error) {
	ctx, cancel := context.WithTimeout(ctx, h.config.WorkflowTimeout)
	defer cancel()
	before, err := h.prechecks.ask(ctx, request)
	if err != nil {
		return before, fmt.Errorf("look at the seats: %w", err)
	}
	if before.Booked || (before.WorkflowKnows && before.ShowStatus != "") {
		return before, nil
	}
	if err := checkShow(request, before); err != nil {
		return before, err
	}
	return before, h.checkStanding(ctx, request)
}

// checkStanding refuses a coupon that plainly cannot be had. It grants nothing. A coupon that this very booking has reserved
// since the last look is no reason to refuse it.
func (h *handlers) checkStanding(ctx context.Context, request booking.Request) error {
	if request.CouponCode == "" {
		return nil
	}
	standing, err := h.queries.CouponStanding(ctx, db.CouponStandingParams{
		BookingID: request.BookingID, CustomerID: request.CustomerID, Code: request.CouponCode, ShowID: request.ShowID,
	})
	if err != nil {
		return fmt.Errorf("look at the coupon: %w", err)
	}
	if refusal := booking.CouponStanding(standing).Refusal(); refusal != nil {
		return refusal
	}
	return nil
}

// checkShow refuses what plainly cannot be had, so that no workflow starts for it. It grants nothing.
func checkShow(request booking.Request, before db.BookingPrechecksRow) error {
	switch {
	case before.ShowStatus == "":
		return notFound("show")
	case before.ShowStatus == booking.ShowStatusCancelled:
		return booking.ShowIsCancelled(request.ShowID)
	case before.ShowStatus != booking.ShowStatusOnSale:
		return booking.Refuse(booking.CodeConflict, "This show is not on sale.").With("showId", request.ShowID)
	case before.Started:
		return booking.Refuse(booking.CodeConflict, "This show has started.").With("showId", request.ShowID)
	case len(before.Unknown) > 0:
		return unknownSeats(booking.SortSeats(before.Unknown))
	case len(before.Taken) > 0:
		return booking.SeatsTaken(request.ShowID, booking.SortSeats(before.Taken))
	case len(before.Own) > 0:
		return booking.SeatsAreYours(request.ShowID, before.OwnBooking, booking.SortSeats(before.Own))
	}
	limited, err := booking.HoldLimited(request.ShowID, before.Refusal)
	if limited != nil {
		return limited
	}
	return err
}

// startHold has the booking's workflow hold the seats. Nil means that there is a booking to read.
func (h *handlers) startHold(ctx context.Context, request booking.Request, show engine.ShowTitle) error {
	err := h.engine.Hold(ctx, request, show)
	if !errors.Is(err, engine.ErrCutShort) {
		return err
	}
	_, ok, err := h.bookingRow(ctx, request.BookingID)
	if err == nil && !ok {
		err = booking.NotServed()
	}
	return err
}

// showTitle is how operators know the show that somebody wants to see.
func (h *handlers) showTitle(before db.BookingPrechecksRow) engine.ShowTitle {
	title := engine.ShowTitle{Movie: before.MovieTitle}
	if start, err := h.zones.in(before.StartsAt, before.TimeZone); err == nil {
		title.StartsAt = start
	}
	return title
}
