-- name: LedgerPost :execrows
-- Posts one ledger transaction with its entries; a reference that has been posted before posts nothing.
WITH posted AS (
    INSERT INTO ledger_transactions (reference, booking_id, reason)
    VALUES (@reference, sqlc.narg(booking_id), @reason)
    ON CONFLICT (reference) DO NOTHING
    RETURNING reference
)
INSERT INTO ledger_entries (reference, account_id, amount)
SELECT posted.reference, unnest(@accounts::text[]), unnest(@amounts::bigint[])
FROM posted;

-- name: WalletOpen :exec
-- Gives a user an empty wallet in a currency, once.
INSERT INTO ledger_accounts (id, kind, user_id, currency)
VALUES (@id, 'WALLET', @user_id::text, @currency)
ON CONFLICT (id) DO NOTHING;
