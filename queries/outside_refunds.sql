-- Refunds that somebody made at the provider by hand. To change one, the caller has locked the booking
-- of its charge, if there is one, and the refunds that it has paid; see docs/money.md.

-- name: ChargeOwner :one
-- Who owns the money that an intent has collected; no row when our books do not know it.
SELECT owner.booking_id, owner.payment_id, t.id AS top_up_id
FROM (SELECT r.booking_id, r.payment_id, 3 AS n FROM refunds r WHERE r.intent_id = @intent_id::text
      UNION ALL
      SELECT p.booking_id, p.id, 1 FROM payments p WHERE p.intent_id = @intent_id::text
      UNION ALL
      SELECT NULL, NULL, 2 FROM top_ups u WHERE u.intent_id = @intent_id::text) AS owner
LEFT JOIN top_ups t ON t.intent_id = @intent_id::text
ORDER BY owner.n
LIMIT 1;

-- name: RefundsOfOurs :many
-- Which of the refunds that the provider lists we have asked for, by our own ids and by the provider's.
SELECT * FROM refunds r
WHERE r.id = ANY (@refund_ids::text[]) OR r.provider_refund_id = ANY (@provider_refund_ids::text[]);

-- name: OutsideRefundByID :one
SELECT * FROM outside_refunds WHERE id = @id;

-- name: OutsideRefundForUpdate :one
SELECT * FROM outside_refunds WHERE id = @id FOR UPDATE;

-- name: RefundsSettledUnseen :many
-- Refunds that an operator has settled as given back by hand, and that no booked refund made outside accounts for.
SELECT * FROM refunds
WHERE intent_id = @intent_id::text AND tender = 'CARD' AND status = 'SUCCEEDED' AND provider_refund_id IS NULL AND outside_refund_id IS NULL
ORDER BY created_at, id FOR UPDATE;

-- name: RefundAdopt :exec
-- Records which refund made outside had paid one that was settled before.
UPDATE refunds SET outside_refund_id = @outside_refund_id::text WHERE id = @id;

-- name: OutsideRefundsLock :many
-- The refunds made outside of a charge that stand, locked in a fixed order.
SELECT * FROM outside_refunds WHERE intent_id = @intent_id AND status = 'STANDING' ORDER BY made_at, id FOR UPDATE;

-- name: OutsideRefundRecord :execrows
-- Writes a refund made outside, once.
WITH recorded AS (
    INSERT INTO outside_refunds (id, intent_id, booking_id, payment_id, top_up_id, amount, currency, status, made_at)
    VALUES (@id, @intent_id, sqlc.narg(booking_id), sqlc.narg(payment_id), sqlc.narg(top_up_id), @amount, @currency, 'STANDING', @made_at)
    ON CONFLICT (id) DO NOTHING
    RETURNING *
)
INSERT INTO outside_refund_events (outside_refund_id, event, amount, actor, reason, correlation_id)
SELECT recorded.id, 'RECORDED', recorded.amount, 'PROVIDER', 'made outside', @correlation_id FROM recorded;

-- name: OutsideRefundUse :exec
-- Changes what has become of a refund made outside, and appends the change to its trail.
WITH used AS (
    UPDATE outside_refunds o SET assigned = o.assigned + @assigned, written_off = o.written_off + @written_off, updated_at = now()
    WHERE o.id = @id
    RETURNING o.id
)
INSERT INTO outside_refund_events (outside_refund_id, event, amount, refund_id, command_id, actor, reason, correlation_id)
SELECT used.id, @event, @amount, sqlc.narg(refund_id), sqlc.narg(command_id), @actor, @reason, @correlation_id FROM used;

-- name: OutsideRefundTake :one
-- Takes a top-up that was refunded outside from its wallet, as far as the money is there, and returns
-- how much that was. Disputes are locked before.
SELECT outside_refund_take(@id::text, @most::bigint)::bigint;

-- name: OutsideRefundReturn :exec
-- Ends a refund made outside that the provider could not make in the end.
WITH returned AS (
    UPDATE outside_refunds o SET status = 'RETURNED', assigned = 0, written_off = 0, updated_at = now()
    WHERE o.id = @id
    RETURNING o.id, o.amount
)
INSERT INTO outside_refund_events (outside_refund_id, event, amount, actor, reason, correlation_id)
SELECT returned.id, 'RETURNED', returned.amount, 'PROVIDER', @reason, @correlation_id FROM returned;

-- name: OutsideRefundPaid :many
-- The refunds that one made outside has paid, locked.
SELECT r.id FROM refunds r WHERE r.outside_refund_id = @outside_refund_id::text ORDER BY r.id FOR UPDATE;

-- name: OutsideRefundCommandDone :one
-- Whether an operator's command has been carried out before.
SELECT EXISTS (SELECT FROM outside_refund_events WHERE outside_refund_id = @outside_refund_id AND command_id = @command_id::text);

-- name: InLedger :one
-- Whether the ledger keeps money of a currency.
SELECT EXISTS (SELECT FROM currencies WHERE code = @currency)::boolean;

-- name: OutsideRefundStands :one
-- Whether a refund made outside has given money of a charge back.
SELECT EXISTS (SELECT FROM outside_refunds WHERE intent_id = @intent_id AND status = 'STANDING');

-- name: OutsideRefundsBefore :many
-- A page of the refunds made outside, newest first, before a position in that order: all of them, or
-- those that have something left to decide.
SELECT * FROM outside_refunds
WHERE (recorded_at, id) < (@before_time::timestamptz, @before_id::text)
  AND (NOT @open::boolean OR status = 'STANDING' AND assigned + written_off < amount)
ORDER BY recorded_at DESC, id DESC
LIMIT sqlc.arg(page_size)::int;

-- name: OutsideRefundEventsToShow :many
-- The latest events of a refund made outside, oldest first.
SELECT latest.* FROM (
    SELECT e.* FROM outside_refund_events e WHERE e.outside_refund_id = @outside_refund_id ORDER BY e.id DESC LIMIT 200
) AS latest
ORDER BY latest.id;

-- name: OutsideRefundCommandCarriedOut :one
-- The reason of an operator's command that has been carried out, and the cancellation if it was for seats; none when it has not.
SELECT e.reason, r.cancellation_id, r.booking_id
FROM outside_refund_events e LEFT JOIN refunds r ON r.id = e.refund_id
WHERE e.outside_refund_id = @outside_refund_id AND e.command_id = @command_id::text;

-- name: ChargeGivenBack :one
-- How much of a charge has been given back at the provider, or is going back, according to our books.
SELECT ((SELECT COALESCE(sum(r.amount), 0) FROM refunds r
         WHERE r.intent_id = @intent_id::text AND r.tender = 'CARD' AND r.outside_refund_id IS NULL AND r.status IN ('INITIATED', 'SUCCEEDED'))
        + (SELECT COALESCE(sum(o.amount), 0) FROM outside_refunds o WHERE o.intent_id = @intent_id::text AND o.status = 'STANDING'))::bigint;
