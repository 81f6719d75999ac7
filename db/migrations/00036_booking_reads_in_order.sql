-- A page of the operators' trail reads only the booking reads of its time, in the order of the trail.

-- +goose Up
DROP INDEX booking_reads_by_age;
CREATE INDEX booking_reads_by_age ON booking_reads (first_at, ('booking_reads:' || id::text));

-- +goose Down
DROP INDEX booking_reads_by_age;
CREATE INDEX booking_reads_by_age ON booking_reads (first_at, id);
