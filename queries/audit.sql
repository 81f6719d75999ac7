-- The checks of `boxoffice audit`. Every check is one statement, so that it sees one moment, and returns the offending ids in
-- order, each with a message; no rows means that the invariant holds. In a damaged database something that a message names may
-- be missing: format() writes NULL as nothing, while || makes the whole text NULL, so every such place says what is missing.

-- name: AuditPrepare :exec
-- Gives the transaction the time and the plans that suit questions about whole tables. A check usually
-- finds nothing: a plan that counts on finding its first rows soon is then the slowest.
SELECT set_config('statement_timeout', @statement_timeout::text, true),
       set_config('work_mem', '64MB', true),
       set_config('enable_nestloop', 'off', true),
       set_config('jit', 'off', true),
       set_config('plan_cache_mode', 'force_custom_plan', true);

-- name: AuditCounts :one
-- How much there is to check.
SELECT (SELECT count(*) FROM bookings) AS bookings,
       (SELECT count(*) FROM booking_seats) AS booking_seats,
       (SELECT count(*) FROM booking_events) AS booking_events,
       (SELECT count(*) FROM claims) AS claims,
       (SELECT count(*) FROM payments) AS payments,
       (SELECT count(*) FROM top_ups) AS top_ups,
       (SELECT count(*) FROM refunds) AS refunds,
       (SELECT count(*) FROM outside_refunds) AS outside_refunds,
       (SELECT count(*) FROM cancellations) AS cancellations,
       (SELECT count(*) FROM disputes) AS disputes,
       (SELECT count(*) FROM cascades) AS cascades,
       (SELECT count(*) FROM coupons) AS coupons,
       (SELECT count(*) FROM coupon_redemptions) AS coupon_redemptions,
       (SELECT count(*) FROM ledger_accounts) AS ledger_accounts,
       (SELECT count(*) FROM ledger_transactions) AS ledger_transactions,
       (SELECT count(*) FROM ledger_entries) AS ledger_entries;

-- name: AuditSeatsSold :many
-- Sold seats that their booking has not bought.
SELECT (c.show_id || '/' || c.seat)::text AS id,
       format('is sold to %s, which is %s and %s the seat', c.booking_id, b.status,
              CASE WHEN s.seat IS NULL THEN 'does not have' ELSE 'has' END)::text AS message
FROM claims c
JOIN bookings b ON b.id = c.booking_id
LEFT JOIN booking_seats s ON s.booking_id = c.booking_id AND s.seat = c.seat AND s.cancellation_id IS NULL
WHERE c.state = 'SOLD' AND (b.status NOT IN ('CONFIRMED', 'COMPLETED') OR s.seat IS NULL)
ORDER BY 1 LIMIT @max_rows;

-- name: AuditSeatsBought :many
-- Bookings that have bought a seat which is not sold to them.
SELECT b.id::text AS id,
       format('is %s and seat %s of %s is %s', b.status, string_agg(s.seat, ' ' ORDER BY s.seat), b.show_id,
              string_agg(DISTINCT COALESCE(c.state || ' by ' || c.booking_id, 'nobody''s'), ', '))::text AS message
FROM bookings b
JOIN booking_seats s ON s.booking_id = b.id AND s.cancellation_id IS NULL
LEFT JOIN claims c ON c.show_id = b.show_id AND c.seat = s.seat
WHERE b.status IN ('CONFIRMED', 'COMPLETED') AND (c.booking_id = b.id AND c.state = 'SOLD') IS NOT TRUE
GROUP BY b.id
ORDER BY 1 LIMIT @max_rows;

-- name: AuditSeatsHeld :many
-- Held seats of bookings that no longer wait for money.
SELECT (c.show_id || '/' || c.seat)::text AS id, format('is held by %s, which is %s', c.booking_id, b.status)::text AS message
FROM claims c
JOIN bookings b ON b.id = c.booking_id
WHERE c.state = 'HELD' AND b.status NOT IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING')
ORDER BY 1 LIMIT @max_rows;

-- name: AuditSeatsOverdue :many
-- Unpaid bookings that have not been ended although their seats are no longer protected.
SELECT b.id::text AS id, format('is %s and was to be paid by %s', b.status, to_char(b.expires_at, 'YYYY-MM-DD HH24:MI:SS "UTC"'))::text AS message
FROM bookings b
WHERE b.status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING')
  AND b.expires_at + make_interval(secs => @hold_grace_seconds::float8) < now()
ORDER BY 1 LIMIT @max_rows;

-- name: AuditSeatsProtected :many
-- Unpaid bookings that have lost a seat before their deadline.
SELECT b.id::text AS id,
       format('is %s until %s and holds %s of its %s seats', b.status, to_char(b.expires_at, 'YYYY-MM-DD HH24:MI:SS "UTC"'),
              count(c.seat), cardinality(b.seat_labels))::text AS message
FROM bookings b
LEFT JOIN claims c ON c.booking_id = b.id AND c.state = 'HELD' AND c.seat = ANY (b.seat_labels)
WHERE b.status IN ('SEATS_LOCKED', 'PAYMENT_PENDING') AND b.expires_at > now()
GROUP BY b.id
HAVING count(c.seat) <> cardinality(b.seat_labels)
ORDER BY 1 LIMIT @max_rows;

-- name: AuditBookingsTrail :many
-- Bookings whose trail does not lead to their state.
WITH steps AS (
    SELECT e.booking_id, e.to_status,
           e.from_status IS DISTINCT FROM lag(e.to_status) OVER trail AS gap,
           lead(e.id) OVER trail IS NULL AS newest
    FROM booking_events e
    WINDOW trail AS (PARTITION BY e.booking_id ORDER BY e.id)
), trails AS (
    SELECT s.booking_id, bool_or(s.gap) AS gap, max(s.to_status) FILTER (WHERE s.newest) AS leads_to
    FROM steps s
    GROUP BY s.booking_id
)
SELECT b.id::text AS id,
       (CASE WHEN t.leads_to IS NULL THEN format('is %s and has no trail', b.status)
             WHEN t.leads_to <> b.status THEN format('is %s and its trail leads to %s', b.status, t.leads_to)
             ELSE 'has a gap in its trail' END)::text AS message
FROM bookings b
LEFT JOIN trails t ON t.booking_id = b.id
WHERE t.leads_to IS DISTINCT FROM b.status OR t.gap
ORDER BY 1 LIMIT @max_rows;

-- name: AuditBookingsQuote :many
-- Bookings whose quote does not add up in its price mode, or is not that of their seats.
WITH priced AS (
    SELECT s.booking_id, count(*) AS seats, sum(s.price) AS prices
    FROM booking_seats s
    JOIN bookings b ON b.id = s.booking_id AND s.seat = ANY (b.seat_labels)
    GROUP BY s.booking_id
)
SELECT b.id::text AS id,
       format('%s, subtotal %s, discount %s, fees %s, tax %s, total %s; %s of %s seats are priced, at %s', b.price_mode, b.subtotal, b.discount,
              b.fees, b.tax, b.total, COALESCE(p.seats, 0), cardinality(b.seat_labels), COALESCE(p.prices, 0))::text AS message
FROM bookings b
LEFT JOIN priced p ON p.booking_id = b.id
CROSS JOIN LATERAL (
    SELECT COALESCE(sum((offer ->> 'discount')::bigint), 0) AS discount
    FROM jsonb_array_elements(CASE jsonb_typeof(b.applied_offers) WHEN 'array' THEN b.applied_offers ELSE '[]' END) AS offer
) offers
WHERE b.total IS NOT NULL
  AND (b.total <> b.subtotal - b.discount + CASE b.price_mode WHEN 'INCLUSIVE' THEN 0 ELSE b.fees + b.tax END
       OR b.fees + b.tax > b.total OR b.price_mode IS NULL OR b.tax_rounding IS NULL OR p.prices IS DISTINCT FROM b.subtotal
       OR p.seats IS DISTINCT FROM cardinality(b.seat_labels) OR offers.discount <> b.discount)
ORDER BY 1 LIMIT @max_rows;

-- name: AuditBookingsPaid :many
-- Confirmed bookings that are not paid exactly once and in the exact amount, and paid ones that were never confirmed.
WITH paid AS (
    SELECT p.booking_id, count(*) AS payments, sum(p.wallet_amount + p.card_amount) AS amount, min(p.currency) AS currency
    FROM payments p
    WHERE p.status = 'SUCCEEDED'
    GROUP BY p.booking_id
)
SELECT b.id::text AS id,
       format('is %s, %s and %s', b.status, CASE WHEN b.total IS NULL THEN 'has no price' ELSE format('costs %s %s', b.total, b.currency) END,
              CASE WHEN p.payments IS NULL THEN 'is not paid'
                   ELSE format('has %s payments of %s %s together', p.payments, p.amount, p.currency) END)::text AS message
FROM bookings b
LEFT JOIN paid p ON p.booking_id = b.id
LEFT JOIN booking_events e ON e.booking_id = b.id AND e.to_status = 'CONFIRMED'
WHERE (b.status IN ('CONFIRMED', 'COMPLETED')
       AND (p.payments IS DISTINCT FROM 1 OR p.amount IS DISTINCT FROM b.total OR p.currency IS DISTINCT FROM b.currency))
   OR (e.id IS NULL AND b.status NOT IN ('CONFIRMED', 'COMPLETED') AND p.payments > 0)
ORDER BY 1 LIMIT @max_rows;

-- name: AuditBookingsSale :many
-- Bookings that were confirmed without the sale of their quote in the ledger, and sales of bookings
-- that never existed. A booking that costs nothing moves no money.
WITH sales AS (
    SELECT t.booking_id,
           sum(e.amount) FILTER (WHERE a.kind = 'TICKET_SALES') AS tickets,
           sum(e.amount) FILTER (WHERE a.kind = 'BOOKING_FEES') AS fees,
           sum(e.amount) FILTER (WHERE a.kind = 'TAX') AS tax,
           -sum(e.amount) FILTER (WHERE a.kind = 'WALLET' AND a.user_id = b.customer_id) AS wallet,
           -sum(e.amount) FILTER (WHERE a.kind = 'CARD_CLEARING') AS card
    FROM ledger_transactions t
    JOIN bookings b ON b.id = t.booking_id
    JOIN ledger_entries e ON e.reference = t.reference
    JOIN ledger_accounts a ON a.id = e.account_id
    WHERE t.kind = 'SALE'
    GROUP BY t.booking_id
)
SELECT b.id::text AS id,
       (CASE WHEN s.booking_id IS NULL THEN format('is %s and was confirmed, and its sale of %s %s is not in the ledger', b.status, b.total, b.currency)
             WHEN e.id IS NULL THEN format('is %s and was never confirmed, and has a sale in the ledger', b.status)
             ELSE format('was sold for tickets %s, fees %s, tax %s, paid by wallet %s and card %s, which is not its quote and payment',
                         COALESCE(s.tickets, 0), COALESCE(s.fees, 0), COALESCE(s.tax, 0), COALESCE(s.wallet, 0), COALESCE(s.card, 0)) END)::text AS message
FROM bookings b
LEFT JOIN sales s ON s.booking_id = b.id
LEFT JOIN booking_events e ON e.booking_id = b.id AND e.to_status = 'CONFIRMED'
LEFT JOIN payments p ON p.booking_id = b.id AND p.status = 'SUCCEEDED'
WHERE (s.booking_id IS NULL AND (e.id IS NOT NULL OR b.status IN ('CONFIRMED', 'COMPLETED')) AND b.total > 0)
   OR (s.booking_id IS NOT NULL
       AND (e.id IS NULL
            OR COALESCE(s.tickets, 0) <> b.total - b.fees - b.tax OR COALESCE(s.fees, 0) <> b.fees OR COALESCE(s.tax, 0) <> b.tax
            OR COALESCE(s.wallet, 0) IS DISTINCT FROM p.wallet_amount OR COALESCE(s.card, 0) IS DISTINCT FROM p.card_amount))
ORDER BY 1 LIMIT @max_rows;

-- name: AuditBookingsOpenPayments :many
-- Attempts that are still open although their booking has ended. A bank may take a day to decide about
-- a charge; whether a settlement follows it is another check.
SELECT p.id::text AS id, format('is %s, and its booking %s is %s since %s', p.status, b.id, b.status,
                                to_char(b.updated_at, 'YYYY-MM-DD HH24:MI:SS "UTC"'))::text AS message
FROM payments p
JOIN bookings b ON b.id = p.booking_id
WHERE p.status IN ('INITIATED', 'PROCESSING', 'DECLINED') AND b.status NOT IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING')
  AND greatest(b.updated_at, p.updated_at) + make_interval(secs => @grace_seconds::float8)
      + CASE WHEN p.intent_id IS NULL THEN '0' ELSE '1 day' END::interval < now()
ORDER BY 1 LIMIT @max_rows;

-- name: AuditBookingsCancelled :many
-- Bookings that have no seat left but are not cancelled, or that were confirmed and cancelled but have one.
WITH left_over AS (
    SELECT s.booking_id, count(*) FILTER (WHERE s.cancellation_id IS NULL) AS seats FROM booking_seats s GROUP BY s.booking_id
)
SELECT b.id::text AS id, format('is %s and has %s of its %s seats', b.status, l.seats, cardinality(b.seat_labels))::text AS message
FROM bookings b
JOIN left_over l ON l.booking_id = b.id
LEFT JOIN booking_events e ON e.booking_id = b.id AND e.to_status = 'CONFIRMED'
WHERE CASE b.status WHEN 'CANCELLED' THEN e.id IS NOT NULL AND l.seats > 0 ELSE l.seats = 0 END
ORDER BY 1 LIMIT @max_rows;

-- name: AuditBookingsCompleted :many
-- Bookings that are still confirmed a day after the end of a show that was not cancelled.
SELECT b.id::text AS id, format('is %s, and its show %s was over at %s', b.status, sh.id, to_char(sh.ends_at, 'YYYY-MM-DD HH24:MI:SS "UTC"'))::text AS message
FROM bookings b
JOIN shows sh ON sh.id = b.show_id
WHERE b.status = 'CONFIRMED' AND sh.status <> 'CANCELLED' AND sh.ends_at + interval '1 day' < now()
ORDER BY 1 LIMIT @max_rows;

-- name: AuditLedgerBalanced :many
-- Ledger transactions that have fewer than two entries, or do not sum to zero in each currency.
WITH sums AS (
    SELECT e.reference, a.currency, count(*) AS entries, sum(e.amount) AS amount
    FROM ledger_entries e
    JOIN ledger_accounts a ON a.id = e.account_id
    GROUP BY e.reference, a.currency
), totals AS (
    SELECT s.reference, sum(s.entries) AS entries, bool_and(s.amount = 0) AS balanced,
           string_agg(s.amount || ' ' || s.currency, ', ' ORDER BY s.currency) AS amounts
    FROM sums s
    GROUP BY s.reference
)
SELECT t.reference::text AS id,
       format('%s with %s entries sums to %s', t.kind, COALESCE(x.entries, 0), COALESCE(x.amounts, 'nothing'))::text AS message
FROM ledger_transactions t
LEFT JOIN totals x ON x.reference = t.reference
WHERE x.reference IS NULL OR x.entries < 2 OR NOT x.balanced
ORDER BY 1 LIMIT @max_rows;

-- name: AuditLedgerWallets :many
-- Wallets and reserves whose balance is negative or not the sum of their entries, and internal accounts that keep one.
WITH sums AS (
    SELECT e.account_id, sum(e.amount) AS amount FROM ledger_entries e GROUP BY e.account_id
)
SELECT a.id::text AS id, format('has a balance of %s, and its entries sum to %s', a.balance, COALESCE(s.amount, 0))::text AS message
FROM ledger_accounts a
LEFT JOIN sums s ON s.account_id = a.id
WHERE CASE WHEN a.user_id IS NULL THEN a.balance <> 0 ELSE a.balance <> COALESCE(s.amount, 0) OR a.balance < 0 END
ORDER BY 1 LIMIT @max_rows;

-- name: AuditLedgerReserved :many
-- Reserves that differ from what their owner's open payments by wallet and card have reserved.
WITH reserved AS (
    SELECT b.customer_id, p.currency, sum(payment_reserved(p)) AS amount
    FROM payments p
    JOIN bookings b ON b.id = p.booking_id
    WHERE p.method = 'WALLET_AND_CARD'
    GROUP BY b.customer_id, p.currency
), held AS (
    SELECT a.id, a.user_id, a.currency, a.balance FROM ledger_accounts a WHERE a.kind = 'WALLET_RESERVED'
)
SELECT COALESCE(h.id, 'wallet-reserved:' || r.customer_id || ':' || r.currency)::text AS id,
       format('holds %s, and the open payments have reserved %s', COALESCE(h.balance, 0), COALESCE(r.amount, 0))::text AS message
FROM held h
FULL JOIN reserved r ON r.customer_id = h.user_id AND r.currency = h.currency
WHERE COALESCE(h.balance, 0) <> COALESCE(r.amount, 0)
ORDER BY 1 LIMIT @max_rows;

-- name: AuditLedgerMoney :many
-- Bookings whose money does not add up: what was paid for them must be what was kept for tickets, fees
-- and tax, plus what was given back by cancellations.
WITH paid AS (
    SELECT p.booking_id, sum(p.wallet_amount + p.card_amount) AS amount FROM payments p WHERE p.status = 'SUCCEEDED' GROUP BY p.booking_id
), kept AS (
    SELECT t.booking_id, sum(e.amount) AS amount
    FROM ledger_transactions t
    JOIN ledger_entries e ON e.reference = t.reference
    JOIN ledger_accounts a ON a.id = e.account_id AND a.kind IN ('TICKET_SALES', 'BOOKING_FEES', 'TAX')
    WHERE t.booking_id IS NOT NULL
    GROUP BY t.booking_id
), given_back AS (
    SELECT r.booking_id, sum(r.amount) AS amount FROM refunds r WHERE r.cancellation_id IS NOT NULL GROUP BY r.booking_id
)
SELECT b.id::text AS id,
       format('is %s: %s paid, %s kept, %s given back', b.status, COALESCE(p.amount, 0), COALESCE(k.amount, 0), COALESCE(g.amount, 0))::text AS message
FROM bookings b
LEFT JOIN paid p ON p.booking_id = b.id
LEFT JOIN kept k ON k.booking_id = b.id
LEFT JOIN given_back g ON g.booking_id = b.id
WHERE COALESCE(p.amount, 0) <> COALESCE(k.amount, 0) + COALESCE(g.amount, 0)
ORDER BY 1 LIMIT @max_rows;

-- name: AuditRefundsOpened :many
-- Refunds of money that bought nothing, including the parts split off them, without the charge that makes us owe it; and charges
-- without a refund. The ledger does not keep money of an unknown currency, which only a mistake at the provider can bring.
WITH charges AS (
    SELECT split_part(t.reference, ':', 1) AS refund_id, sum(e.amount) AS amount
    FROM ledger_transactions t
    JOIN ledger_entries e ON e.reference = t.reference
    JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'REFUNDS_PAYABLE'
    WHERE t.kind = 'CHARGE'
    GROUP BY 1
)
SELECT COALESCE(r.id, c.refund_id)::text AS id,
       format('gives back %s, and the ledger charges %s for it', COALESCE(r.amount, 0), COALESCE(c.amount, 0))::text AS message
FROM (SELECT COALESCE(x.part_of, x.id) AS id, sum(x.amount) AS amount FROM refunds x JOIN currencies u ON u.code = x.currency
      WHERE x.cancellation_id IS NULL GROUP BY 1) r
FULL JOIN charges c ON c.refund_id = r.id
WHERE COALESCE(r.amount, 0) <> COALESCE(c.amount, 0)
ORDER BY 1 LIMIT @max_rows;

-- name: AuditRefundsCancelled :many
-- Cancellations whose promise differs from what is given back, or from what the ledger owes for them.
WITH refunded AS (
    SELECT r.cancellation_id, sum(r.amount) AS amount FROM refunds r WHERE r.cancellation_id IS NOT NULL GROUP BY r.cancellation_id
), owed AS (
    SELECT t.reference, sum(e.amount) AS amount
    FROM ledger_transactions t
    JOIN ledger_entries e ON e.reference = t.reference
    JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'REFUNDS_PAYABLE'
    WHERE t.kind = 'CANCELLATION'
    GROUP BY t.reference
)
SELECT COALESCE(c.id, o.reference)::text AS id,
       format('of %s promised %s, refunds give back %s, and the ledger owes %s for it', COALESCE(c.booking_id, 'no booking'), COALESCE(c.amount, 0),
              COALESCE(r.amount, 0), COALESCE(o.amount, 0))::text AS message
FROM cancellations c
FULL JOIN owed o ON o.reference = c.id
LEFT JOIN refunded r ON r.cancellation_id = c.id
WHERE COALESCE(c.amount, 0) <> COALESCE(r.amount, 0) OR COALESCE(c.amount, 0) <> COALESCE(o.amount, 0)
ORDER BY 1 LIMIT @max_rows;

-- name: AuditRefundsTrail :many
-- Refunds whose trail does not lead to their state.
WITH steps AS (
    SELECT e.refund_id, e.to_status, lead(e.id) OVER (PARTITION BY e.refund_id ORDER BY e.id) IS NULL AS newest FROM refund_events e
), trails AS (
    SELECT s.refund_id, s.to_status FROM steps s WHERE s.newest
)
SELECT r.id::text AS id, format('is %s and its trail leads to %s', r.status, COALESCE(t.to_status, 'nothing'))::text AS message
FROM refunds r
LEFT JOIN trails t ON t.refund_id = r.id
WHERE t.to_status IS DISTINCT FROM r.status
ORDER BY 1 LIMIT @max_rows;

-- name: AuditTopUpsPosted :many
-- Top-ups that succeeded without their amount in their wallet, and others that brought money.
WITH posted AS (
    SELECT t.reference, sum(e.amount) FILTER (WHERE a.kind = 'WALLET') AS wallet, max(a.user_id) AS user_id, max(a.currency) AS currency,
           -sum(e.amount) FILTER (WHERE a.kind = 'CARD_CLEARING') AS card
    FROM ledger_transactions t
    JOIN ledger_entries e ON e.reference = t.reference
    JOIN ledger_accounts a ON a.id = e.account_id
    WHERE t.kind = 'TOP_UP'
    GROUP BY t.reference
)
SELECT COALESCE(u.id, p.reference)::text AS id,
       format('%s, and brought %s', CASE WHEN u.id IS NULL THEN 'is no top-up' ELSE format('is %s over %s %s', u.status, u.amount, u.currency) END,
              CASE WHEN p.reference IS NULL THEN 'nothing'
                   ELSE format('%s %s to the wallet of %s', COALESCE(p.wallet, 0), p.currency, COALESCE(p.user_id, 'nobody')) END)::text AS message
FROM top_ups u
FULL JOIN posted p ON p.reference = u.id
WHERE CASE u.status
          WHEN 'SUCCEEDED' THEN (p.wallet, p.card, p.user_id, p.currency) IS DISTINCT FROM (u.amount, u.amount, u.user_id, u.currency)
          ELSE p.reference IS NOT NULL END
ORDER BY 1 LIMIT @max_rows;

-- name: AuditCouponsUses :many
-- Coupons whose use count is not the number of their redemptions, or exceeds their limit.
WITH used AS (
    SELECT r.code, count(*) AS redemptions FROM coupon_redemptions r WHERE r.status <> 'GIVEN_BACK' GROUP BY r.code
)
SELECT c.code::text AS id,
       format('counts %s uses %s, and has %s', c.uses, COALESCE('of at most ' || c.max_uses, 'without a limit'), COALESCE(u.redemptions, 0))::text AS message
FROM coupons c
LEFT JOIN used u ON u.code = c.code
WHERE c.uses <> COALESCE(u.redemptions, 0) OR c.uses > c.max_uses
ORDER BY 1 LIMIT @max_rows;

-- name: AuditCouponsCustomers :many
-- Customers who have used a coupon more often than each may.
SELECT (r.code || '/' || r.customer_id)::text AS id,
       format('has used the coupon %s times, and may %s times', count(*), max(c.max_uses_per_customer))::text AS message
FROM coupon_redemptions r
JOIN coupons c ON c.code = r.code
WHERE r.status <> 'GIVEN_BACK' AND c.max_uses_per_customer IS NOT NULL
GROUP BY r.code, r.customer_id
HAVING count(*) > max(c.max_uses_per_customer)
ORDER BY 1 LIMIT @max_rows;

-- name: AuditCouponsRedeemed :many
-- Redemptions that do not follow their booking: they must be reserved while it is unpaid, consumed once it was confirmed,
-- unless the cinema has cancelled it, and otherwise given back. Also those whose discount differs from their booking's quote.
SELECT r.booking_id::text AS id,
       format('is %s%s with a discount of %s, and its coupon %s is %s for a discount of %s', b.status,
              CASE WHEN e.id IS NULL THEN '' ELSE ' and was confirmed' END,
              COALESCE(offers.discount, 0), r.code, r.status, COALESCE(r.discount, 0))::text AS message
FROM coupon_redemptions r
JOIN bookings b ON b.id = r.booking_id
LEFT JOIN booking_events e ON e.booking_id = b.id AND e.to_status = 'CONFIRMED'
CROSS JOIN LATERAL (
    SELECT sum((offer ->> 'discount')::bigint) AS discount
    FROM jsonb_array_elements(CASE jsonb_typeof(b.applied_offers) WHEN 'array' THEN b.applied_offers ELSE '[]' END) AS offer
    WHERE offer ->> 'code' = r.code
) offers
WHERE r.status <> CASE WHEN b.status = 'CANCELLED' AND booking_was_cancelled_by_the_house(b.id) THEN 'GIVEN_BACK'
                       WHEN e.id IS NOT NULL THEN 'CONSUMED'
                       WHEN b.status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING') THEN 'RESERVED'
                       ELSE 'GIVEN_BACK' END
   OR (b.total IS NOT NULL AND COALESCE(offers.discount, 0) <> COALESCE(r.discount, 0))
ORDER BY 1 LIMIT @max_rows;

-- name: AuditRefundsPosted :many
-- Refunds that succeeded, or were closed, without exactly one posting of their amount that still stands, and others that have one.
WITH postings AS (
    SELECT split_part(t.reference, ':', 1) AS refund_id,
           sum(CASE t.kind WHEN 'REFUND_RETURNED' THEN -1 ELSE 1 END) AS standing,
           -sum(e.amount) AS amount
    FROM ledger_transactions t
    JOIN ledger_entries e ON e.reference = t.reference
    JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'REFUNDS_PAYABLE'
    WHERE t.kind IN ('REFUND', 'OUTSIDE_REFUND_ASSIGNED', 'REFUND_RETURNED')
    GROUP BY 1
)
SELECT COALESCE(r.id, p.refund_id)::text AS id,
       format('is %s over %s, and %s postings of %s together stand in the ledger', COALESCE(r.status, 'unknown'), COALESCE(r.amount, 0),
              COALESCE(p.standing, 0), COALESCE(p.amount, 0))::text AS message
FROM (SELECT x.id, x.status, x.amount FROM refunds x JOIN currencies u ON u.code = x.currency) r
FULL JOIN postings p ON p.refund_id = r.id
WHERE r.id IS NULL
   OR COALESCE(p.standing, 0) <> CASE WHEN r.status IN ('SUCCEEDED', 'CLOSED') THEN 1 ELSE 0 END
   OR COALESCE(p.amount, 0) <> CASE WHEN r.status IN ('SUCCEEDED', 'CLOSED') THEN r.amount ELSE 0 END
ORDER BY 1 LIMIT @max_rows;

-- name: AuditRefundsOwed :many
-- Currencies in which the ledger owes customers a different amount than the refunds that have not ended.
WITH owed AS (
    SELECT a.id, a.currency, COALESCE(sum(e.amount), 0) AS amount
    FROM ledger_accounts a
    LEFT JOIN ledger_entries e ON e.account_id = a.id
    WHERE a.kind = 'REFUNDS_PAYABLE'
    GROUP BY a.id
), unpaid AS (
    SELECT r.currency, sum(r.amount) AS amount FROM refunds r JOIN currencies u ON u.code = r.currency
    WHERE r.status NOT IN ('SUCCEEDED', 'CLOSED') GROUP BY r.currency
)
SELECT COALESCE(o.id, 'refunds-payable:' || u.currency)::text AS id,
       format('owes %s, and the refunds that have not ended are %s', COALESCE(o.amount, 0), COALESCE(u.amount, 0))::text AS message
FROM owed o
FULL JOIN unpaid u ON u.currency = o.currency
WHERE COALESCE(o.amount, 0) <> COALESCE(u.amount, 0)
ORDER BY 1 LIMIT @max_rows;

-- name: AuditRefundsWithinPayment :many
-- Payments of which more goes back than they have collected, in total or to the card.
SELECT p.id::text AS id,
       format('collected %s by wallet and %s by card, and %s go back, %s of it to the card', p.wallet_amount, p.card_amount, sum(r.amount),
              COALESCE(sum(r.amount) FILTER (WHERE r.tender = 'CARD'), 0))::text AS message
FROM refunds r
JOIN payments p ON p.id = r.payment_id
WHERE p.status = 'SUCCEEDED'
GROUP BY p.id
HAVING sum(r.amount) > p.wallet_amount + p.card_amount OR COALESCE(sum(r.amount) FILTER (WHERE r.tender = 'CARD'), 0) > p.card_amount
ORDER BY 1 LIMIT @max_rows;

-- name: AuditRefundsWaiting :many
-- Refunds that wait for an operator, or have been under way for more than a day. Those that wait for a bank need nobody.
SELECT r.id::text AS id,
       format('%s %s is %s since %s', r.amount, r.currency, r.status, to_char(r.updated_at, 'YYYY-MM-DD HH24:MI:SS "UTC"'))::text AS message
FROM refunds r
WHERE r.status = 'NEEDS_ATTENTION'
   OR (r.status IN ('INITIATED', 'FAILED') AND r.created_at < now() - interval '1 day'
       AND NOT EXISTS (SELECT FROM disputes d WHERE d.intent_id = r.intent_id AND d.outcome = 'OPEN'))
ORDER BY 1 LIMIT @max_rows;

-- name: AuditDisputesPosted :many
-- Movements of disputes that are not in the ledger as they are, and such transactions of the ledger without a movement.
WITH moved AS (
    SELECT m.id AS reference, -m.principal AS amount FROM dispute_movements m WHERE m.principal <> 0
    UNION ALL
    SELECT m.id || ':fee', m.fee FROM dispute_movements m JOIN currencies c ON c.code = m.currency WHERE m.fee <> 0
), posted AS (
    SELECT t.reference, sum(e.amount) AS amount
    FROM ledger_transactions t
    JOIN ledger_entries e ON e.reference = t.reference
    JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'CARD_CLEARING'
    WHERE t.kind IN ('DISPUTE_WITHDRAWN', 'DISPUTE_REINSTATED', 'DISPUTE_FEE')
    GROUP BY t.reference
)
SELECT COALESCE(m.reference, p.reference)::text AS id,
       format('took %s from what the provider holds, and the ledger has %s', COALESCE(m.amount, 0), COALESCE(p.amount, 0))::text AS message
FROM moved m
FULL JOIN posted p ON p.reference = m.reference
WHERE COALESCE(m.amount, 0) <> COALESCE(p.amount, 0)
ORDER BY 1 LIMIT @max_rows;

-- name: AuditDisputesDecided :many
-- Disputes of which another amount stands as lost than their outcome says, or as withdrawn than was moved; and
-- currencies in which the ledger has another amount as disputed than the banks have taken and not decided about.
WITH moved AS (
    SELECT m.dispute_id, -sum(m.principal) AS amount FROM dispute_movements m GROUP BY m.dispute_id
), undecided AS (
    SELECT d.charge_currency AS currency, sum(d.withdrawn - d.lost) AS amount FROM disputes d GROUP BY d.charge_currency
), booked AS (
    SELECT a.id, a.currency, COALESCE(sum(e.amount), 0) AS amount
    FROM ledger_accounts a
    LEFT JOIN ledger_entries e ON e.account_id = a.id
    WHERE a.kind = 'DISPUTED'
    GROUP BY a.id
)
SELECT d.id::text AS id,
       format('is %s: the bank has %s, its movements are %s, and %s stand as lost', d.outcome, d.withdrawn, COALESCE(m.amount, 0), d.lost)::text AS message
FROM disputes d
LEFT JOIN moved m ON m.dispute_id = d.id
WHERE d.lost <> CASE d.outcome WHEN 'LOST' THEN d.withdrawn ELSE 0 END OR d.withdrawn <> COALESCE(m.amount, 0)
UNION ALL
SELECT b.id, format('has %s, and banks have taken %s and not decided about it', b.amount, COALESCE(u.amount, 0))
FROM booked b
LEFT JOIN undecided u ON u.currency = b.currency
WHERE b.amount <> -COALESCE(u.amount, 0)
ORDER BY 1 LIMIT @max_rows;

-- name: AuditDisputesFrozen :many
-- Wallets of which another amount is frozen than their owner's disputes hold, and disputes that are over but still hold something.
WITH held AS (
    SELECT d.user_id, d.charge_currency AS currency, sum(d.frozen) AS amount FROM disputes d WHERE d.frozen <> 0 GROUP BY d.user_id, d.charge_currency
), icebox AS (
    SELECT a.id, a.user_id, a.currency, a.balance FROM ledger_accounts a WHERE a.kind = 'WALLET_FROZEN'
)
SELECT COALESCE(i.id, 'wallet-frozen:' || h.user_id || ':' || h.currency)::text AS id,
       format('holds %s, and disputes have frozen %s', COALESCE(i.balance, 0), COALESCE(h.amount, 0))::text AS message
FROM icebox i
FULL JOIN held h ON h.user_id = i.user_id AND h.currency = i.currency
WHERE COALESCE(i.balance, 0) <> COALESCE(h.amount, 0)
UNION ALL
SELECT d.id, format('is %s, and %s are still frozen for it', d.outcome, d.frozen) FROM disputes d WHERE d.frozen <> 0 AND d.outcome <> 'OPEN'
ORDER BY 1 LIMIT @max_rows;

-- name: AuditDisputesHeld :many
-- Charges of which something was paid out while their bank was deciding, or more than was left. What
-- had been sent before, or was given back by hand, is a loss of another kind.
WITH attempts AS (
    SELECT e.refund_id, e.attempt, min(e.at) AS begun, max(e.at) FILTER (WHERE e.to_status = 'SUCCEEDED') AS paid
    FROM refund_events e
    GROUP BY e.refund_id, e.attempt
), paid AS (
    SELECT r.intent_id, r.amount, CASE r.tender WHEN 'WALLET' THEN a.paid ELSE a.begun END AS at
    FROM refunds r
    JOIN attempts a ON a.refund_id = r.id AND a.attempt = r.attempt
    WHERE r.status = 'SUCCEEDED' AND r.intent_id IS NOT NULL AND (r.tender = 'WALLET' OR r.provider_refund_id IS NOT NULL)
), held AS (
    SELECT d.id, d.outcome, d.charge_amount,
           CASE WHEN d.withdrawn > 0 THEN d.withdrawn WHEN d.currency = d.charge_currency THEN d.amount ELSE d.charge_amount END AS lost,
           COALESCE(sum(p.amount) FILTER (WHERE p.at <= d.held_since), 0) AS before,
           COALESCE(sum(p.amount) FILTER (WHERE p.at > d.held_since), 0) AS since
    FROM disputes d
    JOIN paid p ON p.intent_id = d.intent_id
    WHERE d.outcome <> 'WON'
    GROUP BY d.id
)
SELECT h.id::text AS id, format('is %s, and %s were paid out for its charge since', h.outcome, h.since)::text AS message
FROM held h
WHERE h.since > CASE h.outcome WHEN 'LOST' THEN greatest(h.charge_amount - h.lost - h.before, 0) ELSE 0 END
ORDER BY 1 LIMIT @max_rows;

-- name: AuditDisputesWaiting :many
-- Disputes that were won more than a day ago, but whose money is not back.
SELECT d.id::text AS id,
       format('was %s at %s, and the bank still has %s %s', d.status, to_char(d.updated_at, 'YYYY-MM-DD HH24:MI:SS "UTC"'), d.withdrawn, d.charge_currency)::text AS message
FROM disputes d
WHERE d.outcome = 'WON' AND d.withdrawn > 0 AND d.updated_at < now() - interval '1 day'
ORDER BY 1 LIMIT @max_rows;

-- name: AuditOutsideBooked :many
-- Refunds made outside that are not in the ledger exactly once, or whose parts are not what they have paid and what was written off.
WITH posted AS (
    SELECT split_part(t.reference, ':', 1) AS id, COALESCE(-sum(e.amount) FILTER (WHERE t.kind = 'OUTSIDE_REFUND'), 0) AS given,
           COALESCE(sum(e.amount) FILTER (WHERE t.kind = 'WRITE_OFF'), 0) AS written_off
    FROM ledger_transactions t
    JOIN ledger_entries e ON e.reference = t.reference
    JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'OUTSIDE_REFUNDS'
    WHERE t.kind IN ('OUTSIDE_REFUND', 'WRITE_OFF')
    GROUP BY 1
), paid AS (
    SELECT ended.id, sum(ended.amount) AS amount
    FROM (SELECT r.outside_refund_id AS id, r.amount FROM refunds r WHERE r.outside_refund_id IS NOT NULL AND r.status = 'SUCCEEDED'
          UNION ALL
          SELECT split_part(t.reference, ':', 1), -e.amount
          FROM ledger_transactions t
          JOIN ledger_entries e ON e.reference = t.reference
          JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'WALLET'
          WHERE t.kind = 'OUTSIDE_REFUND_ASSIGNED') AS ended
    GROUP BY 1
)
SELECT COALESCE(o.id, p.id)::text AS id,
       format('is %s over %s, of which %s have paid refunds of ours, or were taken from a wallet, and %s are written off; the ledger has %s, they are %s, and %s are written off there',
              COALESCE(o.status, 'unknown'), COALESCE(o.amount, 0), COALESCE(o.assigned, 0), COALESCE(o.written_off, 0),
              COALESCE(p.given, 0), COALESCE(r.amount, 0), COALESCE(p.written_off, 0))::text AS message
FROM (SELECT x.* FROM outside_refunds x JOIN currencies u ON u.code = x.currency) o
FULL JOIN posted p ON p.id = o.id
LEFT JOIN paid r ON r.id = o.id
WHERE o.id IS NULL OR COALESCE(p.given, 0) <> CASE o.status WHEN 'STANDING' THEN o.amount ELSE 0 END
   OR COALESCE(p.written_off, 0) <> o.written_off OR COALESCE(r.amount, 0) <> o.assigned
ORDER BY 1 LIMIT @max_rows;

-- name: AuditOutsideOwed :many
-- Currencies in which the ledger has another amount as given back outside than what is left of those refunds.
WITH kept AS (
    SELECT a.id, a.currency, -COALESCE(sum(e.amount), 0) AS amount
    FROM ledger_accounts a
    LEFT JOIN ledger_entries e ON e.account_id = a.id
    WHERE a.kind = 'OUTSIDE_REFUNDS'
    GROUP BY a.id
), unused AS (
    SELECT o.currency, sum(o.amount - o.assigned - o.written_off) AS amount FROM outside_refunds o JOIN currencies u ON u.code = o.currency
    WHERE o.status = 'STANDING' GROUP BY o.currency
)
SELECT COALESCE(k.id, 'outside-refunds:' || u.currency)::text AS id,
       format('keeps %s, and %s are left of the refunds made outside', COALESCE(k.amount, 0), COALESCE(u.amount, 0))::text AS message
FROM kept k
FULL JOIN unused u ON u.currency = k.currency
WHERE COALESCE(k.amount, 0) <> COALESCE(u.amount, 0)
ORDER BY 1 LIMIT @max_rows;

-- name: AuditOutsideWaiting :many
-- Refunds made outside that have something left to decide about.
SELECT o.id::text AS id,
       format('%s of %s %s, given back of %s, wait for an operator since %s', o.amount - o.assigned - o.written_off, o.amount, o.currency, o.intent_id,
              to_char(o.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'))::text AS message
FROM outside_refunds o
WHERE o.status = 'STANDING' AND o.assigned + o.written_off < o.amount
ORDER BY 1 LIMIT @max_rows;

-- name: AuditLookBegin :one
-- Begins a snapshot of the provider and Temporal.
INSERT INTO audit_looks DEFAULT VALUES RETURNING id;

-- name: AuditLookEnd :exec
-- Deletes a snapshot, and those of audits that were cut off.
DELETE FROM audit_looks WHERE id = @id OR began_at < now() - interval '1 day';

-- name: AuditIntentsCopy :copyfrom
INSERT INTO audit_intents (look, intent_id, booking_id, payment_id, top_up_id, status, received, currency, created_at)
VALUES (@look, @intent_id, @booking_id, @payment_id, @top_up_id, @status, @received, @currency, @created_at);

-- name: AuditRefundsCopy :copyfrom
INSERT INTO audit_refunds (look, provider_refund_id, refund_id, intent_id, status, amount, currency, created_at)
VALUES (@look, @provider_refund_id, @refund_id, @intent_id, @status, @amount, @currency, @created_at);

-- name: AuditWorkflowsCopy :copyfrom
INSERT INTO audit_workflows (look, workflow_id, type, started_at) VALUES (@look, @workflow_id, @type, @started_at);

-- name: AuditProviderMoney :many
-- Money at the provider that has not bought anything, is not in a wallet, is not going back, and is not still expected.
WITH going_back AS (
    SELECT r.intent_id, sum(r.amount) AS amount FROM refunds r WHERE r.intent_id IS NOT NULL GROUP BY r.intent_id
)
SELECT i.intent_id::text AS id,
       format('collected %s %s for %s, which is %s, and %s go back', i.received, i.currency,
              CASE WHEN i.top_up_id <> '' THEN 'top-up ' || i.top_up_id WHEN i.booking_id <> '' THEN 'booking ' || i.booking_id
                   ELSE 'payment ' || i.payment_id END,
              COALESCE(b.status, u.status, 'unknown'), COALESCE(r.amount, 0))::text AS message
FROM audit_intents i
JOIN audit_looks l ON l.id = i.look
LEFT JOIN bookings b ON b.id = i.booking_id
LEFT JOIN top_ups u ON u.id = i.top_up_id
LEFT JOIN payments p ON p.intent_id = i.intent_id AND p.status = 'SUCCEEDED'
LEFT JOIN going_back r ON r.intent_id = i.intent_id
WHERE i.look = @look AND i.status = 'SUCCEEDED'
  AND greatest(i.created_at, b.updated_at, u.updated_at) + make_interval(secs => @grace_seconds::float8) < l.began_at
  AND p.id IS NULL
  AND (u.status = 'SUCCEEDED' AND u.intent_id = i.intent_id) IS NOT TRUE
  AND (b.status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING')) IS NOT TRUE
  AND (u.status IN ('INITIATED', 'PROCESSING', 'DECLINED')) IS NOT TRUE
  AND COALESCE(r.amount, 0) < i.received
ORDER BY 1 LIMIT @max_rows;

-- name: AuditProviderCollected :many
-- Payments that count as collected, but whose intent the provider does not have or has not collected.
SELECT p.id::text AS id,
       format('is SUCCEEDED, and %s', CASE WHEN p.intent_id IS NULL THEN 'has no intent'
              ELSE format('its intent %s is %s at the provider', p.intent_id, COALESCE(i.status, 'unknown')) END)::text AS message
FROM audit_looks l
JOIN payments p ON p.created_at >= @since AND p.updated_at + make_interval(secs => @grace_seconds::float8) < l.began_at
LEFT JOIN audit_intents i ON i.look = l.id AND i.intent_id = p.intent_id
WHERE l.id = @look AND p.status = 'SUCCEEDED' AND p.card_amount > 0 AND i.status IS DISTINCT FROM 'SUCCEEDED'
ORDER BY 1 LIMIT @max_rows;

-- name: AuditProviderAmounts :many
-- Payments that collected another amount or currency at the provider than they say.
SELECT p.id::text AS id,
       format('says %s %s by card, and %s collected %s %s', p.card_amount, p.currency, i.intent_id, i.received, i.currency)::text AS message
FROM audit_intents i
JOIN payments p ON p.intent_id = i.intent_id
WHERE i.look = @look AND i.status = 'SUCCEEDED' AND p.status = 'SUCCEEDED'
  AND (i.received <> p.card_amount OR i.currency <> p.currency)
ORDER BY 1 LIMIT @max_rows;

-- name: AuditProviderTopUps :many
-- Top-ups that count as paid, but whose amount the provider has not collected.
SELECT u.id::text AS id,
       format('is SUCCEEDED over %s %s, and its intent %s is %s over %s %s at the provider', u.amount, u.currency, u.intent_id,
              COALESCE(i.status, 'unknown'), COALESCE(i.received, 0), COALESCE(i.currency, u.currency))::text AS message
FROM audit_looks l
JOIN top_ups u ON u.created_at >= @since AND u.updated_at + make_interval(secs => @grace_seconds::float8) < l.began_at
LEFT JOIN audit_intents i ON i.look = l.id AND i.intent_id = u.intent_id
WHERE l.id = @look AND u.status = 'SUCCEEDED'
  AND (i.status = 'SUCCEEDED' AND i.received = u.amount AND i.currency = u.currency) IS NOT TRUE
ORDER BY 1 LIMIT @max_rows;

-- name: AuditProviderRefunds :many
-- Refunds at the provider that we do not have, or have differently. Refunds by hand are accounted for
-- when they are booked, or when operators had settled as much before they were.
WITH by_hand AS (
    SELECT f.intent_id, sum(f.amount) AS amount
    FROM audit_refunds f
    LEFT JOIN outside_refunds o ON o.id = f.provider_refund_id AND o.status = 'STANDING' AND o.amount = f.amount
    WHERE f.look = @look AND f.refund_id = '' AND f.status IN ('PENDING', 'REQUIRES_ACTION', 'SUCCEEDED') AND o.id IS NULL
    GROUP BY f.intent_id
), settled AS (
    SELECT r.intent_id, sum(r.amount) AS amount FROM refunds r
    WHERE r.status = 'SUCCEEDED' AND r.tender = 'CARD' AND r.provider_refund_id IS NULL AND r.outside_refund_id IS NULL
    GROUP BY r.intent_id
)
SELECT f.provider_refund_id::text AS id,
       format('gives back %s %s of %s and is %s; %s', f.amount, f.currency, COALESCE(NULLIF(f.intent_id, ''), 'no intent'), f.status,
              CASE WHEN f.refund_id = '' THEN format('it was made by hand, of which operators have settled %s of %s', COALESCE(s.amount, 0), h.amount)
                   WHEN r.id IS NULL THEN format('we do not know its refund %s', f.refund_id)
                   ELSE format('our %s gives back %s %s to the %s and is %s', r.id, r.amount, r.currency, r.tender, r.status) END)::text AS message
FROM audit_looks l
JOIN audit_refunds f ON f.look = l.id
LEFT JOIN audit_intents i ON i.look = l.id AND i.intent_id = f.intent_id
LEFT JOIN payments p ON p.intent_id = f.intent_id
LEFT JOIN refunds r ON r.id = f.refund_id
LEFT JOIN outside_refunds o ON o.id = f.provider_refund_id AND o.status = 'STANDING' AND o.amount = f.amount
LEFT JOIN by_hand h ON h.intent_id = f.intent_id AND f.refund_id = ''
LEFT JOIN settled s ON s.intent_id = h.intent_id
WHERE l.id = @look AND f.status IN ('PENDING', 'REQUIRES_ACTION', 'SUCCEEDED') AND o.id IS NULL
  AND (f.refund_id <> '' OR i.intent_id IS NOT NULL OR p.id IS NOT NULL)
  AND greatest(f.created_at, r.updated_at) + make_interval(secs => @grace_seconds::float8) < l.began_at
  AND CASE WHEN f.refund_id = '' THEN h.amount > COALESCE(s.amount, 0)
           ELSE r.id IS NULL OR r.tender <> 'CARD' OR r.amount <> f.amount OR r.currency <> f.currency
                OR (f.status = 'SUCCEEDED' AND r.status <> 'SUCCEEDED') END
ORDER BY 1 LIMIT @max_rows;

-- name: AuditProviderRefunded :many
-- Refunds that count as paid back to the card, but are not at the provider. A refund without an id of the provider
-- was settled as given back by hand; those that a refund made outside has paid are covered by the check of that.
WITH by_hand AS (
    SELECT f.intent_id, sum(f.amount) AS amount
    FROM audit_refunds f
    LEFT JOIN outside_refunds o ON o.id = f.provider_refund_id AND o.status = 'STANDING' AND o.amount = f.amount
    WHERE f.look = @look AND f.refund_id = '' AND f.status IN ('PENDING', 'REQUIRES_ACTION', 'SUCCEEDED') AND o.id IS NULL
    GROUP BY f.intent_id
), settled AS (
    SELECT r.intent_id, sum(r.amount) AS amount FROM refunds r
    WHERE r.created_at >= @since AND r.status = 'SUCCEEDED' AND r.tender = 'CARD' AND r.provider_refund_id IS NULL AND r.outside_refund_id IS NULL
    GROUP BY r.intent_id
)
SELECT r.id::text AS id,
       (CASE WHEN r.provider_refund_id IS NULL
             THEN format('was settled as given back by hand, as %s of %s were, and the provider has %s of it', s.amount, r.intent_id, COALESCE(h.amount, 0))
             ELSE format('is SUCCEEDED, and %s is %s at the provider', r.provider_refund_id, COALESCE(f.status, 'unknown')) END)::text AS message
FROM audit_looks l
JOIN refunds r ON r.created_at >= @since AND r.updated_at + make_interval(secs => @grace_seconds::float8) < l.began_at
LEFT JOIN audit_refunds f ON f.look = l.id AND f.provider_refund_id = r.provider_refund_id
LEFT JOIN settled s ON s.intent_id = r.intent_id AND r.provider_refund_id IS NULL
LEFT JOIN by_hand h ON h.intent_id = s.intent_id
WHERE l.id = @look AND r.status = 'SUCCEEDED' AND r.tender = 'CARD' AND r.outside_refund_id IS NULL
  AND CASE WHEN r.provider_refund_id IS NULL THEN COALESCE(h.amount, 0) < s.amount ELSE f.status IS DISTINCT FROM 'SUCCEEDED' END
ORDER BY 1 LIMIT @max_rows;

-- name: AuditProviderOutside :many
-- Refunds made outside that we have booked, but that the provider does not have, or has differently.
SELECT o.id::text AS id,
       format('gives back %s %s of %s by our books, and is %s over %s %s at the provider', o.amount, o.currency, o.intent_id,
              COALESCE(f.status, 'unknown'), COALESCE(f.amount, 0), COALESCE(f.currency, o.currency))::text AS message
FROM audit_looks l
JOIN outside_refunds o ON o.made_at >= @since AND o.updated_at + make_interval(secs => @grace_seconds::float8) < l.began_at
LEFT JOIN audit_refunds f ON f.look = l.id AND f.provider_refund_id = o.id
WHERE l.id = @look AND o.status = 'STANDING'
  AND (f.status IN ('PENDING', 'REQUIRES_ACTION', 'SUCCEEDED') AND f.amount = o.amount AND f.currency = o.currency) IS NOT TRUE
ORDER BY 1 LIMIT @max_rows;

-- name: AuditProviderRefundedOnce :many
-- Refunds of ours that the provider has made more than once. An attempt that it made after we had
-- given it up is booked as made outside.
SELECT f.refund_id::text AS id,
       format('is at the provider as %s', string_agg(DISTINCT f.provider_refund_id, ' and '))::text AS message
FROM audit_refunds f
LEFT JOIN outside_refunds o ON o.id = f.provider_refund_id AND o.status = 'STANDING'
WHERE f.look = @look AND f.refund_id <> '' AND f.status IN ('PENDING', 'REQUIRES_ACTION', 'SUCCEEDED') AND o.id IS NULL
GROUP BY f.refund_id
HAVING count(DISTINCT f.provider_refund_id) > 1
ORDER BY 1 LIMIT @max_rows;

-- name: AuditTemporalBookings :many
-- Bookings that wait for money without a workflow that waits with them.
SELECT b.id::text AS id, format('is %s and its workflow is not running', b.status)::text AS message
FROM audit_looks l
JOIN bookings b ON greatest(b.created_at, b.updated_at) + make_interval(secs => @grace_seconds::float8) < l.began_at
LEFT JOIN audit_workflows w ON w.look = l.id AND w.workflow_id = 'booking/' || b.id
WHERE l.id = @look AND b.status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING') AND w.workflow_id IS NULL
ORDER BY 1 LIMIT @max_rows;

-- name: AuditTemporalWorkflows :many
-- Workflows of bookings that have ended, or that were never written.
SELECT w.workflow_id::text AS id,
       format('is running, and its booking is %s', COALESCE(b.status, 'not written'))::text AS message
FROM audit_workflows w
JOIN audit_looks l ON l.id = w.look
LEFT JOIN bookings b ON 'booking/' || b.id = w.workflow_id
WHERE w.look = @look AND w.type = 'Booking'
  AND (b.status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING')) IS NOT TRUE
  AND greatest(w.started_at, b.updated_at) + make_interval(secs => @grace_seconds::float8) < l.began_at
ORDER BY 1 LIMIT @max_rows;

-- name: AuditTemporalPayments :many
-- Open attempts of bookings that have ended, without a settlement that follows their money.
SELECT p.id::text AS id, format('is %s, its booking %s is %s, and settle/%s is not running', p.status, b.id, b.status, p.intent_id)::text AS message
FROM audit_looks l
JOIN payments p ON p.updated_at + make_interval(secs => @grace_seconds::float8) < l.began_at
JOIN bookings b ON b.id = p.booking_id AND b.updated_at + make_interval(secs => @grace_seconds::float8) < l.began_at
LEFT JOIN audit_workflows w ON w.look = l.id AND w.workflow_id = 'settle/' || p.intent_id
WHERE l.id = @look AND p.status IN ('INITIATED', 'PROCESSING', 'DECLINED') AND p.intent_id IS NOT NULL
  AND b.status NOT IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING') AND w.workflow_id IS NULL
ORDER BY 1 LIMIT @max_rows;

-- name: AuditTemporalRefunds :many
-- Refunds that are under way without a workflow that follows them.
WITH open AS (
    SELECT r.id, r.status, r.booking_id, r.intent_id
    FROM audit_looks l
    JOIN refunds r ON r.updated_at + make_interval(secs => @grace_seconds::float8) < l.began_at
    WHERE l.id = @look AND r.status IN ('INITIATED', 'FAILED')
), followed AS (
    SELECT o.id FROM open o JOIN audit_workflows w ON w.look = @look AND w.workflow_id = 'refund/' || o.id
    UNION ALL
    SELECT o.id FROM open o JOIN audit_workflows w ON w.look = @look AND w.workflow_id = 'settle/' || o.intent_id
    UNION ALL
    SELECT o.id FROM open o JOIN audit_workflows w ON w.look = @look AND w.workflow_id = 'booking/' || o.booking_id
    UNION ALL
    SELECT o.id FROM open o JOIN audit_workflows w ON w.look = @look AND w.workflow_id = 'cancel-booking/' || o.booking_id
)
SELECT o.id::text AS id, format('is %s, and no workflow follows it', o.status)::text AS message
FROM open o
LEFT JOIN followed f ON f.id = o.id
WHERE f.id IS NULL
ORDER BY 1 LIMIT @max_rows;

-- name: AuditTemporalTopUps :many
-- Top-ups that wait for money without a workflow that waits with them, or a settlement.
SELECT u.id::text AS id, format('is %s, and no workflow waits with it', u.status)::text AS message
FROM audit_looks l
JOIN top_ups u ON u.updated_at + make_interval(secs => @grace_seconds::float8) < l.began_at
LEFT JOIN audit_workflows w ON w.look = l.id AND w.workflow_id = 'top-up/' || u.id
LEFT JOIN audit_workflows s ON s.look = l.id AND s.workflow_id = 'settle/' || u.intent_id
WHERE l.id = @look AND u.status IN ('INITIATED', 'PROCESSING', 'DECLINED') AND w.workflow_id IS NULL AND s.workflow_id IS NULL
ORDER BY 1 LIMIT @max_rows;

-- name: AuditCascadesBookings :many
-- Sold bookings of cancelled shows that no cascade is going to cancel. Those that were completed are no longer a cascade's task.
SELECT b.id::text AS id, format('is %s although %s is cancelled, and %s', b.status, b.show_id,
       CASE WHEN b.status = 'COMPLETED' THEN 'nothing goes back' WHEN c.id IS NULL THEN 'no cascade cancels it' ELSE c.id || ' has finished' END)::text AS message
FROM bookings b
JOIN shows sh ON sh.id = b.show_id
LEFT JOIN cascade_shows s ON s.show_id = sh.id
LEFT JOIN cascades c ON c.id = s.cascade_id
WHERE sh.status = 'CANCELLED' AND (b.status = 'COMPLETED' OR b.status = 'CONFIRMED' AND (c.id IS NULL OR c.status = 'FINISHED'))
ORDER BY 1 LIMIT @max_rows;

-- name: AuditCascadesTrail :many
-- Cascades whose trail does not lead to their state.
SELECT c.id::text AS id, format('is %s%s, and its trail says %s', c.status, CASE WHEN c.paused THEN ' and paused' ELSE '' END,
       COALESCE(e.trail, 'nothing'))::text AS message
FROM cascades c
LEFT JOIN (
    SELECT e.cascade_id, string_agg(e.event, ' ' ORDER BY e.id) AS trail,
           (array_agg(e.event ORDER BY e.id) FILTER (WHERE e.event NOT IN ('PAUSED', 'RESUMED')))[1] AS first,
           (array_agg(e.event ORDER BY e.id DESC) FILTER (WHERE e.event NOT IN ('PAUSED', 'RESUMED')))[1] AS last,
           (array_agg(e.event ORDER BY e.id DESC) FILTER (WHERE e.event IN ('PAUSED', 'RESUMED', 'FINISHED')))[1] AS last_pause
    FROM cascade_events e GROUP BY e.cascade_id
) e ON e.cascade_id = c.id
WHERE e.first IS DISTINCT FROM 'STARTED' OR c.paused <> (e.last_pause IS NOT DISTINCT FROM 'PAUSED')
   OR c.status <> CASE e.last WHEN 'STARTED' THEN 'CANCELLING' ELSE e.last END
ORDER BY 1 LIMIT @max_rows;

-- name: AuditCascadesWaiting :many
-- Cascades that need an operator.
SELECT c.id::text AS id, format('is %s%s since %s UTC', c.status, CASE WHEN c.paused THEN ' and paused' ELSE '' END,
       to_char(c.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'))::text AS message
FROM cascades c
WHERE c.status <> 'FINISHED' AND (c.paused OR c.started_at < now() - interval '1 day')
ORDER BY 1 LIMIT @max_rows;

-- name: AuditTemporalCascades :many
-- Cascades that have not finished but that no workflow carries out.
SELECT c.id::text AS id, format('is %s, and no workflow carries it out', c.status)::text AS message
FROM audit_looks l
JOIN cascades c ON c.started_at + make_interval(secs => @grace_seconds::float8) < l.began_at
LEFT JOIN audit_workflows w ON w.look = l.id AND w.workflow_id = CASE c.kind WHEN 'SHOW' THEN 'cancel-show/' || c.show_id
    WHEN 'THEATRE' THEN 'deactivate-theatre/' || c.theatre_id ELSE 'withdraw-movie/' || c.movie_id END
WHERE l.id = @look AND c.status <> 'FINISHED' AND w.workflow_id IS NULL
ORDER BY 1 LIMIT @max_rows;
