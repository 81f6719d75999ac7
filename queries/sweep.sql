-- name: AbandonedBookings :many
-- Bookings that should have ended, with the intents on which they may have been paid, longest overdue first.
SELECT b.id, ARRAY(SELECT p.intent_id FROM payments p
                   WHERE p.booking_id = b.id AND p.intent_id IS NOT NULL AND p.status IN ('INITIATED', 'PROCESSING', 'DECLINED'))::text[] AS intents
FROM bookings b
WHERE b.status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING') AND b.expires_at < now() - make_interval(secs => @after_seconds::float8)
ORDER BY b.expires_at
LIMIT sqlc.arg(most)::int;

-- name: AbandonedIntents :many
-- Intents of attempts that are open although their booking is over, and of top-ups that should have ended.
SELECT abandoned.intent_id::text
FROM (SELECT p.intent_id, p.updated_at AS since
      FROM payments p
      JOIN bookings b ON b.id = p.booking_id
      WHERE p.status IN ('INITIATED', 'PROCESSING', 'DECLINED') AND p.intent_id IS NOT NULL
        AND b.status NOT IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING')
      UNION ALL
      SELECT t.intent_id, t.expires_at
      FROM top_ups t
      WHERE t.status IN ('INITIATED', 'PROCESSING', 'DECLINED') AND t.intent_id IS NOT NULL) AS abandoned
WHERE abandoned.since < now() - make_interval(secs => @after_seconds::float8)
ORDER BY abandoned.since
LIMIT sqlc.arg(most)::int;

-- name: UnpayableEnd :exec
-- Ends attempts whose booking is over, and top-ups that should have ended, when they never got an intent: nobody can pay them, and no
-- settlement follows them. It frees what they have reserved.
WITH ended AS (
    UPDATE payments p SET status = 'CANCELLED', updated_at = now()
    FROM bookings b
    WHERE b.id = p.booking_id AND b.status NOT IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING')
      AND p.status IN ('INITIATED', 'PROCESSING', 'DECLINED') AND p.intent_id IS NULL
      AND p.updated_at < now() - make_interval(secs => @after_seconds::float8)
)
UPDATE top_ups t SET status = 'EXPIRED', updated_at = now()
WHERE t.status IN ('INITIATED', 'PROCESSING', 'DECLINED') AND t.intent_id IS NULL
  AND t.expires_at < now() - make_interval(secs => @after_seconds::float8);

-- name: AbandonedRefunds :many
-- Refunds that have not come to their end, and that nobody has looked at for long, or that were never sent: their workflow begins right after they are
-- written, unless the cancellation that wrote them was cut off in between. In any order: while the provider is away those with a workflow are here too,
-- and the others must come up among them.
SELECT r.id
FROM refunds r
WHERE r.status IN ('INITIATED', 'FAILED')
  AND (r.updated_at < now() - make_interval(secs => @after_seconds::float8)
       OR r.status = 'INITIATED' AND r.provider_refund_id IS NULL AND r.updated_at < now() - make_interval(secs => @unsent_after_seconds::float8))
ORDER BY random()
LIMIT sqlc.arg(most)::int;
