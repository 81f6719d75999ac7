-- Wallets are topped up by card, within limits that are data.

-- +goose Up
CREATE TABLE top_up_limits (
    currency text PRIMARY KEY REFERENCES currencies,
    minimum  bigint NOT NULL DEFAULT 100 CONSTRAINT top_up_limits_minimum_positive CHECK (minimum > 0),
    maximum  bigint NOT NULL DEFAULT 1000000 CONSTRAINT top_up_limits_maximum_is_chargeable CHECK (maximum <= 99999999),
    per_day  bigint NOT NULL DEFAULT 2500000,
    CONSTRAINT top_up_limits_in_order CHECK (minimum <= maximum AND maximum <= per_day)
);
COMMENT ON TABLE top_up_limits IS
    'In minor units; a currency without a row cannot be topped up. No top-up may be below currencies.minimum_charge, whatever these limits are.';
COMMENT ON COLUMN top_up_limits.maximum IS 'The provider charges at most eight digits.';
COMMENT ON COLUMN top_up_limits.per_day IS 'For all top-ups of a wallet in any 24 hours that were credited or may still be paid.';

-- +goose StatementBegin
CREATE FUNCTION currencies_open_top_ups() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO top_up_limits (currency) VALUES (NEW.code) ON CONFLICT (currency) DO NOTHING;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER currencies_open_top_ups AFTER INSERT ON currencies
    FOR EACH ROW EXECUTE FUNCTION currencies_open_top_ups();
INSERT INTO top_up_limits (currency) SELECT code FROM currencies;

CREATE TABLE top_ups (
    id             text PRIMARY KEY,
    user_id        text NOT NULL REFERENCES users,
    currency       text NOT NULL REFERENCES currencies,
    amount         bigint NOT NULL CONSTRAINT top_ups_amount_positive CHECK (amount > 0),
    status         text NOT NULL CONSTRAINT top_ups_status_is_known CHECK (status IN (
                       'INITIATED', 'PROCESSING', 'DECLINED', 'SUCCEEDED', 'EXPIRED', 'CANCELLED')),
    intent_id      text CONSTRAINT top_ups_intent_once UNIQUE,
    decline_code   text,
    request_hash   text NOT NULL,
    correlation_id text NOT NULL,
    expires_at     timestamptz NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT top_ups_paid_on_an_intent CHECK (status <> 'SUCCEEDED' OR intent_id IS NOT NULL)
);
CREATE INDEX top_ups_by_user ON top_ups (user_id, currency, created_at);

GRANT SELECT ON top_ups, top_up_limits TO boxoffice_api, boxoffice_worker;
GRANT INSERT, UPDATE (status, intent_id, decline_code, updated_at) ON top_ups TO boxoffice_worker;

-- +goose Down
DROP TRIGGER currencies_open_top_ups ON currencies;
DROP FUNCTION currencies_open_top_ups();
DROP TABLE top_ups, top_up_limits;
