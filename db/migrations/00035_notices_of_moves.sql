-- Customers are told that their show begins at another time, and that their seats have changed. Notices stay as they were mailed.

-- +goose Up
CREATE TABLE show_moves (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    show_id        text NOT NULL REFERENCES shows,
    from_starts_at timestamptz NOT NULL,
    to_starts_at   timestamptz NOT NULL,
    at             timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT show_moves_move CHECK (from_starts_at <> to_starts_at)
);
CREATE INDEX show_moves_by_show ON show_moves (show_id, id);
CREATE INDEX show_moves_by_age ON show_moves (at);
COMMENT ON TABLE show_moves IS 'Every change of a show''s start, however it was made. The database itself writes it.';
CREATE TRIGGER show_moves_append_only BEFORE UPDATE OR DELETE ON show_moves
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER show_moves_never_truncated BEFORE TRUNCATE ON show_moves
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose StatementBegin
CREATE FUNCTION note_show_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO show_moves (show_id, from_starts_at, to_starts_at) VALUES (NEW.id, OLD.starts_at, NEW.starts_at);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER shows_moves_are_noted AFTER UPDATE ON shows
    FOR EACH ROW WHEN (OLD.starts_at <> NEW.starts_at) EXECUTE FUNCTION note_show_move();

-- +goose StatementBegin
CREATE FUNCTION latest_show_move(show_id text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT COALESCE((SELECT m.id::text FROM show_moves m WHERE m.show_id = $1 ORDER BY m.id DESC LIMIT 1), '')
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION latest_show_move IS 'Identifies a show''s current start among all that it has had, even if two are equal: empty if it was never moved.';

-- An id was made of the booking and the kind alone. Those of notices without an occasion stay as they are.
-- +goose StatementBegin
CREATE FUNCTION notice_id(booking_id text, kind text, occasion text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'nt_' || left(encode(sha256(convert_to(booking_id || ' ' || kind || CASE WHEN occasion = '' THEN '' ELSE ' ' || occasion END, 'UTF8')), 'hex'), 32)
$$;
-- +goose StatementEnd
ALTER TABLE notices DISABLE TRIGGER USER;
ALTER TABLE notices
    DROP CONSTRAINT notices_told_once,
    DROP CONSTRAINT notices_kind_is_known,
    DROP COLUMN id,
    ADD COLUMN occasion text NOT NULL DEFAULT '' CONSTRAINT notices_occasion_is_an_id CHECK (occasion ~ '^[A-Za-z0-9_.:-]{0,80}$'),
    ADD COLUMN starts_at timestamptz,
    ADD COLUMN moved_from timestamptz,
    ADD COLUMN subject text,
    ADD COLUMN words text;
ALTER TABLE notices
    ADD COLUMN id text GENERATED ALWAYS AS (notice_id(booking_id, kind, occasion)) STORED PRIMARY KEY,
    ADD CONSTRAINT notices_told_once UNIQUE (booking_id, kind, occasion),
    ADD CONSTRAINT notices_kind_is_known CHECK (kind IN ('REMINDER', 'SHOW_CANCELLED', 'SHOW_MOVED', 'SEATS_MOVED')),
    ADD CONSTRAINT notices_of_moved_shows_say_from_when CHECK ((kind = 'SHOW_MOVED') = (moved_from IS NOT NULL)),
    ADD CONSTRAINT notices_words_are_whole CHECK ((subject IS NULL) = (words IS NULL)),
    ADD CONSTRAINT notices_words_are_what_was_sent CHECK (words IS NULL OR status = 'SENT');
UPDATE notices n SET starts_at = (SELECT sh.starts_at FROM shows sh WHERE sh.id = n.show_id);
ALTER TABLE notices ALTER COLUMN starts_at SET NOT NULL;
ALTER TABLE notices ENABLE TRIGGER USER;
CREATE INDEX notices_by_customer ON notices (customer_id, created_at DESC, id DESC);
CREATE INDEX notices_to_send ON notices (show_id, kind, next_try_at, id) WHERE status = 'PENDING';
DROP FUNCTION notice_id(text, text);
COMMENT ON TABLE notices IS 'One for each booking, kind and occasion. Its text is made when it is mailed, and kept as it was mailed.';
COMMENT ON COLUMN notices.occasion IS 'Distinguishes notices of one kind for a booking; derived from their content, so that a repeat finds the first. REMINDER and SHOW_MOVED: the show''s latest move; SEATS_MOVED: the move; empty: there is only one.';
COMMENT ON COLUMN notices.starts_at IS 'The show''s start when this was written.';
COMMENT ON COLUMN notices.moved_from IS 'The start that the customer knew of.';
COMMENT ON COLUMN notices.words IS 'The text of the mail. Null while it was not mailed, and for mails that are older than this column.';

-- +goose StatementBegin
CREATE FUNCTION start_known(booking_id text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT COALESCE(
        (SELECT n.starts_at FROM notices n
         WHERE n.booking_id = b.id AND n.kind = 'SHOW_MOVED' AND n.status <> 'PENDING' AND n.failure_code IS DISTINCT FROM 'MOVED'
         ORDER BY n.created_at DESC, n.occasion::bigint DESC LIMIT 1),
        (SELECT m.from_starts_at FROM show_moves m WHERE m.show_id = b.show_id AND m.at > b.created_at ORDER BY m.id LIMIT 1),
        sh.starts_at)
    FROM bookings b JOIN shows sh ON sh.id = b.show_id
    WHERE b.id = $1
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION start_known IS 'When a show begins according to what the customer of a booking was told last, or saw when booking.';

GRANT SELECT ON show_moves TO boxoffice_api, boxoffice_worker;
GRANT INSERT (occasion, starts_at, moved_from), UPDATE (subject, words) ON notices TO boxoffice_worker;

-- +goose Down
DROP TRIGGER shows_moves_are_noted ON shows;
DROP FUNCTION start_known(text), note_show_move(), latest_show_move(text);
-- +goose StatementBegin
CREATE FUNCTION notice_id(booking_id text, kind text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'nt_' || left(encode(sha256(convert_to(booking_id || ' ' || kind, 'UTF8')), 'hex'), 32)
$$;
-- +goose StatementEnd
ALTER TABLE notices DISABLE TRIGGER USER;
DELETE FROM notices n WHERE n.kind IN ('SHOW_MOVED', 'SEATS_MOVED')
    OR EXISTS (SELECT FROM notices later WHERE later.booking_id = n.booking_id AND later.kind = n.kind AND later.created_at > n.created_at);
ALTER TABLE notices
    DROP CONSTRAINT notices_told_once,
    DROP CONSTRAINT notices_kind_is_known,
    DROP COLUMN id,
    DROP COLUMN occasion,
    DROP COLUMN starts_at,
    DROP COLUMN moved_from,
    DROP COLUMN subject,
    DROP COLUMN words;
ALTER TABLE notices
    ADD COLUMN id text GENERATED ALWAYS AS (notice_id(booking_id, kind)) STORED PRIMARY KEY,
    ADD CONSTRAINT notices_told_once UNIQUE (booking_id, kind),
    ADD CONSTRAINT notices_kind_is_known CHECK (kind IN ('REMINDER', 'SHOW_CANCELLED'));
ALTER TABLE notices ENABLE TRIGGER USER;
CREATE INDEX notices_by_customer ON notices (customer_id, created_at DESC, id DESC);
CREATE INDEX notices_to_send ON notices (show_id, kind, next_try_at, id) WHERE status = 'PENDING';
DROP FUNCTION notice_id(text, text, text);
DROP TABLE show_moves;
COMMENT ON TABLE notices IS 'One for each booking and kind. Its text is made of the booking when it is sent or read.';
