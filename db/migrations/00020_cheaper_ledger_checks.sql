-- A ledger transaction was checked once for itself and once for each of its entries, six times a sale; now once, when its entries are
-- written. And only entries of accounts with owners look for a balance to keep.

-- +goose Up
-- Locks the tables in the order in which sales lock them, with a time-out: behind a long reader the deployment fails and is tried again, instead of
-- making all sales wait.
SET LOCAL lock_timeout = '2s';
LOCK TABLE ledger_transactions, ledger_entries, ledger_accounts IN ACCESS EXCLUSIVE MODE;

ALTER TABLE ledger_accounts ADD CONSTRAINT ledger_accounts_owner_shows_in_id CHECK ((user_id IS NOT NULL) = starts_with(id, 'wallet'));

DROP TRIGGER ledger_entries_keep_wallet_balance ON ledger_entries;
CREATE TRIGGER ledger_entries_keep_wallet_balance AFTER INSERT ON ledger_entries
    FOR EACH ROW WHEN (starts_with(NEW.account_id, 'wallet')) EXECUTE FUNCTION ledger_keep_wallet_balance();

DROP TRIGGER ledger_entries_sum_to_zero ON ledger_entries;
DROP TRIGGER ledger_transactions_sum_to_zero ON ledger_transactions;
DROP FUNCTION ledger_transaction_sums_to_zero();

-- +goose StatementBegin
CREATE FUNCTION ledger_entries_sum_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong text;
BEGIN
    SELECT written.reference INTO wrong
    FROM written JOIN ledger_accounts a ON a.id = written.account_id
    GROUP BY written.reference, a.currency HAVING sum(written.amount) <> 0
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger transaction % does not sum to zero', wrong
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'ledger_transactions_sum_to_zero';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_transaction_has_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ledger_entries WHERE reference = NEW.reference) THEN
        RAISE EXCEPTION 'ledger transaction % has no entries', NEW.reference
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'ledger_transactions_sum_to_zero';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- All entries of a transaction are written in one statement: if each statement sums to zero, so do all transactions.
CREATE TRIGGER ledger_entries_sum_to_zero AFTER INSERT ON ledger_entries
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ledger_entries_sum_to_zero();
CREATE CONSTRAINT TRIGGER ledger_transactions_sum_to_zero AFTER INSERT ON ledger_transactions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transaction_has_entries();

-- +goose Down
SET LOCAL lock_timeout = '2s';
LOCK TABLE ledger_transactions, ledger_entries, ledger_accounts IN ACCESS EXCLUSIVE MODE;

DROP TRIGGER ledger_transactions_sum_to_zero ON ledger_transactions;
DROP TRIGGER ledger_entries_sum_to_zero ON ledger_entries;
DROP FUNCTION ledger_transaction_has_entries(), ledger_entries_sum_to_zero();

-- +goose StatementBegin
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

CREATE CONSTRAINT TRIGGER ledger_transactions_sum_to_zero AFTER INSERT ON ledger_transactions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transaction_sums_to_zero();
CREATE CONSTRAINT TRIGGER ledger_entries_sum_to_zero AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transaction_sums_to_zero();
DROP TRIGGER ledger_entries_keep_wallet_balance ON ledger_entries;
CREATE TRIGGER ledger_entries_keep_wallet_balance AFTER INSERT ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_keep_wallet_balance();
ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_owner_shows_in_id;
