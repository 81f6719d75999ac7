-- What a dispute does to money: the bank takes it and perhaps gives it back, with a fee; the part that is in a wallet is frozen, and what is owed
-- because of the disputed charge waits for the bank's decision.

-- +goose Up
ALTER TABLE ledger_accounts
    DROP CONSTRAINT ledger_accounts_kind_is_known,
    ADD CONSTRAINT ledger_accounts_kind_is_known CHECK (kind IN (
        'WALLET', 'WALLET_RESERVED', 'WALLET_FROZEN', 'CARD_CLEARING', 'REFUNDS_PAYABLE', 'TICKET_SALES', 'BOOKING_FEES', 'TAX', 'PROMOTIONS',
        'DISPUTED', 'DISPUTE_LOSSES', 'DISPUTE_FEES', 'OUTSIDE_REFUNDS', 'REFUND_LOSSES')),
    DROP CONSTRAINT ledger_accounts_wallets_have_owners,
    ADD CONSTRAINT ledger_accounts_wallets_have_owners CHECK ((kind IN ('WALLET', 'WALLET_RESERVED', 'WALLET_FROZEN')) = (user_id IS NOT NULL));

ALTER TABLE ledger_transactions
    DROP CONSTRAINT ledger_transactions_kind_is_known,
    ADD CONSTRAINT ledger_transactions_kind_is_known CHECK (kind IN (
        'GRANT', 'TOP_UP', 'SALE', 'RESERVATION', 'RELEASE', 'CHARGE', 'CANCELLATION', 'REFUND', 'REFUND_RETURNED',
        'DISPUTE_WITHDRAWN', 'DISPUTE_REINSTATED', 'DISPUTE_LOST', 'DISPUTE_FEE', 'FREEZE', 'UNFREEZE',
        'OUTSIDE_REFUND', 'OUTSIDE_REFUND_ASSIGNED', 'WRITE_OFF'));

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION currencies_open_house_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_accounts (id, kind, currency)
    SELECT lower(replace(kind, '_', '-')) || ':' || NEW.code, kind, NEW.code
    FROM unnest(ARRAY['CARD_CLEARING', 'REFUNDS_PAYABLE', 'TICKET_SALES', 'BOOKING_FEES', 'TAX', 'PROMOTIONS',
                      'DISPUTED', 'DISPUTE_LOSSES', 'DISPUTE_FEES', 'OUTSIDE_REFUNDS', 'REFUND_LOSSES']) AS kind
    ON CONFLICT (id) DO NOTHING;
    RETURN NULL;
END $$;
-- +goose StatementEnd
INSERT INTO ledger_accounts (id, kind, currency)
SELECT lower(replace(kind, '_', '-')) || ':' || code, kind, code
FROM currencies, unnest(ARRAY['DISPUTED', 'DISPUTE_LOSSES', 'DISPUTE_FEES', 'OUTSIDE_REFUNDS', 'REFUND_LOSSES']) AS kind
ON CONFLICT (id) DO NOTHING;

-- A refund may end without having been paid: the bank has given the money back.
ALTER TABLE refunds
    DROP CONSTRAINT refunds_status_is_known,
    ADD CONSTRAINT refunds_status_is_known CHECK (status IN ('INITIATED', 'SUCCEEDED', 'FAILED', 'NEEDS_ATTENTION', 'CLOSED'));

-- A refund's intent now says where its money had come from, wherever it goes. For earlier refunds to wallets it does so where a card had paid for
-- everything; of a hybrid payment, what went to the wallet counts as the wallet's own.
UPDATE refunds r SET intent_id = p.intent_id
FROM payments p
WHERE p.id = r.payment_id AND r.tender = 'WALLET' AND r.intent_id IS NULL AND r.cancellation_id IS NOT NULL AND p.wallet_amount = 0;
COMMENT ON COLUMN refunds.intent_id IS 'The charge that the money had come from, wherever it goes; null for money that had come from a wallet.';

-- +goose StatementBegin
CREATE FUNCTION dispute_outcome(status text, withdrawn bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN status = 'lost' THEN 'LOST'
                WHEN status IN ('won', 'warning_closed', 'charge_refunded') THEN 'WON'
                WHEN status = 'prevented' THEN CASE WHEN withdrawn > 0 THEN 'LOST' ELSE 'WON' END
                ELSE 'OPEN' END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION dispute_outcome IS
    'What a dispute means for the money. An inquiry that was closed, and a dispute that was prevented, took none; one that was prevented by giving the customer the money did. An unknown status decides nothing.';

ALTER TABLE disputes
    ADD COLUMN stage int NOT NULL DEFAULT 0,
    ADD COLUMN withdrawn bigint NOT NULL DEFAULT 0,
    ADD COLUMN outcome text NOT NULL GENERATED ALWAYS AS (dispute_outcome(status, withdrawn)) STORED,
    ADD COLUMN held_since timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN user_id text REFERENCES users,
    ADD COLUMN charge_amount bigint,
    ADD COLUMN charge_currency text,
    ADD COLUMN lost bigint NOT NULL DEFAULT 0,
    ADD COLUMN frozen bigint NOT NULL DEFAULT 0 CONSTRAINT disputes_frozen_not_negative CHECK (frozen >= 0),
    ADD COLUMN forfeited bigint NOT NULL DEFAULT 0 CONSTRAINT disputes_forfeited_not_negative CHECK (forfeited >= 0),
    ADD COLUMN postings int NOT NULL DEFAULT 0;
UPDATE disputes SET stage = 4 WHERE dispute_progress(status) = 2;
UPDATE disputes SET held_since = recorded_at;
CREATE INDEX disputes_open_by_user ON disputes (user_id, charge_currency) WHERE outcome = 'OPEN';
COMMENT ON COLUMN disputes.stage IS 'How far on the event was from which the row was written: of two in the same second the later one counts.';
COMMENT ON COLUMN disputes.withdrawn IS 'What the bank has taken and not given back, in minor units of the charge''s currency.';
COMMENT ON COLUMN disputes.outcome IS 'OPEN: nothing is paid out for the charge. WON: the money is ours. LOST: the bank has given it to the customer.';
COMMENT ON COLUMN disputes.held_since IS 'Since when nothing, or less, is paid out for the charge: written with the charge locked.';
COMMENT ON COLUMN disputes.lost IS 'How much of it is lost according to the ledger.';
COMMENT ON COLUMN disputes.frozen IS 'How much of the customer''s wallet waits for the decision; forfeited is what was taken.';

CREATE TABLE dispute_movements (
    id          text PRIMARY KEY,
    dispute_id  text NOT NULL REFERENCES disputes,
    amount      bigint NOT NULL,
    fee         bigint NOT NULL,
    currency    text NOT NULL,
    principal   bigint,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dispute_movements_by_dispute ON dispute_movements (dispute_id);
CREATE TRIGGER dispute_movements_append_only BEFORE UPDATE OR DELETE ON dispute_movements
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER dispute_movements_never_truncated BEFORE TRUNCATE ON dispute_movements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE dispute_movements IS 'The provider''s balance transactions of disputes: money that was withdrawn, or reinstated, each with a fee.';
COMMENT ON COLUMN dispute_movements.amount IS 'As the provider settles it: negative when it was withdrawn. The fee is separate, and positive when we pay it.';
COMMENT ON COLUMN dispute_movements.principal IS 'The amount in the charge''s own currency, in which the ledger keeps it; null when the ledger has no accounts in that currency.';

-- +goose StatementBegin
CREATE FUNCTION lock_charge(intent text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM bookings b
    WHERE b.id IN (SELECT p.booking_id FROM payments p WHERE p.intent_id = intent
                   UNION ALL SELECT r.booking_id FROM refunds r WHERE r.intent_id = intent)
    ORDER BY b.id FOR NO KEY UPDATE;
    PERFORM FROM top_ups t WHERE t.intent_id = intent FOR NO KEY UPDATE;
    PERFORM FROM refunds r WHERE r.intent_id = intent ORDER BY r.id FOR NO KEY UPDATE;
END $$;

-- Posts a transaction once, without the lines that are nothing. Accounts come in the order of all postings.
CREATE FUNCTION ledger_post(posted text, booking text, what text, why text, accounts text[], amounts bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_transactions (reference, booking_id, kind, reason) VALUES (posted, booking, what, why);
    INSERT INTO ledger_entries (reference, account_id, amount)
    SELECT posted, line.account, line.amount
    FROM unnest(accounts, amounts) AS line (account, amount)
    WHERE line.amount <> 0
    ORDER BY line.account COLLATE "C";
END $$;

-- What of a customer's wallet had come from a disputed charge: a top-up, or what refunds paid into the wallet, as far as the bank
-- may take it a second time. What other disputes of the charge have claimed is theirs.
CREATE FUNCTION dispute_claim(d disputes) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT greatest(least(
               CASE WHEN d.top_up_id IS NOT NULL THEN COALESCE((SELECT t.amount FROM top_ups t WHERE t.id = d.top_up_id AND t.status = 'SUCCEEDED'), 0)
                    ELSE COALESCE(back.by_wallet, 0) END,
               CASE WHEN d.top_up_id IS NOT NULL THEN disputed.amount
                    ELSE COALESCE(back.everywhere, 0) + disputed.amount - d.charge_amount END)
               - COALESCE((SELECT sum(other.frozen + other.forfeited) FROM disputes other WHERE other.intent_id = d.intent_id AND other.id <> d.id), 0), 0)::bigint
    FROM (SELECT CASE WHEN d.currency = d.charge_currency THEN d.amount ELSE d.charge_amount END AS amount) AS disputed,
         (SELECT sum(r.amount) AS everywhere, sum(r.amount) FILTER (WHERE r.tender = 'WALLET') AS by_wallet
          FROM refunds r WHERE r.intent_id = d.intent_id AND r.status = 'SUCCEEDED') AS back
$$;

-- Freezes what is still there of so much of a dispute's claim.
CREATE FUNCTION dispute_freeze(d disputes, most bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    wallet text := 'wallet:' || d.user_id || ':' || d.charge_currency;
    icebox text := 'wallet-frozen:' || d.user_id || ':' || d.charge_currency;
    free   bigint;
    part   bigint := least(most, dispute_claim(d) - d.frozen - d.forfeited);
BEGIN
    IF part IS NULL OR part <= 0 OR NOT EXISTS (SELECT FROM ledger_accounts a WHERE a.id = wallet) THEN
        RETURN 0;
    END IF;
    INSERT INTO ledger_accounts (id, kind, user_id, currency) VALUES (icebox, 'WALLET_FROZEN', d.user_id, d.charge_currency)
    ON CONFLICT (id) DO NOTHING;
    PERFORM FROM ledger_accounts a WHERE a.id IN (icebox, wallet) ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE;
    SELECT a.balance INTO STRICT free FROM ledger_accounts a WHERE a.id = wallet;
    part := least(part, free);
    IF part <= 0 THEN
        RETURN 0;
    END IF;
    UPDATE disputes SET frozen = frozen + part, postings = postings + 1 WHERE id = d.id RETURNING * INTO d;
    PERFORM ledger_post(d.id || ':freeze:' || d.postings, d.booking_id, 'FREEZE', 'disputed at the bank', ARRAY[icebox, wallet], ARRAY[part, -part]);
    RETURN part;
END $$;

CREATE FUNCTION disputes_know_charge() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.charge_currency IS NULL THEN
        SELECT c.user_id, c.amount, c.currency INTO NEW.user_id, NEW.charge_amount, NEW.charge_currency
        FROM (SELECT b.customer_id AS user_id, p.card_amount AS amount, p.currency, 1 AS n
              FROM payments p JOIN bookings b ON b.id = p.booking_id WHERE p.intent_id = NEW.intent_id
              UNION ALL
              SELECT t.user_id, t.amount, t.currency, 1 FROM top_ups t WHERE t.intent_id = NEW.intent_id
              UNION ALL
              SELECT b.customer_id, r.amount, r.currency, 2
              FROM refunds r LEFT JOIN bookings b ON b.id = r.booking_id WHERE r.intent_id = NEW.intent_id AND r.cancellation_id IS NULL) AS c
        ORDER BY c.n LIMIT 1;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.outcome = 'WON' AND dispute_outcome(NEW.status, NEW.withdrawn) <> 'WON' THEN
        NEW.held_since := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;

-- The one place that books what a dispute's state means: it compares what the ledger has with what it should have, and posts the
-- difference, so that events may come twice and in any order.
CREATE FUNCTION disputes_follow() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d        disputes;
    wallet   text;
    icebox   text;
    loss     bigint;
    thaw     bigint := 0;
    returned bigint := 0;
    taken    bigint := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM currencies c WHERE c.code = NEW.charge_currency) THEN
        RETURN NULL;
    END IF;
    IF NEW.outcome <> 'WON' AND (TG_OP = 'INSERT' OR OLD.outcome = 'WON') THEN
        PERFORM dispute_freeze(NEW, 9223372036854775807);
    END IF;
    SELECT * INTO STRICT d FROM disputes WHERE id = NEW.id FOR UPDATE;
    wallet := 'wallet:' || d.user_id || ':' || d.charge_currency;
    icebox := 'wallet-frozen:' || d.user_id || ':' || d.charge_currency;
    loss := CASE d.outcome WHEN 'LOST' THEN d.withdrawn ELSE 0 END - d.lost;
    CASE d.outcome
        WHEN 'WON' THEN thaw := d.frozen; returned := d.forfeited;
        WHEN 'LOST' THEN taken := d.frozen;
        ELSE NULL;
    END CASE;
    IF loss = 0 AND thaw = 0 AND returned = 0 AND taken = 0 THEN
        RETURN NULL;
    END IF;
    UPDATE disputes SET lost = lost + loss, frozen = frozen - thaw - taken, forfeited = forfeited - returned + taken, postings = postings + 1
    WHERE id = d.id RETURNING * INTO d;
    IF thaw > 0 THEN
        PERFORM ledger_post(d.id || ':unfreeze:' || d.postings, d.booking_id, 'UNFREEZE', 'the dispute was decided for us', ARRAY[icebox, wallet], ARRAY[-thaw, thaw]);
    END IF;
    IF loss <> 0 OR taken > 0 OR returned > 0 THEN
        PERFORM ledger_post(d.id || ':lost:' || d.postings, d.booking_id, 'DISPUTE_LOST',
            CASE d.outcome WHEN 'LOST' THEN 'the bank has given the money to the customer' ELSE 'the dispute is not lost any more' END,
            ARRAY['disputed:' || d.charge_currency, 'dispute-losses:' || d.charge_currency, icebox, wallet],
            ARRAY[loss, taken - loss - returned, -taken, returned]);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION dispute_movements_know_principal() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d disputes;
BEGIN
    SELECT * INTO STRICT d FROM disputes WHERE id = NEW.dispute_id FOR UPDATE;
    NEW.principal := CASE
        WHEN NOT EXISTS (SELECT FROM currencies c WHERE c.code = d.charge_currency) THEN NULL
        WHEN NEW.currency = d.charge_currency THEN NEW.amount
        WHEN NEW.amount > 0 THEN d.withdrawn
        WHEN d.currency = d.charge_currency THEN sign(NEW.amount) * d.amount
        ELSE sign(NEW.amount) * d.charge_amount END;
    RETURN NEW;
END $$;

CREATE FUNCTION dispute_movements_post() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d disputes;
BEGIN
    SELECT * INTO STRICT d FROM disputes WHERE id = NEW.dispute_id;
    IF NEW.principal <> 0 THEN
        PERFORM ledger_post(NEW.id, d.booking_id, CASE WHEN NEW.principal < 0 THEN 'DISPUTE_WITHDRAWN' ELSE 'DISPUTE_REINSTATED' END,
            CASE WHEN NEW.principal < 0 THEN 'the bank has taken it until it decides' ELSE 'the bank has given it back' END,
            ARRAY['card-clearing:' || d.charge_currency, 'disputed:' || d.charge_currency], ARRAY[-NEW.principal, NEW.principal]);
        UPDATE disputes SET withdrawn = withdrawn - NEW.principal WHERE id = d.id;
    END IF;
    IF NEW.fee <> 0 AND EXISTS (SELECT FROM currencies c WHERE c.code = NEW.currency) THEN
        PERFORM ledger_post(NEW.id || ':fee', d.booking_id, 'DISPUTE_FEE', 'fee of a dispute',
            ARRAY['card-clearing:' || NEW.currency, 'dispute-fees:' || NEW.currency], ARRAY[NEW.fee, -NEW.fee]);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
-- Why a refund is not paid out, as customers and operators read it; null when no dispute stands in the way.
CREATE FUNCTION refund_dispute(r refunds) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN r.status = 'SUCCEEDED' THEN NULL
                WHEN r.status = 'CLOSED' OR r.failure_code = 'decided_by_bank' THEN 'LOST'
                WHEN r.failure_code = 'charge_disputed' OR EXISTS (SELECT FROM disputes d WHERE d.intent_id = r.intent_id AND d.outcome = 'OPEN') THEN 'OPEN' END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION lock_charge IS
    'Makes transactions that pay out money of a charge, and those that write its dispute, wait for each other: first the booking, then the top-up, then the refunds. Wallets come after all of them.';

-- Before anything is booked for earlier disputes, their owner is found.
CREATE TRIGGER disputes_know_charge BEFORE INSERT OR UPDATE OF amount, currency, status, withdrawn ON disputes
    FOR EACH ROW EXECUTE FUNCTION disputes_know_charge();
UPDATE disputes SET amount = amount;
CREATE TRIGGER disputes_follow AFTER INSERT OR UPDATE OF amount, currency, status, withdrawn ON disputes
    FOR EACH ROW EXECUTE FUNCTION disputes_follow();
CREATE TRIGGER dispute_movements_know_principal BEFORE INSERT ON dispute_movements
    FOR EACH ROW EXECUTE FUNCTION dispute_movements_know_principal();
CREATE TRIGGER dispute_movements_post AFTER INSERT ON dispute_movements
    FOR EACH ROW EXECUTE FUNCTION dispute_movements_post();

-- +goose StatementBegin
-- Freezes what comes back into a wallet from a time before its owner's disputes, as far as they have not found enough in it: a reserve that
-- was released, or the price of a booking that was cancelled. What came from the disputed charge itself is frozen whenever it comes.
CREATE FUNCTION disputes_freeze_arrived(owner text, code text, arrived bigint, away_since timestamptz, intent text) RETURNS void LANGUAGE plpgsql
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

-- Disputes are locked before wallets.
CREATE FUNCTION lock_disputes_of(owner text, code text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM disputes WHERE user_id = owner AND charge_currency = code AND outcome = 'OPEN' ORDER BY id FOR UPDATE;
END $$;

CREATE OR REPLACE FUNCTION payments_reserve_wallet_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before   bigint := CASE TG_OP WHEN 'INSERT' THEN 0 ELSE payment_reserved(OLD) END;
    change   bigint := payment_reserved(NEW) - before;
    posted   text := NEW.id || CASE WHEN change > 0 THEN ':reserve' ELSE ':release' END;
    owner    text;
BEGIN
    IF change = 0 THEN
        RETURN NULL;
    END IF;
    SELECT b.customer_id INTO STRICT owner FROM bookings b WHERE b.id = NEW.booking_id;
    IF change < 0 THEN
        PERFORM lock_disputes_of(owner, NEW.currency);
    END IF;
    INSERT INTO ledger_transactions (reference, booking_id, kind, reason)
    VALUES (posted, NEW.booking_id, CASE WHEN change > 0 THEN 'RESERVATION' ELSE 'RELEASE' END,
            CASE WHEN change > 0 THEN 'reserved while the card is being paid' ELSE 'the attempt has ended' END);
    INSERT INTO ledger_entries (reference, account_id, amount)
    VALUES (posted, 'wallet-reserved:' || owner || ':' || NEW.currency, change),
           (posted, 'wallet:' || owner || ':' || NEW.currency, -change);
    -- What a sale takes next was promised before the dispute.
    IF change < 0 AND NEW.status <> 'SUCCEEDED' THEN
        PERFORM disputes_freeze_arrived(owner, NEW.currency, -change, NEW.created_at, NULL);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- Only the triggers write what is derived.
REVOKE INSERT ON disputes FROM boxoffice_api;
GRANT INSERT (id, intent_id, booking_id, payment_id, top_up_id, amount, currency, reason, status, stage, opened_at, updated_at) ON disputes TO boxoffice_api;
GRANT UPDATE (stage) ON disputes TO boxoffice_api;
GRANT SELECT, INSERT (id, dispute_id, amount, fee, currency) ON dispute_movements TO boxoffice_api;
GRANT SELECT ON dispute_movements TO boxoffice_worker;
REVOKE EXECUTE ON FUNCTION lock_charge(text), lock_disputes_of(text, text), disputes_freeze_arrived(text, text, bigint, timestamptz, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lock_charge(text) TO boxoffice_api;
GRANT EXECUTE ON FUNCTION lock_disputes_of(text, text), disputes_freeze_arrived(text, text, bigint, timestamptz, text) TO boxoffice_worker;

-- A customer may be admitted with a ticket whose charge the bank has taken back, if an operator says so.
ALTER TABLE operator_actions
    DROP CONSTRAINT operator_actions_action_is_known,
    ADD CONSTRAINT operator_actions_action_is_known CHECK (action IN ('EXPIRE_BOOKING', 'REPLAY_WEBHOOK', 'ADMIT_DISPUTED'));
CREATE INDEX operator_actions_admitting ON operator_actions (booking_id) WHERE action = 'ADMIT_DISPUTED';
-- +goose StatementBegin
CREATE FUNCTION dispute_lost_of(booking text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM disputes d JOIN payments p ON p.intent_id = d.intent_id AND p.status = 'SUCCEEDED'
                   WHERE d.booking_id = booking AND p.booking_id = booking AND d.outcome = 'LOST')
$$;
CREATE FUNCTION door_closed(booking text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT dispute_lost_of(booking)
       AND NOT EXISTS (SELECT FROM operator_actions a WHERE a.booking_id = booking AND a.action = 'ADMIT_DISPUTED')
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION door_closed(text), dispute_lost_of(text);
DROP INDEX operator_actions_admitting;
ALTER TABLE operator_actions
    DROP CONSTRAINT operator_actions_action_is_known,
    ADD CONSTRAINT operator_actions_action_is_known CHECK (action IN ('EXPIRE_BOOKING', 'REPLAY_WEBHOOK'));
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION payments_reserve_wallet_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before   bigint := CASE TG_OP WHEN 'INSERT' THEN 0 ELSE payment_reserved(OLD) END;
    change   bigint := payment_reserved(NEW) - before;
    posted   text := NEW.id || CASE WHEN change > 0 THEN ':reserve' ELSE ':release' END;
    owner    text;
BEGIN
    IF change = 0 THEN
        RETURN NULL;
    END IF;
    SELECT b.customer_id INTO STRICT owner FROM bookings b WHERE b.id = NEW.booking_id;
    INSERT INTO ledger_transactions (reference, booking_id, kind, reason)
    VALUES (posted, NEW.booking_id, CASE WHEN change > 0 THEN 'RESERVATION' ELSE 'RELEASE' END,
            CASE WHEN change > 0 THEN 'reserved while the card is being paid' ELSE 'the attempt has ended' END);
    INSERT INTO ledger_entries (reference, account_id, amount)
    VALUES (posted, 'wallet-reserved:' || owner || ':' || NEW.currency, change),
           (posted, 'wallet:' || owner || ':' || NEW.currency, -change);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION currencies_open_house_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_accounts (id, kind, currency)
    SELECT lower(replace(kind, '_', '-')) || ':' || NEW.code, kind, NEW.code
    FROM unnest(ARRAY['CARD_CLEARING', 'REFUNDS_PAYABLE', 'TICKET_SALES', 'BOOKING_FEES', 'TAX', 'PROMOTIONS']) AS kind
    ON CONFLICT (id) DO NOTHING;
    RETURN NULL;
END $$;
-- +goose StatementEnd
DROP FUNCTION lock_disputes_of(text, text), disputes_freeze_arrived(text, text, bigint, timestamptz, text);
DROP TABLE dispute_movements;
DROP FUNCTION dispute_movements_post(), dispute_movements_know_principal();
DROP TRIGGER disputes_follow ON disputes;
DROP TRIGGER disputes_know_charge ON disputes;
DROP FUNCTION refund_dispute(refunds), disputes_follow(), disputes_know_charge(), dispute_freeze(disputes, bigint), dispute_claim(disputes), lock_charge(text),
    ledger_post(text, text, text, text, text[], bigint[]);
REVOKE INSERT (id, intent_id, booking_id, payment_id, top_up_id, amount, currency, reason, status, stage, opened_at, updated_at) ON disputes FROM boxoffice_api;
GRANT INSERT ON disputes TO boxoffice_api;
ALTER TABLE disputes
    DROP COLUMN stage,
    DROP COLUMN outcome,
    DROP COLUMN withdrawn,
    DROP COLUMN held_since,
    DROP COLUMN user_id,
    DROP COLUMN charge_amount,
    DROP COLUMN charge_currency,
    DROP COLUMN lost,
    DROP COLUMN frozen,
    DROP COLUMN forfeited,
    DROP COLUMN postings;
DROP FUNCTION dispute_outcome(text, bigint);
COMMENT ON COLUMN refunds.intent_id IS NULL;
ALTER TABLE refunds
    DROP CONSTRAINT refunds_status_is_known,
    ADD CONSTRAINT refunds_status_is_known CHECK (status IN ('INITIATED', 'SUCCEEDED', 'FAILED', 'NEEDS_ATTENTION'));
-- Accounts and transactions that have entries stay, so that no money disappears; the constraints then say so.
DELETE FROM ledger_accounts a WHERE a.kind IN ('WALLET_FROZEN', 'DISPUTED', 'DISPUTE_LOSSES', 'DISPUTE_FEES', 'OUTSIDE_REFUNDS', 'REFUND_LOSSES')
    AND NOT EXISTS (SELECT FROM ledger_entries e WHERE e.account_id = a.id);
ALTER TABLE ledger_transactions
    DROP CONSTRAINT ledger_transactions_kind_is_known,
    ADD CONSTRAINT ledger_transactions_kind_is_known CHECK (kind IN (
        'GRANT', 'TOP_UP', 'SALE', 'RESERVATION', 'RELEASE', 'CHARGE', 'CANCELLATION', 'REFUND', 'REFUND_RETURNED'));
ALTER TABLE ledger_accounts
    DROP CONSTRAINT ledger_accounts_kind_is_known,
    ADD CONSTRAINT ledger_accounts_kind_is_known CHECK (kind IN (
        'WALLET', 'WALLET_RESERVED', 'CARD_CLEARING', 'REFUNDS_PAYABLE', 'TICKET_SALES', 'BOOKING_FEES', 'TAX', 'PROMOTIONS')),
    DROP CONSTRAINT ledger_accounts_wallets_have_owners,
    ADD CONSTRAINT ledger_accounts_wallets_have_owners CHECK ((kind IN ('WALLET', 'WALLET_RESERVED')) = (user_id IS NOT NULL));
