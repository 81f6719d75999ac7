package customer

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// QuoteCancellation asks what cancelling these seats would give back; all that are left when none are named.
func (c *Customer) QuoteCancellation(ctx context.Context, bookingID string, seats ...string) (openapi.CancellationQuote, error) {
	path := "/bookings/" + url.PathEscape(bookingID) + "/cancellation"
	if len(seats) > 0 {
		path += "?seatIds=" + url.QueryEscape(strings.Join(seats, ","))
	}
	return get[openapi.CancellationQuote](ctx, c, path)
}

// AwaitRefunds reads a booking until all its refunds have succeeded, or ctx ends. It must have some.
func (c *Customer) AwaitRefunds(ctx context.Context, bookingID string) (openapi.Booking, error) {
	waits := func(r openapi.Refund) bool { return r.Status != booking.RefundSucceeded }
	return await(ctx, func() (openapi.Booking, error) { return c.Booking(ctx, bookingID) },
		func(b openapi.Booking) bool { return len(b.Refunds) > 0 && !slices.ContainsFunc(b.Refunds, waits) },
		func(b openapi.Booking) string {
			return fmt.Sprintf("the refunds of %s, they are %+v", bookingID, b.Refunds)
		})
}

// CancelWith gives seats back as the request says, with all that it can say.
func (c *Customer) CancelWith(ctx context.Context, bookingID string, request openapi.CancelBookingRequest) (openapi.Cancellation, error) {
	return post[openapi.Cancellation](ctx, c, "/bookings/"+url.PathEscape(bookingID)+"/cancel", "", request)
}
