package activities

import (
	"context"
	"encoding/json"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/pricing"
)

// PriceSeats computes the quote of a booking and freezes it. A booking is priced once; its show's prices cannot change
// between two runs of this step, so that both give the same quote.
func (a *Activities) PriceSeats(ctx context.Context, req booking.Pricing) (booking.Quote, error) {
	q := db.New(a.pool)
	rows, err := q.SeatsForPricing(ctx, req.BookingID)
	if err != nil {
		return booking.Quote{}, classify(fmt.Errorf("read prices: %w", err))
	}
	if len(rows) == 0 {
		return booking.Quote{}, temporal.NewNonRetryableApplicationError("the show has no prices for these seats", typeIntegrity, nil)
	}
	params := db.BookingPriceParams{ID: req.BookingID, Currency: rows[0].Currency}
	seats := make([]booking.PricedSeat, len(rows))
	for i, row := range rows {
		seats[i] = booking.PricedSeat{Seat: row.Label, Category: row.Category, Price: row.Amount}
		params.Seats = append(params.Seats, row.Label)
		params.Categories = append(params.Categories, row.Category)
		params.Prices = append(params.Prices, row.Amount)
	}
	quote := pricing.Quote(seats, pricing.Rates{
		Currency:       rows[0].Currency,
		FeePerSeat:     rows[0].BookingFeePerSeat,
		TaxBasisPoints: int64(rows[0].TaxBasisPoints),
	})
	params.Subtotal, params.Discount, params.Fees, params.Tax, params.Total = quote.Subtotal, quote.Discount, quote.Fees, quote.Tax, quote.Total
	if params.AppliedOffers, err = json.Marshal(quote.AppliedOffers); err != nil {
		return booking.Quote{}, fmt.Errorf("encode offers: %w", err)
	}
	if err := q.BookingPrice(ctx, params); err != nil {
		return booking.Quote{}, classify(fmt.Errorf("freeze the quote: %w", err))
	}
	return quote, nil
}
