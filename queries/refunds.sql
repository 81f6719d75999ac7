-- name: CancellationTerms :one
-- All that a cancellation of a booking has to know: what was paid and how, which seats are left, the policy of the day on which
-- it was made, and how long it takes until the show. The preview of a cancellation reads it, and so does the cancellation, after it
-- has locked the booking.
SELECT b.id, b.customer_id, b.show_id, b.status, b.correlation_id,
       COALESCE(b.currency, '')::text AS currency, COALESCE(b.subtotal, 0)::bigint AS subtotal, COALESCE(b.discount, 0)::bigint AS discount,
       COALESCE(b.fees, 0)::bigint AS fees, COALESCE(b.tax, 0)::bigint AS tax, COALESCE(b.total, 0)::bigint AS total,
       ARRAY(SELECT s.seat FROM booking_seats s WHERE s.booking_id = b.id ORDER BY array_position(b.seat_labels, s.seat))::text[] AS seats,
       ARRAY(SELECT s.price FROM booking_seats s WHERE s.booking_id = b.id ORDER BY array_position(b.seat_labels, s.seat))::bigint[] AS prices,
       ARRAY(SELECT s.seat FROM booking_seats s WHERE s.booking_id = b.id AND s.cancellation_id IS NOT NULL)::text[] AS cancelled,
       (sh.status = 'CANCELLED')::boolean AS show_cancelled,
       floor(extract(epoch FROM sh.starts_at - now()))::bigint AS seconds_left,
       COALESCE(policy.id, 0)::bigint AS policy_id, COALESCE(policy.fee, 0)::bigint AS policy_fee,
       ARRAY(SELECT t.hours_before FROM refund_policy_tiers t WHERE t.policy_id = policy.id ORDER BY t.hours_before DESC)::int[] AS tier_hours,
       ARRAY(SELECT t.percent FROM refund_policy_tiers t WHERE t.policy_id = policy.id ORDER BY t.hours_before DESC)::int[] AS tier_percents,
       COALESCE(p.id, '')::text AS payment_id, p.intent_id, COALESCE(p.wallet_amount, 0)::bigint AS wallet_amount,
       COALESCE(p.card_amount, 0)::bigint AS card_amount,
       (SELECT COALESCE(sum(c.amount), 0) FROM cancellations c WHERE c.booking_id = b.id)::bigint AS refunded
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
WHERE b.id = @booking_id;
