-- Cities, theatres and films.

-- name: Cities :many
SELECT id, name, country_code FROM cities ORDER BY name, id LIMIT 500;

-- name: CityByID :one
SELECT id, name, country_code FROM cities WHERE id = @id;

-- name: MovieByID :one
SELECT * FROM movies WHERE id = @id;

-- name: MoviesAfter :many
-- A page of the movies in the programme, by title, which is unique.
SELECT * FROM movies WHERE title > @after_title AND status = 'SHOWING' ORDER BY title LIMIT sqlc.arg(page_size)::int;

-- name: MoviesPlayingInCity :many
SELECT m.*
FROM movies m
WHERE EXISTS (
    SELECT FROM shows sh
    JOIN screens sc ON sc.id = sh.screen_id
    JOIN theatres t ON t.id = sc.theatre_id
    WHERE sh.movie_id = m.id AND t.city_id = @city_id AND sh.status = 'ON_SALE' AND sh.starts_at > now())
ORDER BY m.title
LIMIT 500;

-- name: SeedLock :exec
-- Lets one seed write at a time; the lock is held to the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('boxoffice seed', 0));

-- name: TodayIn :one
-- The day that it is in a city, by the clock of its theatres.
SELECT COALESCE((SELECT (now() AT TIME ZONE t.time_zone)::date FROM theatres t WHERE t.city_id = @city_id ORDER BY t.id LIMIT 1),
                (now() AT TIME ZONE 'UTC')::date)::text AS day;

-- name: SeedCities :execrows
INSERT INTO cities (id, name, country_code)
SELECT unnest(@ids::text[]), unnest(@names::text[]), unnest(@country_codes::text[])
ON CONFLICT (id) DO NOTHING;

-- name: SeedTheatres :execrows
INSERT INTO theatres (id, city_id, name, address, area, time_zone, currency, booking_fee_per_seat, tax_basis_points)
SELECT unnest(@ids::text[]), unnest(@city_ids::text[]), unnest(@names::text[]), unnest(@addresses::text[]), unnest(@areas::text[]),
       unnest(@time_zones::text[]), unnest(@currencies::text[]), unnest(@fees::bigint[]), unnest(@tax_basis_points::int[])
ON CONFLICT (id) DO NOTHING;

-- name: SeedScreens :execrows
INSERT INTO screens (id, theatre_id, name)
SELECT unnest(@ids::text[]), unnest(@theatre_ids::text[]), unnest(@names::text[])
ON CONFLICT (id) DO NOTHING;

-- name: SeedLayouts :one
-- Adds first versions of layouts together with their seats. An existing layout keeps the seats it has,
-- because the trigger that guards layouts in use fires even for a seat that exists already.
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
-- Genres are separated by commas: an array of arrays of different lengths cannot be passed.
INSERT INTO movies (id, title, runtime_minutes, original_language, genres, release_year, synopsis)
SELECT unnest(@ids::text[]), unnest(@titles::text[]), unnest(@runtimes::int[]), unnest(@languages::text[]),
       string_to_array(unnest(@genres::text[]), ','), unnest(@years::int[]), unnest(@synopses::text[])
ON CONFLICT (id) DO NOTHING;
