package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// bookingsPath is where bookings are.
const bookingsPath = "/api/v1/bookings/"

// CreateBooking holds seats: the same customer, key and body always mean the same booking.
func (h *handlers) CreateBooking(c echo.Context, params openapi.CreateBookingParams) error {
	if err := checkIdempotencyKey(params.IdempotencyKey); err != nil {
		return err
	}
	var body openapi.CreateBookingRequest
	if err := decode(c, &body); err != nil {
		return err
	}
	seats, err := checkWish(body)
	if err != nil {
		return err
	}
	coupon, err := checkCoupon(body.CouponCode)
	if err != nil {
		return err
	}
	hash, err := wishHash(body.ShowId, seats, coupon)
	if err != nil {
		return err
	}
	customerID := principalOf(c).id
	row, err := h.hold(c.Request().Context(), booking.Request{
		BookingID: booking.ID(customerID, params.IdempotencyKey), CustomerID: customerID, ShowID: body.ShowId, Seats: seats,
		CouponCode: coupon, RequestHash: hash, CorrelationID: correlationID(c),
	})
	if err != nil {
		return err
	}
	view, err := h.bookingView(row)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, bookingsPath+view.Id)
	return c.JSON(http.StatusCreated, view)
}

// checkWish refuses what cannot be wished for in any show, and gives the seats in their order.
func checkWish(body openapi.CreateBookingRequest) ([]string, error) {
	if !isID(body.ShowId) {
		if body.ShowId == "" {
			return nil, booking.InvalidField("showId", "showId is required.")
		}
		return nil, notFound("show")
	}
	if n := len(body.SeatIds); n == 0 || n > booking.MaxSeats {
		return nil, booking.InvalidField("seatIds", "A booking has 1 to 10 seats.").With("maxSeats", booking.MaxSeats)
	}
	var unknown []string
	for _, seat := range body.SeatIds {
		if !booking.IsSeatLabel(seat) {
			unknown = append(unknown, shortened(seat))
		}
	}
	if len(unknown) > 0 {
		return nil, unknownSeats(unknown)
	}
	return sortDistinct(body.SeatIds)
}

// sortDistinct gives seats in their order, and refuses one that is named twice.
func sortDistinct(labels []string) ([]string, error) {
	seats := booking.SortSeats(labels)
	for i := 1; i < len(seats); i++ {
		if seats[i] == seats[i-1] {
			return nil, booking.InvalidField("seatIds", "Seat "+seats[i]+" is asked for twice.").With("duplicateSeatIds", []string{seats[i]})
		}
	}
	return seats, nil
}

// checkCoupon gives a coupon's code as it is stored, empty for none, and refuses what can be no code at all.
func checkCoupon(text *string) (string, error) {
	if text == nil {
		return "", nil
	}
	code, ok := booking.NormalCouponCode(*text)
	if !ok {
		return "", booking.CouponUnknown.Refusal()
	}
	return code, nil
}

// wishHash is the hash of a wish. One without a coupon has the hash that it had before there were coupons.
func wishHash(showID string, seats []string, coupon string) (string, error) {
	if coupon == "" {
		return requestHash(showID, seats)
	}
	return requestHash(showID, seats, coupon)
}

func unknownSeats(seats []string) error {
	return booking.InvalidField("seatIds", "This show does not have all of these seats.").With("unknownSeatIds", seats)
}

// ListBookings lists a page of the caller's own bookings.
func (h *handlers) ListBookings(c echo.Context, params openapi.ListBookingsParams) error {
	size, err := pageSize(params.Limit)
	if err != nil {
		return err
	}
	before, beforeID, err := timePosition(bookingList, params.Cursor)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	page, err := h.queries.BookingIDsOfCustomer(ctx, db.BookingIDsOfCustomerParams{
		CustomerID: principalOf(c).id, BeforeTime: before, BeforeID: beforeID, PageSize: size + 1,
	})
	if err != nil {
		return err
	}
	var list openapi.BookingList
	page, list.NextCursor = cut(page, size, func(last db.BookingIDsOfCustomerRow) *string { return timeCursor(bookingList, last.CreatedAt, last.ID) })
	ids := make([]string, len(page))
	for i, row := range page {
		ids[i] = row.ID
	}
	rows, err := h.queries.BookingViews(ctx, ids)
	if err != nil {
		return err
	}
	list.Bookings = make([]openapi.Booking, len(rows))
	for i, row := range rows {
		if list.Bookings[i], err = h.bookingView(row); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, list)
}

// GetBooking tells all about one of the caller's bookings. Staff and administrators may see any, and it is noted that they did.
func (h *handlers) GetBooking(c echo.Context, bookingID openapi.BookingId, _ openapi.GetBookingParams) error {
	ctx, who := c.Request().Context(), principalOf(c)
	row, err := h.anyBookingRow(ctx, bookingID)
	if err != nil {
		return err
	}
	if row.Booking.CustomerID != who.id {
		if err := h.noteLook(ctx, who, bookingID, correlationID(c)); err != nil {
			return err
		}
	}
	view, err := h.bookingView(row)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, view)
}

// noteLook refuses who may not see other people's bookings, and writes down that the others did: without the trace there is nothing to see.
func (h *handlers) noteLook(ctx context.Context, who principal, bookingID, correlationID string) error {
	if who.role != openapi.STAFF && who.role != openapi.ADMIN {
		return somebodyElses()
	}
	err := h.queries.BookingReadWrite(ctx, db.BookingReadWriteParams{BookingID: bookingID, Actor: who.id, CorrelationID: correlationID})
	if err != nil {
		return fmt.Errorf("note who looks at a booking: %w", err)
	}
	return nil
}

// anyBookingRow reads a booking, whosever it is.
func (h *handlers) anyBookingRow(ctx context.Context, bookingID string) (db.BookingViewsRow, error) {
	if !isID(bookingID) {
		return db.BookingViewsRow{}, notFound("booking")
	}
	row, ok, err := h.bookingRow(ctx, bookingID)
	if err == nil && !ok {
		err = notFound("booking")
	}
	return row, err
}

// ownBookingView reads a booking for its customer, and refuses it to everybody else.
func (h *handlers) ownBookingView(ctx context.Context, who principal, bookingID string) (row db.BookingViewsRow, view openapi.Booking, err error) {
	if row, err = h.anyBookingRow(ctx, bookingID); err != nil {
		return row, view, err
	}
	if row.Booking.CustomerID != who.id {
		return row, view, somebodyElses()
	}
	view, err = h.bookingView(row)
	return row, view, err
}

// ownBooking refuses a booking that does not exist or is somebody else's.
func (h *handlers) ownBooking(ctx context.Context, who principal, bookingID string) error {
	if !isID(bookingID) {
		return notFound("booking")
	}
	row, err := h.queries.BookingOwner(ctx, bookingID)
	switch {
	case db.IsNotFound(err):
		return notFound("booking")
	case err != nil:
		return err
	case row.CustomerID != who.id:
		return somebodyElses()
	}
	return nil
}

func somebodyElses() error {
	return booking.Refuse(booking.CodeForbidden, "This booking is somebody else's.")
}
