package api

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// bookingRow reads one booking with all that its customer sees; ok is false when there is none.
func (h *handlers) bookingRow(ctx context.Context, id string) (row db.BookingViewsRow, ok bool, err error) {
	rows, err := h.queries.BookingViews(ctx, []string{id})
	if err != nil || len(rows) == 0 {
		return db.BookingViewsRow{}, false, err
	}
	return rows[0], true, nil
}

// bookingView is the one place that makes a booking's answer of its row.
func (h *handlers) bookingView(row db.BookingViewsRow) (openapi.Booking, error) {
	b := row.Booking
	start, err := h.zones.in(row.StartsAt, row.TimeZone)
	if err != nil {
		return openapi.Booking{}, err
	}
	zone := start.Location()
	view := openapi.Booking{
		Id: b.ID, Status: b.Status, CreatedAt: b.CreatedAt.In(zone), ExpiresAt: b.ExpiresAt.In(zone),
		Show: openapi.BookedShow{
			Id: b.ShowID, Status: row.ShowStatus, MovieId: row.MovieID, MovieTitle: row.MovieTitle, TheatreId: row.TheatreID, TheatreName: row.TheatreName,
			ScreenName: row.ScreenName, StartTime: start, Language: row.Language, Format: openapi.Format(row.Format),
		},
	}
	if row.CheckedInAt != nil {
		at := row.CheckedInAt.In(zone)
		view.CheckedInAt = &at
	}
	if row.Attendance != "" {
		attendance := booking.Attendance(row.Attendance)
		view.Attendance = &attendance
	}
	var payments []db.Payment // as many of its columns as customers see
	for name, part := range map[string]struct {
		text []byte
		into any
	}{
		"seats": {row.Seats, &view.Seats}, "payments": {row.Payments, &payments}, "cancellations": {row.Cancellations, &view.Cancellations}, "refunds": {row.Refunds, &view.Refunds}, "trail": {row.Trail, &view.Trail},
	} {
		if err := json.Unmarshal(part.text, part.into); err != nil {
			return openapi.Booking{}, fmt.Errorf("%s of booking %s: %w", name, b.ID, err)
		}
	}
	view.Payments = make([]openapi.Payment, len(payments))
	for i, payment := range payments {
		view.Payments[i] = h.paymentView(payment, b.Status, "")
	}
	for i := range view.Trail {
		view.Trail[i] = forCustomer(view.Trail[i])
		view.Trail[i].At = view.Trail[i].At.In(zone)
	}
	for i := range view.Cancellations {
		view.Cancellations[i].At = view.Cancellations[i].At.In(zone)
	}
	if view.Pricing, err = pricingView(b); err != nil {
		return openapi.Booking{}, err
	}
	if view.Ticket, err = h.ticketView(b, seatsLeft(view.Seats)); err != nil {
		return openapi.Booking{}, err
	}
	return view, nil
}

// forCustomer names no operator, and keeps what operators write for each other. That a show was cancelled is for everybody.
func forCustomer(change openapi.StateChange) openapi.StateChange {
	if change.Actor.IsRole() {
		return change
	}
	change.Actor = booking.ActorOperator
	if change.Reason != booking.ReasonShowCancelled {
		change.Reason = "changed by an operator"
	}
	return change
}

// pricingView is the frozen quote; nil until there is one.
func pricingView(b db.Booking) (*openapi.Pricing, error) {
	if b.Total == nil {
		return nil, nil //nolint:nilnil // an unpriced booking has no pricing
	}
	pricing := openapi.Pricing{
		Currency: *b.Currency, PriceMode: *b.PriceMode, TaxRounding: *b.TaxRounding,
		Subtotal: *b.Subtotal, Discount: *b.Discount, Fees: *b.Fees, Tax: *b.Tax, Total: *b.Total,
		AppliedOffers: []openapi.AppliedOffer{},
	}
	if err := json.Unmarshal(b.AppliedOffers, &pricing.AppliedOffers); err != nil {
		return nil, fmt.Errorf("offers of booking %s: %w", b.ID, err)
	}
	if pricing.AppliedOffers == nil {
		pricing.AppliedOffers = []openapi.AppliedOffer{}
	}
	return &pricing, nil
}

// ticketView is the ticket of a booking that has been paid, for the seats that are left of it; nil for any other.
func (h *handlers) ticketView(b db.Booking, seats []string) (*openapi.Ticket, error) {
	if b.Status != booking.StatusConfirmed && b.Status != booking.StatusCompleted {
		return nil, nil //nolint:nilnil // no ticket
	}
	code, err := h.tickets.sign(b.ID, b.ShowID, seats)
	if err != nil {
		return nil, err
	}
	return &openapi.Ticket{Id: booking.TicketID(b.ID), Seats: seats, QrCodeData: code}, nil
}

// seatsLeft are the seats of a booking that have not been cancelled.
func seatsLeft(seats []openapi.BookedSeat) []string {
	left := make([]string, 0, len(seats))
	for _, seat := range seats {
		if seat.Cancelled == nil || !*seat.Cancelled {
			left = append(left, seat.Id)
		}
	}
	return left
}

// optional leaves an empty text out of an answer.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
