-- name: CancellationTerms :one
-- Everything that a cancellation of a booking needs to know: what was paid and how, which seats are
-- left, the policy that was in force when it was made, and how much time is left until the show. The
-- preview of a cancellation reads it, and so does the cancellation, after it has locked the booking.
SELECT b.id, b.customer_id, b.show_id, b.status, b.correlation_id,
       COALESCE(b.currency, '')::text AS currency, COALESCE(b.subtotal, 0)::bigint AS subtotal, COALESCE(b.discount, 0)::bigint AS discount,
       COALESCE(b.fees, 0)::bigint AS fees, COALESCE(b.tax, 0)::bigint AS tax, COALESCE(b.total, 0)::bigint AS total,
       COALESCE(b.price_mode, '')::text AS price_mode, COALESCE(b.tax_rounding, '')::text AS tax_rounding,
       ARRAY(SELECT s.seat FROM booking_seats s WHERE s.booking_id = b.id ORDER BY array_position(b.seat_labels, s.seat))::text[] AS seats,
       ARRAY(SELECT s.price FROM booking_seats s WHERE s.booking_id = b.id ORDER BY array_position(b.seat_labels, s.seat))::bigint[] AS prices,
       ARRAY(SELECT s.seat FROM booking_seats s WHERE s.booking_id = b.id AND s.cancellation_id IS NOT NULL)::text[] AS cancelled,
       (sh.status = 'CANCELLED')::boolean AS show_cancelled,
       EXISTS (SELECT FROM check_ins ci WHERE ci.booking_id = b.id)::boolean AS checked_in,
       floor(extract(epoch FROM sh.starts_at - now()))::bigint AS seconds_left,
       COALESCE(policy.id, 0)::bigint AS policy_id, COALESCE(policy.fee, 0)::bigint AS policy_fee,
       ARRAY(SELECT t.hours_before FROM refund_policy_tiers t WHERE t.policy_id = policy.id ORDER BY t.hours_before DESC)::int[] AS tier_hours,
       ARRAY(SELECT t.percent FROM refund_policy_tiers t WHERE t.policy_id = policy.id ORDER BY t.hours_before DESC)::int[] AS tier_percents,
       COALESCE(p.id, '')::text AS payment_id, p.intent_id, COALESCE(p.wallet_amount, 0)::bigint AS wallet_amount,
       COALESCE(p.card_amount, 0)::bigint AS card_amount,
       earlier.refunded, earlier.carried, earlier.fee_taken,
       (SELECT COALESCE(sum(r.amount), 0) FROM refunds r WHERE r.booking_id = b.id AND r.cancellation_id IS NOT NULL AND r.intent_id IS NOT NULL)::bigint AS card_refunded
FROM bookings b
JOIN shows sh ON sh.id = b.show_id
JOIN screens sc ON sc.id = sh.screen_id
LEFT JOIN payments p ON p.booking_id = b.id AND p.status = 'SUCCEEDED'
LEFT JOIN LATERAL (
    SELECT rp.id, rp.fee FROM refund_policies rp
    WHERE rp.currency = b.currency AND (rp.theatre_id = sc.theatre_id OR rp.theatre_id IS NULL) AND rp.valid_from <= b.created_at
    ORDER BY rp.theatre_id IS NULL, rp.valid_from DESC
    LIMIT 1
) policy ON true
CROSS JOIN LATERAL (
    SELECT COALESCE(sum(c.amount), 0)::bigint AS refunded,
           COALESCE(mod(sum(c.paid::numeric * c.percent) FILTER (WHERE c.cause = 'CUSTOMER'), 100), 0)::bigint AS carried,
           COALESCE(sum(div(c.paid::numeric * c.percent + c.carried, 100) - c.amount) FILTER (WHERE c.cause = 'CUSTOMER'), 0)::bigint AS fee_taken
    FROM cancellations c WHERE c.booking_id = b.id
) earlier
WHERE b.id = @booking_id;

-- name: CancellationByID :one
SELECT sqlc.embed(c), b.status AS booking_status
FROM cancellations c JOIN bookings b ON b.id = c.booking_id
WHERE c.id = @id;

-- name: CancellationWrite :exec
INSERT INTO cancellations (id, booking_id, seats, policy_id, percent, carried, fee, paid, amount, currency, refund_to, cause, actor, reason, correlation_id)
VALUES (@id, @booking_id, @seats, sqlc.narg(policy_id), @percent, @carried, @fee, @paid, @amount, @currency, @refund_to, @cause, @actor, @reason, @correlation_id);

-- name: SeatsCancel :execrows
-- Removes seats from their booking.
UPDATE booking_seats SET cancellation_id = @cancellation_id::text
WHERE booking_id = @booking_id AND seat = ANY (@seats::text[]) AND cancellation_id IS NULL;
