-- A customer's wallets as their owner reads them: what came in and went out. Money that is set aside
-- for a card payment has not gone out, so reservations and releases are not shown.

-- name: CurrencyKnown :one
SELECT EXISTS (SELECT FROM currencies WHERE code = @code);

-- name: WalletTransactions :many
-- A page of the history of a user's wallets, newest first, before a position in it. The balance after an entry is the wallet's
-- current balance, including reserved money, less everything that came later; so it costs as much as the page is deep. It is read
-- wallet by wallet, and each entry looked up for its kind: for a join the planner would rather read all entries and transactions.
WITH wallets AS (
    SELECT a.id, a.currency,
           (a.balance + COALESCE((SELECT r.balance FROM ledger_accounts r WHERE r.id = 'wallet-reserved:' || a.user_id || ':' || a.currency), 0))
               AS balance
    FROM ledger_accounts a
    WHERE a.user_id = @user_id::text AND a.kind = 'WALLET'
      AND (sqlc.narg(currency)::text IS NULL OR a.currency = sqlc.narg(currency)::text)
), page AS (
    SELECT w.id AS account_id, w.currency, w.balance, found.*
    FROM wallets w
    CROSS JOIN LATERAL (
        SELECT e.seq, e.amount, t.reference, t.kind, t.booking_id, t.at
        FROM ledger_entries e
        JOIN ledger_transactions t ON t.reference = e.reference
        WHERE e.account_id = w.id AND e.seq < @before_seq::bigint AND t.kind NOT IN ('RESERVATION', 'RELEASE')
          AND (sqlc.narg(kinds)::text[] IS NULL OR t.kind = ANY (sqlc.narg(kinds)::text[]))
          AND t.at >= @from_time::timestamptz AND t.at < @to_time::timestamptz
        ORDER BY e.seq DESC
        LIMIT sqlc.arg(page_size)::int) AS found
    ORDER BY found.seq DESC
    LIMIT sqlc.arg(page_size)::int
), came_later AS (
    SELECT w.id AS account_id, later.seq, later.amount
    FROM wallets w
    CROSS JOIN LATERAL (
        SELECT e.seq, sum(e.amount) OVER (ORDER BY e.seq DESC) - e.amount AS amount
        FROM ledger_entries e
        WHERE e.account_id = w.id AND e.seq >= (SELECT min(page.seq) FROM page)
          AND (SELECT t.kind FROM ledger_transactions t WHERE t.reference = e.reference) NOT IN ('RESERVATION', 'RELEASE')) AS later
)
SELECT page.seq::bigint AS seq, page.reference, page.kind, page.booking_id, page.at, page.amount, page.currency,
       (page.balance - came_later.amount)::bigint AS balance_after, m.title AS movie_title
FROM page
JOIN came_later ON came_later.account_id = page.account_id AND came_later.seq = page.seq
LEFT JOIN bookings b ON b.id = page.booking_id
LEFT JOIN shows sh ON sh.id = b.show_id
LEFT JOIN movies m ON m.id = sh.movie_id
ORDER BY page.seq DESC;

-- name: WalletStatement :many
-- What came into and went out of one wallet within a time, oldest first, with the balance after each
-- entry. One statement, which sees one moment, returns all of it.
WITH history AS (
    SELECT e.seq, e.amount, t.reference, t.kind, t.booking_id, t.at, (sum(e.amount) OVER (ORDER BY e.seq))::bigint AS balance_after
    FROM ledger_entries e
    JOIN ledger_transactions t ON t.reference = e.reference
    WHERE e.account_id = @account_id AND t.kind NOT IN ('RESERVATION', 'RELEASE')
)
SELECT history.reference, history.kind, history.booking_id, history.at, history.amount, history.balance_after, m.title AS movie_title
FROM history
LEFT JOIN bookings b ON b.id = history.booking_id
LEFT JOIN shows sh ON sh.id = b.show_id
LEFT JOIN movies m ON m.id = sh.movie_id
WHERE history.at >= @from_time::timestamptz AND history.at < @to_time::timestamptz
ORDER BY history.seq
LIMIT sqlc.arg(row_limit)::int;

-- name: WalletBalances :many
SELECT currency,
       COALESCE(sum(balance) FILTER (WHERE kind = 'WALLET'), 0)::bigint AS available,
       COALESCE(sum(balance) FILTER (WHERE kind = 'WALLET_RESERVED'), 0)::bigint AS reserved,
       COALESCE(sum(balance) FILTER (WHERE kind = 'WALLET_FROZEN'), 0)::bigint AS frozen
FROM ledger_accounts
WHERE user_id = @user_id::text
GROUP BY currency
ORDER BY currency;
