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

// PriceSeats computes the quote of a booking and freezes it, for a run of a booking whose seats were locked by code that did not
// price them. A booking is priced once: a repeat answers with the frozen quote, whatever the show costs by then.
func (a *Activities) PriceSeats(ctx context.Context, req booking.Pricing) (booking.Quote, error) {
	quote, err := price(ctx, db.New(a.pool), req.BookingID)
	return quote, classify(err)
}

// price computes the quote of a booking that has been written, and freezes it, unless it has one.
func price(ctx context.Context, q *db.Queries, bookingID string) (booking.Quote, error) {
	b, err := q.BookingToPrice(ctx, bookingID)
	switch {
	case db.IsNotFound(err):
		return booking.Quote{}, defect("the booking is not there to be priced")
	case err != nil:
		return booking.Quote{}, fmt.Errorf("read what to price: %w", err)
	}
	quote, ok, err := quoteNow(ctx, q, b.ShowID, b.SeatLabels, couponOf(b))
	switch {
	case err != nil:
		return booking.Quote{}, err
	case !ok:
		return booking.Quote{}, defect("the show has no price for some of these seats")
	}
	params := db.BookingPriceParams{
		ID: bookingID, Seats: b.SeatLabels, Currency: quote.Currency, PriceMode: string(quote.PriceMode), TaxRounding: string(quote.TaxRounding),
		Subtotal: quote.Subtotal, Discount: quote.Discount, Fees: quote.Fees, Tax: quote.Tax, Total: quote.Total,
	}
	if params.Categories, params.Prices, params.AppliedOffers, err = listsOf(quote); err != nil {
		return booking.Quote{}, err
	}
	priced, err := q.BookingPrice(ctx, params)
	if err != nil {
		return booking.Quote{}, fmt.Errorf("freeze the quote: %w", err)
	}
	if priced == 0 {
		return frozenQuote(ctx, q, bookingID)
	}
	return quote, nil
}

// defect is an error that no retry helps against.
func defect(what string) error {
	return temporal.NewNonRetryableApplicationError(what, booking.FailureDefect, nil)
}

// quoteNow computes what seats of a show cost at this moment. It is not ok when the show does not have all of them, or has no price for one.
func quoteNow(ctx context.Context, q *db.Queries, showID string, wanted []string, coupon *pricing.Coupon) (quote booking.Quote, ok bool, err error) {
	rows, err := q.PricesOfSeats(ctx, db.PricesOfSeatsParams{ShowID: showID, Seats: wanted})
	if err != nil {
		return quote, false, fmt.Errorf("read prices: %w", err)
	}
	if len(rows) == 0 || len(rows) != len(wanted) {
		return quote, false, nil
	}
	seats := make([]booking.PricedSeat, len(rows))
	for i, row := range rows {
		seats[i] = booking.PricedSeat{Seat: row.Label, Category: row.Category, Price: row.Amount}
	}
	return pricing.Quote(seats, pricing.Rates{
		Currency:       rows[0].Currency,
		PriceMode:      rows[0].PriceMode,
		TaxRounding:    rows[0].TaxRounding,
		FeePerSeat:     rows[0].BookingFeePerSeat,
		TaxBasisPoints: int64(rows[0].TaxBasisPoints),
	}, coupon), true, nil
}

// listsOf are the lists of a quote as they are written: each seat's category and price, and the offers as JSON.
func listsOf(quote booking.Quote) (categories []string, prices []int64, offers []byte, err error) {
	for _, seat := range quote.Seats {
		categories, prices = append(categories, seat.Category), append(prices, seat.Price)
	}
	if offers, err = json.Marshal(quote.AppliedOffers); err != nil {
		return nil, nil, nil, fmt.Errorf("encode offers: %w", err)
	}
	return categories, prices, offers, nil
}

func frozenQuote(ctx context.Context, q *db.Queries, bookingID string) (booking.Quote, error) {
	rows, err := q.BookingQuote(ctx, bookingID)
	if err != nil {
		return booking.Quote{}, fmt.Errorf("read the quote: %w", err)
	}
	if len(rows) == 0 {
		return booking.Quote{}, defect("the booking has no quote")
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
