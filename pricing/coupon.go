package pricing

import "github.com/boxoffice/boxoffice/booking"

// Coupon is what lowers the price of a booking. Amounts are in minor units of the quote's currency.
type Coupon struct {
	Code string
	Kind booking.CouponKind
	// BasisPoints is a PERCENT coupon's share of the subtotal in hundredths of a percent, from 1 to 10000.
	BasisPoints int64
	// MaxDiscount caps the discount of a PERCENT coupon; nil means no cap.
	MaxDiscount *int64
	// Amount is what a FLAT coupon takes off.
	Amount int64
}

// discount is what the coupon takes off a subtotal: never more than the subtotal, and rounded down, so
// that the cinema keeps less than a minor unit too much.
func (c Coupon) discount(subtotal int64) int64 {
	if c.Kind == booking.CouponFlat {
		return min(c.Amount, subtotal)
	}
	// Only the remainder is divided after the multiplication, so that no subtotal overflows.
	part := subtotal/10000*c.BasisPoints + subtotal%10000*c.BasisPoints/10000
	if c.MaxDiscount != nil {
		part = min(part, *c.MaxDiscount)
	}
	return part
}
