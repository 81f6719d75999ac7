package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func TestCouponCodesAreStoredInUpperCase(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"welcome10": "WELCOME10", "Abc": "ABC", "12345678901234567890": "12345678901234567890"} {
		code, ok := booking.NormalCouponCode(text)
		require.True(t, ok, text)
		require.Equal(t, want, code)
	}
	for _, text := range []string{"", "AB", "123456789012345678901", "SAVE 10", "SAVE-10", "SAVE\n", "SA\x00VE", "ſave", "ＳＡＶＥ"} {
		_, ok := booking.NormalCouponCode(text)
		require.False(t, ok, text)
	}
}

func TestEveryStandingButTwoRefusesACoupon(t *testing.T) {
	t.Parallel()
	for standing, code := range map[booking.CouponStanding]booking.Code{
		booking.CouponUnknown:          booking.CodeValidation,
		booking.CouponNotYetValid:      booking.CodeValidation,
		booking.CouponNoLongerValid:    booking.CodeValidation,
		booking.CouponOtherCurrency:    booking.CodeValidation,
		booking.CouponUsedUp:           booking.CodeConflict,
		booking.CouponUsedUpByCustomer: booking.CodeConflict,
	} {
		refusal := standing.Refusal()
		require.Equal(t, code, refusal.Code, standing)
		require.Equal(t, "couponCode", refusal.Details["field"], standing)
	}
	require.Nil(t, booking.CouponAvailable.Refusal())
	require.Nil(t, booking.CouponReserved.Refusal())
}
