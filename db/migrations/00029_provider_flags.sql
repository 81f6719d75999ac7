-- Operators see events in the payment provider's name that are not true, or cannot be verified or read.

-- +goose Up
ALTER TABLE flags
    DROP CONSTRAINT flags_kind_is_known,
    ADD CONSTRAINT flags_kind_is_known CHECK (kind IN ('AUDIT', 'DISPUTE', 'OUTSIDE_REFUND', 'PROVIDER', 'REFUND', 'STRAY_MONEY'));
COMMENT ON COLUMN flags.subject IS 'The id of what it is about: a refund, an intent, a dispute, a check of the audit, or what is wrong with the deliveries of events.';

ALTER TABLE webhook_events
    DROP CONSTRAINT webhook_events_outcome_is_known,
    ADD CONSTRAINT webhook_events_outcome_is_known CHECK (outcome IN ('SIGNALLED', 'SETTLING', 'RECORDED', 'IGNORED', 'UNREADABLE'));

-- +goose Down
UPDATE webhook_events SET outcome = 'IGNORED' WHERE outcome = 'UNREADABLE';
ALTER TABLE webhook_events
    DROP CONSTRAINT webhook_events_outcome_is_known,
    ADD CONSTRAINT webhook_events_outcome_is_known CHECK (outcome IN ('SIGNALLED', 'SETTLING', 'RECORDED', 'IGNORED'));
DELETE FROM flags WHERE kind = 'PROVIDER';
ALTER TABLE flags
    DROP CONSTRAINT flags_kind_is_known,
    ADD CONSTRAINT flags_kind_is_known CHECK (kind IN ('AUDIT', 'DISPUTE', 'OUTSIDE_REFUND', 'REFUND', 'STRAY_MONEY'));
COMMENT ON COLUMN flags.subject IS 'The id of what it is about: a refund, an intent, a dispute, a check of the audit.';
