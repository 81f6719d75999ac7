-- What operators have to look at: raised by the code that finds it, resolved by a person with a reason.

-- +goose Up
CREATE TABLE flags (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CONSTRAINT flags_kind_is_known CHECK (kind IN ('AUDIT', 'DISPUTE', 'REFUND', 'STRAY_MONEY')),
    subject     text NOT NULL,
    message     text NOT NULL,
    raised_at   timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    resolved_by text REFERENCES users,
    resolution  text,
    CONSTRAINT flags_resolved_by_somebody_with_a_reason CHECK (num_nulls(resolved_at, resolved_by, resolution) IN (0, 3))
);
CREATE UNIQUE INDEX flags_open_once ON flags (kind, subject) WHERE resolved_at IS NULL;
CREATE INDEX flags_by_id ON flags (id) WHERE resolved_at IS NULL;
COMMENT ON COLUMN flags.subject IS 'The id of what it is about: a refund, an intent, a dispute, a check of the audit.';

GRANT SELECT, INSERT ON flags TO boxoffice_worker;
GRANT SELECT, INSERT, UPDATE (resolved_at, resolved_by, resolution) ON flags TO boxoffice_api;

-- +goose Down
DROP TABLE flags;
