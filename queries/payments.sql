-- name: PaymentOpen :one
-- Writes the attempt before the provider is asked, ends earlier attempts, and moves the booking to
-- PAYMENT_PENDING with the first one. Returns the state that the booking had; one that cannot be paid gets
-- no attempt, and neither does one that already has a later attempt. The caller has locked the booking.
WITH old AS (
    SELECT b.id, b.status FROM bookings b WHERE b.id = @booking_id FOR UPDATE
), opened AS (
    INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, request_hash, correlation_id)
    SELECT @id, old.id, @attempt, @method, @currency, @wallet_amount, @card_amount, 'INITIATED', @request_hash, @correlation_id
    FROM old WHERE old.status IN ('SEATS_LOCKED', 'PAYMENT_PENDING')
      AND NOT EXISTS (SELECT FROM payments later WHERE later.booking_id = old.id AND later.attempt > @attempt)
    ON CONFLICT (id) DO NOTHING
), superseded AS (
    UPDATE payments p SET status = 'CANCELLED', updated_at = now()
    FROM old WHERE p.booking_id = old.id AND p.attempt < @attempt AND p.status IN ('INITIATED', 'PROCESSING', 'DECLINED')
), moved AS (
    UPDATE bookings b SET status = 'PAYMENT_PENDING', updated_at = now()
    FROM old WHERE b.id = old.id AND old.status = 'SEATS_LOCKED'
    RETURNING b.id
), trail AS (
    INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
    SELECT moved.id, 'SEATS_LOCKED', 'PAYMENT_PENDING', 'payment started', 'CUSTOMER', @correlation_id FROM moved
)
SELECT old.status FROM old;

-- name: PaymentsSupersede :exec
-- Ends the attempts before this one, and with them their reservations.
UPDATE payments SET status = 'CANCELLED', updated_at = now()
WHERE booking_id = @booking_id AND attempt < @attempt AND status IN ('INITIATED', 'PROCESSING', 'DECLINED');

-- name: WalletForUpdate :one
-- What is available in a wallet, zero when there is none, and the smallest charge to a card. The wallet and its reserve stay
-- as they are until the transaction ends; they are locked in the order in which every reservation and release changes them.
WITH locked AS (
    SELECT a.kind, a.balance FROM ledger_accounts a
    WHERE a.id IN (@wallet_id, @reserved_wallet_id)
    ORDER BY a.id COLLATE "C"
    FOR NO KEY UPDATE
)
SELECT COALESCE(locked.balance, 0)::bigint AS balance, c.minimum_charge
FROM currencies c
LEFT JOIN locked ON locked.kind = 'WALLET'
WHERE c.code = @currency;

-- name: PaymentSetIntent :one
-- Records which intent collects a payment, once, and returns how the payment stands: it may have ended in the meantime.
WITH written AS (
    UPDATE payments SET intent_id = @intent_id::text, updated_at = now() WHERE id = @id AND intent_id IS NULL RETURNING status
)
SELECT COALESCE((SELECT status FROM written), (SELECT p.status FROM payments p WHERE p.id = @id), '')::text AS status;

-- name: PaymentNote :exec
-- Records how an open attempt stands. A finished attempt stays finished, however late the note.
UPDATE payments p SET status = @status, decline_code = COALESCE(sqlc.narg(decline_code)::text, p.decline_code), updated_at = now()
WHERE p.id = @id AND p.status IN ('INITIATED', 'PROCESSING', 'DECLINED');

-- name: PaymentsOfBooking :many
-- All attempts at a booking, in order.
SELECT * FROM payments WHERE booking_id = @booking_id ORDER BY attempt;

-- name: PaymentByID :one
SELECT * FROM payments WHERE id = @id;

-- name: IntentAwaited :one
-- The payment of a booking, or the top-up, that an intent of ours is meant to collect.
SELECT p.booking_id, p.id AS payment_id, ''::text AS top_up_id FROM payments p WHERE p.intent_id = @intent_id::text
UNION ALL
SELECT '', '', t.id FROM top_ups t WHERE t.intent_id = @intent_id::text
LIMIT 1;

-- name: PaymentByIntent :one
SELECT * FROM payments WHERE intent_id = @intent_id::text;

-- name: PaymentOfBooking :one
-- A payment as its booking has it now; no row when the id is unknown.
SELECT sqlc.embed(p), b.status AS booking_status
FROM payments p
JOIN bookings b ON b.id = p.booking_id
WHERE p.id = @id;

-- name: PaymentPrecheck :one
-- Whose a booking is, of which show, and whether an attempt to pay it has been written already.
SELECT b.customer_id, b.show_id, EXISTS (SELECT FROM payments p WHERE p.id = @payment_id) AS written
FROM bookings b
WHERE b.id = @booking_id;

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
-- Ends attempts whose booking is over, and top-ups that should have ended, if they never got an
-- intent: nobody can pay them, and no settlement follows them. It releases what they have reserved.
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
