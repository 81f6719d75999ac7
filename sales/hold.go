package sales

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

// HoldRequest asks for seats of a show.
type HoldRequest struct {
	// By is who asks. UserID is the customer; nil for the one who asks. Staff and administrators may name another.
	By     accounts.Caller
	UserID *string

	IdempotencyKey, ShowID string
	// Client is what the customer books with.
	Client booking.Client
	Seats  []string
	// Coupon is a code as the customer typed it; nil for none.
	Coupon *string
	// Pay has the booking paid in the same go; nil for later.
	Pay           *PayAtOnce
	CorrelationID string
}

// Hold holds seats, pays for them if the request says how, and returns the booking as it is now: the same customer, key and request always mean
// the same booking.
//
// Errors: VALIDATION_ERROR with the field's name for what is invalid, or what the show does not have;
// NOT_FOUND for the show; SEAT_LOCK_FAILED; CONFLICT for a show that is not on sale, seats that the customer
// has already, a customer who holds too much, a coupon that is used up, or a request that needs a new key;
// BOOKING_EXPIRED; IDEMPOTENCY_KEY_REUSED; RATE_LIMITED for a customer who let holds lapse, or waits for
// too many bookings at once; INSUFFICIENT_FUNDS when it was to be paid at once and its seats have gone back.
func (s *Sales) Hold(ctx context.Context, wanted HoldRequest) (Booking, error) {
	customerID, err := s.customerOf(ctx, wanted)
	if err != nil {
		return Booking{}, err
	}
	request, err := wanted.read(customerID)
	if err != nil {
		return Booking{}, err
	}
	before, err := s.precheck(ctx, request)
	var refused *booking.Refusal
	if err == nil && !before.Booked {
		refused, err = s.admit(ctx, request, before)
	}
	if err != nil {
		return Booking{}, err
	}
	b, err := s.held(ctx, request)
	if err != nil || request.Pay == nil {
		return b, err
	}
	return s.withPayRefusal(ctx, request, before, b, refused)
}

// held reads the booking that a request has led to.
func (s *Sales) held(ctx context.Context, request booking.Request) (Booking, error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	b, ok, err := s.booking(ctx, request.BookingID)
	switch {
	case err != nil:
		return Booking{}, fmt.Errorf("read the booking: %w", err)
	case !ok:
		return Booking{}, fmt.Errorf("booking %s was held but has no row", request.BookingID)
	case b.requestHash != request.RequestHash:
		return Booking{}, booking.KeyReused()
	case b.Status == booking.StatusExpired:
		return Booking{}, booking.Expired(request.BookingID)
	}
	return b, nil
}

// maxClient is how many characters a client may say of itself, in each of its fields.
const maxClient = 40

// customerOf is whose booking it will be.
func (s *Sales) customerOf(ctx context.Context, wanted HoldRequest) (string, error) {
	if utf8.RuneCountInString(wanted.Client.Platform) > maxClient || utf8.RuneCountInString(wanted.Client.AppVersion) > maxClient {
		return "", booking.InvalidField("client", "A client says of itself at most 40 characters in each field.").With("maxLength", maxClient)
	}
	if wanted.UserID == nil || *wanted.UserID == wanted.By.ID {
		return wanted.By.ID, nil
	}
	if wanted.By.Role != accounts.Staff && wanted.By.Role != accounts.Admin {
		return "", booking.Refuse(booking.CodeForbidden, "Only staff may book for somebody else.").With("field", "userId")
	}
	missing := booking.InvalidField("userId", "There is no such user.")
	if !booking.IsID(*wanted.UserID) {
		return "", missing
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	standing, err := s.queries.UserStanding(ctx, *wanted.UserID)
	switch {
	case db.IsNotFound(err), err == nil && standing.Disabled:
		return "", missing
	case err != nil:
		return "", fmt.Errorf("look for the customer: %w", err)
	}
	return *wanted.UserID, nil
}

// read refuses what is invalid for any show.
func (w HoldRequest) read(customerID string) (booking.Request, error) {
	if w.ShowID == "" {
		return booking.Request{}, booking.InvalidField("showId", "showId is required.")
	}
	if !booking.IsID(w.ShowID) {
		return booking.Request{}, booking.NotFound("show")
	}
	seats, err := booking.SeatList("seatIds", w.Seats)
	if err != nil {
		return booking.Request{}, err
	}
	coupon := ""
	if w.Coupon != nil {
		var ok bool
		if coupon, ok = booking.NormalCouponCode(*w.Coupon); !ok {
			return booking.Request{}, booking.CouponUnknown.Refusal()
		}
	}
	parts := []any{w.ShowID, seats}
	if coupon != "" { // a request without a coupon has the same hash as before there were coupons
		parts = append(parts, coupon)
	}
	request := booking.Request{
		BookingID: booking.ID(customerID, w.IdempotencyKey), CustomerID: customerID, ShowID: w.ShowID, Seats: seats,
		Client: w.Client, CouponCode: coupon, CorrelationID: w.CorrelationID,
	}
	if w.Pay != nil {
		if request.Pay, err = w.Pay.read(w, request); err != nil {
			return booking.Request{}, err
		}
		parts = append(parts, "pay", request.Pay.Method, request.Pay.KeepSeats)
	}
	request.RequestHash, err = booking.RequestHash(parts...)
	return request, err
}

// start lets the booking's workflow hold the seats. No error means that there is a booking to read; refused is why it was not paid at once.
func (s *Sales) start(ctx context.Context, request booking.Request, show engine.ShowTitle) (refused *booking.Refusal, err error) {
	refused, err = s.options.Engine.Hold(ctx, request, show)
	if !errors.Is(err, engine.ErrCutShort) {
		return refused, err
	}
	_, ok, err := s.booking(ctx, request.BookingID)
	if err == nil && !ok {
		err = booking.NotServed()
	}
	return nil, err
}

// titleOf is how operators know the show.
func titleOf(before db.BookingPrechecksRow) engine.ShowTitle {
	title := engine.ShowTitle{Movie: before.MovieTitle}
	if start, err := db.LocalTime(before.StartsAt, before.TimeZone); err == nil {
		title.StartsAt = start
	}
	return title
}
