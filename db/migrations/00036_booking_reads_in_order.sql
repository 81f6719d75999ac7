-- A page of the operators' trail reads the looks of its time alone: in the order in which the trail has them.

-- +goose Up
DROP INDEX booking_reads_by_age;
CREATE INDEX booking_reads_by_age ON booking_reads (first_at, ('booking_reads:' || id::text));

-- +goose Down
DROP INDEX booking_reads_by_age;
CREATE INDEX booking_reads_by_age ON booking_reads (first_at, id);
