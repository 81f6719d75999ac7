-- name: SeedLock :exec
-- Lets one seed write at a time; held to the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('boxoffice seed', 0));

-- name: SeedCities :execrows
INSERT INTO cities (id, name, country_code)
SELECT unnest(@ids::text[]), unnest(@names::text[]), unnest(@country_codes::text[])
ON CONFLICT (id) DO NOTHING;

-- name: SeedTheatres :execrows
INSERT INTO theatres (id, city_id, name, address, time_zone, currency, booking_fee_per_seat, tax_basis_points)
SELECT unnest(@ids::text[]), unnest(@city_ids::text[]), unnest(@names::text[]), unnest(@addresses::text[]),
       unnest(@time_zones::text[]), unnest(@currencies::text[]), unnest(@fees::bigint[]), unnest(@tax_basis_points::int[])
ON CONFLICT (id) DO NOTHING;

-- name: SeedRefundPolicy :execrows
-- Gives a theatre a refund policy of its own, unless it has one.
WITH policy AS (
    INSERT INTO refund_policies (theatre_id, currency, fee)
    SELECT t.id, t.currency, @fee FROM theatres t
    WHERE t.id = @theatre_id AND NOT EXISTS (SELECT FROM refund_policies p WHERE p.theatre_id = t.id)
    RETURNING id
)
INSERT INTO refund_policy_tiers (policy_id, hours_before, percent)
SELECT policy.id, unnest(@hours::int[]), unnest(@percents::int[]) FROM policy;

-- name: SeedScreens :execrows
INSERT INTO screens (id, theatre_id, name)
SELECT unnest(@ids::text[]), unnest(@theatre_ids::text[]), unnest(@names::text[])
ON CONFLICT (id) DO NOTHING;

-- name: SeedLayouts :one
-- Adds first versions of layouts together with their seats; a layout that is there keeps the seats it has, because the
-- trigger that guards used layouts fires even for a seat that is there already.
WITH layout AS (
    SELECT unnest(@ids::text[]) AS id, unnest(@screen_ids::text[]) AS screen_id
), seat AS (
    SELECT unnest(@seat_layout_ids::text[]) AS layout_id, unnest(@seat_rows::text[]) AS row_label,
           unnest(@seat_numbers::int[]) AS number, unnest(@seat_positions::int[]) AS position,
           unnest(@seat_categories::text[]) AS category, unnest(@seat_wheelchairs::boolean[]) AS wheelchair
), added AS (
    INSERT INTO seat_layouts (id, screen_id, version)
    SELECT layout.id, layout.screen_id, 1 FROM layout
    ON CONFLICT (id) DO NOTHING
    RETURNING id
), seated AS (
    INSERT INTO seats (layout_id, label, row_label, number, position, category, wheelchair)
    SELECT seat.layout_id, seat.row_label || seat.number, seat.row_label, seat.number, seat.position, seat.category, seat.wheelchair
    FROM seat JOIN added ON added.id = seat.layout_id
    RETURNING layout_id
)
SELECT (SELECT count(*) FROM added) AS layouts, (SELECT count(*) FROM seated) AS seats;

-- name: SeedMovies :execrows
-- Genres come separated by commas: an array of arrays of different lengths cannot be passed.
INSERT INTO movies (id, title, runtime_minutes, original_language, genres, release_year, synopsis)
SELECT unnest(@ids::text[]), unnest(@titles::text[]), unnest(@runtimes::int[]), unnest(@languages::text[]),
       string_to_array(unnest(@genres::text[]), ','), unnest(@years::int[]), unnest(@synopses::text[])
ON CONFLICT (id) DO NOTHING;

-- name: SeedShows :one
-- Adds shows with their prices. A show that is there keeps its prices. One that would overlap a show that somebody else has put on
-- the screen is left out, and so is one whose theatre or movie is out of the programme.
WITH show AS (
    SELECT unnest(@ids::text[]) AS id, unnest(@movie_ids::text[]) AS movie_id, unnest(@screen_ids::text[]) AS screen_id,
           unnest(@layout_ids::text[]) AS layout_id, unnest(@starts::timestamptz[]) AS starts_at,
           unnest(@ends::timestamptz[]) AS ends_at, unnest(@languages::text[]) AS language,
           unnest(@formats::text[]) AS format, unnest(@hold_seconds::int[]) AS hold_seconds
), price AS (
    SELECT unnest(@price_show_ids::text[]) AS show_id, unnest(@price_categories::text[]) AS category,
           unnest(@price_amounts::bigint[]) AS amount
), added AS (
    INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format, hold_seconds)
    SELECT show.id, show.movie_id, show.screen_id, show.layout_id, show.starts_at, show.ends_at, show.language, show.format,
           show.hold_seconds
    FROM show
    JOIN screens sc ON sc.id = show.screen_id
    JOIN theatres t ON t.id = sc.theatre_id AND t.status = 'ACTIVE'
    JOIN movies m ON m.id = show.movie_id AND m.status = 'SHOWING'
    ON CONFLICT DO NOTHING
    RETURNING id
), priced AS (
    INSERT INTO show_prices (show_id, category, amount)
    SELECT price.show_id, price.category, price.amount
    FROM price JOIN added ON added.id = price.show_id
    RETURNING show_id
)
SELECT (SELECT count(*) FROM added) AS shows, (SELECT count(*) FROM priced) AS prices;

-- name: SeedUsersPresent :many
-- Which of the addresses have a user; a password is hashed only for the others.
SELECT email FROM users WHERE email = ANY (@emails::text[]);

-- name: SeedUser :execrows
INSERT INTO users (id, email, name, role, password_hash)
VALUES (@id, @email, @name, @role, @password_hash::text)
ON CONFLICT DO NOTHING;

-- name: SeedPartnerTheatres :exec
INSERT INTO partner_theatres (partner_id, theatre_id)
SELECT @partner_id, unnest(@theatres::text[])
ON CONFLICT DO NOTHING;
