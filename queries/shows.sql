-- name: ShowForHold :one
-- Why a show cannot be booked.
SELECT sh.status, (sh.starts_at <= now())::boolean AS started
FROM shows sh
WHERE sh.id = @show_id;

-- name: SeatsUnknown :many
-- The labels that the show's layout does not have, in the order asked.
SELECT wanted.label::text AS label
FROM unnest(@seats::text[]) WITH ORDINALITY AS wanted (label, n)
WHERE NOT EXISTS (
    SELECT FROM shows sh JOIN seats s ON s.layout_id = sh.layout_id
    WHERE sh.id = @show_id AND s.label = wanted.label)
ORDER BY wanted.n;

-- name: PricesOfSeats :many
-- Category and price of each wanted seat, in the order asked, with the theatre's fee and tax and how they affect the price. A seat is
-- missing that the show does not have, or has no price for.
SELECT s.label, s.category, p.amount, t.currency, t.booking_fee_per_seat, t.tax_basis_points, t.price_mode, t.tax_rounding
FROM shows sh
JOIN screens sc ON sc.id = sh.screen_id
JOIN theatres t ON t.id = sc.theatre_id
CROSS JOIN unnest(@seats::text[]) WITH ORDINALITY AS wanted (label, n)
JOIN seats s ON s.layout_id = sh.layout_id AND s.label = wanted.label
JOIN show_prices p ON p.show_id = sh.id AND p.category = s.category
WHERE sh.id = @show_id
ORDER BY wanted.n;

-- name: ShowsOnDay :many
-- Shows on sale of a movie in a city, on a day of each theatre's own calendar: the one on which a show starts by the
-- local clock. Where clocks change at midnight, PostgreSQL takes one of the two midnights for the beginning of a day,
-- so the day only bounds the search, generously. Returns the number of seats that have a price and of those that are
-- taken. Every layout is counted once, however many shows use it. A show without a seat that has a price is left out.
WITH chosen AS (
    SELECT sh.id, sh.layout_id, sh.starts_at, sh.language, sh.format, sc.name AS screen_name, t.id AS theatre_id,
           t.name AS theatre_name, t.address, t.area, t.time_zone, t.currency, t.price_mode
    FROM theatres t
    JOIN screens sc ON sc.theatre_id = t.id
    JOIN shows sh ON sh.screen_id = sc.id
    CROSS JOIN LATERAL (
        SELECT sqlc.arg(day)::text::date AS day) AS local
    WHERE t.city_id = @city_id AND sh.movie_id = @movie_id AND sh.status = 'ON_SALE' AND sh.starts_at > now()
      AND sh.starts_at >= local.day::timestamp AT TIME ZONE t.time_zone - interval '3 hours'
      AND sh.starts_at < (local.day + 1)::timestamp AT TIME ZONE t.time_zone + interval '3 hours'
      AND (sh.starts_at AT TIME ZONE t.time_zone)::date = local.day
      AND (sqlc.narg(language)::text IS NULL OR lower(sh.language) = lower(sqlc.narg(language)::text))
      AND (sqlc.narg(format)::text IS NULL OR sh.format = sqlc.narg(format)::text)
    ORDER BY t.name, t.id, sh.starts_at, sh.id
    LIMIT 500
), layouts AS (
    SELECT s.layout_id, s.category, count(*) AS seats
    FROM seats s
    WHERE s.layout_id IN (SELECT layout_id FROM chosen)
    GROUP BY s.layout_id, s.category
)
SELECT chosen.id, chosen.starts_at, chosen.language, chosen.format, chosen.screen_name, chosen.theatre_id, chosen.theatre_name,
       chosen.address, chosen.area, chosen.time_zone, chosen.currency, chosen.price_mode,
       offered.seats AS total_seats,
       (SELECT count(*) FROM claims c
        WHERE c.show_id = chosen.id AND (c.state = 'SOLD' OR c.held_until >= now()))::bigint AS taken_seats,
       offered.price_from
FROM chosen
CROSS JOIN LATERAL (
    SELECT COALESCE(sum(layouts.seats), 0)::bigint AS seats, COALESCE(min(p.amount), 0)::bigint AS price_from
    FROM layouts
    JOIN show_prices p ON p.show_id = chosen.id AND p.category = layouts.category
    WHERE layouts.layout_id = chosen.layout_id) AS offered
WHERE offered.seats > 0
ORDER BY chosen.theatre_name, chosen.theatre_id, chosen.starts_at, chosen.id;

-- name: ShowByID :one
SELECT sh.id, sh.status, sh.starts_at, sh.ends_at, sh.language, sh.format, sh.hold_seconds, sc.name AS screen_name,
       sqlc.embed(m), sqlc.embed(t), sqlc.embed(ci),
       (SELECT count(*) FROM seats s JOIN show_prices p ON p.show_id = sh.id AND p.category = s.category
        WHERE s.layout_id = sh.layout_id) AS total_seats,
       (SELECT count(*) FROM claims c
        WHERE c.show_id = sh.id AND (c.state = 'SOLD' OR c.held_until >= now())) AS taken_seats
FROM shows sh
JOIN movies m ON m.id = sh.movie_id
JOIN screens sc ON sc.id = sh.screen_id
JOIN theatres t ON t.id = sc.theatre_id
JOIN cities ci ON ci.id = t.city_id
WHERE sh.id = @id;

-- name: ShowPrices :many
SELECT category, amount FROM show_prices WHERE show_id = @show_id ORDER BY amount, category LIMIT 100;

-- name: ShowsSold :many
-- The next shows with confirmed bookings, in the order of their ids and after one of them, and whether
-- each was played and has been over for long enough. It steps from show to show through the index of
-- confirmed bookings, and so reads nothing of what has been completed.
WITH RECURSIVE sold (show_id, n) AS (
    (SELECT b.show_id, 1 FROM bookings b WHERE b.status = 'CONFIRMED' AND b.show_id > @after::text ORDER BY b.show_id LIMIT 1)
    UNION ALL
    SELECT next.show_id, sold.n + 1
    FROM sold
    CROSS JOIN LATERAL (
        SELECT b.show_id FROM bookings b WHERE b.status = 'CONFIRMED' AND b.show_id > sold.show_id ORDER BY b.show_id LIMIT 1) AS next
    WHERE sold.n < sqlc.arg(most)::int
)
SELECT sh.id, (sh.status <> 'CANCELLED' AND sh.ends_at + make_interval(secs => @grace_seconds::float8) < now())::boolean AS over
FROM sold
JOIN shows sh ON sh.id = sold.show_id
ORDER BY sh.id;

-- name: SeedShows :one
-- Adds shows with their prices. An existing show keeps its prices. A show that would overlap one that somebody
-- else has put on the screen is left out, and so is one whose theatre or movie is not in the programme.
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
