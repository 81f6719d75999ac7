package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/pricing"
)

func TestQuoteAddsFeesAndTaxToThePricesOfTheSeats(t *testing.T) {
	t.Parallel()
	seats := []booking.PricedSeat{
		{Seat: "A10", Category: "STANDARD", Price: 18000},
		{Seat: "A11", Category: "RECLINER", Price: 27050},
	}

	quote := pricing.Quote(seats, pricing.Rates{Currency: "INR", FeePerSeat: 1000, TaxBasisPoints: 1800}, nil)

	require.Equal(t, booking.Quote{
		Currency: "INR", Subtotal: 45050, Fees: 2000, Tax: 8469, Total: 55519,
		Seats: seats, AppliedOffers: []booking.AppliedOffer{},
	}, quote)
}

func TestTaxIsRoundedHalfUpOnceForTheWholeBooking(t *testing.T) {
	t.Parallel()
	seats := []booking.PricedSeat{{Seat: "A1", Price: 5}, {Seat: "A2", Price: 5}}

	quote := pricing.Quote(seats, pricing.Rates{Currency: "EUR", TaxBasisPoints: 500}, nil)

	require.EqualValues(t, 1, quote.Tax, "5 % of 10 is 0.5, which rounds up; 0.25 for each seat would round away")
}

func TestEveryQuoteAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prices := rapid.SliceOfN(rapid.Int64Range(1, 1_000_000), 1, booking.MaxSeats).Draw(t, "prices")
		rates := pricing.Rates{
			Currency:       "INR",
			FeePerSeat:     rapid.Int64Range(0, 10_000).Draw(t, "fee"),
			TaxBasisPoints: rapid.Int64Range(0, 10_000).Draw(t, "tax"),
		}
		seats := make([]booking.PricedSeat, len(prices))
		for i, price := range prices {
			seats[i].Price = price
		}

		quote := pricing.Quote(seats, rates, nil)

		require.Equal(t, quote.Total, quote.Subtotal-quote.Discount+quote.Fees+quote.Tax)
		require.GreaterOrEqual(t, quote.Tax, int64(0))
		require.LessOrEqual(t, quote.Tax, quote.Subtotal+quote.Fees)
	})
}
