package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/pricing"
)

func TestSharesFollowPricesAndSumToTheQuote(t *testing.T) {
	t.Parallel()
	shares := pricing.Shares(booking.Quote{
		Subtotal: 48000, Discount: 4801, Fees: 2001, Tax: 8136, Total: 53336,
		Seats: []booking.PricedSeat{{Seat: "A1", Price: 18000}, {Seat: "B1", Price: 30000}},
	})

	require.Equal(t, []pricing.Parts{{Tickets: 16199, Fees: 1000, Tax: 3095}, {Tickets: 27000, Fees: 1001, Tax: 5041}}, shares)
}

func TestSharesOfAFreeBookingAreNothing(t *testing.T) {
	t.Parallel()
	shares := pricing.Shares(booking.Quote{Subtotal: 100, Discount: 100, Seats: []booking.PricedSeat{{Seat: "A1", Price: 60}, {Seat: "A2", Price: 40}}})

	require.Equal(t, []pricing.Parts{{}, {}}, shares)
}

// Nothing was paid for the seats themselves, so there is nothing in proportion to which the tax could be shared.
func TestATaxOfAFreeBookingIsSharedByHead(t *testing.T) {
	t.Parallel()
	shares := pricing.Shares(booking.Quote{
		Subtotal: 100, Discount: 100, Tax: 7, Total: 7, Seats: []booking.PricedSeat{{Seat: "A1", Price: 60}, {Seat: "A2", Price: 40}},
	})

	require.Equal(t, []pricing.Parts{{Tax: 3}, {Tax: 4}}, shares)
}

// drawQuote is any quote that adds up, including amounts whose products exceed an int64.
func drawQuote(t *rapid.T) booking.Quote {
	largest := rapid.SampledFrom([]int64{10, 50_000, 1 << 58}).Draw(t, "largest price")
	var quote booking.Quote
	for i, price := range rapid.SliceOfN(rapid.Int64Range(1, largest), 1, booking.MaxSeats).Draw(t, "prices") {
		quote.Seats = append(quote.Seats, booking.PricedSeat{Seat: string(rune('A'+i)) + "1", Price: price})
		quote.Subtotal += price
	}
	quote.Discount = rapid.Int64Range(0, quote.Subtotal).Draw(t, "discount")
	quote.Fees = rapid.Int64Range(0, largest).Draw(t, "fees")
	quote.Tax = rapid.Int64Range(0, largest).Draw(t, "tax")
	quote.Total = quote.Subtotal - quote.Discount + quote.Fees + quote.Tax
	return quote
}

func TestSharesSumExactlyAndAreNeverNegative(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		quote := drawQuote(t)
		var sum pricing.Parts
		for i, share := range pricing.Shares(quote) {
			require.GreaterOrEqual(t, min(share.Tickets, share.Fees, share.Tax), int64(0))
			require.LessOrEqual(t, share.Tickets, quote.Seats[i].Price, "a seat costs no more than its price")
			sum = pricing.Parts{Tickets: sum.Tickets + share.Tickets, Fees: sum.Fees + share.Fees, Tax: sum.Tax + share.Tax}
		}
		require.Equal(t, pricing.Parts{Tickets: quote.Subtotal - quote.Discount, Fees: quote.Fees, Tax: quote.Tax}, sum)
	})
}
