-- Many bookings, all in order: of every ten, seven are confirmed by card, one by wallet and card, one has expired, and one has
-- been cancelled and refunded. But for the first hundred the confirmed ones are completed: their shows are over. Constraints hold; the
-- triggers are off while this is loaded. $BOOKINGS is replaced.
SET LOCAL session_replication_role = replica;

INSERT INTO cities VALUES ('mumbai', 'Mumbai', 'IN');
INSERT INTO theatres VALUES ('th_1', 'mumbai', 'Regal', 'Colaba', 'Asia/Kolkata', 'INR', 1000, 1800, 'ACTIVE', 'ADDED');
INSERT INTO screens VALUES ('sc_1', 'th_1', 'Screen 1');
INSERT INTO seat_layouts VALUES ('ly_1', 'sc_1', 1);
INSERT INTO seats (layout_id, label, row_label, number, position, category)
SELECT 'ly_1', r || n, r, n, n, 'STANDARD' FROM unnest(ARRAY['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K']) r, generate_series(1, 20) n;
INSERT INTO movies VALUES ('mv_1', 'Sholay', 204, 'hi', ARRAY['Action'], 1975, 'Two rogues guard a village.');
-- A hundred bookings of two seats a show.
INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
SELECT 'sh_' || n, 'mv_1', 'sc_1', 'ly_1', now() - n * interval '4 hours', now() - n * interval '4 hours' + interval '3 hours', 'hi', '2D'
FROM generate_series(0, $BOOKINGS / 100) n;
INSERT INTO users (id, email, name) SELECT 'us_' || n, 'u' || n || '@example.com', 'U' FROM generate_series(0, $BOOKINGS / 20) n;
INSERT INTO ledger_accounts (id, kind, user_id, currency)
SELECT lower(replace(kind, '_', '-')) || ':us_' || n || ':INR', kind, 'us_' || n, 'INR'
FROM generate_series(0, $BOOKINGS / 20) n, unnest(ARRAY['WALLET', 'WALLET_RESERVED']) kind;

CREATE TEMP TABLE made ON COMMIT DROP AS
SELECT n, 'bk_' || md5(n::text) AS id, 'pay_' || md5(n::text) AS payment, 'pi_' || md5(n::text) AS intent, 'us_' || n % ($BOOKINGS / 20) AS customer,
       'sh_' || n / 100 AS show, now() - interval '20 days' + n * interval '1 second' AS at,
       CASE WHEN n % 10 = 8 THEN 'EXPIRED' WHEN n % 10 = 9 THEN 'CANCELLED' WHEN n < 100 THEN 'CONFIRMED' ELSE 'COMPLETED' END AS status,
       CASE WHEN n % 10 = 7 THEN 5000 ELSE 0 END AS wallet,
       (ARRAY['A','B','C','D','E','F','G','H','J','K'])[1 + n % 100 / 10] || 1 + 2 * (n % 10) AS one,
       (ARRAY['A','B','C','D','E','F','G','H','J','K'])[1 + n % 100 / 10] || 2 + 2 * (n % 10) AS two
FROM generate_series(0, $BOOKINGS - 1) n;

INSERT INTO bookings (id, customer_id, show_id, layout_id, status, seat_labels, request_hash, correlation_id, expires_at, currency, subtotal,
                      discount, fees, tax, total, applied_offers, price_mode, tax_rounding, created_at, updated_at)
SELECT id, customer, show, 'ly_1', status, ARRAY[one, two], md5(id), md5(id), at + interval '5 minutes', 'INR', 20000, 0, 2000, 360, 22360, '[]', 'ADDED', 'SUM', at, at
FROM made;
INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id, at)
SELECT id, step.from_status, step.to_status, 'load', 'CUSTOMER', md5(id), at
FROM made JOIN (VALUES (1, NULL, 'INITIATED', '{EXPIRED,CONFIRMED,COMPLETED,CANCELLED}'::text[]),
                       (2, 'INITIATED', 'SEATS_LOCKED', '{EXPIRED,CONFIRMED,COMPLETED,CANCELLED}'),
                       (3, 'SEATS_LOCKED', 'PAYMENT_PENDING', '{EXPIRED,CONFIRMED,COMPLETED,CANCELLED}'),
                       (4, 'PAYMENT_PENDING', 'EXPIRED', '{EXPIRED}'), (4, 'PAYMENT_PENDING', 'CONFIRMED', '{CONFIRMED,COMPLETED,CANCELLED}'),
                       (5, 'CONFIRMED', 'CANCELLED', '{CANCELLED}'), (5, 'CONFIRMED', 'COMPLETED', '{COMPLETED}')) AS step (n, from_status, to_status, of)
  ON made.status = ANY (step.of)
ORDER BY made.n, step.n;
INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, intent_id, request_hash, correlation_id, created_at, updated_at)
SELECT payment, id, 1, CASE wallet WHEN 0 THEN 'CARD' ELSE 'WALLET_AND_CARD' END, 'INR', wallet, 22360 - wallet,
       CASE status WHEN 'EXPIRED' THEN 'CANCELLED' ELSE 'SUCCEEDED' END, intent, md5(id), md5(id), at, at
FROM made;
INSERT INTO cancellations (id, booking_id, seats, percent, fee, paid, amount, currency, refund_to, cause, actor, reason, correlation_id, at)
SELECT 'cx_' || n, id, ARRAY[one, two], 100, 0, 22360, 22360, 'INR', 'ORIGINAL', 'OPERATOR', 'SYSTEM', 'load', 'load', at FROM made WHERE status = 'CANCELLED';
INSERT INTO booking_seats (booking_id, seat, category, price, cancellation_id)
SELECT id, seat, 'STANDARD', 10000, CASE status WHEN 'CANCELLED' THEN 'cx_' || n END FROM made, unnest(ARRAY[one, two]) AS seat;
INSERT INTO claims (show_id, seat, layout_id, booking_id, state)
SELECT show, seat, 'ly_1', id, 'SOLD' FROM made, unnest(ARRAY[one, two]) AS seat WHERE status IN ('CONFIRMED', 'COMPLETED');
INSERT INTO refunds (id, booking_id, payment_id, intent_id, tender, amount, currency, reason, status, provider_refund_id, correlation_id, cancellation_id, created_at, updated_at)
SELECT 'rf_' || n, id, payment, intent, 'CARD', 22360, 'INR', 'load', 'SUCCEEDED', 're_' || n, 'load', 'cx_' || n, at, at FROM made WHERE status = 'CANCELLED';
INSERT INTO refund_events (refund_id, attempt, tender, to_status, actor, reason, correlation_id, at)
SELECT 'rf_' || n, 1, 'CARD', 'SUCCEEDED', 'SYSTEM', 'load', 'load', at FROM made WHERE status = 'CANCELLED';

INSERT INTO ledger_transactions (reference, booking_id, kind, reason, at)
SELECT id || ':sale', id, 'SALE', 'load', at FROM made WHERE status <> 'EXPIRED'
UNION ALL SELECT 'gift:' || n, NULL, 'GRANT', 'load', at FROM made WHERE wallet > 0
UNION ALL SELECT payment || ':reserve', id, 'RESERVATION', 'load', at FROM made WHERE wallet > 0
UNION ALL SELECT payment || ':release', id, 'RELEASE', 'load', at FROM made WHERE wallet > 0
UNION ALL SELECT 'cx_' || n, id, 'CANCELLATION', 'load', at FROM made WHERE status = 'CANCELLED'
UNION ALL SELECT 'rf_' || n || ':1', id, 'REFUND', 'load', at FROM made WHERE status = 'CANCELLED';
INSERT INTO ledger_entries (reference, account_id, amount)
SELECT id || ':sale', line.account, line.amount
FROM made, LATERAL (VALUES ('wallet:' || customer || ':INR', -wallet), ('card-clearing:INR', wallet - 22360), ('ticket-sales:INR', 20000),
                           ('booking-fees:INR', 2000), ('tax:INR', 360)) AS line (account, amount)
WHERE status <> 'EXPIRED' AND line.amount <> 0
UNION ALL SELECT 'gift:' || n, line.account, line.amount
FROM made, LATERAL (VALUES ('promotions:INR', -wallet), ('wallet:' || customer || ':INR', wallet)) AS line (account, amount) WHERE wallet > 0
UNION ALL SELECT payment || ':' || step.word, line.account, line.amount
FROM made, (VALUES ('reserve', 1), ('release', -1)) AS step (word, sign),
     LATERAL (VALUES ('wallet:' || customer || ':INR', -step.sign * wallet), ('wallet-reserved:' || customer || ':INR', step.sign * wallet)) AS line (account, amount)
WHERE wallet > 0
UNION ALL SELECT 'cx_' || n, line.account, line.amount
FROM made, (VALUES ('ticket-sales:INR', -20000), ('booking-fees:INR', -2000), ('tax:INR', -360), ('refunds-payable:INR', 22360)) AS line (account, amount)
WHERE status = 'CANCELLED'
UNION ALL SELECT 'rf_' || n || ':1', line.account, line.amount
FROM made, (VALUES ('refunds-payable:INR', -22360), ('card-clearing:INR', 22360)) AS line (account, amount) WHERE status = 'CANCELLED';
