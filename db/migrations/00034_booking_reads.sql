-- Which member of staff has looked at a customer's booking, and when.

-- +goose Up
CREATE TABLE booking_reads (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    booking_id     text NOT NULL REFERENCES bookings,
    actor          text NOT NULL,
    day            date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
    times          bigint NOT NULL DEFAULT 1 CONSTRAINT booking_reads_happened CHECK (times > 0),
    first_at       timestamptz NOT NULL DEFAULT now(),
    last_at        timestamptz NOT NULL DEFAULT now(),
    correlation_id text NOT NULL,
    CONSTRAINT booking_reads_one_a_day UNIQUE (booking_id, actor, day)
);
CREATE INDEX booking_reads_by_age ON booking_reads (first_at, id);
COMMENT ON TABLE booking_reads IS 'One row for each booking, reader and day (UTC), however often the reader looks. It is part of the operators'' trail.';
COMMENT ON COLUMN booking_reads.correlation_id IS 'That of the first read of the day.';
CREATE TRIGGER booking_reads_never_deleted BEFORE DELETE ON booking_reads
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER booking_reads_never_truncated BEFORE TRUNCATE ON booking_reads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT ON booking_reads TO boxoffice_api, boxoffice_worker;
GRANT INSERT (booking_id, actor, correlation_id), UPDATE (times, last_at) ON booking_reads TO boxoffice_api;

-- +goose Down
DROP TABLE booking_reads;
