-- name: IntentOwner :one
-- Who owns the money that an intent of ours has collected; no row when the intent is not ours. Money
-- that no payment asked for is found by its refund, or by the event that told of it.
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

-- name: LockCharge :exec
-- Makes a transaction that pays out money of a charge wait until a dispute of it is written, and the other way round.
SELECT lock_charge(@intent_id::text);

-- name: DisputeOpen :execrows
-- Writes a dispute at the first event that tells of it, which need not be the first that happened. The
-- caller has locked the charge. Triggers book what it means.
INSERT INTO disputes (id, intent_id, booking_id, payment_id, top_up_id, amount, currency, reason, status, stage, opened_at, updated_at)
VALUES (@id, @intent_id, sqlc.narg(booking_id), sqlc.narg(payment_id), sqlc.narg(top_up_id), @amount, @currency, @reason, @status, @stage, @opened_at, @updated_at)
ON CONFLICT (id) DO NOTHING;

-- name: DisputeUpdate :exec
-- Updates a dispute. Stale events change nothing; of two events in the same second the one counts that
-- is further on by its type, and then by the status that it tells of.
UPDATE disputes d SET amount = @amount, currency = @currency, reason = @reason, status = @status, stage = @stage, updated_at = @updated_at
WHERE d.id = @id
  AND (@updated_at::timestamptz, @stage::int, dispute_progress(@status)) > (d.updated_at, d.stage, dispute_progress(d.status));

-- name: DisputeMovementWrite :exec
-- Writes what the provider took or gave back because of a dispute, once, whichever events tell of it. Triggers book it.
INSERT INTO dispute_movements (id, dispute_id, amount, fee, currency)
VALUES (@id, @dispute_id, @amount, @fee, @currency)
ON CONFLICT (id) DO NOTHING;

-- name: LockDisputesOf :exec
-- Disputes are locked before wallets.
SELECT lock_disputes_of(@user_id::text, @currency::text);

-- name: DisputesFreezeReturned :exec
-- Freezes the part of a booking's price that comes back into the wallet that paid it, and that had
-- come from a top-up that has been disputed since.
SELECT disputes_freeze_arrived(@user_id::text, @currency::text, @amount::bigint, p.created_at, NULL)
FROM payments p WHERE p.id = @payment_id;

-- name: DisputesFreezeToppedUp :exec
-- Freezes a top-up that was disputed before it was credited to its wallet.
SELECT disputes_freeze_arrived(@user_id::text, @currency::text, @amount::bigint, 'infinity', @intent_id::text);

-- name: DisputesFreezeGivenBack :exec
-- Freezes what refunds of a charge have paid into its customer's wallet, as far as a refund made
-- outside lets the bank take it a second time.
SELECT disputes_freeze_arrived(open.user_id, open.charge_currency, @amount::bigint, 'infinity', open.intent_id)
FROM (SELECT DISTINCT d.user_id, d.charge_currency, d.intent_id FROM disputes d
      WHERE d.intent_id = @intent_id AND d.outcome = 'OPEN' AND d.user_id IS NOT NULL) AS open;

-- name: DisputesThawBeyondClaim :exec
-- Unfreezes what disputes of a charge have frozen, or taken, of a wallet beyond what the bank can take a second time.
SELECT disputes_thaw_beyond_claim(@intent_id::text);

-- name: RefundsOfDispute :many
-- The refunds that a dispute's decision may affect.
SELECT r.id
FROM disputes d JOIN refunds r ON r.intent_id = d.intent_id
WHERE d.id = @dispute_id AND d.outcome <> 'OPEN' AND r.status <> 'SUCCEEDED' AND (r.status <> 'CLOSED' OR d.outcome = 'WON')
ORDER BY r.id;

-- name: DisputesBefore :many
-- A page of the disputes, newest first, before a position in that order.
SELECT * FROM disputes
WHERE (opened_at, id) < (@before_time::timestamptz, @before_id::text)
ORDER BY opened_at DESC, id DESC
LIMIT sqlc.arg(page_size)::int;
