-- A double-entry ledger, the payments that collect quotes and the refunds that give money back.

-- +goose Up
CREATE TABLE ledger_accounts (
    id       text PRIMARY KEY,
    kind     text NOT NULL CONSTRAINT ledger_accounts_kind_is_known CHECK (kind IN (
                 'WALLET', 'WALLET_RESERVED', 'CARD_CLEARING', 'TICKET_SALES', 'BOOKING_FEES', 'TAX', 'PROMOTIONS')),
    user_id  text REFERENCES users,
    currency text NOT NULL REFERENCES currencies,
    balance  bigint NOT NULL DEFAULT 0,
    UNIQUE NULLS NOT DISTINCT (kind, user_id, currency),
    CONSTRAINT ledger_accounts_wallets_have_owners CHECK ((kind IN ('WALLET', 'WALLET_RESERVED')) = (user_id IS NOT NULL)),
    CONSTRAINT ledger_accounts_wallet_never_negative CHECK (user_id IS NULL OR balance >= 0),
    CONSTRAINT ledger_accounts_house_balance_is_the_sum CHECK (user_id IS NOT NULL OR balance = 0)
);
CREATE INDEX ledger_accounts_by_user ON ledger_accounts (user_id) WHERE user_id IS NOT NULL;
COMMENT ON COLUMN ledger_accounts.balance IS
    'Kept for wallets only, by trigger. An internal account''s balance is the sum of its entries: a row that every booking had to update would make them queue.';

CREATE TABLE ledger_transactions (
    reference  text PRIMARY KEY,
    booking_id text REFERENCES bookings,
    reason     text NOT NULL,
    at         timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN ledger_transactions.reference IS '<booking>:<step>, so that a repeated step posts nothing.';
CREATE INDEX ledger_transactions_by_booking ON ledger_transactions (booking_id) WHERE booking_id IS NOT NULL;

CREATE TABLE ledger_entries (
    reference  text NOT NULL REFERENCES ledger_transactions,
    account_id text NOT NULL REFERENCES ledger_accounts,
    amount     bigint NOT NULL CONSTRAINT ledger_entries_not_zero CHECK (amount <> 0),
    PRIMARY KEY (reference, account_id)
);
CREATE INDEX ledger_entries_by_account ON ledger_entries (account_id);
COMMENT ON COLUMN ledger_entries.amount IS
    'Minor units. Positive credits the account (a wallet gains money), negative debits it (the provider holds money for us).';

-- +goose StatementBegin
CREATE FUNCTION ledger_keep_wallet_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger_accounts SET balance = balance + NEW.amount WHERE id = NEW.account_id AND user_id IS NOT NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_refuse_bare_balance_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.balance = 0 THEN
        RETURN NEW;
    END IF;
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'a balance changes only by ledger entries'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'ledger_accounts_balance_by_entries_only';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION ledger_transaction_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) < 2 FROM ledger_entries WHERE reference = NEW.reference)
       OR EXISTS (SELECT FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
                  WHERE e.reference = NEW.reference GROUP BY a.currency HAVING sum(e.amount) <> 0) THEN
        RAISE EXCEPTION 'ledger transaction % does not sum to zero', NEW.reference
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'ledger_transactions_sum_to_zero';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER ledger_entries_keep_wallet_balance AFTER INSERT ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_keep_wallet_balance();
CREATE TRIGGER ledger_accounts_balance_by_entries_only BEFORE INSERT OR UPDATE ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_bare_balance_change();
CREATE CONSTRAINT TRIGGER ledger_transactions_sum_to_zero AFTER INSERT ON ledger_transactions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transaction_sums_to_zero();
CREATE CONSTRAINT TRIGGER ledger_entries_sum_to_zero AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transaction_sums_to_zero();
CREATE TRIGGER ledger_transactions_append_only BEFORE UPDATE OR DELETE ON ledger_transactions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_transactions_never_truncated BEFORE TRUNCATE ON ledger_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_never_truncated BEFORE TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

INSERT INTO currencies (code) VALUES ('INR'), ('USD'), ('EUR'), ('GBP');
INSERT INTO ledger_accounts (id, kind, currency)
SELECT lower(replace(kind, '_', '-')) || ':' || code, kind, code
FROM currencies, unnest(ARRAY['CARD_CLEARING', 'TICKET_SALES', 'BOOKING_FEES', 'TAX', 'PROMOTIONS']) AS kind;

CREATE TABLE payments (
    id             text PRIMARY KEY,
    booking_id     text NOT NULL REFERENCES bookings,
    attempt        int NOT NULL CONSTRAINT payments_attempt_from_one CHECK (attempt >= 1),
    method         text NOT NULL CONSTRAINT payments_method_is_known CHECK (method IN ('CARD', 'WALLET', 'WALLET_AND_CARD')),
    currency       text NOT NULL REFERENCES currencies,
    wallet_amount  bigint NOT NULL CONSTRAINT payments_wallet_not_negative CHECK (wallet_amount >= 0),
    card_amount    bigint NOT NULL CONSTRAINT payments_card_not_negative CHECK (card_amount >= 0),
    status         text NOT NULL CONSTRAINT payments_status_is_known CHECK (status IN (
                       'INITIATED', 'PROCESSING', 'DECLINED', 'SUCCEEDED', 'REFUNDING', 'REFUNDED', 'CANCELLED')),
    intent_id      text CONSTRAINT payments_intent_once UNIQUE,
    decline_code   text,
    request_hash   text NOT NULL,
    correlation_id text NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT payments_attempt_once UNIQUE (booking_id, attempt),
    CONSTRAINT payments_method_fits_tenders CHECK (
        CASE method WHEN 'CARD' THEN wallet_amount = 0 AND card_amount > 0
                    WHEN 'WALLET' THEN card_amount = 0
                    ELSE wallet_amount > 0 AND card_amount > 0 END),
    CONSTRAINT payments_intent_is_for_a_card CHECK (intent_id IS NULL OR card_amount > 0)
);
CREATE UNIQUE INDEX payments_one_success_per_booking ON payments (booking_id) WHERE status = 'SUCCEEDED';

CREATE TABLE refunds (
    id                 text PRIMARY KEY,
    booking_id         text REFERENCES bookings,
    payment_id         text REFERENCES payments,
    intent_id          text,
    tender             text NOT NULL CONSTRAINT refunds_tender_is_known CHECK (tender IN ('CARD', 'WALLET')),
    amount             bigint NOT NULL CONSTRAINT refunds_amount_positive CHECK (amount > 0),
    currency           text NOT NULL,
    reason             text NOT NULL,
    status             text NOT NULL CONSTRAINT refunds_status_is_known CHECK (status IN (
                           'INITIATED', 'SUCCEEDED', 'FAILED', 'NEEDS_ATTENTION')),
    provider_refund_id text CONSTRAINT refunds_provider_refund_once UNIQUE,
    correlation_id     text NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT refunds_card_has_intent CHECK ((tender = 'CARD') = (intent_id IS NOT NULL))
);
CREATE INDEX refunds_by_booking ON refunds (booking_id);
CREATE INDEX refunds_by_intent ON refunds (intent_id);

CREATE TABLE webhook_events (
    event_id    text PRIMARY KEY,
    type        text NOT NULL,
    intent_id   text,
    booking_id  text,
    outcome     text NOT NULL CONSTRAINT webhook_events_outcome_is_known CHECK (outcome IN (
                    'SIGNALLED', 'SETTLING', 'IGNORED')),
    event       jsonb,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_events_by_intent ON webhook_events (intent_id) WHERE intent_id IS NOT NULL;
COMMENT ON COLUMN webhook_events.event IS 'The event as the booking understood it, without the provider''s personal data.';

-- +goose Down
DROP TABLE webhook_events, refunds, payments, ledger_entries, ledger_transactions, ledger_accounts;
DELETE FROM currencies;
DROP FUNCTION ledger_keep_wallet_balance(), ledger_refuse_bare_balance_change(), ledger_transaction_sums_to_zero();
