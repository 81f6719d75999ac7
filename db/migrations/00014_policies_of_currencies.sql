-- A currency that is added later has a default refund policy from the start, as it has accounts and limits: without one, nobody could
-- cancel what was paid in it.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION currencies_open_refund_policy() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    policy bigint;
BEGIN
    INSERT INTO refund_policies (currency, fee) VALUES (NEW.code, 0) RETURNING id INTO policy;
    INSERT INTO refund_policy_tiers (policy_id, hours_before, percent) VALUES (policy, 48, 100), (policy, 24, 75), (policy, 2, 50);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER currencies_open_refund_policy AFTER INSERT ON currencies
    FOR EACH ROW EXECUTE FUNCTION currencies_open_refund_policy();

-- +goose Down
DROP TRIGGER currencies_open_refund_policy ON currencies;
DROP FUNCTION currencies_open_refund_policy();
