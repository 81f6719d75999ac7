package booking

import (
	"regexp"
	"strings"
)

// CouponKind says how a coupon lowers a price.
type CouponKind string

// The kinds of coupon.
const (
	// CouponPercent takes a share off the subtotal.
	CouponPercent CouponKind = "PERCENT"
	// CouponFlat takes an amount off the subtotal.
	CouponFlat CouponKind = "FLAT"
)

// couponCode is a code as customers may type it.
var couponCode = regexp.MustCompile(`^[A-Za-z0-9]{3,20}$`)

// NormalCouponCode is a code as it is stored, in upper case, or false for text that cannot be a code at all.
func NormalCouponCode(text string) (code string, ok bool) {
	if !couponCode.MatchString(text) {
		return "", false
	}
	return strings.ToUpper(text), true
}

// CouponStanding says whether a booking may have a coupon, or why not.
type CouponStanding string

// The standings of a coupon.
const (
	// CouponAvailable: it is there to be reserved.
	CouponAvailable CouponStanding = "AVAILABLE"
	// CouponReserved: this booking has its coupon already.
	CouponReserved         CouponStanding = "RESERVED"
	CouponUnknown          CouponStanding = "UNKNOWN"
	CouponNotYetValid      CouponStanding = "NOT_YET_VALID"
	CouponNoLongerValid    CouponStanding = "NO_LONGER_VALID"
	CouponOtherCurrency    CouponStanding = "OTHER_CURRENCY"
	CouponUsedUp           CouponStanding = "USED_UP"
	CouponUsedUpByCustomer CouponStanding = "USED_UP_BY_CUSTOMER"
)

// Refusal is what the customer is told; nil when the coupon may be used.
func (s CouponStanding) Refusal() *Refusal {
	switch s {
	case CouponAvailable, CouponReserved:
		return nil
	case CouponNotYetValid:
		return InvalidField(fieldCouponCode, "This coupon is not valid yet.")
	case CouponNoLongerValid:
		return InvalidField(fieldCouponCode, "This coupon is no longer valid.")
	case CouponOtherCurrency:
		return InvalidField(fieldCouponCode, "This coupon is not valid in the show's currency.")
	case CouponUsedUp:
		return Refuse(CodeConflict, "This coupon has been used up.").With("field", fieldCouponCode)
	case CouponUsedUpByCustomer:
		return Refuse(CodeConflict, "You have used this coupon as often as you may.").With("field", fieldCouponCode)
	default:
		return InvalidField(fieldCouponCode, "There is no such coupon.")
	}
}

const fieldCouponCode = "couponCode"
