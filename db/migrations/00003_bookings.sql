-- Bookings, the claims that say who owns a seat of a show, and the trail of every change of state.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append only', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;
-- +goose StatementEnd

CREATE TABLE bookings (
    id             text PRIMARY KEY,
    customer_id    text NOT NULL REFERENCES users,
    show_id        text NOT NULL,
    layout_id      text NOT NULL,
    status         text NOT NULL CONSTRAINT bookings_status_is_known CHECK (status IN (
                       'INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING', 'CONFIRMED', 'COMPLETED',
                       'FAILED', 'EXPIRED', 'CANCELLED')),
    seat_labels    text[] NOT NULL CONSTRAINT bookings_have_one_to_ten_seats CHECK (cardinality(seat_labels) BETWEEN 1 AND 10),
    request_hash   text NOT NULL,
    correlation_id text NOT NULL,
    expires_at     timestamptz NOT NULL,
    currency       text REFERENCES currencies,
    subtotal       bigint,
    discount       bigint,
    fees           bigint,
    tax            bigint,
    total          bigint,
    applied_offers jsonb,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (show_id, layout_id) REFERENCES shows (id, layout_id),
    UNIQUE (id, show_id),
    CONSTRAINT bookings_quote_is_whole CHECK (
        num_nulls(currency, subtotal, discount, fees, tax, total, applied_offers) IN (0, 7)),
    CONSTRAINT bookings_quote_adds_up CHECK (total = subtotal - discount + fees + tax),
    CONSTRAINT bookings_quote_not_negative CHECK (
        subtotal >= 0 AND discount BETWEEN 0 AND subtotal AND fees >= 0 AND tax >= 0),
    CONSTRAINT bookings_confirmed_has_quote CHECK (
        status NOT IN ('PAYMENT_PENDING', 'CONFIRMED', 'COMPLETED') OR total IS NOT NULL)
);
CREATE INDEX bookings_by_customer ON bookings (customer_id, created_at DESC, id DESC);
CREATE INDEX bookings_by_show ON bookings (show_id, id);
COMMENT ON COLUMN bookings.request_hash IS 'Distinguishes a repeated request from another one under the same Idempotency-Key.';
COMMENT ON COLUMN bookings.expires_at IS 'The deadline that the customer sees. The claims are protected for a grace longer.';

CREATE TABLE booking_seats (
    booking_id text NOT NULL REFERENCES bookings,
    seat       text NOT NULL,
    category   text NOT NULL,
    price      bigint NOT NULL CONSTRAINT booking_seats_price_positive CHECK (price > 0),
    PRIMARY KEY (booking_id, seat)
);
COMMENT ON TABLE booking_seats IS 'The quote, seat by seat. The owner of a seat is in claims.';

CREATE TABLE claims (
    show_id    text NOT NULL,
    seat       text NOT NULL,
    layout_id  text NOT NULL,
    booking_id text NOT NULL,
    state      text NOT NULL CONSTRAINT claims_state_is_known CHECK (state IN ('HELD', 'SOLD')),
    held_until timestamptz,
    PRIMARY KEY (show_id, seat),
    FOREIGN KEY (show_id, layout_id) REFERENCES shows (id, layout_id),
    FOREIGN KEY (booking_id, show_id) REFERENCES bookings (id, show_id),
    CONSTRAINT claims_seat_is_in_the_layout FOREIGN KEY (layout_id, seat) REFERENCES seats (layout_id, label),
    CONSTRAINT claims_only_holds_end CHECK ((state = 'HELD') = (held_until IS NOT NULL))
);
CREATE INDEX claims_by_booking ON claims (booking_id);
COMMENT ON TABLE claims IS 'Sparse: a row exists only for a held or sold seat. The primary key is what makes selling a seat twice impossible.';

CREATE TABLE booking_events (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    booking_id     text NOT NULL REFERENCES bookings,
    from_status    text,
    to_status      text NOT NULL,
    reason         text NOT NULL,
    actor          text NOT NULL,
    correlation_id text NOT NULL,
    at             timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT booking_events_enter_a_state_once UNIQUE (booking_id, to_status)
);
CREATE TRIGGER booking_events_append_only BEFORE UPDATE OR DELETE ON booking_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER booking_events_never_truncated BEFORE TRUNCATE ON booking_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE booking_events, claims, booking_seats, bookings;
DROP FUNCTION refuse_change();
