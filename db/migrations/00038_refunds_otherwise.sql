-- When a refund ends differently than its customer was told, the customer is told again.

-- +goose Up
-- Customers are told of an amount that cannot be paid to the card, or has come back from it; of one that is tried again, or goes to the wallet, after that; and of what the
-- bank's decision has closed, or opened again. That a refund waits by itself, or has succeeded as was promised, is no news.
ALTER TABLE refund_events ADD COLUMN is_turn boolean NOT NULL GENERATED ALWAYS AS (COALESCE(from_status <> to_status AND (
    to_status IN ('NEEDS_ATTENTION', 'CLOSED') OR from_status IN ('NEEDS_ATTENTION', 'CLOSED')
    OR from_status = 'FAILED' AND to_status = 'SUCCEEDED' AND tender = 'WALLET' AND command_id IS NOT NULL), false)) STORED;
CREATE INDEX refund_events_turning ON refund_events (at) WHERE is_turn;
CREATE INDEX refund_events_turns_of_refund ON refund_events (refund_id, id) WHERE is_turn;
COMMENT ON COLUMN refund_events.is_turn IS 'Whether the refund goes another way than its customer knew.';

ALTER TABLE notices
    DROP CONSTRAINT notices_kind_is_known,
    ADD CONSTRAINT notices_kind_is_known CHECK (kind IN ('REMINDER', 'SHOW_CANCELLED', 'SHOW_MOVED', 'SEATS_MOVED', 'REFUND_CHANGED')),
    ADD CONSTRAINT notices_of_refunds_name_a_turn CHECK (kind <> 'REFUND_CHANGED' OR occasion ~ '^[0-9]{1,18}$');
COMMENT ON COLUMN notices.occasion IS 'Distinguishes notices of one kind for a booking; derived from their content, so that a repeat finds the first. REMINDER and SHOW_MOVED: the show''s latest move; SEATS_MOVED: the move; REFUND_CHANGED: the event of the refund; empty: there is only one.';

-- +goose StatementBegin
CREATE FUNCTION latest_refund_turn(whole text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT max((SELECT max(e.id) FROM refund_events e WHERE e.refund_id = r.id AND e.is_turn))
    FROM (SELECT whole AS id UNION ALL SELECT part.id FROM refunds part WHERE part.part_of = whole) AS r
$$;
COMMENT ON FUNCTION latest_refund_turn IS 'The latest turn of a refund and of the parts that were split off it; null if there is none.';

CREATE FUNCTION refund_turn_outdated(occasion text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT (SELECT latest_refund_turn(COALESCE(r.part_of, r.id)) <> e.id
            FROM refund_events e JOIN refunds r ON r.id = e.refund_id
            WHERE e.id = CASE WHEN occasion ~ '^[0-9]{1,18}$' THEN occasion::bigint END)
$$;
COMMENT ON FUNCTION refund_turn_outdated IS 'Whether the refund has turned again since.';

-- A notice of a cancelled show is made of the refunds as they are when it is mailed: what it has told, or will tell, is not told again. Those who mail
-- have four minutes between reading and sending.
CREATE FUNCTION refund_turn_untold(turn bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT COALESCE((
        SELECT e.id = latest_refund_turn(whole.id) AND e.at > whole.created_at
               AND NOT EXISTS (SELECT FROM notices n WHERE n.booking_id = whole.booking_id AND n.kind = 'REFUND_CHANGED' AND n.occasion = e.id::text)
               AND NOT ((whole.cancellation_id IS NULL OR (SELECT c.cause = 'SHOW_CANCELLED' FROM cancellations c WHERE c.id = whole.cancellation_id))
                        AND EXISTS (SELECT FROM notices n
                                    WHERE n.booking_id = whole.booking_id AND n.kind = 'SHOW_CANCELLED'
                                      AND (n.status = 'PENDING' OR n.sent_at > e.at + interval '4 minutes')))
        FROM refund_events e
        JOIN refunds r ON r.id = e.refund_id
        JOIN refunds whole ON whole.id = COALESCE(r.part_of, r.id)
        WHERE e.id = turn), false)
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION refund_turn_untold IS 'Whether the customer has to be told of a turn: it is the latest, came after the refund was promised, and no notice has told of it.';

-- A top-up that was refunded outside is taken from its wallet, as far as it is still there: the customer has it. What was spent of it is a loss, of
-- which what comes back into the wallet later is taken.
ALTER TABLE outside_refund_events
    DROP CONSTRAINT outside_refund_events_event_is_known,
    ADD CONSTRAINT outside_refund_events_event_is_known CHECK (event IN ('RECORDED', 'ASSIGNED', 'WRITTEN_OFF', 'TAKEN_BACK', 'TAKEN', 'RETURNED'));
COMMENT ON COLUMN outside_refund_events.event IS
    'TAKEN: it was taken from the wallet that it had filled. TAKEN_BACK: something that had been written off has paid a refund after all, or has come back into the wallet.';
COMMENT ON COLUMN outside_refunds.assigned IS 'How much of it has paid refunds of ours, or was taken from the wallet that it had filled, in minor units.';
CREATE INDEX outside_refunds_of_top_ups ON outside_refunds (top_up_id) WHERE top_up_id IS NOT NULL;

-- +goose StatementBegin
CREATE FUNCTION outside_refund_take(outside text, most bigint) RETURNS bigint LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    o      outside_refunds;
    t      top_ups;
    wallet text;
    free   bigint;
    part   bigint;
    back   bigint;
    nth    bigint;
BEGIN
    SELECT * INTO STRICT o FROM outside_refunds WHERE id = outside FOR UPDATE;
    SELECT * INTO t FROM top_ups WHERE id = o.top_up_id AND status = 'SUCCEEDED';
    wallet := 'wallet:' || t.user_id || ':' || o.currency;
    IF wallet IS NULL OR o.status <> 'STANDING' OR NOT EXISTS (SELECT FROM ledger_accounts a WHERE a.id = wallet) THEN
        RETURN 0;
    END IF;
    PERFORM FROM disputes d WHERE d.intent_id = o.intent_id ORDER BY d.id FOR UPDATE;
    part := least(most, o.amount - o.assigned,
                  t.amount - (SELECT COALESCE(sum(x.assigned), 0) FROM outside_refunds x WHERE x.top_up_id = o.top_up_id)
                  - (SELECT COALESCE(sum(d.frozen + d.forfeited), 0) FROM disputes d WHERE d.intent_id = o.intent_id));
    IF part <= 0 THEN
        RETURN 0;
    END IF;
    SELECT a.balance INTO STRICT free FROM ledger_accounts a WHERE a.id = wallet FOR NO KEY UPDATE;
    part := least(part, free);
    IF part <= 0 THEN
        RETURN 0;
    END IF;
    back := greatest(part - (o.amount - o.assigned - o.written_off), 0);
    SELECT count(*) INTO STRICT nth FROM outside_refund_events e WHERE e.outside_refund_id = o.id;
    IF back > 0 THEN
        PERFORM ledger_post(o.id || ':write-off:taken:' || nth, NULL, 'WRITE_OFF', 'it is in the wallet after all',
            ARRAY['outside-refunds:' || o.currency, 'refund-losses:' || o.currency], ARRAY[-back, back]);
    END IF;
    PERFORM ledger_post(o.id || ':taken:' || nth, NULL, 'OUTSIDE_REFUND_ASSIGNED', 'the top-up was given back outside',
        ARRAY['outside-refunds:' || o.currency, wallet], ARRAY[part, -part]);
    UPDATE outside_refunds SET assigned = assigned + part, written_off = written_off - back, updated_at = now() WHERE id = o.id;
    INSERT INTO outside_refund_events (outside_refund_id, event, amount, actor, reason, correlation_id)
    SELECT o.id, line.event, line.amount, 'SYSTEM', 'taken from the wallet that it had filled', first.correlation_id
    FROM (VALUES (1, 'TAKEN_BACK', back), (2, 'TAKEN', part)) AS line (n, event, amount),
         (SELECT e.correlation_id FROM outside_refund_events e WHERE e.outside_refund_id = o.id ORDER BY e.id LIMIT 1) AS first
    WHERE line.amount > 0
    ORDER BY line.n;
    RETURN part;
END $$;

CREATE OR REPLACE FUNCTION lock_charge(intent text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM bookings b
    WHERE b.id IN (SELECT p.booking_id FROM payments p WHERE p.intent_id = intent
                   UNION ALL SELECT r.booking_id FROM refunds r WHERE r.intent_id = intent)
    ORDER BY b.id FOR NO KEY UPDATE;
    PERFORM FROM top_ups t WHERE t.intent_id = intent FOR NO KEY UPDATE;
    PERFORM FROM refunds r WHERE r.intent_id = intent ORDER BY r.id FOR NO KEY UPDATE;
    PERFORM FROM outside_refunds o WHERE o.intent_id = intent ORDER BY o.id FOR UPDATE;
END $$;

-- What was frozen for a dispute that came to nothing may have been given back outside in the meantime, in answer to an inquiry.
CREATE FUNCTION disputes_thaw_for_refunds() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM outside_refund_take(o.id, o.written_off) FROM outside_refunds o
    WHERE o.intent_id = NEW.intent_id AND o.top_up_id IS NOT NULL AND o.status = 'STANDING' AND o.written_off > 0;
    RETURN NULL;
END $$;

-- What disputes do not freeze of what comes back into a wallet, a top-up that was refunded outside takes.
CREATE OR REPLACE FUNCTION disputes_freeze_arrived(owner text, code text, arrived bigint, away_since timestamptz, intent text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d      disputes;
    lossy  text;
    unseen bigint := arrived;
BEGIN
    FOR d IN SELECT * FROM disputes
             WHERE user_id = owner AND charge_currency = code AND outcome = 'OPEN' AND (recorded_at > away_since OR intent_id = intent)
             ORDER BY id FOR UPDATE LOOP
        unseen := unseen - dispute_freeze(d, unseen);
    END LOOP;
    FOR lossy IN SELECT o.id FROM outside_refunds o JOIN top_ups t ON t.id = o.top_up_id
                 WHERE t.user_id = owner AND o.currency = code AND o.status = 'STANDING' AND o.written_off > 0 AND o.recorded_at > away_since
                 ORDER BY o.id LOOP
        unseen := unseen - outside_refund_take(lossy, unseen);
    END LOOP;
END $$;

-- Refunds made outside are locked before disputes, and disputes before wallets.
CREATE OR REPLACE FUNCTION lock_disputes_of(owner text, code text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM outside_refunds o JOIN top_ups t ON t.id = o.top_up_id
    WHERE t.user_id = owner AND o.currency = code AND o.status = 'STANDING' AND o.written_off > 0 ORDER BY o.id FOR UPDATE OF o;
    PERFORM FROM disputes WHERE user_id = owner AND charge_currency = code AND outcome = 'OPEN' ORDER BY id FOR UPDATE;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION dispute_claim(d disputes) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT greatest(least(
               CASE WHEN d.top_up_id IS NOT NULL THEN COALESCE((SELECT t.amount FROM top_ups t WHERE t.id = d.top_up_id AND t.status = 'SUCCEEDED'), 0) - outside.taken
                    ELSE COALESCE(back.by_wallet, 0) END,
               CASE WHEN d.top_up_id IS NOT NULL THEN disputed.amount
                    ELSE COALESCE(back.everywhere, 0) + outside.amount + disputed.amount - d.charge_amount END)
               - COALESCE((SELECT sum(other.frozen + other.forfeited) FROM disputes other WHERE other.intent_id = d.intent_id AND other.id <> d.id), 0), 0)::bigint
    FROM (SELECT CASE WHEN d.currency = d.charge_currency THEN d.amount ELSE d.charge_amount END AS amount) AS disputed,
         (SELECT sum(r.amount) AS everywhere, sum(r.amount) FILTER (WHERE r.tender = 'WALLET') AS by_wallet
          FROM refunds r WHERE r.intent_id = d.intent_id AND r.status = 'SUCCEEDED' AND r.outside_refund_id IS NULL) AS back,
         (SELECT COALESCE(sum(o.amount), 0) AS amount, COALESCE(sum(o.assigned), 0) AS taken FROM outside_refunds o WHERE o.intent_id = d.intent_id AND o.status = 'STANDING') AS outside
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION lock_charge IS
    'Makes transactions that pay out money of a charge, and those that write its dispute or a refund made outside, wait for each other: first the booking, then the top-up, the refunds, and those made outside. Disputes and then wallets come after all of them.';
-- By its name it runs after disputes_follow, which has unfrozen the money.
CREATE TRIGGER disputes_thaw_for_refunds AFTER UPDATE OF status, withdrawn ON disputes
    FOR EACH ROW WHEN (NEW.outcome = 'WON' AND OLD.outcome <> 'WON' AND NEW.top_up_id IS NOT NULL) EXECUTE FUNCTION disputes_thaw_for_refunds();
COMMENT ON FUNCTION outside_refund_take IS 'Takes an amount of a top-up that was refunded outside from its wallet, as far as it is there; what had been written off of it is then no longer a loss.';
REVOKE EXECUTE ON FUNCTION outside_refund_take(text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outside_refund_take(text, bigint) TO boxoffice_worker;

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION lock_charge(intent text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM bookings b
    WHERE b.id IN (SELECT p.booking_id FROM payments p WHERE p.intent_id = intent
                   UNION ALL SELECT r.booking_id FROM refunds r WHERE r.intent_id = intent)
    ORDER BY b.id FOR NO KEY UPDATE;
    PERFORM FROM top_ups t WHERE t.intent_id = intent FOR NO KEY UPDATE;
    PERFORM FROM refunds r WHERE r.intent_id = intent ORDER BY r.id FOR NO KEY UPDATE;
END $$;

CREATE OR REPLACE FUNCTION disputes_freeze_arrived(owner text, code text, arrived bigint, away_since timestamptz, intent text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d      disputes;
    unseen bigint := arrived;
BEGIN
    FOR d IN SELECT * FROM disputes
             WHERE user_id = owner AND charge_currency = code AND outcome = 'OPEN' AND (recorded_at > away_since OR intent_id = intent)
             ORDER BY id FOR UPDATE LOOP
        unseen := unseen - dispute_freeze(d, unseen);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION lock_disputes_of(owner text, code text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM disputes WHERE user_id = owner AND charge_currency = code AND outcome = 'OPEN' ORDER BY id FOR UPDATE;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION dispute_claim(d disputes) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT greatest(least(
               CASE WHEN d.top_up_id IS NOT NULL THEN COALESCE((SELECT t.amount FROM top_ups t WHERE t.id = d.top_up_id AND t.status = 'SUCCEEDED'), 0)
                    ELSE COALESCE(back.by_wallet, 0) END,
               CASE WHEN d.top_up_id IS NOT NULL THEN disputed.amount
                    ELSE COALESCE(back.everywhere, 0) + outside.amount + disputed.amount - d.charge_amount END)
               - COALESCE((SELECT sum(other.frozen + other.forfeited) FROM disputes other WHERE other.intent_id = d.intent_id AND other.id <> d.id), 0), 0)::bigint
    FROM (SELECT CASE WHEN d.currency = d.charge_currency THEN d.amount ELSE d.charge_amount END AS amount) AS disputed,
         (SELECT sum(r.amount) AS everywhere, sum(r.amount) FILTER (WHERE r.tender = 'WALLET') AS by_wallet
          FROM refunds r WHERE r.intent_id = d.intent_id AND r.status = 'SUCCEEDED' AND r.outside_refund_id IS NULL) AS back,
         (SELECT COALESCE(sum(o.amount), 0) AS amount FROM outside_refunds o WHERE o.intent_id = d.intent_id AND o.status = 'STANDING') AS outside
$$;
-- +goose StatementEnd
DROP TRIGGER disputes_thaw_for_refunds ON disputes;
DROP FUNCTION disputes_thaw_for_refunds(), outside_refund_take(text, bigint);
DROP INDEX outside_refunds_of_top_ups;
-- What was taken from wallets stays: the constraint holds for new rows only.
ALTER TABLE outside_refund_events
    DROP CONSTRAINT outside_refund_events_event_is_known,
    ADD CONSTRAINT outside_refund_events_event_is_known CHECK (event IN ('RECORDED', 'ASSIGNED', 'WRITTEN_OFF', 'TAKEN_BACK', 'RETURNED')) NOT VALID;
DROP FUNCTION refund_turn_untold(bigint), refund_turn_outdated(text), latest_refund_turn(text);
ALTER TABLE notices DISABLE TRIGGER USER;
DELETE FROM notices WHERE kind = 'REFUND_CHANGED';
ALTER TABLE notices ENABLE TRIGGER USER;
ALTER TABLE notices
    DROP CONSTRAINT notices_of_refunds_name_a_turn,
    DROP CONSTRAINT notices_kind_is_known,
    ADD CONSTRAINT notices_kind_is_known CHECK (kind IN ('REMINDER', 'SHOW_CANCELLED', 'SHOW_MOVED', 'SEATS_MOVED'));
COMMENT ON COLUMN notices.occasion IS 'Distinguishes notices of one kind for a booking; derived from their content, so that a repeat finds the first. REMINDER and SHOW_MOVED: the show''s latest move; SEATS_MOVED: the move; empty: there is only one.';
ALTER TABLE refund_events DROP COLUMN is_turn;
