package seed

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// Coupon is a demo coupon, valid from the day it is added.
type Coupon struct {
	Code string
	Kind booking.CouponKind
	// BasisPoints is what a PERCENT coupon takes off, in hundredths of a percent.
	BasisPoints int32
	// Amount is what a FLAT coupon takes off.
	Amount booking.Money
	// MaxUses is how often it can be used; 0 is without limit.
	MaxUses int32
}

// Coupons are the demo coupons.
var Coupons = []Coupon{
	{Code: "WELCOME10", Kind: booking.CouponPercent, BasisPoints: 1000},
	{Code: "OPENING100", Kind: booking.CouponFlat, Amount: booking.Money{Amount: 100_00, Currency: "INR"}, MaxUses: 100},
}

// addCoupons adds the coupons that are missing. Existing ones keep their terms and uses.
func addCoupons(ctx context.Context, q *db.Queries, sum *Summary) error {
	for _, coupon := range Coupons {
		added, err := q.SeedCoupon(ctx, db.SeedCouponParams{
			Code: coupon.Code, Kind: string(coupon.Kind), BasisPoints: coupon.BasisPoints, Amount: coupon.Amount.Amount,
			Currency: coupon.Amount.Currency, MaxUses: coupon.MaxUses,
		})
		if err != nil {
			return fmt.Errorf("add coupon %s: %w", coupon.Code, err)
		}
		sum.Coupons += added
	}
	return nil
}
