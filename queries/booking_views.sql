-- Bookings as they are shown.

-- name: BookingOwner :one
SELECT customer_id, status FROM bookings WHERE id = @id;

-- name: BookingIDsOfCustomer :many
-- A page of a customer's bookings, newest first, before a position in that order.
SELECT id, created_at
FROM bookings
WHERE customer_id = @customer_id AND (created_at, id) < (@before_time::timestamptz, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_size)::int;

-- name: BookingViews :many
-- Bookings with all that a customer sees of them, newest first. The lists inside come as JSON in the contract's words, so that one
-- statement, and so one moment, gives the whole picture.
SELECT sqlc.embed(b), sh.movie_id, sh.starts_at, sh.ends_at, sh.status AS show_status, sh.language, sh.format, m.title AS movie_title, sc.name AS screen_name,
       t.id AS theatre_id, t.name AS theatre_name, t.time_zone, ci.at AS checked_in_at,
       (CASE b.status WHEN 'COMPLETED' THEN attendance(b.id, b.show_id) ELSE '' END)::text AS attendance,
       COALESCE((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                     'id', s.label, 'type', s.category, 'price', bs.price,
                     'cancelled', CASE WHEN bs.cancellation_id IS NOT NULL THEN true END)) ORDER BY wanted.n)
                 FROM unnest(b.seat_labels) WITH ORDINALITY AS wanted (label, n)
                 JOIN seats s ON s.layout_id = b.layout_id AND s.label = wanted.label
                 LEFT JOIN booking_seats bs ON bs.booking_id = b.id AND bs.seat = s.label), '[]')::jsonb AS seats,
       COALESCE((SELECT jsonb_agg(to_jsonb(p) ORDER BY p.attempt)
                 FROM (SELECT p.id, p.status, p.method, p.attempt, p.currency, p.wallet_amount AS "walletAmount",
                              p.card_amount AS "cardAmount", p.intent_id AS "intentId", p.decline_code AS "declineCode"
                       FROM payments p WHERE p.booking_id = b.id ORDER BY p.attempt DESC LIMIT 100) p), '[]')::jsonb AS payments,
       COALESCE((SELECT jsonb_agg(jsonb_build_object(
                     'id', c.id, 'seatIds', c.seats, 'percent', c.percent, 'paid', c.paid, 'fee', c.fee, 'refund', c.amount,
                     'refundTo', c.refund_to, 'cause', c.cause, 'at', c.at) ORDER BY c.at, c.id)
                 FROM cancellations c WHERE c.booking_id = b.id), '[]')::jsonb AS cancellations,
       COALESCE((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                     'id', r.id, 'cancellationId', r.cancellation_id, 'tender', r.tender, 'amount', r.amount, 'currency', r.currency,
                     'status', r.status, 'dispute', refund_dispute(r))) ORDER BY r.created_at, r.id)
                 FROM refunds r WHERE r.booking_id = b.id), '[]')::jsonb AS refunds,
       COALESCE((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                     'from', e.from_status, 'to', e.to_status, 'reason', e.reason, 'actor', e.actor, 'at', e.at)) ORDER BY e.id)
                 FROM booking_events e WHERE e.booking_id = b.id), '[]')::jsonb AS trail
FROM bookings b
JOIN shows sh ON sh.id = b.show_id
JOIN movies m ON m.id = sh.movie_id
JOIN screens sc ON sc.id = sh.screen_id
JOIN theatres t ON t.id = sc.theatre_id
LEFT JOIN check_ins ci ON ci.booking_id = b.id
WHERE b.id = ANY (@ids::text[])
ORDER BY b.created_at DESC, b.id DESC;
