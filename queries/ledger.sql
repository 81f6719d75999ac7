-- name: LedgerPost :execrows
-- Posts one ledger transaction with its entries; a reference that has been posted before posts nothing. Accounts are
-- always in the same order, so that two transactions with accounts in common wait for each other instead of deadlocking.
WITH posted AS (
    INSERT INTO ledger_transactions (reference, booking_id, kind, reason)
    VALUES (@reference, sqlc.narg(booking_id), @kind, @reason)
    ON CONFLICT (reference) DO NOTHING
    RETURNING reference
)
INSERT INTO ledger_entries (reference, account_id, amount)
SELECT posted.reference, line.account, line.amount
FROM posted CROSS JOIN (SELECT unnest(@accounts::text[]) AS account, unnest(@amounts::bigint[]) AS amount) AS line
ORDER BY line.account COLLATE "C";

-- name: WalletOpen :exec
-- Opens an empty wallet for a user in a currency, once. ON CONFLICT names no key, because a wallet has two.
INSERT INTO ledger_accounts (id, kind, user_id, currency)
VALUES (@id, 'WALLET', @user_id::text, @currency)
ON CONFLICT DO NOTHING;
