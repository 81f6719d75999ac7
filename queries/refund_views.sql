-- Refunds as operators are shown them.

-- name: RefundsBefore :many
-- A page of the refunds, newest first, before a position in that order.
SELECT * FROM refunds
WHERE (created_at, id) < (@before_time::timestamptz, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_size)::int;

-- name: RefundsOfStatusBefore :many
-- Likewise, only refunds in one state.
SELECT * FROM refunds
WHERE status = @status AND (created_at, id) < (@before_time::timestamptz, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_size)::int;

-- name: RefundToShow :one
SELECT * FROM refunds WHERE id = @id;

-- name: RefundEventsToShow :many
-- The latest events of a refund, oldest first.
SELECT latest.* FROM (
    SELECT e.* FROM refund_events e WHERE e.refund_id = @refund_id ORDER BY e.id DESC LIMIT 200
) AS latest
ORDER BY latest.id;

-- name: RefundCommandReason :one
-- The reason of an operator's command that has been carried out; none when it has not.
SELECT reason FROM refund_events WHERE refund_id = @refund_id AND command_id = @command_id::text;
