-- What customers are notified of: that a show of theirs begins soon, and that one is cancelled.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION notice_id(booking_id text, kind text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'nt_' || left(encode(sha256(convert_to(booking_id || ' ' || kind, 'UTF8')), 'hex'), 32)
$$;
-- +goose StatementEnd

CREATE TABLE notices (
    id           text GENERATED ALWAYS AS (notice_id(booking_id, kind)) STORED PRIMARY KEY,
    booking_id   text NOT NULL,
    show_id      text NOT NULL,
    customer_id  text NOT NULL REFERENCES users,
    kind         text NOT NULL CONSTRAINT notices_kind_is_known CHECK (kind IN ('REMINDER', 'SHOW_CANCELLED')),
    status       text NOT NULL DEFAULT 'PENDING'
                 CONSTRAINT notices_status_is_known CHECK (status IN ('PENDING', 'SENT', 'FAILED', 'SKIPPED')),
    attempts     int NOT NULL DEFAULT 0 CONSTRAINT notices_attempts_are_few CHECK (attempts BETWEEN 0 AND 100),
    failure_code text CONSTRAINT notices_failure_code_is_a_word CHECK (failure_code ~ '^[A-Z0-9_]{1,40}$'),
    next_try_at  timestamptz NOT NULL DEFAULT now(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    sent_at      timestamptz,
    FOREIGN KEY (booking_id, show_id) REFERENCES bookings (id, show_id),
    CONSTRAINT notices_told_once UNIQUE (booking_id, kind),
    CONSTRAINT notices_sent_at_a_time CHECK ((status = 'SENT') = (sent_at IS NOT NULL)),
    CONSTRAINT notices_unsent_for_a_cause CHECK (status NOT IN ('FAILED', 'SKIPPED') OR failure_code IS NOT NULL)
);
CREATE INDEX notices_by_customer ON notices (customer_id, created_at DESC, id DESC);
CREATE INDEX notices_by_show ON notices (show_id, kind);
CREATE INDEX notices_to_send ON notices (show_id, kind, next_try_at, id) WHERE status = 'PENDING';
COMMENT ON TABLE notices IS 'One for each booking and kind. Its text is made of the booking when it is sent or read.';
COMMENT ON COLUMN notices.status IS 'Of the e-mail. FAILED: the mail server never accepted it; SKIPPED: sending it had become pointless.';
COMMENT ON COLUMN notices.failure_code IS 'Why the latest attempt did not succeed, or why there was none. Never the text of a mail server: it may quote an address.';
COMMENT ON COLUMN notices.next_try_at IS 'A sender has claimed it until then; no other tries before.';
CREATE TRIGGER notices_end_for_good BEFORE UPDATE ON notices
    FOR EACH ROW WHEN (OLD.status <> 'PENDING') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER notices_never_deleted BEFORE DELETE ON notices
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER notices_never_truncated BEFORE TRUNCATE ON notices
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- For finding customers whose show begins soon, or was cancelled recently.
CREATE INDEX shows_by_start ON shows (starts_at);
CREATE INDEX cancellations_by_house ON cancellations (at) WHERE cause = 'SHOW_CANCELLED';

GRANT SELECT ON notices TO boxoffice_api, boxoffice_worker;
GRANT INSERT (booking_id, show_id, customer_id, kind), UPDATE (status, attempts, failure_code, next_try_at, sent_at) ON notices TO boxoffice_worker;

-- +goose Down
DROP INDEX cancellations_by_house, shows_by_start;
DROP TABLE notices;
DROP FUNCTION notice_id(text, text);
