-- Top-ups of wallets by card.

-- name: TopUpByID :one
SELECT * FROM top_ups WHERE id = @id;

-- name: TopUpForUpdate :one
SELECT * FROM top_ups WHERE id = @id FOR UPDATE;

-- name: TopUpAllowance :one
-- The limits of a currency, how much of the daily limit a user has used, and how many top-ups still
-- wait to be paid. A caller who relies on it holds the lock of the wallet.
SELECT GREATEST(l.minimum, c.minimum_charge)::bigint AS minimum, l.maximum, l.per_day,
       COALESCE((SELECT sum(t.amount) FROM top_ups t
                 WHERE t.user_id = @user_id AND t.currency = l.currency AND t.created_at > now() - interval '24 hours'
                   AND t.status NOT IN ('EXPIRED', 'CANCELLED')), 0)::bigint AS last_day,
       (SELECT count(*) FROM top_ups t
        WHERE t.user_id = @user_id AND t.currency = l.currency AND t.status IN ('INITIATED', 'PROCESSING', 'DECLINED')) AS waiting
FROM top_up_limits l
JOIN currencies c ON c.code = l.currency
WHERE l.currency = @currency;

-- name: WalletOpenForTopUp :exec
-- Opens an empty wallet for a user in a currency that can be topped up, once. ON CONFLICT names no key, because a wallet has two.
INSERT INTO ledger_accounts (id, kind, user_id, currency)
SELECT @id, 'WALLET', @user_id::text, l.currency FROM top_up_limits l WHERE l.currency = @currency
ON CONFLICT DO NOTHING;

-- name: WalletLock :one
-- Makes the top-ups of a wallet wait for each other.
SELECT id FROM ledger_accounts WHERE id = @id FOR NO KEY UPDATE;

-- name: TopUpOpen :one
INSERT INTO top_ups (id, user_id, currency, amount, status, request_hash, correlation_id, expires_at)
VALUES (@id, @user_id, @currency, @amount, 'INITIATED', @request_hash, @correlation_id,
        date_trunc('milliseconds', now()) + make_interval(secs => @seconds::int))
RETURNING expires_at;

-- name: TopUpSetIntent :exec
UPDATE top_ups SET intent_id = @intent_id::text, updated_at = now() WHERE id = @id AND intent_id IS NULL;

-- name: TopUpNote :one
-- Records how an open top-up stands, or ends it unpaid. A finished one stays finished, however late the note.
-- Returns the state that it has afterwards, empty when there is no such top-up, and the intent that collects it.
WITH noted AS (
    UPDATE top_ups t SET status = @status, decline_code = COALESCE(sqlc.narg(decline_code)::text, t.decline_code), updated_at = now()
    WHERE t.id = @id AND t.status IN ('INITIATED', 'PROCESSING', 'DECLINED')
    RETURNING t.status
)
SELECT COALESCE((SELECT status FROM noted), (SELECT t.status FROM top_ups t WHERE t.id = @id), '')::text AS status,
       COALESCE((SELECT t.intent_id FROM top_ups t WHERE t.id = @id), '')::text AS intent_id;

-- name: TopUpSucceed :execrows
UPDATE top_ups SET status = 'SUCCEEDED', intent_id = @intent_id::text, updated_at = now()
WHERE id = @id AND status <> 'SUCCEEDED';

-- name: IntentHasRefund :one
SELECT EXISTS (SELECT FROM refunds WHERE intent_id = @intent_id::text);
