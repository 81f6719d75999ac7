package pricing_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/pricing"
)

func TestACouponLowersTheSubtotalBeforeTax(t *testing.T) {
	t.Parallel()
	most := int64(3000)
	for name, test := range map[string]struct {
		price    int64
		coupon   pricing.Coupon
		discount int64
	}{
		"a tenth":                  {45050, pricing.Coupon{Kind: booking.CouponPercent, BasisPoints: 1000}, 4505},
		"rounded down":             {999, pricing.Coupon{Kind: booking.CouponPercent, BasisPoints: 1000}, 99},
		"too little to matter":     {99, pricing.Coupon{Kind: booking.CouponPercent, BasisPoints: 1}, 0},
		"capped":                   {45050, pricing.Coupon{Kind: booking.CouponPercent, BasisPoints: 1000, MaxDiscount: &most}, 3000},
		"below its cap":            {10000, pricing.Coupon{Kind: booking.CouponPercent, BasisPoints: 1000, MaxDiscount: &most}, 1000},
		"everything":               {45050, pricing.Coupon{Kind: booking.CouponPercent, BasisPoints: 10000}, 45050},
		"an amount":                {45050, pricing.Coupon{Kind: booking.CouponFlat, Amount: 10000}, 10000},
		"as much as there is":      {9000, pricing.Coupon{Kind: booking.CouponFlat, Amount: 10000}, 9000},
		"the largest of subtotals": {math.MaxInt64 / 20000, pricing.Coupon{Kind: booking.CouponPercent, BasisPoints: 10000}, math.MaxInt64 / 20000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.coupon.Code = "SAVE"
			rates := pricing.Rates{Currency: "INR", FeePerSeat: 1000, TaxBasisPoints: 1800}

			quote := pricing.Quote([]booking.PricedSeat{{Seat: "A1", Price: test.price}}, rates, &test.coupon)

			require.Equal(t, test.discount, quote.Discount)
			require.Equal(t, []booking.AppliedOffer{{Code: "SAVE", Discount: test.discount}}, quote.AppliedOffers)
			require.Equal(t, test.price, quote.Subtotal)
			require.Equal(t, ((test.price-test.discount+1000)*1800+5000)/10000, quote.Tax, "tax is on what is left and on the fee")
			require.Equal(t, test.price-test.discount+1000+quote.Tax, quote.Total)
		})
	}
}

func TestABookingMayCostNothing(t *testing.T) {
	t.Parallel()
	coupon := pricing.Coupon{Code: "FREE", Kind: booking.CouponPercent, BasisPoints: 10000}

	quote := pricing.Quote([]booking.PricedSeat{{Seat: "A1", Price: 18000}}, pricing.Rates{Currency: "INR", TaxBasisPoints: 1800}, &coupon)

	require.Zero(t, quote.Total)
	require.Zero(t, quote.Tax)
}

func TestNoCouponTakesMoreThanThereIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prices := rapid.SliceOfN(rapid.Int64Range(1, 1_000_000), 1, booking.MaxSeats).Draw(t, "prices")
		seats := make([]booking.PricedSeat, len(prices))
		for i, price := range prices {
			seats[i].Price = price
		}
		rates := pricing.Rates{
			Currency:       "INR",
			FeePerSeat:     rapid.Int64Range(0, 10_000).Draw(t, "fee"),
			TaxBasisPoints: rapid.Int64Range(0, 10_000).Draw(t, "tax"),
		}
		coupon := pricing.Coupon{
			Code:        "SAVE",
			Kind:        rapid.SampledFrom([]booking.CouponKind{booking.CouponPercent, booking.CouponFlat}).Draw(t, "kind"),
			BasisPoints: rapid.Int64Range(1, 10_000).Draw(t, "share"),
			Amount:      rapid.Int64Range(1, 20_000_000).Draw(t, "amount"),
			MaxDiscount: rapid.Ptr(rapid.Int64Range(1, 20_000_000), true).Draw(t, "cap"),
		}

		quote := pricing.Quote(seats, rates, &coupon)
		plain := pricing.Quote(seats, rates, nil)

		require.GreaterOrEqual(t, quote.Discount, int64(0))
		require.LessOrEqual(t, quote.Discount, quote.Subtotal)
		require.Equal(t, quote.Total, quote.Subtotal-quote.Discount+quote.Fees+quote.Tax)
		require.GreaterOrEqual(t, quote.Tax, int64(0))
		require.LessOrEqual(t, quote.Total, plain.Total, "a coupon never makes a booking dearer")
		require.Equal(t, plain.Subtotal, quote.Subtotal)
		require.Equal(t, plain.Fees, quote.Fees)
	})
}
