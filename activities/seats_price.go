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

// PriceSeats computes the quote of a booking and freezes it. A booking is priced once: a repeat answers with the frozen
// quote, whatever the show costs by then.
func (a *Activities) PriceSeats(ctx context.Context, req booking.Pricing) (booking.Quote, error) {
	q := db.New(a.pool)
	rows, err := q.SeatsForPricing(ctx, req.BookingID)
	if err != nil {
		return booking.Quote{}, classify(fmt.Errorf("read prices: %w", err))
	}
	if len(rows) == 0 || len(rows) != int(rows[0].SeatsWanted) {
		return booking.Quote{}, temporal.NewNonRetryableApplicationError("the show has no price for some of these seats", booking.FailureDefect, nil)
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
		PriceMode:      rows[0].PriceMode,
		TaxRounding:    rows[0].TaxRounding,
		FeePerSeat:     rows[0].BookingFeePerSeat,
		TaxBasisPoints: int64(rows[0].TaxBasisPoints),
	}, couponOf(rows[0]))
	params.PriceMode, params.TaxRounding = string(quote.PriceMode), string(quote.TaxRounding)
	params.Subtotal, params.Discount, params.Fees, params.Tax, params.Total = quote.Subtotal, quote.Discount, quote.Fees, quote.Tax, quote.Total
	if params.AppliedOffers, err = json.Marshal(quote.AppliedOffers); err != nil {
		return booking.Quote{}, fmt.Errorf("encode offers: %w", err)
	}
	priced, err := q.BookingPrice(ctx, params)
	if err != nil {
		return booking.Quote{}, classify(fmt.Errorf("freeze the quote: %w", err))
	}
	if priced == 0 {
		return frozenQuote(ctx, q, req.BookingID)
	}
	return quote, nil
}

func frozenQuote(ctx context.Context, q *db.Queries, bookingID string) (booking.Quote, error) {
	rows, err := q.BookingQuote(ctx, bookingID)
	if err != nil {
		return booking.Quote{}, classify(fmt.Errorf("read the quote: %w", err))
	}
	if len(rows) == 0 {
		return booking.Quote{}, temporal.NewNonRetryableApplicationError("the booking is not there to be priced", booking.FailureDefect, nil)
	}
	first := rows[0]
	quote := booking.Quote{
		Currency: first.Currency, PriceMode: booking.PriceMode(first.PriceMode), TaxRounding: booking.TaxRounding(first.TaxRounding),
		Subtotal: first.Subtotal, Discount: first.Discount, Fees: first.Fees, Tax: first.Tax, Total: first.Total,
	}
	if err := json.Unmarshal(first.AppliedOffers, &quote.AppliedOffers); err != nil {
		return booking.Quote{}, fmt.Errorf("decode offers: %w", err)
	}
	for _, row := range rows {
		quote.Seats = append(quote.Seats, booking.PricedSeat{Seat: row.Seat, Category: row.Category, Price: row.Price})
	}
	return quote, nil
}
