-- The catalogue: films, theatres, screens, seats, shows and prices.

-- +goose Up
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE currencies (
    code text PRIMARY KEY CONSTRAINT currencies_code_is_iso_4217 CHECK (code ~ '^[A-Z]{3}$')
);
COMMENT ON TABLE currencies IS 'Currencies with two decimals. Amounts everywhere are in the minor unit.';

CREATE TABLE cities (
    id           text PRIMARY KEY,
    name         text NOT NULL,
    country_code text NOT NULL CONSTRAINT cities_country_is_iso_3166 CHECK (country_code ~ '^[A-Z]{2}$')
);

CREATE TABLE theatres (
    id                   text PRIMARY KEY,
    city_id              text NOT NULL REFERENCES cities,
    name                 text NOT NULL,
    address              text NOT NULL,
    time_zone            text NOT NULL,
    currency             text NOT NULL REFERENCES currencies,
    booking_fee_per_seat bigint NOT NULL CONSTRAINT theatres_fee_not_negative CHECK (booking_fee_per_seat >= 0),
    tax_basis_points     int NOT NULL CONSTRAINT theatres_tax_is_a_share CHECK (tax_basis_points BETWEEN 0 AND 10000),
    UNIQUE (city_id, name)
);
COMMENT ON COLUMN theatres.time_zone IS 'IANA name; show times are shown with its offset.';
COMMENT ON COLUMN theatres.tax_basis_points IS 'Tax on tickets and fees, in hundredths of a percent.';

CREATE TABLE screens (
    id         text PRIMARY KEY,
    theatre_id text NOT NULL REFERENCES theatres,
    name       text NOT NULL,
    UNIQUE (theatre_id, name)
);

CREATE TABLE seat_layouts (
    id        text PRIMARY KEY,
    screen_id text NOT NULL REFERENCES screens,
    version   int NOT NULL CONSTRAINT seat_layouts_version_from_one CHECK (version >= 1),
    UNIQUE (screen_id, version),
    UNIQUE (id, screen_id)
);
COMMENT ON TABLE seat_layouts IS 'A version of a screen''s seating, immutable once a show uses it.';

CREATE TABLE seats (
    layout_id  text NOT NULL REFERENCES seat_layouts,
    label      text NOT NULL,
    row_label  text NOT NULL CONSTRAINT seats_row_is_letters CHECK (row_label ~ '^[A-Z]{1,2}$'),
    number     int NOT NULL CONSTRAINT seats_number_is_small CHECK (number BETWEEN 1 AND 999),
    position   int NOT NULL CONSTRAINT seats_position_from_one CHECK (position >= 1),
    category   text NOT NULL CONSTRAINT seats_category_is_a_word CHECK (category ~ '^[A-Z_]{3,30}$'),
    wheelchair boolean NOT NULL DEFAULT false,
    PRIMARY KEY (layout_id, label),
    UNIQUE (layout_id, row_label, position),
    CONSTRAINT seats_label_is_row_and_number CHECK (label = row_label || number)
);
COMMENT ON COLUMN seats.position IS 'Place in the row as drawn, counted from the left; a gap is an aisle.';

CREATE TABLE movies (
    id                text PRIMARY KEY,
    title             text NOT NULL UNIQUE,
    runtime_minutes   int NOT NULL CONSTRAINT movies_runtime_is_plausible CHECK (runtime_minutes BETWEEN 1 AND 600),
    original_language text NOT NULL,
    genres            text[] NOT NULL CONSTRAINT movies_have_a_genre CHECK (cardinality(genres) >= 1),
    release_year      int NOT NULL,
    synopsis          text NOT NULL
);

CREATE TABLE shows (
    id           text PRIMARY KEY,
    movie_id     text NOT NULL REFERENCES movies,
    screen_id    text NOT NULL REFERENCES screens,
    layout_id    text NOT NULL,
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    language     text NOT NULL,
    format       text NOT NULL CONSTRAINT shows_format_is_known CHECK (format IN ('2D', '3D', 'IMAX')),
    status       text NOT NULL DEFAULT 'ON_SALE'
                 CONSTRAINT shows_status_is_known CHECK (status IN ('ON_SALE', 'CLOSED', 'CANCELLED')),
    hold_seconds int NOT NULL DEFAULT 300 CONSTRAINT shows_hold_is_short CHECK (hold_seconds BETWEEN 1 AND 1800),
    FOREIGN KEY (layout_id, screen_id) REFERENCES seat_layouts (id, screen_id),
    UNIQUE (id, layout_id),
    CONSTRAINT shows_end_after_start CHECK (ends_at > starts_at),
    CONSTRAINT shows_never_overlap_on_a_screen
        EXCLUDE USING gist (screen_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (status <> 'CANCELLED')
);
CREATE INDEX shows_by_movie_and_time ON shows (movie_id, starts_at);
CREATE INDEX shows_by_layout ON shows (layout_id);
COMMENT ON COLUMN shows.hold_seconds IS 'How long a booking of this show may stay unpaid.';

CREATE TABLE show_prices (
    show_id  text NOT NULL REFERENCES shows,
    category text NOT NULL,
    amount   bigint NOT NULL CONSTRAINT show_prices_positive CHECK (amount > 0),
    PRIMARY KEY (show_id, category)
);

-- +goose StatementBegin
CREATE FUNCTION refuse_change_of_used_layout() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    layout text := CASE TG_OP WHEN 'DELETE' THEN OLD.layout_id ELSE NEW.layout_id END;
BEGIN
    IF EXISTS (SELECT FROM shows WHERE layout_id = layout)
       OR (TG_OP = 'UPDATE' AND EXISTS (SELECT FROM shows WHERE layout_id = OLD.layout_id)) THEN
        RAISE EXCEPTION 'seat layout % is used by a show and cannot change; add a new version', layout
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'seat_layouts_immutable_once_used';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
-- +goose StatementEnd
CREATE TRIGGER seats_immutable_once_used BEFORE INSERT OR UPDATE OR DELETE ON seats
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_used_layout();

-- +goose Down
DROP TABLE show_prices, shows, movies, seats, seat_layouts, screens, theatres, cities, currencies;
DROP FUNCTION refuse_change_of_used_layout();
DROP EXTENSION btree_gist;
