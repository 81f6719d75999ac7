-- A small cinema with a booking of every kind, written with all constraints and triggers in force. Amounts: a seat costs 10000,
-- its fee 1000 and its tax 180.
INSERT INTO cities VALUES ('mumbai', 'Mumbai', 'IN');
INSERT INTO theatres VALUES ('th_1', 'mumbai', 'Regal', 'Colaba', 'Asia/Kolkata', 'INR', 1000, 1800);
INSERT INTO screens VALUES ('sc_1', 'th_1', 'Screen 1');
INSERT INTO seat_layouts VALUES ('ly_1', 'sc_1', 1);
INSERT INTO seats (layout_id, label, row_label, number, position, category)
SELECT 'ly_1', r || n, r, n, n, 'STANDARD' FROM unnest(ARRAY['A', 'B', 'C']) r, generate_series(1, 10) n;
INSERT INTO movies VALUES ('mv_1', 'Sholay', 204, 'hi', ARRAY['Action'], 1975, 'Two rogues guard a village.');
INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
VALUES ('sh_1', 'mv_1', 'sc_1', 'ly_1', now() + interval '5 days', now() + interval '5 days 4 hours', 'hi', '2D');
-- Another show was cancelled before anybody had booked it; its cascade is under way.
INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format, status)
SELECT 'sh_off', movie_id, screen_id, layout_id, starts_at + interval '1 day', ends_at + interval '1 day', language, format, 'CANCELLED' FROM shows WHERE id = 'sh_1';
INSERT INTO cascades (id, kind, show_id, actor, reason, correlation_id, started_at)
VALUES ('cs_off', 'SHOW', 'sh_off', 'us_1', 'flood', 'test', now() - interval '1 hour');
INSERT INTO cascade_shows VALUES ('sh_off', 'cs_off');
INSERT INTO cascade_events (cascade_id, event, actor, reason, correlation_id) VALUES ('cs_off', 'STARTED', 'us_1', 'flood', 'test');

INSERT INTO show_prices VALUES ('sh_1', 'STANDARD', 10000);
INSERT INTO users (id, email, name) VALUES ('us_asha', 'asha@example.com', 'Asha'), ('us_ben', 'ben@example.com', 'Ben');
INSERT INTO ledger_accounts (id, kind, user_id, currency)
VALUES ('wallet:us_asha:INR', 'WALLET', 'us_asha', 'INR'), ('wallet:us_ben:INR', 'WALLET', 'us_ben', 'INR');
INSERT INTO coupons (code, kind, amount, currency, max_uses, max_uses_per_customer) VALUES ('TEN', 'FLAT', 1000, 'INR', 3, 3);

CREATE FUNCTION t_post(ref text, booking text, what text, accounts text[], amounts bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_transactions (reference, booking_id, kind, reason) VALUES (ref, booking, what, 'test');
    INSERT INTO ledger_entries (reference, account_id, amount)
    SELECT ref, a, n FROM unnest(accounts, amounts) AS line (a, n) WHERE n <> 0;
END $$;

CREATE FUNCTION t_move(booking text, status_ text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
    SELECT id, status, status_, 'test', 'SYSTEM', 'test' FROM bookings WHERE id = booking;
    UPDATE bookings SET status = status_, updated_at = now() WHERE id = booking;
END $$;

CREATE FUNCTION t_hold(booking text, coupon text, VARIADIC labels text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    n   bigint := cardinality(labels);
    off bigint := CASE WHEN coupon IS NULL THEN 0 ELSE 1000 END;
BEGIN
    INSERT INTO bookings (id, customer_id, show_id, layout_id, status, seat_labels, request_hash, correlation_id, expires_at,
                          currency, subtotal, discount, fees, tax, total, applied_offers)
    VALUES (booking, 'us_asha', 'sh_1', 'ly_1', 'SEATS_LOCKED', labels, 'hash', 'test', now() + interval '5 minutes',
            'INR', 10000 * n, off, 1000 * n, 180 * n, 11180 * n - off,
            CASE WHEN coupon IS NULL THEN '[]' ELSE jsonb_build_array(jsonb_build_object('code', coupon, 'discount', off)) END);
    INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
    VALUES (booking, NULL, 'INITIATED', 'test', 'CUSTOMER', 'test'), (booking, 'INITIATED', 'SEATS_LOCKED', 'test', 'CUSTOMER', 'test');
    INSERT INTO booking_seats (booking_id, seat, category, price) SELECT booking, unnest(labels), 'STANDARD', 10000;
    INSERT INTO claims (show_id, seat, layout_id, booking_id, state, held_until)
    SELECT 'sh_1', unnest(labels), 'ly_1', booking, 'HELD', now() + interval '20 minutes';
    INSERT INTO coupon_redemptions (booking_id, code, customer_id, discount) SELECT booking, coupon, 'us_asha', off WHERE coupon IS NOT NULL;
END $$;

CREATE FUNCTION t_attempt(booking text, wallet bigint, card bigint, intent text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM t_move(booking, 'PAYMENT_PENDING');
    INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, intent_id, request_hash, correlation_id)
    VALUES (replace(booking, 'bk_', 'pay_'), booking, 1, CASE WHEN card = 0 THEN 'WALLET' WHEN wallet = 0 THEN 'CARD' ELSE 'WALLET_AND_CARD' END,
            'INR', wallet, card, 'INITIATED', intent, 'hash', 'test');
END $$;

CREATE FUNCTION t_confirm(booking text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE claims SET state = 'SOLD', held_until = NULL WHERE booking_id = booking;
    UPDATE payments SET status = 'SUCCEEDED' WHERE booking_id = booking;
    PERFORM t_post(booking || ':sale', booking, 'SALE',
        ARRAY['wallet:us_asha:INR', 'card-clearing:INR', 'ticket-sales:INR', 'booking-fees:INR', 'tax:INR'],
        ARRAY[-p.wallet_amount, -p.card_amount, b.subtotal - b.discount, b.fees, b.tax])
    FROM bookings b JOIN payments p ON p.booking_id = b.id WHERE b.id = booking;
    PERFORM t_move(booking, 'CONFIRMED');
END $$;

CREATE FUNCTION t_end(booking text, status_ text, payment_ text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM claims WHERE booking_id = booking;
    UPDATE payments SET status = payment_ WHERE booking_id = booking;
    PERFORM t_move(booking, status_);
END $$;

-- Cancels seats of a booking with everything given back: to the card as far as the payment's card goes.
CREATE FUNCTION t_cancel(booking text, VARIADIC labels text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    n  bigint := cardinality(labels);
    cx text := replace(booking, 'bk_', 'cx_');
BEGIN
    INSERT INTO cancellations (id, booking_id, seats, percent, fee, paid, amount, currency, refund_to, cause, actor, reason, correlation_id)
    VALUES (cx, booking, labels, 100, 0, 11180 * n, 11180 * n, 'INR', 'ORIGINAL', 'OPERATOR', 'SYSTEM', 'test', 'test');
    UPDATE booking_seats SET cancellation_id = cx WHERE booking_id = booking AND seat = ANY (labels);
    DELETE FROM claims WHERE booking_id = booking AND seat = ANY (labels);
    PERFORM t_post(cx, booking, 'CANCELLATION', ARRAY['ticket-sales:INR', 'booking-fees:INR', 'tax:INR', 'refunds-payable:INR'],
                   ARRAY[-10000 * n, -1000 * n, -180 * n, 11180 * n]);
END $$;

CREATE FUNCTION t_refund(refund text, booking text, tender_ text, amount_ bigint, status_ text, cx text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO refunds (id, booking_id, payment_id, intent_id, tender, amount, currency, reason, status, provider_refund_id, correlation_id, cancellation_id)
    SELECT refund, booking, p.id, CASE tender_ WHEN 'CARD' THEN p.intent_id END, tender_, amount_, 'INR', 'test', status_,
           CASE tender_ WHEN 'CARD' THEN 're_' || refund END, 'test', cx
    FROM payments p WHERE p.booking_id = booking;
    INSERT INTO refund_events (refund_id, attempt, tender, to_status, actor, reason, correlation_id)
    VALUES (refund, 1, tender_, status_, 'SYSTEM', 'test', 'test');
    IF cx IS NULL THEN
        PERFORM t_post(refund || ':charge', booking, 'CHARGE', ARRAY['card-clearing:INR', 'refunds-payable:INR'], ARRAY[-amount_, amount_]);
    END IF;
    IF status_ = 'SUCCEEDED' THEN
        PERFORM t_post(refund || CASE tender_ WHEN 'CARD' THEN ':1' ELSE ':wallet' END, booking, 'REFUND',
            ARRAY['refunds-payable:INR', CASE tender_ WHEN 'CARD' THEN 'card-clearing:INR' ELSE 'wallet:us_asha:INR' END], ARRAY[-amount_, amount_]);
    END IF;
END $$;

SELECT t_post('gift', NULL, 'GRANT', ARRAY['promotions:INR', 'wallet:us_asha:INR'], ARRAY[-1000000, 1000000]);

SELECT t_hold('bk_held', 'TEN', 'A1');

SELECT t_hold('bk_open', NULL, 'A2'), t_attempt('bk_open', 5000, 6180, 'pi_open');

SELECT t_hold('bk_wallet', NULL, 'A3', 'A4'), t_attempt('bk_wallet', 22360, 0, NULL), t_confirm('bk_wallet');

SELECT t_hold('bk_card', NULL, 'A5'), t_attempt('bk_card', 0, 11180, 'pi_card'), t_confirm('bk_card');

SELECT t_hold('bk_hybrid', 'TEN', 'A6'), t_attempt('bk_hybrid', 4000, 6180, 'pi_hybrid'), t_confirm('bk_hybrid');

SELECT t_hold('bk_played', NULL, 'B1'), t_attempt('bk_played', 11180, 0, NULL), t_confirm('bk_played'), t_move('bk_played', 'COMPLETED');

SELECT t_hold('bk_expired', NULL, 'A7'), t_attempt('bk_expired', 1180, 10000, 'pi_expired'), t_end('bk_expired', 'EXPIRED', 'CANCELLED');

SELECT t_hold('bk_cancelled', 'TEN', 'A7'), t_end('bk_cancelled', 'CANCELLED', 'CANCELLED');

-- Paid after it had expired, while its seat was still free.
SELECT t_hold('bk_late', NULL, 'A8'), t_attempt('bk_late', 0, 11180, 'pi_late'), t_end('bk_late', 'EXPIRED', 'INITIATED');
INSERT INTO claims (show_id, seat, layout_id, booking_id, state) VALUES ('sh_1', 'A8', 'ly_1', 'bk_late', 'SOLD');
SELECT t_confirm('bk_late');

-- Paid, and the seat was lost.
SELECT t_hold('bk_failed', NULL, 'A7'), t_attempt('bk_failed', 0, 11180, 'pi_failed'), t_end('bk_failed', 'FAILED', 'REFUNDED'),
       t_refund('rf_failed', 'bk_failed', 'CARD', 11180, 'SUCCEEDED', NULL);

-- Paid by wallet and card, and cancelled as a whole.
SELECT t_hold('bk_returned', NULL, 'A9'), t_attempt('bk_returned', 1180, 10000, 'pi_returned'), t_confirm('bk_returned'),
       t_cancel('bk_returned', 'A9'), t_move('bk_returned', 'CANCELLED'),
       t_refund('rf_returned', 'bk_returned', 'CARD', 10000, 'SUCCEEDED', 'cx_returned'),
       t_refund('rf_returned_w', 'bk_returned', 'WALLET', 1180, 'SUCCEEDED', 'cx_returned');

-- One of two seats cancelled; the refund is under way.
SELECT t_hold('bk_partial', NULL, 'B2', 'B3'), t_attempt('bk_partial', 0, 22360, 'pi_partial'), t_confirm('bk_partial'),
       t_cancel('bk_partial', 'B3'), t_refund('rf_partial', 'bk_partial', 'CARD', 11180, 'INITIATED', 'cx_partial');

-- One of two seats was paid back at the provider by hand, with something for the trouble.
SELECT t_hold('bk_outside', NULL, 'B4', 'B5'), t_attempt('bk_outside', 0, 22360, 'pi_outside'), t_confirm('bk_outside'), t_cancel('bk_outside', 'B4');
INSERT INTO outside_refunds (id, intent_id, booking_id, payment_id, amount, currency, status, assigned, written_off, made_at)
VALUES ('re_outside', 'pi_outside', 'bk_outside', 'pay_outside', 12180, 'INR', 'STANDING', 11180, 1000, now() - interval '1 hour');
INSERT INTO refunds (id, booking_id, payment_id, intent_id, tender, amount, currency, reason, status, outside_refund_id, correlation_id, cancellation_id)
VALUES ('rf_outside', 'bk_outside', 'pay_outside', 'pi_outside', 'CARD', 11180, 'INR', 'test', 'SUCCEEDED', 're_outside', 'test', 'cx_outside');
INSERT INTO refund_events (refund_id, attempt, tender, to_status, actor, reason, correlation_id)
VALUES ('rf_outside', 1, 'CARD', 'SUCCEEDED', 'SYSTEM', 'test', 'test');
SELECT t_post('re_outside', 'bk_outside', 'OUTSIDE_REFUND', ARRAY['card-clearing:INR', 'outside-refunds:INR'], ARRAY[12180, -12180]),
       t_post('rf_outside:1', 'bk_outside', 'OUTSIDE_REFUND_ASSIGNED', ARRAY['refunds-payable:INR', 'outside-refunds:INR'], ARRAY[-11180, 11180]),
       t_post('re_outside:write-off:1', 'bk_outside', 'WRITE_OFF', ARRAY['refund-losses:INR', 'outside-refunds:INR'], ARRAY[-1000, 1000]);

-- A top-up of every kind: paid, open, expired unpaid, and paid with too much, which went back.
INSERT INTO top_ups (id, user_id, currency, amount, status, intent_id, request_hash, correlation_id, expires_at)
VALUES ('tu_paid', 'us_ben', 'INR', 5000, 'SUCCEEDED', 'pi_tu_paid', 'hash', 'test', now()),
       ('tu_open', 'us_ben', 'INR', 6000, 'DECLINED', 'pi_tu_open', 'hash', 'test', now()),
       ('tu_expired', 'us_ben', 'INR', 7000, 'EXPIRED', 'pi_tu_expired', 'hash', 'test', now()),
       ('tu_stray', 'us_ben', 'INR', 8000, 'CANCELLED', 'pi_tu_stray', 'hash', 'test', now());
SELECT t_post('tu_paid', NULL, 'TOP_UP', ARRAY['card-clearing:INR', 'wallet:us_ben:INR'], ARRAY[-5000, 5000]);
INSERT INTO refunds (id, intent_id, tender, amount, currency, reason, status, provider_refund_id, correlation_id)
VALUES ('rf_stray', 'pi_tu_stray', 'CARD', 8001, 'INR', 'test', 'SUCCEEDED', 're_rf_stray', 'test');
INSERT INTO refund_events (refund_id, attempt, tender, to_status, actor, reason, correlation_id)
VALUES ('rf_stray', 1, 'CARD', 'SUCCEEDED', 'SYSTEM', 'test', 'test');
SELECT t_post('rf_stray:charge', NULL, 'CHARGE', ARRAY['card-clearing:INR', 'refunds-payable:INR'], ARRAY[-8001, 8001]),
       t_post('rf_stray:1', NULL, 'REFUND', ARRAY['refunds-payable:INR', 'card-clearing:INR'], ARRAY[-8001, 8001]);

-- Disputed at the bank, and won.
INSERT INTO disputes (id, intent_id, booking_id, payment_id, amount, currency, reason, status, opened_at, updated_at)
SELECT 'dp_won', p.intent_id, p.booking_id, p.id, p.card_amount, p.currency, 'general', 'won', now(), now() FROM payments p WHERE p.intent_id = 'pi_card';
INSERT INTO dispute_movements (id, dispute_id, amount, fee, currency)
VALUES ('txn_out', 'dp_won', -11180, 1500, 'INR'), ('txn_back', 'dp_won', 11180, 0, 'INR');
