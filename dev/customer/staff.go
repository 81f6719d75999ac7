package customer

import (
	"context"

	"github.com/boxoffice/boxoffice/api/openapi"
)

// What follows is for a customer who is staff at a theatre.

// Scan lets the holder of a ticket in, by what its QR code holds. A repeat finds the first scan.
func (c *Customer) Scan(ctx context.Context, qrCodeData string) (openapi.CheckIn, error) {
	return post[openapi.CheckIn](ctx, c, "/check-ins", "", openapi.CreateCheckInRequest{QrCodeData: &qrCodeData})
}

// CheckIn lets the customers of a booking in whose ticket cannot be scanned. A repeat finds the first time.
func (c *Customer) CheckIn(ctx context.Context, bookingID string) (openapi.CheckIn, error) {
	return post[openapi.CheckIn](ctx, c, "/check-ins", "", openapi.CreateCheckInRequest{BookingId: &bookingID})
}
