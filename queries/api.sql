-- What the API reads, and the few rows that it writes: users with their empty wallets, and received webhooks.

-- name: UserRegister :one
-- Opens an account with an empty wallet in every currency. No row when the id or the e-mail is taken.
WITH opened AS (
    INSERT INTO users (id, email, name, role, password_hash)
    VALUES (@id, @email, @name, @role, sqlc.narg(password_hash))
    ON CONFLICT DO NOTHING
    RETURNING id, email, name, role, created_at
), wallets AS (
    INSERT INTO ledger_accounts (id, kind, user_id, currency)
    SELECT 'wallet:' || opened.id || ':' || c.code, 'WALLET', opened.id, c.code
    FROM opened CROSS JOIN currencies c
)
SELECT id, email, name, role, created_at FROM opened;

-- name: UserByEmail :one
SELECT id, email, name, role, password_hash, created_at, (disabled_at IS NOT NULL)::boolean AS disabled FROM users WHERE email = @email;

-- name: Cities :many
SELECT id, name, country_code FROM cities ORDER BY name, id LIMIT 500;

-- name: CityByID :one
SELECT id, name, country_code FROM cities WHERE id = @id;

-- name: MovieByID :one
SELECT * FROM movies WHERE id = @id;

-- name: MoviesAfter :many
-- A page of the movies of the programme by title, which is unique.
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

-- name: ShowsOnDay :many
-- Shows on sale of a movie in a city, on a day of each theatre's own calendar: that which clocks there show when a show starts. Where they are turned
-- at midnight, PostgreSQL takes one of two midnights for the beginning of a day, so that it bounds only the search, generously. With the number of seats that have a price and of
-- those that somebody has. Every layout is counted once, however many shows use it. A show without a seat that has a price is left out.
WITH chosen AS (
    SELECT sh.id, sh.layout_id, sh.starts_at, sh.language, sh.format, sc.name AS screen_name, t.id AS theatre_id,
           t.name AS theatre_name, t.address, t.time_zone, t.currency, t.price_mode
    FROM theatres t
    JOIN screens sc ON sc.theatre_id = t.id
    JOIN shows sh ON sh.screen_id = sc.id
    CROSS JOIN LATERAL (
        SELECT COALESCE(sqlc.narg(day)::text::date, (now() AT TIME ZONE t.time_zone)::date) AS day) AS local
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
       chosen.address, chosen.time_zone, chosen.currency, chosen.price_mode,
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

-- name: BookingOwner :one
SELECT customer_id, status FROM bookings WHERE id = @id;

-- name: BookingIDsOfCustomer :many
-- A page of a customer's bookings, newest first, before a position in that order.
SELECT id, created_at
FROM bookings
WHERE customer_id = @customer_id AND (created_at, id) < (@before_time::timestamptz, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_size)::int;

-- name: BookingViews :many
-- Bookings with all that a customer sees of them, newest first. The lists inside come as JSON in the contract's words, so that one
-- statement, and so one moment, gives the whole picture.
SELECT sqlc.embed(b), sh.movie_id, sh.starts_at, sh.ends_at, sh.status AS show_status, sh.language, sh.format, m.title AS movie_title, sc.name AS screen_name,
       t.id AS theatre_id, t.name AS theatre_name, t.time_zone, ci.at AS checked_in_at,
       (CASE b.status WHEN 'COMPLETED' THEN attendance(b.id, b.show_id) ELSE '' END)::text AS attendance,
       COALESCE((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                     'id', s.label, 'type', s.category, 'price', bs.price,
                     'cancelled', CASE WHEN bs.cancellation_id IS NOT NULL THEN true END)) ORDER BY wanted.n)
                 FROM unnest(b.seat_labels) WITH ORDINALITY AS wanted (label, n)
                 JOIN seats s ON s.layout_id = b.layout_id AND s.label = wanted.label
                 LEFT JOIN booking_seats bs ON bs.booking_id = b.id AND bs.seat = s.label), '[]')::jsonb AS seats,
       COALESCE((SELECT jsonb_agg(to_jsonb(p) ORDER BY p.attempt)
                 FROM (SELECT p.id, p.status, p.method, p.attempt, p.currency, p.wallet_amount AS "walletAmount",
                              p.card_amount AS "cardAmount", p.intent_id AS "intentId", p.decline_code AS "declineCode"
                       FROM payments p WHERE p.booking_id = b.id ORDER BY p.attempt DESC LIMIT 100) p), '[]')::jsonb AS payments,
       COALESCE((SELECT jsonb_agg(jsonb_build_object(
                     'id', c.id, 'seatIds', c.seats, 'percent', c.percent, 'paid', c.paid, 'fee', c.fee, 'refund', c.amount,
                     'refundTo', c.refund_to, 'cause', c.cause, 'at', c.at) ORDER BY c.at, c.id)
                 FROM cancellations c WHERE c.booking_id = b.id), '[]')::jsonb AS cancellations,
       COALESCE((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                     'id', r.id, 'cancellationId', r.cancellation_id, 'tender', r.tender, 'amount', r.amount, 'currency', r.currency,
                     'status', r.status, 'dispute', refund_dispute(r))) ORDER BY r.created_at, r.id)
                 FROM refunds r WHERE r.booking_id = b.id), '[]')::jsonb AS refunds,
       COALESCE((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                     'from', e.from_status, 'to', e.to_status, 'reason', e.reason, 'actor', e.actor, 'at', e.at)) ORDER BY e.id)
                 FROM booking_events e WHERE e.booking_id = b.id), '[]')::jsonb AS trail
FROM bookings b
JOIN shows sh ON sh.id = b.show_id
JOIN movies m ON m.id = sh.movie_id
JOIN screens sc ON sc.id = sh.screen_id
JOIN theatres t ON t.id = sc.theatre_id
LEFT JOIN check_ins ci ON ci.booking_id = b.id
WHERE b.id = ANY (@ids::text[])
ORDER BY b.created_at DESC, b.id DESC;

-- name: PaymentOfBooking :one
-- A payment as its booking has it now; none when the id is unknown.
SELECT sqlc.embed(p), b.status AS booking_status
FROM payments p
JOIN bookings b ON b.id = p.booking_id
WHERE p.id = @id;

-- name: WalletBalances :many
SELECT currency,
       COALESCE(sum(balance) FILTER (WHERE kind = 'WALLET'), 0)::bigint AS available,
       COALESCE(sum(balance) FILTER (WHERE kind = 'WALLET_RESERVED'), 0)::bigint AS reserved,
       COALESCE(sum(balance) FILTER (WHERE kind = 'WALLET_FROZEN'), 0)::bigint AS frozen
FROM ledger_accounts
WHERE user_id = @user_id::text
GROUP BY currency
ORDER BY currency;

-- name: WebhookSeen :one
SELECT EXISTS (SELECT FROM webhook_events WHERE event_id = @event_id);

-- name: WebhookStore :execrows
-- Remembers that an event has been accepted, and what became of it. No row when it had been before.
INSERT INTO webhook_events (event_id, type, intent_id, booking_id, outcome, event, occurred_at)
VALUES (@event_id, @type, sqlc.narg(intent_id), sqlc.narg(booking_id), @outcome, sqlc.narg(event), @occurred_at)
ON CONFLICT (event_id) DO NOTHING;
