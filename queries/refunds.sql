-- name: RefundsOfCancellation :many
SELECT * FROM refunds WHERE cancellation_id = @cancellation_id::text ORDER BY tender, id;

-- name: RefundLockBooking :exec
-- Locks the booking of a refund, if it has one: bookings are locked before payments and refunds.
SELECT b.id FROM bookings b
WHERE b.id = COALESCE(sqlc.narg(booking_id)::text, (SELECT r.booking_id FROM refunds r WHERE r.id = sqlc.narg(refund_id)::text))
FOR NO KEY UPDATE;

-- name: RefundOpen :exec
-- Writes the refund of money that has bought nothing before the provider is asked, and closes its payment to
-- any confirmation. One row, one key; a repeat finds the first. There is no row when the money has bought the
-- seats: then it must not go back. Money of another intent than the payment's does not belong to the payment.
WITH payment AS (
    SELECT p.id, p.status FROM payments p
    WHERE p.id = sqlc.narg(payment_id) AND (p.intent_id IS NULL OR p.intent_id = @intent_id::text)
    FOR UPDATE
), closed AS (
    UPDATE payments p SET status = 'REFUNDING', updated_at = now()
    FROM payment WHERE p.id = payment.id AND payment.status NOT IN ('SUCCEEDED', 'REFUNDED')
), opened AS (
    INSERT INTO refunds (id, booking_id, payment_id, intent_id, tender, amount, currency, reason, status, correlation_id)
    SELECT @id, (SELECT b.id FROM bookings b WHERE b.id = sqlc.narg(booking_id)), (SELECT payment.id FROM payment),
           @intent_id::text, 'CARD', @amount, @currency, @reason, 'INITIATED', @correlation_id
    WHERE NOT EXISTS (SELECT FROM payment WHERE payment.status = 'SUCCEEDED')
    ON CONFLICT (id) DO NOTHING
    RETURNING *
)
INSERT INTO refund_events (refund_id, attempt, tender, to_status, actor, reason, correlation_id)
SELECT opened.id, opened.attempt, opened.tender, opened.status, 'SYSTEM', opened.reason, opened.correlation_id FROM opened;

-- name: RefundOfCancellation :exec
-- Writes a part of what a cancellation gives back, before any of it moves. The intent is the charge
-- that it comes from; null for the wallet's part.
WITH opened AS (
    INSERT INTO refunds (id, booking_id, payment_id, cancellation_id, intent_id, tender, amount, currency, reason, status, correlation_id)
    VALUES (@id, @booking_id::text, @payment_id::text, @cancellation_id::text, sqlc.narg(intent_id), @tender, @amount, @currency, @reason,
            'INITIATED', @correlation_id)
    RETURNING *
)
INSERT INTO refund_events (refund_id, attempt, tender, to_status, actor, reason, correlation_id)
SELECT opened.id, opened.attempt, opened.tender, opened.status, @actor, opened.reason, opened.correlation_id FROM opened;

-- name: RefundByID :one
SELECT * FROM refunds WHERE id = @id;

-- name: RefundForUpdate :one
-- The refund with its customer, if that is known, and whether the ledger keeps money of its currency.
SELECT sqlc.embed(r), COALESCE(b.customer_id, t.user_id, '')::text AS customer_id, EXISTS (SELECT FROM currencies c WHERE c.code = r.currency)::boolean AS in_ledger
FROM refunds r LEFT JOIN bookings b ON b.id = r.booking_id LEFT JOIN top_ups t ON t.intent_id = r.intent_id
WHERE r.id = @id
FOR UPDATE OF r;

-- name: RefundCommandDone :one
-- Whether an operator's command has been carried out before.
SELECT EXISTS (SELECT FROM refund_events WHERE refund_id = @refund_id AND command_id = @command_id::text);

-- name: RefundMove :exec
-- Changes a refund and appends the change to its trail. The payment follows: it is refunded while its refund, with all parts
-- that were split off, has succeeded, or the bank has given the money back. A new attempt has no refund at the provider yet.
WITH old AS (
    SELECT r.id, r.status, r.attempt FROM refunds r WHERE r.id = @id
), moved AS (
    UPDATE refunds r
    SET status = @status, tender = @tender, attempt = @attempt, failure_code = sqlc.narg(failure_code), updated_at = now(),
        outside_refund_id = sqlc.narg(outside_refund_id),
        provider_refund_id = CASE WHEN r.attempt = @attempt THEN COALESCE(sqlc.narg(provider_refund_id), r.provider_refund_id) END
    FROM old WHERE r.id = old.id
    RETURNING r.*, old.status AS from_status, old.attempt AS from_attempt
), followed AS (
    UPDATE payments p SET status = CASE WHEN moved.status IN ('SUCCEEDED', 'CLOSED') THEN 'REFUNDED' ELSE 'REFUNDING' END, updated_at = now()
    FROM moved
    WHERE p.id = moved.payment_id AND p.status = CASE WHEN moved.status IN ('SUCCEEDED', 'CLOSED') THEN 'REFUNDING' ELSE 'REFUNDED' END
      AND NOT EXISTS (SELECT FROM refunds other WHERE other.payment_id = p.id AND other.id <> moved.id AND other.status NOT IN ('SUCCEEDED', 'CLOSED'))
)
INSERT INTO refund_events (refund_id, attempt, tender, from_status, to_status, failure_code, provider_refund_id, command_id, actor, reason, correlation_id)
SELECT moved.id, moved.attempt, moved.tender, moved.from_status, moved.status, moved.failure_code, moved.provider_refund_id,
       sqlc.narg(command_id), @actor, @reason, @correlation_id
FROM moved WHERE moved.status <> moved.from_status OR moved.attempt <> moved.from_attempt;

-- name: RefundShrink :exec
-- Takes a part that something else has paid out of a refund, with a line in its trail.
WITH shrunk AS (
    UPDATE refunds r SET amount = r.amount - @by_amount, updated_at = now() WHERE r.id = @id RETURNING r.*
)
INSERT INTO refund_events (refund_id, attempt, tender, from_status, to_status, failure_code, provider_refund_id, command_id, actor, reason, correlation_id)
SELECT shrunk.id, shrunk.attempt, shrunk.tender, shrunk.status, shrunk.status, shrunk.failure_code, shrunk.provider_refund_id,
       sqlc.narg(command_id), @actor, @reason, @correlation_id
FROM shrunk;

-- name: RefundSplit :exec
-- Writes the part that was taken out of a refund as a refund of its own.
WITH opened AS (
    INSERT INTO refunds (id, booking_id, payment_id, cancellation_id, intent_id, tender, amount, currency, reason, status, correlation_id, part_of)
    SELECT @id, whole.booking_id, whole.payment_id, whole.cancellation_id, whole.intent_id, 'CARD', @amount, whole.currency, whole.reason,
           'INITIATED', @correlation_id, COALESCE(whole.part_of, whole.id)
    FROM refunds whole WHERE whole.id = @whole_id::text
    RETURNING *
)
INSERT INTO refund_events (refund_id, attempt, tender, to_status, actor, reason, correlation_id)
SELECT opened.id, opened.attempt, opened.tender, opened.status, @actor, @reason, opened.correlation_id FROM opened;

-- name: ChargeLeft :one
-- What may still be paid out of a charge, to any tender: what it collected, less what refunds of ours have given back of it or may
-- have, what was given back outside, and what the customer's bank has given back. The refund that is being looked at is left out. Of
-- what was given back outside, free has paid nothing yet, and written_off paid nothing that we owed. While the bank decides about a
-- dispute nothing at all is paid out. A caller who relies on it has locked the booking, or the refund; otherwise it is only a look.
SELECT (charge.collected - charge.drawn - outside.amount - bank.lost)::bigint AS amount_left,
       outside.free::bigint AS free, outside.written_off::bigint AS written_off,
       bank.disputed::boolean AS disputed, bank.deciding::boolean AS deciding, bank.decided::boolean AS decided
FROM (
    SELECT COALESCE((SELECT p.card_amount FROM payments p WHERE p.intent_id = @intent_id::text AND p.status = 'SUCCEEDED'),
                    (SELECT t.amount FROM top_ups t WHERE t.intent_id = @intent_id::text AND t.status = 'SUCCEEDED'),
                    (SELECT sum(r.amount) FROM refunds r WHERE r.intent_id = @intent_id::text AND r.cancellation_id IS NULL), 0) AS collected,
           (SELECT COALESCE(sum(r.amount), 0) FROM refunds r
            WHERE r.intent_id = @intent_id::text AND r.outside_refund_id IS NULL AND r.id <> @except_refund::text
              AND (r.status = 'SUCCEEDED' OR r.status = 'INITIATED' AND r.tender = 'CARD')) AS drawn
) AS charge, (
    SELECT COALESCE(sum(o.amount), 0) AS amount, COALESCE(sum(o.amount - o.assigned - o.written_off), 0) AS free,
           COALESCE(sum(o.written_off), 0) AS written_off
    FROM outside_refunds o
    WHERE o.intent_id = @intent_id::text AND o.status = 'STANDING'
) AS outside, (
    SELECT count(*) > 0 AS disputed, COALESCE(bool_or(d.outcome = 'OPEN'), false) AS deciding, COALESCE(bool_or(d.outcome = 'LOST'), false) AS decided,
           COALESCE(sum(CASE WHEN d.outcome <> 'LOST' THEN 0 WHEN d.withdrawn > 0 THEN d.withdrawn
                             WHEN d.currency = d.charge_currency THEN d.amount ELSE d.charge_amount END), 0) AS lost
    FROM disputes d
    WHERE d.intent_id = @intent_id::text
) AS bank;

-- name: RefundNote :exec
-- Appends an operator's command that has not changed the state of a refund to its trail.
INSERT INTO refund_events (refund_id, attempt, tender, from_status, to_status, failure_code, provider_refund_id, command_id, actor, reason, correlation_id)
SELECT r.id, r.attempt, r.tender, r.status, r.status, r.failure_code, r.provider_refund_id, @command_id::text, @actor, @reason, @correlation_id
FROM refunds r WHERE r.id = @id;

-- name: AbandonedRefunds :many
-- Refunds that have not ended and have not been looked at for long, or that were never sent: their workflow
-- starts right after they are written, unless the cancellation that wrote them was cut off in between. In random
-- order: while the provider is unreachable those with a workflow are among them, and must not hide the others.
SELECT r.id
FROM refunds r
WHERE r.status IN ('INITIATED', 'FAILED')
  AND (r.updated_at < now() - make_interval(secs => @after_seconds::float8)
       OR r.status = 'INITIATED' AND r.provider_refund_id IS NULL AND r.updated_at < now() - make_interval(secs => @unsent_after_seconds::float8))
ORDER BY random()
LIMIT sqlc.arg(most)::int;

-- name: StuckRefunds :many
-- Refunds that the provider has refused, for now or for good, and since when according to their trail, longest first.
SELECT r.id, r.booking_id, b.show_id, r.status, r.failure_code, COALESCE(refund_dispute(r), '')::text AS dispute,
       COALESCE((SELECT max(e.at) FROM refund_events e WHERE e.refund_id = r.id), r.updated_at)::timestamptz AS since
FROM refunds r LEFT JOIN bookings b ON b.id = r.booking_id
WHERE r.status = @status
ORDER BY r.created_at, r.id
LIMIT sqlc.arg(most)::int;

-- name: RefundsBefore :many
-- A page of the refunds, newest first, before a position in that order.
SELECT * FROM refunds
WHERE (created_at, id) < (@before_time::timestamptz, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_size)::int;

-- name: RefundsOfStatusBefore :many
-- The same, only refunds in one state.
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
-- The reason of an operator's command that has been carried out; no row when it has not.
SELECT reason FROM refund_events WHERE refund_id = @refund_id AND command_id = @command_id::text;
