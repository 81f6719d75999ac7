-- The provider's events as they were received.

-- name: WebhookSeen :one
SELECT EXISTS (SELECT FROM webhook_events WHERE event_id = @event_id);

-- name: WebhookStore :execrows
-- Records that an event has been accepted, and what became of it. No row when it had been recorded before.
INSERT INTO webhook_events (event_id, type, intent_id, booking_id, outcome, event, occurred_at)
VALUES (@event_id, @type, sqlc.narg(intent_id), sqlc.narg(booking_id), @outcome, sqlc.narg(event), @occurred_at)
ON CONFLICT (event_id) DO NOTHING;

-- name: WebhooksBefore :many
-- A page of the received events, newest first, before a position in that order.
SELECT * FROM webhook_events w
WHERE (w.received_at, w.event_id) < (@before_time::timestamptz, @before_id::text)
  AND (sqlc.narg(booking_id)::text IS NULL OR w.booking_id = sqlc.narg(booking_id)::text)
  AND (sqlc.narg(intent_id)::text IS NULL OR w.intent_id = sqlc.narg(intent_id)::text)
  AND (sqlc.narg(outcome)::text IS NULL OR w.outcome = sqlc.narg(outcome)::text)
ORDER BY w.received_at DESC, w.event_id DESC
LIMIT sqlc.arg(page_size)::int;

-- name: WebhookByID :one
SELECT * FROM webhook_events WHERE event_id = @event_id;
