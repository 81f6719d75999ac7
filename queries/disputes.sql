-- name: IntentOwner :one
-- Whose money an intent of ours has collected; none when the intent is not ours. Money that no payment asked for is known by its
-- refund, or by the event that told of it.
SELECT owner.booking_id, owner.payment_id, t.id AS top_up_id
FROM (SELECT r.booking_id, r.payment_id, 2 AS n FROM refunds r WHERE r.intent_id = @intent_id::text
      UNION ALL
      SELECT p.booking_id, p.id, 1 FROM payments p WHERE p.intent_id = @intent_id::text
      UNION ALL
      SELECT NULL, NULL, 1 FROM top_ups u WHERE u.intent_id = @intent_id::text
      UNION ALL
      SELECT b.id, NULL, 3 FROM webhook_events e LEFT JOIN bookings b ON b.id = e.booking_id
      WHERE e.intent_id = @intent_id::text) AS owner
LEFT JOIN top_ups t ON t.intent_id = @intent_id::text
ORDER BY owner.n
LIMIT 1;

-- name: DisputeOpen :execrows
-- Writes a dispute at the first event that tells of it, which need not be the first that happened.
INSERT INTO disputes (id, intent_id, booking_id, payment_id, top_up_id, amount, currency, reason, status, opened_at, updated_at)
VALUES (@id, @intent_id, sqlc.narg(booking_id), sqlc.narg(payment_id), sqlc.narg(top_up_id), @amount, @currency, @reason, @status, @opened_at, @updated_at)
ON CONFLICT (id) DO NOTHING;

-- name: DisputeUpdate :exec
-- Brings a dispute forward. Stale events change nothing; of two in the same second the one that is further on counts.
UPDATE disputes d SET amount = @amount, currency = @currency, reason = @reason, status = @status, updated_at = @updated_at
WHERE d.id = @id
  AND (@updated_at::timestamptz, dispute_progress(@status)) > (d.updated_at, dispute_progress(d.status));

-- name: DisputesBefore :many
-- A page of the disputes, newest first, before a position in that order.
SELECT * FROM disputes
WHERE (opened_at, id) < (@before_time::timestamptz, @before_id::text)
ORDER BY opened_at DESC, id DESC
LIMIT sqlc.arg(page_size)::int;
