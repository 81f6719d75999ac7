-- name: CouponReserve :execrows
-- Reserves a use of the coupon for a booking, once. No row when the booking already has its coupon, or the coupon is not
-- valid for it: CouponStanding says why. A use too many violates coupons_not_overused or coupons_not_overused_by_customer.
-- It is the last statement of its transaction, because it makes everybody else wait who wants the coupon.
INSERT INTO coupon_redemptions (booking_id, code, customer_id)
SELECT b.id, c.code, b.customer_id
FROM bookings b
JOIN shows sh ON sh.id = b.show_id
JOIN screens sc ON sc.id = sh.screen_id
JOIN theatres t ON t.id = sc.theatre_id
JOIN coupons c ON c.code = @code
WHERE b.id = @booking_id AND c.active AND c.valid_from <= now() AND (c.valid_until IS NULL OR c.valid_until > now())
  AND (c.currency IS NULL OR c.currency = t.currency)
ON CONFLICT (booking_id) DO NOTHING;

-- name: CouponStanding :one
-- How a coupon stands for a customer who wants seats of a show. Always one row. It grants nothing.
SELECT (CASE
            WHEN EXISTS (SELECT FROM coupon_redemptions r WHERE r.booking_id = @booking_id) THEN 'RESERVED'
            WHEN c.code IS NULL THEN 'UNKNOWN'
            WHEN NOT c.active OR c.valid_until <= now() THEN 'NO_LONGER_VALID'
            WHEN c.valid_from > now() THEN 'NOT_YET_VALID'
            WHEN c.currency <> t.currency THEN 'OTHER_CURRENCY'
            WHEN (SELECT count(*) FROM coupon_redemptions r
                  WHERE r.code = c.code AND r.customer_id = @customer_id AND r.status <> 'GIVEN_BACK') >= c.max_uses_per_customer
                THEN 'USED_UP_BY_CUSTOMER'
            WHEN c.uses >= c.max_uses THEN 'USED_UP'
            ELSE 'AVAILABLE' END)::text AS standing
FROM (VALUES (1)) AS one (n)
LEFT JOIN coupons c ON c.code = @code
LEFT JOIN shows sh ON sh.id = @show_id
LEFT JOIN screens sc ON sc.id = sh.screen_id
LEFT JOIN theatres t ON t.id = sc.theatre_id;

-- name: SeedCoupon :execrows
-- A term that the coupon does not have is passed as 0 or as an empty text.
INSERT INTO coupons (code, kind, basis_points, amount, currency, max_uses)
VALUES (@code, @kind, NULLIF(@basis_points::int, 0), NULLIF(@amount::bigint, 0), NULLIF(@currency::text, ''), NULLIF(@max_uses::int, 0))
ON CONFLICT (code) DO NOTHING;
