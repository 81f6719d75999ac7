package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// coupons are WELCOME10, which everybody may use, and others that Asha may not.
const coupons = `
INSERT INTO coupons (code, kind, basis_points) VALUES ('WELCOME10', 'PERCENT', 1000);
INSERT INTO coupons (code, kind, amount, currency, max_uses) VALUES ('ONCE', 'FLAT', 10000, 'INR', 1);
INSERT INTO coupons (code, kind, amount, currency, max_uses_per_customer) VALUES ('MINE', 'FLAT', 10000, 'INR', 1);
INSERT INTO coupons (code, kind, amount, currency) VALUES ('POUNDS', 'FLAT', 100, 'GBP');
INSERT INTO coupons (code, kind, basis_points, valid_from) VALUES ('SOON', 'PERCENT', 1000, now() + interval '1 hour');
INSERT INTO coupons (code, kind, basis_points, active) VALUES ('OFF', 'PERCENT', 1000, false);`

func holdBodyWith(coupon any, show string, seats ...string) map[string]any {
	body := holdBody(show, seats...)
	body["couponCode"] = coupon
	return body
}

func TestHoldWithACoupon(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(coupons)
	b.holds()

	b.post(asha, bookings, "first-key", holdBodyWith("Welcome10", "sh_hindi", "A1")).is(http.StatusCreated, nil)

	require.Len(t, b.temporal.requests, 1)
	require.Equal(t, "WELCOME10", b.temporal.requests[0].CouponCode)
	b.post(asha, bookings, "first-key", holdBodyWith("welcome10", "sh_hindi", "A1")).is(http.StatusCreated, nil)
	for _, other := range []map[string]any{holdBody("sh_hindi", "A1"), holdBodyWith("ONCE", "sh_hindi", "A1"), holdBodyWith("NONE", "sh_hindi", "A1")} {
		b.post(asha, bookings, "first-key", other).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
	}
	b.post(asha, bookings, "other-key", holdBodyWith(nil, "sh_hindi", "A2")).refuses(http.StatusBadRequest, booking.CodeValidation)
	b.post(asha, bookings, "other-key", holdBody("sh_hindi", "A2")).is(http.StatusCreated, nil)
	require.Empty(t, b.temporal.requests[1].CouponCode, "no coupon")
}

func TestHoldWithACouponIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(coupons)
	b.insert(row{id: "bk_ravi", customer: ravi, seats: []string{"B1"}})
	b.insert(row{id: "bk_asha", seats: []string{"B2"}})
	b.exec(`INSERT INTO coupon_redemptions (booking_id, code, customer_id) VALUES ('bk_ravi', 'ONCE', $1), ('bk_asha', 'MINE', $2)`, ravi, asha)
	for name, c := range map[string]struct {
		coupon any
		status int
		code   booking.Code
	}{
		"unknown":               {"NONE", http.StatusBadRequest, booking.CodeValidation},
		"not valid yet":         {"SOON", http.StatusBadRequest, booking.CodeValidation},
		"switched off":          {"off", http.StatusBadRequest, booking.CodeValidation},
		"in another currency":   {"POUNDS", http.StatusBadRequest, booking.CodeValidation},
		"used up":               {"ONCE", http.StatusConflict, booking.CodeConflict},
		"used up by the caller": {"MINE", http.StatusConflict, booking.CodeConflict},
		"empty":                 {"", http.StatusBadRequest, booking.CodeValidation},
		"short":                 {"AB", http.StatusBadRequest, booking.CodeValidation},
		"long":                  {strings.Repeat("A", 21), http.StatusBadRequest, booking.CodeValidation},
		"spaced":                {" WELCOME10", http.StatusBadRequest, booking.CodeValidation},
		"ended by a line":       {"WELCOME10\n", http.StatusBadRequest, booking.CodeValidation},
		"with a zero byte":      {"WELCOME10\x00", http.StatusBadRequest, booking.CodeValidation},
		"a wildcard":            {"WELCOME%", http.StatusBadRequest, booking.CodeValidation},
		"in look-alikes":        {"offſet", http.StatusBadRequest, booking.CodeValidation}, // ſ is S in upper case
		"a number":              {10, http.StatusBadRequest, booking.CodeValidation},
		"a list":                {[]string{"WELCOME10", "ONCE"}, http.StatusBadRequest, booking.CodeValidation},
	} {
		details := b.post(asha, bookings, "key-00001", holdBodyWith(c.coupon, "sh_hindi", "A1")).refuses(c.status, c.code)
		require.Equal(t, "couponCode", details["field"], name)
	}
	require.Empty(t, b.temporal.starts, "no workflow starts for a loser")

	details := b.post(asha, bookings, "key-00001", holdBodyWith("NONE", "sh_hindi", "B1")).refuses(http.StatusConflict, booking.CodeSeatLockFailed)
	require.Equal(t, []any{"B1"}, details["unavailableSeatIds"], "the seats come first")
}

func TestARepeatIsNotRefusedForItsOwnCoupon(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(coupons)
	b.holds()
	b.post(asha, bookings, "first-key", holdBodyWith("ONCE", "sh_hindi", "A1")).is(http.StatusCreated, nil)
	b.exec(`INSERT INTO coupon_redemptions (booking_id, code, customer_id) VALUES ($1, 'ONCE', $2)`, booking.ID(asha, "first-key"), asha)

	b.post(asha, bookings, "first-key", holdBodyWith("ONCE", "sh_hindi", "A1")).is(http.StatusCreated, nil)
	b.post(asha, bookings, "other-key", holdBodyWith("ONCE", "sh_hindi", "A2")).refuses(http.StatusConflict, booking.CodeConflict)
}
