-- name: ShowForHold :one
-- Why a show cannot be booked.
SELECT sh.status, (sh.starts_at <= now())::boolean AS started
FROM shows sh
WHERE sh.id = @show_id;

-- name: SeatsUnknown :many
-- The labels that the show's layout does not have, in the order asked.
SELECT wanted.label::text AS label
FROM unnest(@seats::text[]) WITH ORDINALITY AS wanted (label, n)
WHERE NOT EXISTS (
    SELECT FROM shows sh JOIN seats s ON s.layout_id = sh.layout_id
    WHERE sh.id = @show_id AND s.label = wanted.label)
ORDER BY wanted.n;

-- name: SeatsForPricing :many
-- Category and price of each wanted seat, in the order asked, with the theatre's fee and tax, what they do to a price, and the booking's coupon.
SELECT s.label, s.category, p.amount, t.currency, t.booking_fee_per_seat, t.tax_basis_points, t.price_mode, t.tax_rounding,
       cardinality(b.seat_labels)::int AS seats_wanted,
       c.code AS coupon_code, c.kind AS coupon_kind, c.basis_points AS coupon_basis_points, c.max_discount AS coupon_max_discount,
       c.amount AS coupon_amount
FROM bookings b
CROSS JOIN unnest(b.seat_labels) WITH ORDINALITY AS wanted (label, n)
JOIN seats s ON s.layout_id = b.layout_id AND s.label = wanted.label
JOIN show_prices p ON p.show_id = b.show_id AND p.category = s.category
JOIN shows sh ON sh.id = b.show_id
JOIN screens sc ON sc.id = sh.screen_id
JOIN theatres t ON t.id = sc.theatre_id
LEFT JOIN coupon_redemptions r ON r.booking_id = b.id
LEFT JOIN coupons c ON c.code = r.code
WHERE b.id = @booking_id
ORDER BY wanted.n;
