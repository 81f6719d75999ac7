package worker_test

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawCoupon usually gives the story a coupon of one use: a share of the tickets, an amount, or all that they cost.
func (s *story) drawCoupon(draw *rapid.T) {
	terms := rapid.SampledFrom([]string{
		"", "'PERCENT', 1000, NULL, NULL", "'PERCENT', 10000, NULL, NULL", "'FLAT', NULL, 5000, 'INR'", "'FLAT', NULL, 100000, 'INR'",
	}).Draw(draw, "coupon")
	if terms == "" {
		return
	}
	s.coupon = fmt.Sprintf("STORY%d", s.books.stories)
	s.books.exec(`INSERT INTO coupons (code, max_uses, kind, basis_points, amount, currency) VALUES ($1, 1, `+terms+`)`, s.coupon)
}

// drawRival gives the coupon to somebody else, if it is free at that moment.
func (s *story) drawRival(draw *rapid.T, at time.Duration) {
	ends := rapid.Bool().Draw(draw, "the rival gives it back")
	s.at(at, func() { s.rival(ends) })
}

func (s *story) rival(ends bool) {
	s.books.exec(`
		INSERT INTO bookings (id, customer_id, show_id, layout_id, status, seat_labels, request_hash, correlation_id, expires_at)
		SELECT 'rival_' || code, $2, $3, 'ly_1', 'SEATS_LOCKED', ARRAY['A1'], 'hash', 'test', now()
		FROM coupons WHERE code = $1 AND uses < max_uses
		ON CONFLICT DO NOTHING`, s.coupon, s.customer, s.show)
	s.books.exec(`
		INSERT INTO coupon_redemptions (booking_id, code, customer_id)
		SELECT id, $1, customer_id FROM bookings WHERE id = 'rival_' || $1
		ON CONFLICT DO NOTHING`, s.coupon)
	s.books.exec(`
		INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
		SELECT id, step.before, step.after, 'test', 'CUSTOMER', 'test'
		FROM bookings, (VALUES (NULL, 'INITIATED'), ('INITIATED', 'SEATS_LOCKED')) AS step (before, after)
		WHERE id = 'rival_' || $1
		ON CONFLICT DO NOTHING`, s.coupon)
	if ends {
		s.endRival()
	}
	s.logf("a rival for the coupon, for good: %t", !ends)
}

// endRival ends the rival's booking unpaid, if there is one, as its workflow would.
func (s *story) endRival() {
	s.books.exec(`
		WITH ended AS (UPDATE bookings SET status = 'EXPIRED' WHERE id = 'rival_' || $1 AND status = 'SEATS_LOCKED' RETURNING id)
		INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
		SELECT id, 'SEATS_LOCKED', 'EXPIRED', 'test', 'TIMER', 'test' FROM ended
		ON CONFLICT DO NOTHING`, s.coupon)
}

// requireCouponAgrees compares the coupon's use with how the booking ended. A customer whose sold
// booking the cinema cancelled gets the use back.
func (s *story) requireCouponAgrees(sold bool) {
	t, b := s.t, s.books
	if s.coupon == "" {
		require.EqualValues(t, 0, b.number(`SELECT count(*) FROM coupon_redemptions WHERE booking_id = $1`, s.id), "%s", s)
		return
	}
	consumed := b.number(`SELECT count(*) FROM coupon_redemptions WHERE booking_id = $1 AND status = 'CONSUMED'`, s.id)
	lost := b.number(`
		SELECT count(*) FROM bookings b
		WHERE b.id = $1 AND b.status = 'CANCELLED' AND EXISTS (SELECT FROM cancellations c WHERE c.booking_id = b.id AND c.cause <> 'CUSTOMER')`, s.id)
	require.Equal(t, sold && lost == 0, consumed == 1, "the coupon follows the booking: %s", s)
	require.EqualValues(t, 0, b.number(`SELECT count(*) FROM coupon_redemptions WHERE booking_id = $1 AND status = 'RESERVED'`, s.id), "%s", s)
	require.Equal(t, b.number(`SELECT uses FROM coupons WHERE code = $1`, s.coupon),
		b.number(`SELECT count(*) FROM coupon_redemptions WHERE code = $1 AND status <> 'GIVEN_BACK'`, s.coupon), "uses: %s", s)
	if sold {
		require.EqualValues(t, 1, b.number(`
			SELECT count(*) FROM bookings b JOIN coupon_redemptions r ON r.booking_id = b.id AND r.discount = b.discount
			WHERE b.id = $1 AND b.discount > 0 AND b.applied_offers = jsonb_build_array(jsonb_build_object('code', r.code, 'discount', r.discount))`,
			s.id), "the discount: %s", s)
	}
}
