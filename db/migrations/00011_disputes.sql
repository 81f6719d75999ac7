-- What customers dispute at their banks, according to the provider's events.

-- +goose Up
CREATE TABLE disputes (
    id          text PRIMARY KEY,
    intent_id   text NOT NULL,
    booking_id  text REFERENCES bookings,
    payment_id  text REFERENCES payments,
    top_up_id   text REFERENCES top_ups,
    amount      bigint NOT NULL CONSTRAINT disputes_amount_not_negative CHECK (amount >= 0),
    currency    text NOT NULL,
    reason      text NOT NULL,
    status      text NOT NULL,
    opened_at   timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX disputes_by_opening ON disputes (opened_at, id);
CREATE INDEX disputes_by_booking ON disputes (booking_id);
CREATE INDEX disputes_by_intent ON disputes (intent_id);
COMMENT ON COLUMN disputes.currency IS 'As the bank settles it, which may be another than the payment''s.';
COMMENT ON COLUMN disputes.status IS 'The provider''s status; it may be one that is not known yet.';
COMMENT ON COLUMN disputes.opened_at IS 'When the provider made the dispute.';
COMMENT ON COLUMN disputes.updated_at IS 'The time of the event that the row was written from, not that of its arrival.';

-- +goose StatementBegin
CREATE FUNCTION dispute_progress(status text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN status IN ('won', 'lost', 'warning_closed') THEN 2 WHEN status IN ('under_review', 'warning_under_review') THEN 1 ELSE 0 END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION dispute_progress IS 'Orders two events of the same second: the provider''s times have no fractions.';

ALTER TABLE webhook_events
    DROP CONSTRAINT webhook_events_outcome_is_known,
    ADD CONSTRAINT webhook_events_outcome_is_known CHECK (outcome IN ('SIGNALLED', 'SETTLING', 'RECORDED', 'IGNORED'));

-- Operators read refunds newest first, all of them or those of one state.
CREATE INDEX refunds_by_age ON refunds (created_at, id);
CREATE INDEX refunds_by_status ON refunds (status, created_at, id);

GRANT SELECT, INSERT ON disputes TO boxoffice_api;
GRANT UPDATE (amount, currency, reason, status, updated_at) ON disputes TO boxoffice_api;
GRANT SELECT ON disputes TO boxoffice_worker;

-- +goose Down
DROP INDEX refunds_by_age, refunds_by_status;
UPDATE webhook_events SET outcome = 'IGNORED' WHERE outcome = 'RECORDED';
ALTER TABLE webhook_events
    DROP CONSTRAINT webhook_events_outcome_is_known,
    ADD CONSTRAINT webhook_events_outcome_is_known CHECK (outcome IN ('SIGNALLED', 'SETTLING', 'IGNORED'));
DROP TABLE disputes;
DROP FUNCTION dispute_progress(text);
