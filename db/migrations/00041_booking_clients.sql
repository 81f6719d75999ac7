-- What a customer has booked with, as the client says it of itself.

-- +goose Up
ALTER TABLE bookings
    ADD COLUMN client_platform text,
    ADD COLUMN client_version text,
    ADD CONSTRAINT bookings_client_is_short CHECK (char_length(client_platform) <= 40 AND char_length(client_version) <= 40);
COMMENT ON COLUMN bookings.client_platform IS 'Such as WEB or IOS; null when the client did not say.';

-- +goose Down
ALTER TABLE bookings DROP COLUMN client_platform, DROP COLUMN client_version;
