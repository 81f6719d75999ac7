package customer

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/sales"
)

// bookingsPath is where bookings are.
const bookingsPath = "/api/v1/bookings/"

// CreateBooking holds seats.
func (h *Handlers) CreateBooking(c echo.Context, params openapi.CreateBookingParams) error {
	if err := request.CheckIdempotencyKey(params.IdempotencyKey); err != nil {
		return err
	}
	var body openapi.CreateBookingRequest
	if err := request.Decode(c, &body); err != nil {
		return err
	}
	b, err := h.Sales.Hold(c.Request().Context(), sales.HoldRequest{
		By: identity.Caller(c), UserID: body.UserId, IdempotencyKey: params.IdempotencyKey, ShowID: body.ShowId, Seats: body.SeatIds,
		Client: clientOf(body.Client), Coupon: body.CouponCode, Pay: payAtOnce(body.Pay), CorrelationID: request.CorrelationID(c),
	})
	if err != nil {
		if refusal, ok := errors.AsType[*booking.Refusal](err); ok && refusal.Code == booking.CodeInsufficientFunds {
			h.seatsChanged(body.ShowId) // they were held, and given back
		}
		return err
	}
	h.seatsChanged(b.Show.ID)
	c.Response().Header().Set(echo.HeaderLocation, bookingsPath+b.ID)
	return c.JSON(http.StatusCreated, h.bookingView(b))
}

// payAtOnce is how the booking is paid in the same go; nil for later.
func payAtOnce(said *openapi.PayAtOnce) *sales.PayAtOnce {
	if said == nil {
		return nil
	}
	return &sales.PayAtOnce{Method: said.Method, OnRefusal: said.OnRefusal}
}

// clientOf is what a client says of itself.
func clientOf(said *openapi.BookingClient) (client booking.Client) {
	if said == nil {
		return client
	}
	if said.Platform != nil {
		client.Platform = *said.Platform
	}
	if said.AppVersion != nil {
		client.AppVersion = *said.AppVersion
	}
	return client
}

// ListBookings lists a page of the caller's own bookings.
func (h *Handlers) ListBookings(c echo.Context, params openapi.ListBookingsParams) error {
	page, err := request.NewestFirst("bookings", params.Limit, params.Cursor)
	if err != nil {
		return err
	}
	bookings, err := h.Sales.Bookings(c.Request().Context(), identity.Caller(c).ID, page.Before, page.BeforeID, page.Fetch())
	if err != nil {
		return err
	}
	var list openapi.BookingList
	bookings, list.NextCursor = request.CutTime(page, bookings, func(last sales.Booking) (time.Time, string) { return last.CreatedAt, last.ID })
	list.Bookings = make([]openapi.Booking, len(bookings))
	for i, b := range bookings {
		list.Bookings[i] = h.bookingView(b)
	}
	return c.JSON(http.StatusOK, list)
}

// GetBooking tells all about a booking.
func (h *Handlers) GetBooking(c echo.Context, bookingID openapi.BookingId, _ openapi.GetBookingParams) error {
	b, err := h.Sales.Booking(c.Request().Context(), identity.Caller(c), bookingID, request.CorrelationID(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, h.bookingView(b))
}
