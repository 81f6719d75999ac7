package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/pricing"
)

// reserveCoupon reserves the coupon that a request names, once, or refuses. A refusal rolls back the
// transaction, and with it the seats.
func reserveCoupon(ctx context.Context, q *db.Queries, req booking.Request) error {
	if req.CouponCode == "" {
		return nil
	}
	reserved, err := q.CouponReserve(ctx, db.CouponReserveParams{Code: req.CouponCode, BookingID: req.BookingID})
	if err != nil {
		return fmt.Errorf("reserve coupon: %w", err)
	}
	if reserved == 1 {
		return nil
	}
	text, err := q.CouponStanding(ctx, db.CouponStandingParams{
		BookingID: req.BookingID, CustomerID: req.CustomerID, Code: req.CouponCode, ShowID: req.ShowID,
	})
	if err != nil {
		return fmt.Errorf("look at the coupon: %w", err)
	}
	standing := booking.CouponStanding(text)
	if standing == booking.CouponReserved {
		return nil
	}
	if refusal := standing.Refusal(); refusal != nil {
		return refusal
	}
	return fmt.Errorf("coupon %s changed while it was being reserved", req.CouponCode)
}

// couponUsedUp turns the error of a transaction that would have used a coupon too often into a
// refusal. A confirmation finds out only when it commits.
func couponUsedUp(err error) error {
	switch {
	case db.Violates(err, "coupons_not_overused"):
		return booking.CouponUsedUp.Refusal()
	case db.Violates(err, "coupons_not_overused_by_customer"):
		return booking.CouponUsedUpByCustomer.Refusal()
	default:
		return err
	}
}

// couponOf is the coupon of the booking that is being priced; nil if it has none.
func couponOf(row db.BookingToPriceRow) *pricing.Coupon {
	if row.CouponCode == nil {
		return nil
	}
	coupon := pricing.Coupon{Code: *row.CouponCode, Kind: booking.CouponKind(*row.CouponKind), MaxDiscount: row.CouponMaxDiscount}
	if row.CouponBasisPoints != nil {
		coupon.BasisPoints = int64(*row.CouponBasisPoints)
	}
	if row.CouponAmount != nil {
		coupon.Amount = *row.CouponAmount
	}
	return &coupon
}
