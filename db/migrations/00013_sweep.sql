-- Indexes for what a sweep looks for, without what has ended.

-- +goose Up
CREATE INDEX bookings_unpaid ON bookings (expires_at) WHERE status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING');
CREATE INDEX payments_open ON payments (updated_at) WHERE status IN ('INITIATED', 'PROCESSING', 'DECLINED');
CREATE INDEX top_ups_open ON top_ups (expires_at) WHERE status IN ('INITIATED', 'PROCESSING', 'DECLINED');

-- +goose Down
DROP INDEX top_ups_open, payments_open, bookings_unpaid;
