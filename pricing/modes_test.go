package pricing_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/pricing"
)

// row is n seats at one price.
func row(n int, price int64) []booking.PricedSeat {
	seats := make([]booking.PricedSeat, n)
	for i := range seats {
		seats[i] = booking.PricedSeat{Seat: "A" + strconv.Itoa(i+1), Category: "STANDARD", Price: price}
	}
	return seats
}

func TestAnInclusivePriceIsWhatIsPaidAndHoldsFeeAndTax(t *testing.T) {
	t.Parallel()
	rates := pricing.Rates{
		Currency: "GBP", PriceMode: booking.PricesInclusive, TaxRounding: booking.TaxBySum, FeePerSeat: 95, TaxBasisPoints: 2000,
	}

	quote := pricing.Quote(row(2, 1200), rates, nil)

	require.Equal(t, booking.Quote{
		Currency: "GBP", PriceMode: booking.PricesInclusive, TaxRounding: booking.TaxBySum, Seats: row(2, 1200), AppliedOffers: []booking.AppliedOffer{},
		Subtotal: 2400, Fees: 158, Tax: 400, Total: 2400,
	}, quote, "of 24.00 a sixth is tax; of the fees of 1.90 that leaves 1.58")
}

// The figures are those of tills: a price that includes tax has to stay as shown, and tax is rounded as the theatre says.
func TestTaxIsRoundedForTheSumOrForEachLine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		mode        booking.PriceMode
		seats       []booking.PricedSeat
		basisPoints int64
		sum, line   int64
	}{
		"five of 100.00 at 19 % inside":     {booking.PricesInclusive, row(5, 10000), 1900, 7983, 7985},
		"three of 6.50 at 20 % inside":      {booking.PricesInclusive, row(3, 650), 2000, 325, 324},
		"one of 23.00 at 7 % inside":        {booking.PricesInclusive, row(1, 2300), 700, 150, 150},
		"one of 9.00 at 7 % inside":         {booking.PricesInclusive, row(1, 900), 700, 59, 59},
		"three of 0.05 at 5 % on top":       {booking.PricesAdded, row(3, 5), 500, 1, 0},
		"two of 180.00 at 18 % on top":      {booking.PricesAdded, row(2, 18000), 1800, 6480, 6480},
		"no tax at all, whatever is inside": {booking.PricesInclusive, row(3, 650), 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for rounding, want := range map[booking.TaxRounding]int64{booking.TaxBySum: test.sum, booking.TaxByLine: test.line} {
				quote := pricing.Quote(test.seats, pricing.Rates{PriceMode: test.mode, TaxRounding: rounding, TaxBasisPoints: test.basisPoints}, nil)

				require.Equal(t, want, quote.Tax, rounding)
				require.Equal(t, rounding, quote.TaxRounding)
			}
		})
	}
}

func TestADiscountIsOffThePriceThatWasShown(t *testing.T) {
	t.Parallel()
	rates := pricing.Rates{PriceMode: booking.PricesInclusive, TaxRounding: booking.TaxBySum, FeePerSeat: 95, TaxBasisPoints: 2000}
	tenth := pricing.Coupon{Code: "TENTH", Kind: booking.CouponPercent, BasisPoints: 1000}
	all := pricing.Coupon{Code: "FREE", Kind: booking.CouponPercent, BasisPoints: 10000}

	cheaper, free := pricing.Quote(row(2, 1450), rates, &tenth), pricing.Quote(row(2, 1450), rates, &all)

	require.EqualValues(t, 290, cheaper.Discount)
	require.EqualValues(t, 2610, cheaper.Total)
	require.EqualValues(t, 435, cheaper.Tax)
	require.EqualValues(t, 2900, free.Discount)
	require.Zero(t, free.Total)
	require.Zero(t, free.Fees, "nothing is left that could hold a fee")
	require.Zero(t, free.Tax)
}

func TestAFeeIsNeverMoreThanThePriceThatHoldsIt(t *testing.T) {
	t.Parallel()
	rates := pricing.Rates{PriceMode: booking.PricesInclusive, FeePerSeat: 95, TaxBasisPoints: 2000}

	quote := pricing.Quote(append(row(1, 60), booking.PricedSeat{Seat: "B1", Price: 1200}), rates, nil)

	require.EqualValues(t, 1260, quote.Total)
	require.EqualValues(t, 210, quote.Tax)
	require.EqualValues(t, 129, quote.Fees, "0.60 and 0.95, less the sixth that is tax")
	require.Equal(t, []pricing.Parts{{Fees: 50, Tax: 10}, {Tickets: 921, Fees: 79, Tax: 200}}, pricing.Shares(quote))
}

func TestAShareOfAnInclusiveQuoteIsThePriceThatWasShown(t *testing.T) {
	t.Parallel()
	rates := pricing.Rates{PriceMode: booking.PricesInclusive, TaxRounding: booking.TaxByLine, FeePerSeat: 95, TaxBasisPoints: 2000}

	shares := pricing.Shares(pricing.Quote(append(row(2, 1250), booking.PricedSeat{Seat: "B1", Price: 1950}), rates, nil))

	require.Equal(t, []int64{1250, 1250, 1950}, []int64{shares[0].Total(), shares[1].Total(), shares[2].Total()})
}

func TestInclusiveQuotesAndTheirSharesAddUpWhateverTheyHold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var seats []booking.PricedSeat
		for i, price := range rapid.SliceOfN(rapid.Int64Range(1, 50_000), 1, booking.MaxSeats).Draw(t, "prices") {
			seats = append(seats, booking.PricedSeat{Seat: "A" + strconv.Itoa(i+1), Price: price})
		}
		rates := pricing.Rates{
			PriceMode:      booking.PricesInclusive,
			TaxRounding:    rapid.SampledFrom([]booking.TaxRounding{booking.TaxBySum, booking.TaxByLine}).Draw(t, "rounding"),
			FeePerSeat:     rapid.Int64Range(0, 10_000).Draw(t, "fee"),
			TaxBasisPoints: rapid.Int64Range(0, 10_000).Draw(t, "tax"),
		}
		coupon := pricing.Coupon{
			Code: "SAVE", Kind: rapid.SampledFrom([]booking.CouponKind{booking.CouponPercent, booking.CouponFlat}).Draw(t, "kind"),
			BasisPoints: rapid.Int64Range(1, 10_000).Draw(t, "share"), Amount: rapid.Int64Range(1, 500_000).Draw(t, "amount"),
		}

		quote := pricing.Quote(seats, rates, &coupon)

		require.Equal(t, quote.Subtotal-quote.Discount, quote.Total, "what was shown is what is paid")
		require.GreaterOrEqual(t, min(quote.Fees, quote.Tax), int64(0))
		require.LessOrEqual(t, quote.Fees+quote.Tax, quote.Total)
		var total pricing.Parts
		for i, share := range pricing.Shares(quote) {
			require.GreaterOrEqual(t, min(share.Tickets, share.Fees, share.Tax), int64(0))
			require.LessOrEqual(t, share.Total(), seats[i].Price, "a seat costs no more than was shown")
			total = pricing.Parts{Tickets: total.Tickets + share.Tickets, Fees: total.Fees + share.Fees, Tax: total.Tax + share.Tax}
		}
		require.Equal(t, pricing.Parts{Tickets: quote.Total - quote.Fees - quote.Tax, Fees: quote.Fees, Tax: quote.Tax}, total)
	})
}

func TestAnInclusiveBookingGivenBackSeatBySeatGivesBackWhatWasPaid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rates := pricing.Rates{
			PriceMode:      booking.PricesInclusive,
			TaxRounding:    rapid.SampledFrom([]booking.TaxRounding{booking.TaxBySum, booking.TaxByLine}).Draw(t, "rounding"),
			FeePerSeat:     rapid.Int64Range(0, 200).Draw(t, "fee"),
			TaxBasisPoints: rapid.Int64Range(0, 10_000).Draw(t, "tax"),
		}
		coupon := pricing.Coupon{Code: "SAVE", Kind: booking.CouponFlat, Amount: rapid.Int64Range(1, 500).Draw(t, "off")}
		quote := pricing.Quote(row(rapid.IntRange(1, booking.MaxSeats).Draw(t, "seats"), rapid.Int64Range(1, 3000).Draw(t, "price")), rates, &coupon)
		sale := pricing.Sale{Status: booking.StatusConfirmed, Quote: quote, Card: quote.Total}
		var kept pricing.Parts
		for _, seat := range quote.Seats {
			refund, err := pricing.RefundFor(sale, []string{seat.Seat}, booking.CauseOperator)
			require.NoError(t, err)
			sale.Cancelled = append(sale.Cancelled, seat.Seat)
			sale.Refunded += refund.Amount
			kept = pricing.Parts{Tickets: kept.Tickets + refund.Parts.Tickets, Fees: kept.Fees + refund.Parts.Fees, Tax: kept.Tax + refund.Parts.Tax}
		}

		require.Equal(t, quote.Total, sale.Refunded)
		require.Equal(t, pricing.Parts{Tickets: quote.Total - quote.Fees - quote.Tax, Fees: quote.Fees, Tax: quote.Tax}, kept)
	})
}
