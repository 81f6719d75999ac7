-- Cancellations of confirmed bookings under refund policies that are data, and refunds that are followed to their end.

-- +goose Up
CREATE TABLE refund_policies (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    theatre_id text REFERENCES theatres,
    currency   text NOT NULL REFERENCES currencies,
    fee        bigint NOT NULL CONSTRAINT refund_policies_fee_not_negative CHECK (fee >= 0),
    valid_from timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT refund_policies_once_at_a_time UNIQUE NULLS NOT DISTINCT (theatre_id, currency, valid_from)
);
COMMENT ON TABLE refund_policies IS
    'What a customer who cancels gets back. A booking has the policy that was in force when it was made: its theatre''s own, or else the default.';
COMMENT ON COLUMN refund_policies.theatre_id IS 'Null for the default of all theatres with this currency.';
COMMENT ON COLUMN refund_policies.fee IS 'Minor units, taken once from each cancellation''s refund.';

CREATE TABLE refund_policy_tiers (
    policy_id    bigint NOT NULL REFERENCES refund_policies,
    hours_before int NOT NULL CONSTRAINT refund_policy_tiers_hours_are_plausible CHECK (hours_before BETWEEN 0 AND 8760),
    percent      int NOT NULL CONSTRAINT refund_policy_tiers_percent_is_a_share CHECK (percent BETWEEN 0 AND 100),
    PRIMARY KEY (policy_id, hours_before)
);
COMMENT ON TABLE refund_policy_tiers IS
    'Of the tiers whose hours are still left, the one with the most applies; without any, cancelling is refused.';

INSERT INTO refund_policies (currency, fee, valid_from) SELECT code, 0, 'epoch' FROM currencies;
INSERT INTO refund_policy_tiers (policy_id, hours_before, percent)
SELECT p.id, tier.hours_before, tier.percent
FROM refund_policies p CROSS JOIN (VALUES (48, 100), (24, 75), (2, 50)) AS tier (hours_before, percent);

-- +goose StatementBegin
CREATE FUNCTION refuse_backdated_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT valid_from < now() FROM refund_policies WHERE id = COALESCE(to_jsonb(NEW) ->> 'policy_id', to_jsonb(NEW) ->> 'id')::bigint) THEN
        RAISE EXCEPTION 'a refund policy that is in force cannot change; add a new one'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'refund_policies_never_backdated';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER refund_policies_never_backdated AFTER INSERT ON refund_policies
    FOR EACH ROW EXECUTE FUNCTION refuse_backdated_policy();
CREATE TRIGGER refund_policy_tiers_never_backdated AFTER INSERT ON refund_policy_tiers
    FOR EACH ROW EXECUTE FUNCTION refuse_backdated_policy();
CREATE TRIGGER refund_policies_append_only BEFORE UPDATE OR DELETE ON refund_policies
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refund_policy_tiers_append_only BEFORE UPDATE OR DELETE ON refund_policy_tiers
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE cancellations (
    id             text PRIMARY KEY,
    booking_id     text NOT NULL REFERENCES bookings,
    seats          text[] NOT NULL CONSTRAINT cancellations_have_seats CHECK (cardinality(seats) >= 1),
    policy_id      bigint REFERENCES refund_policies,
    percent        int NOT NULL CONSTRAINT cancellations_percent_is_a_share CHECK (percent BETWEEN 0 AND 100),
    fee            bigint NOT NULL CONSTRAINT cancellations_fee_not_negative CHECK (fee >= 0),
    paid           bigint NOT NULL CONSTRAINT cancellations_paid_not_negative CHECK (paid >= 0),
    amount         bigint NOT NULL,
    currency       text NOT NULL REFERENCES currencies,
    refund_to      text NOT NULL CONSTRAINT cancellations_refund_to_is_known CHECK (refund_to IN ('ORIGINAL', 'WALLET')),
    cause          text NOT NULL CONSTRAINT cancellations_cause_is_known CHECK (cause IN ('CUSTOMER', 'SHOW_CANCELLED', 'OPERATOR')),
    actor          text NOT NULL,
    reason         text NOT NULL,
    correlation_id text NOT NULL,
    at             timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, booking_id),
    CONSTRAINT cancellations_refund_is_as_promised CHECK (amount = greatest(div(paid::numeric * percent, 100) - fee, 0))
);
CREATE INDEX cancellations_by_booking ON cancellations (booking_id);
COMMENT ON COLUMN cancellations.policy_id IS 'Null when no policy applied: a cancellation by the cinema gives everything back.';
COMMENT ON COLUMN cancellations.paid IS 'What the seats had cost, in minor units: tickets after discount, fees and tax.';
CREATE TRIGGER cancellations_append_only BEFORE UPDATE OR DELETE ON cancellations
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cancellations_never_truncated BEFORE TRUNCATE ON cancellations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE booking_seats
    ADD COLUMN cancellation_id text,
    ADD CONSTRAINT booking_seats_cancelled_with_their_booking FOREIGN KEY (cancellation_id, booking_id) REFERENCES cancellations (id, booking_id);
CREATE TRIGGER booking_seats_cancelled_once BEFORE UPDATE ON booking_seats
    FOR EACH ROW WHEN (OLD.cancellation_id IS NOT NULL) EXECUTE FUNCTION refuse_change();
COMMENT ON COLUMN booking_seats.cancellation_id IS 'Null while the seat is part of the booking. bookings.seat_labels keeps the seats as they were booked.';

ALTER TABLE refunds
    ADD COLUMN cancellation_id text,
    ADD COLUMN attempt int NOT NULL DEFAULT 1 CONSTRAINT refunds_attempt_from_one CHECK (attempt >= 1),
    ADD COLUMN failure_code text,
    ADD CONSTRAINT refunds_belong_to_the_cancellation FOREIGN KEY (cancellation_id, booking_id) REFERENCES cancellations (id, booking_id),
    ADD CONSTRAINT refunds_of_cancellations_have_payments CHECK (cancellation_id IS NULL OR num_nulls(booking_id, payment_id) = 0),
    DROP CONSTRAINT refunds_card_has_intent,
    ADD CONSTRAINT refunds_card_has_intent CHECK (tender = 'WALLET' OR intent_id IS NOT NULL);
CREATE INDEX refunds_by_payment ON refunds (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX refunds_by_cancellation ON refunds (cancellation_id) WHERE cancellation_id IS NOT NULL;
CREATE INDEX refunds_unfinished ON refunds (created_at, id) WHERE status <> 'SUCCEEDED';
CREATE UNIQUE INDEX refunds_charge_goes_back_once ON refunds (intent_id) WHERE cancellation_id IS NULL AND intent_id IS NOT NULL;
COMMENT ON COLUMN refunds.tender IS 'Where the money goes. A refund that an operator diverted to the wallet keeps the intent to which it should have gone.';
COMMENT ON COLUMN refunds.cancellation_id IS 'Null for money that bought nothing: it goes back where it came from.';
COMMENT ON COLUMN refunds.failure_code IS 'Why the latest attempt did not succeed: the provider''s code.';

-- +goose StatementBegin
CREATE FUNCTION refunds_stay_within_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid     payments;
    refunded record;
BEGIN
    SELECT * INTO STRICT paid FROM payments WHERE id = NEW.payment_id FOR UPDATE;
    IF (paid.status = 'SUCCEEDED') <> (NEW.cancellation_id IS NOT NULL) THEN
        RAISE EXCEPTION 'money that has bought seats goes back by a cancellation, and no other does'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'refunds_of_sales_by_cancellation';
    END IF;
    IF NEW.cancellation_id IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT sum(r.amount) AS total, sum(r.amount) FILTER (WHERE r.tender = 'CARD') AS card, bool_and(r.currency = paid.currency) AS same_currency
    INTO refunded FROM refunds r WHERE r.payment_id = NEW.payment_id;
    IF refunded.total > paid.wallet_amount + paid.card_amount OR refunded.card > paid.card_amount OR NOT refunded.same_currency THEN
        RAISE EXCEPTION 'refunds exceed payment %', paid.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'refunds_never_exceed_payment';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER refunds_stay_within_payment AFTER INSERT OR UPDATE OF tender, amount, currency, payment_id, cancellation_id ON refunds
    FOR EACH ROW WHEN (NEW.payment_id IS NOT NULL) EXECUTE FUNCTION refunds_stay_within_payment();

CREATE TABLE refund_events (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    refund_id          text NOT NULL REFERENCES refunds,
    attempt            int NOT NULL,
    tender             text NOT NULL,
    from_status        text,
    to_status          text NOT NULL,
    failure_code       text,
    provider_refund_id text,
    command_id         text,
    actor              text NOT NULL,
    reason             text NOT NULL CONSTRAINT refund_events_have_a_reason CHECK (reason <> ''),
    correlation_id     text NOT NULL,
    at                 timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refund_events_by_refund ON refund_events (refund_id, id);
CREATE UNIQUE INDEX refund_events_command_once ON refund_events (refund_id, command_id) WHERE command_id IS NOT NULL;
CREATE TRIGGER refund_events_append_only BEFORE UPDATE OR DELETE ON refund_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refund_events_never_truncated BEFORE TRUNCATE ON refund_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON COLUMN refund_events.actor IS 'A role, such as PROVIDER, or the id of the operator.';
COMMENT ON COLUMN refund_events.command_id IS 'The operator''s command, by which a repeat finds the first.';

-- Earlier refunds: what they refund was collected and is owed, and what succeeded has been paid back.
INSERT INTO refund_events (refund_id, attempt, tender, to_status, provider_refund_id, actor, reason, correlation_id)
SELECT id, attempt, tender, status, provider_refund_id, 'SYSTEM', reason, correlation_id FROM refunds;
WITH booked AS (
    SELECT r.id, r.booking_id, r.amount, r.currency, step.suffix, step.kind, step.words, step.side
    FROM refunds r JOIN currencies c ON c.code = r.currency
    JOIN (VALUES (':charge', 'CHARGE', 'collected, and bought nothing', 1), (':1', 'REFUND', 'refunded', -1)) AS step (suffix, kind, words, side)
      ON step.kind = 'CHARGE' OR r.status = 'SUCCEEDED'
), posted AS (
    INSERT INTO ledger_transactions (reference, booking_id, kind, reason)
    SELECT id || suffix, booking_id, kind, words FROM booked
    ON CONFLICT (reference) DO NOTHING
    RETURNING reference
)
INSERT INTO ledger_entries (reference, account_id, amount)
SELECT posted.reference, account.name || ':' || booked.currency, booked.amount * booked.side * account.side
FROM booked JOIN posted ON posted.reference = booked.id || booked.suffix
CROSS JOIN (VALUES ('card-clearing', -1), ('refunds-payable', 1)) AS account (name, side);

GRANT SELECT ON refund_policies, refund_policy_tiers, cancellations, refund_events TO boxoffice_api, boxoffice_worker;
GRANT INSERT ON cancellations, refund_events TO boxoffice_worker;
GRANT UPDATE (cancellation_id) ON booking_seats TO boxoffice_worker;
REVOKE UPDATE ON refunds FROM boxoffice_worker;
GRANT UPDATE (tender, status, attempt, failure_code, provider_refund_id, updated_at) ON refunds TO boxoffice_worker;

-- +goose Down
REVOKE UPDATE (tender, status, attempt, failure_code, provider_refund_id, updated_at) ON refunds FROM boxoffice_worker;
GRANT UPDATE ON refunds TO boxoffice_worker;
REVOKE UPDATE (cancellation_id) ON booking_seats FROM boxoffice_worker;
DROP TABLE refund_events;
DROP TRIGGER refunds_stay_within_payment ON refunds;
DROP FUNCTION refunds_stay_within_payment();
DROP INDEX refunds_by_payment, refunds_by_cancellation, refunds_unfinished, refunds_charge_goes_back_once;
UPDATE refunds SET tender = 'CARD' WHERE intent_id IS NOT NULL;
ALTER TABLE refunds
    DROP CONSTRAINT refunds_card_has_intent,
    ADD CONSTRAINT refunds_card_has_intent CHECK ((tender = 'CARD') = (intent_id IS NOT NULL)),
    DROP COLUMN cancellation_id,
    DROP COLUMN attempt,
    DROP COLUMN failure_code;
DROP TRIGGER booking_seats_cancelled_once ON booking_seats;
ALTER TABLE booking_seats DROP COLUMN cancellation_id;
DROP TABLE cancellations, refund_policy_tiers, refund_policies;
DROP FUNCTION refuse_backdated_policy();
