-- What the ledger needs besides sales: kinds of transactions, debts to customers, and wallet money that is reserved
-- while the card's part of a payment is under way.

-- +goose Up
ALTER TABLE ledger_transactions DISABLE TRIGGER ledger_transactions_append_only;
ALTER TABLE ledger_transactions ADD COLUMN kind text;
UPDATE ledger_transactions SET kind = CASE WHEN booking_id IS NULL THEN 'GRANT' ELSE 'SALE' END;
ALTER TABLE ledger_transactions
    ALTER COLUMN kind SET NOT NULL,
    ADD CONSTRAINT ledger_transactions_kind_is_known CHECK (kind IN (
        'GRANT', 'TOP_UP', 'SALE', 'RESERVATION', 'RELEASE', 'CHARGE', 'CANCELLATION', 'REFUND', 'REFUND_RETURNED')),
    ADD CONSTRAINT ledger_transactions_sales_have_bookings CHECK (
        kind NOT IN ('SALE', 'RESERVATION', 'RELEASE', 'CANCELLATION') OR booking_id IS NOT NULL);
ALTER TABLE ledger_transactions ENABLE TRIGGER ledger_transactions_append_only;

ALTER TABLE ledger_entries ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY;
DROP INDEX ledger_entries_by_account;
CREATE UNIQUE INDEX ledger_entries_by_account ON ledger_entries (account_id, seq);
COMMENT ON COLUMN ledger_entries.seq IS 'The order in which an account''s history is read.';

ALTER TABLE currencies ADD COLUMN minimum_charge bigint NOT NULL DEFAULT 50
    CONSTRAINT currencies_minimum_charge_positive CHECK (minimum_charge > 0);
UPDATE currencies SET minimum_charge = 30 WHERE code = 'GBP';
COMMENT ON COLUMN currencies.minimum_charge IS
    'The smallest amount, in minor units, that the provider charges to a card: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts';

ALTER TABLE ledger_accounts
    DROP CONSTRAINT ledger_accounts_kind_is_known,
    ADD CONSTRAINT ledger_accounts_kind_is_known CHECK (kind IN (
        'WALLET', 'WALLET_RESERVED', 'CARD_CLEARING', 'REFUNDS_PAYABLE', 'TICKET_SALES', 'BOOKING_FEES', 'TAX', 'PROMOTIONS'));

-- +goose StatementBegin
CREATE FUNCTION currencies_open_house_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_accounts (id, kind, currency)
    SELECT lower(replace(kind, '_', '-')) || ':' || NEW.code, kind, NEW.code
    FROM unnest(ARRAY['CARD_CLEARING', 'REFUNDS_PAYABLE', 'TICKET_SALES', 'BOOKING_FEES', 'TAX', 'PROMOTIONS']) AS kind
    ON CONFLICT (id) DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_accounts_open_reserve() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_accounts (id, kind, user_id, currency)
    VALUES ('wallet-reserved:' || NEW.user_id || ':' || NEW.currency, 'WALLET_RESERVED', NEW.user_id, NEW.currency)
    ON CONFLICT (id) DO NOTHING;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER currencies_open_house_accounts AFTER INSERT ON currencies
    FOR EACH ROW EXECUTE FUNCTION currencies_open_house_accounts();
CREATE TRIGGER ledger_accounts_open_reserve AFTER INSERT ON ledger_accounts
    FOR EACH ROW WHEN (NEW.kind = 'WALLET') EXECUTE FUNCTION ledger_accounts_open_reserve();

INSERT INTO ledger_accounts (id, kind, currency) SELECT 'refunds-payable:' || code, 'REFUNDS_PAYABLE', code FROM currencies;
INSERT INTO ledger_accounts (id, kind, user_id, currency)
SELECT 'wallet-reserved:' || user_id || ':' || currency, 'WALLET_RESERVED', user_id, currency FROM ledger_accounts WHERE kind = 'WALLET'
ON CONFLICT (id) DO NOTHING;

-- +goose StatementBegin
CREATE FUNCTION payment_reserved(payment payments) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN payment.method = 'WALLET_AND_CARD' AND payment.status IN ('INITIATED', 'PROCESSING', 'DECLINED')
                THEN payment.wallet_amount ELSE 0 END
$$;

CREATE FUNCTION payments_reserve_wallet_part() RETURNS trigger LANGUAGE plpgsql AS $$
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
-- +goose StatementEnd

-- The one place that reserves and releases: however an attempt ends, and whatever records that, its customer's money is
-- released in the same transaction. A sale then takes it from the wallet.
CREATE TRIGGER payments_reserve_wallet_part AFTER INSERT OR UPDATE ON payments
    FOR EACH ROW EXECUTE FUNCTION payments_reserve_wallet_part();

GRANT INSERT (id, kind, user_id, currency) ON ledger_accounts TO boxoffice_worker;

-- +goose Down
REVOKE INSERT (id, kind, user_id, currency) ON ledger_accounts FROM boxoffice_worker;
DROP TRIGGER payments_reserve_wallet_part ON payments;
DROP TRIGGER ledger_accounts_open_reserve ON ledger_accounts;
DROP TRIGGER currencies_open_house_accounts ON currencies;
DROP FUNCTION payments_reserve_wallet_part(), payment_reserved(payments), ledger_accounts_open_reserve(), currencies_open_house_accounts();
-- Accounts that have entries stay, so that no money disappears; the constraint then says so.
DELETE FROM ledger_accounts a WHERE a.kind IN ('REFUNDS_PAYABLE', 'WALLET_RESERVED')
    AND NOT EXISTS (SELECT FROM ledger_entries e WHERE e.account_id = a.id);
ALTER TABLE ledger_accounts
    DROP CONSTRAINT ledger_accounts_kind_is_known,
    ADD CONSTRAINT ledger_accounts_kind_is_known CHECK (kind IN (
        'WALLET', 'WALLET_RESERVED', 'CARD_CLEARING', 'TICKET_SALES', 'BOOKING_FEES', 'TAX', 'PROMOTIONS'));
ALTER TABLE currencies DROP COLUMN minimum_charge;
DROP INDEX ledger_entries_by_account;
ALTER TABLE ledger_entries DROP COLUMN seq;
CREATE INDEX ledger_entries_by_account ON ledger_entries (account_id);
ALTER TABLE ledger_transactions DROP COLUMN kind;
