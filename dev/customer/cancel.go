package customer

import (
	"context"
	"net/url"
	"strings"

	"github.com/boxoffice/boxoffice/api/openapi"
)

// QuoteCancellation asks what cancelling these seats would give back; all that are left when none are named.
func (c *Customer) QuoteCancellation(ctx context.Context, bookingID string, seats ...string) (openapi.CancellationQuote, error) {
	path := "/bookings/" + url.PathEscape(bookingID) + "/cancellation"
	if len(seats) > 0 {
		path += "?seatIds=" + url.QueryEscape(strings.Join(seats, ","))
	}
	return get[openapi.CancellationQuote](ctx, c, path)
}

// CancelWith gives seats back as the request says, with all that it can say.
func (c *Customer) CancelWith(ctx context.Context, bookingID string, request openapi.CancelBookingRequest) (openapi.Cancellation, error) {
	return post[openapi.Cancellation](ctx, c, "/bookings/"+url.PathEscape(bookingID)+"/cancel", "", request)
}
