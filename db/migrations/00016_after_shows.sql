-- After the show: who came, and which bookings have been used.

-- +goose Up
-- For finding the shows that have bookings left to complete, and the bookings of one show; completed bookings leave it.
CREATE INDEX bookings_confirmed ON bookings (show_id, id) WHERE status = 'CONFIRMED';

CREATE TABLE check_ins (
    booking_id     text PRIMARY KEY REFERENCES bookings,
    show_id        text NOT NULL,
    staff_id       text NOT NULL REFERENCES users,
    correlation_id text NOT NULL,
    at             timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (booking_id, show_id) REFERENCES bookings (id, show_id)
);
CREATE INDEX check_ins_by_show ON check_ins (show_id);
COMMENT ON TABLE check_ins IS 'The first scan of each booking''s ticket. Later scans write nothing.';
CREATE TRIGGER check_ins_append_only BEFORE UPDATE OR DELETE ON check_ins
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER check_ins_never_truncated BEFORE TRUNCATE ON check_ins
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose StatementBegin
-- A scan does not see a cancellation that is under way: so it waits for that to end, and then admits nobody. The API
-- may not lock bookings by itself.
CREATE FUNCTION check_ins_of_confirmed_bookings() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM bookings WHERE id = NEW.booking_id AND status = 'CONFIRMED' FOR SHARE;
    RETURN CASE WHEN FOUND THEN NEW END;
END $$;

CREATE FUNCTION attendance(booking text, show text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM check_ins c WHERE c.booking_id = booking) THEN 'ATTENDED'
                WHEN EXISTS (SELECT FROM check_ins c WHERE c.show_id = show) THEN 'NO_SHOW'
                ELSE 'UNKNOWN' END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION attendance IS
    'Whether the customer of a booking came to its show, once that is over. A show of which no ticket was scanned has no no-shows.';
CREATE TRIGGER check_ins_of_confirmed_bookings BEFORE INSERT ON check_ins
    FOR EACH ROW EXECUTE FUNCTION check_ins_of_confirmed_bookings();

-- A scan needs no workflow: the API writes it.
GRANT SELECT ON check_ins TO boxoffice_api, boxoffice_worker;
GRANT INSERT (booking_id, show_id, staff_id, correlation_id) ON check_ins TO boxoffice_api;

-- +goose Down
DROP FUNCTION attendance(text, text);
DROP TABLE check_ins;
DROP FUNCTION check_ins_of_confirmed_bookings();
DROP INDEX bookings_confirmed;
