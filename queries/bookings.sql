-- name: BookingHold :one
-- Writes the booking and its first two events, claims all its seats, and freezes their quote if it is given, if the show is on sale and has not started,
-- the customer may hold that many more of its seats, and the booking is new. ON CONFLICT of the booking names no key: if two write the same booking at once,
-- the second would violate the table's other key instead of the one that it names. A hold ends when the show begins, at the latest. A seat can be
-- claimed that is free, or held past its deadline and grace; if one cannot, the statement fails by claims_all_or_none. Seats are passed sorted;
-- categories and prices are those of the seats, or empty.
WITH started AS (
    INSERT INTO bookings (id, customer_id, show_id, layout_id, status, seat_labels, request_hash, correlation_id, client_platform, client_version, expires_at,
                          currency, subtotal, discount, fees, tax, total, applied_offers, price_mode, tax_rounding)
    SELECT @id, @customer_id, sh.id, sh.layout_id, 'SEATS_LOCKED', @seats::text[], @request_hash, @correlation_id,
           nullif(@client_platform::text, ''), nullif(@client_version::text, ''),
           date_trunc('milliseconds', least(now() + make_interval(secs => sh.hold_seconds), sh.starts_at)),
           sqlc.narg(currency)::text, sqlc.narg(subtotal)::bigint, sqlc.narg(discount)::bigint, sqlc.narg(fees)::bigint, sqlc.narg(tax)::bigint,
           sqlc.narg(total)::bigint, sqlc.narg(applied_offers)::jsonb, sqlc.narg(price_mode)::text, sqlc.narg(tax_rounding)::text
    FROM shows sh
    WHERE sh.id = @show_id AND sh.status = 'ON_SALE' AND sh.starts_at > now()
      AND hold_is_allowed(@customer_id, sh.id, @id, cardinality(@seats::text[]))
    ON CONFLICT DO NOTHING
    RETURNING id, show_id, layout_id, seat_labels, correlation_id, expires_at
), trail AS (
    INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
    SELECT started.id, step.from_status, step.to_status, step.reason, 'CUSTOMER', started.correlation_id
    FROM started, (VALUES (NULL, 'INITIATED', 'seats requested'),
                          ('INITIATED', 'SEATS_LOCKED', 'seats locked')) AS step (from_status, to_status, reason)
), priced AS (
    INSERT INTO booking_seats (booking_id, seat, category, price)
    SELECT started.id, started.seat_labels[line.n], (@categories::text[])[line.n], (@prices::bigint[])[line.n]
    FROM started CROSS JOIN generate_subscripts(@prices::bigint[], 1) AS line (n)
), acquired AS (
    INSERT INTO claims (show_id, seat, layout_id, booking_id, state, held_until)
    SELECT started.show_id, wanted.seat, started.layout_id, started.id, 'HELD', started.expires_at + make_interval(secs => @grace_seconds::float8)
    FROM started CROSS JOIN unnest(started.seat_labels) WITH ORDINALITY AS wanted (seat, n)
    ORDER BY wanted.n
    ON CONFLICT (show_id, seat) DO UPDATE
    SET booking_id = EXCLUDED.booking_id, held_until = EXCLUDED.held_until
    WHERE claims.state = 'HELD' AND claims.held_until < now()
    RETURNING seat
)
SELECT started.expires_at FROM started WHERE all_seats_acquired(started.seat_labels, ARRAY(SELECT acquired.seat FROM acquired));

-- name: BookingToPrice :one
-- The seats of a booking, and its coupon.
SELECT b.show_id, b.seat_labels, c.code AS coupon_code, c.kind AS coupon_kind, c.basis_points AS coupon_basis_points,
       c.max_discount AS coupon_max_discount, c.amount AS coupon_amount
FROM bookings b
LEFT JOIN coupon_redemptions r ON r.booking_id = b.id
LEFT JOIN coupons c ON c.code = r.code
WHERE b.id = @id;

-- name: HoldRefusal :one
-- Why a customer may not hold that many more seats of a show now, as JSON; null when nothing speaks against it.
SELECT COALESCE(hold_refusal(@customer_id, @show_id, @id, @seats), 'null')::jsonb AS refusal;

-- name: BookingStanding :one
-- How a booking stands, apart from its payments. The caller has locked the booking, or is content with a momentary answer.
SELECT status, expires_at, COALESCE(currency, '')::text AS currency, total FROM bookings WHERE id = @id;

-- name: BookingPrice :execrows
-- Freezes the quote and the coupon's discount, and returns how many seats it has priced: none if they had already been priced.
WITH priced AS (
    UPDATE bookings
    SET currency = @currency::text, subtotal = @subtotal::bigint, discount = @discount::bigint, fees = @fees::bigint,
        tax = @tax::bigint, total = @total::bigint, applied_offers = @applied_offers::jsonb,
        price_mode = @price_mode::text, tax_rounding = @tax_rounding::text, updated_at = now()
    WHERE id = @id AND total IS NULL
    RETURNING id, discount
), redeemed AS (
    UPDATE coupon_redemptions r SET discount = priced.discount FROM priced WHERE r.booking_id = priced.id
)
INSERT INTO booking_seats (booking_id, seat, category, price)
SELECT priced.id, unnest(@seats::text[]), unnest(@categories::text[]), unnest(@prices::bigint[])
FROM priced;

-- name: BookingQuote :many
-- The frozen quote, seat by seat in seating order.
SELECT b.currency::text AS currency, b.subtotal::bigint AS subtotal, b.discount::bigint AS discount, b.fees::bigint AS fees,
       b.tax::bigint AS tax, b.total::bigint AS total, b.applied_offers::jsonb AS applied_offers,
       b.price_mode::text AS price_mode, b.tax_rounding::text AS tax_rounding, s.seat, s.category, s.price
FROM bookings b
JOIN booking_seats s ON s.booking_id = b.id
WHERE b.id = @id
ORDER BY array_position(b.seat_labels, s.seat);

-- name: BookingLock :exec
-- Locks a booking for the statements that follow. A single statement would wait for the lock and then
-- see seats and payments as they were before it waited.
SELECT b.id FROM bookings b WHERE b.id = @id FOR UPDATE;

-- name: BookingForUpdate :one
-- Locks the booking against other changes of state, and its show against being closed for sale.
SELECT b.id, b.customer_id, b.show_id, b.status, b.seat_labels, b.correlation_id, b.currency, b.subtotal, b.discount, b.fees,
       b.tax, b.total, sh.status AS show_status, (sh.starts_at <= now())::boolean AS show_started
FROM bookings b
JOIN shows sh ON sh.id = b.show_id
WHERE b.id = @id
FOR UPDATE OF b FOR SHARE OF sh;

-- name: BookingMove :execrows
-- Changes the state and appends the change to the trail.
WITH old AS (
    SELECT b.id, b.status FROM bookings b WHERE b.id = @id AND b.status = ANY (@from_statuses::text[]) FOR UPDATE
), moved AS (
    UPDATE bookings b SET status = @to_status, updated_at = now() FROM old WHERE b.id = old.id
    RETURNING b.id, old.status AS from_status, b.status AS to_status
)
INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
SELECT moved.id, moved.from_status, moved.to_status, @reason, @actor, @correlation_id FROM moved;

-- name: BookingSell :one
-- Makes the booking's held seats sold, records the attempt that has collected the quote, and changes the state to the last of several with every step
-- on the way in the trail. An attempt by wallet is written only now, under the next number if its own is taken; any other open attempt ends with
-- it. Returns how many seats were sold, the attempt's number, zero when there is no such attempt, which intents of the others may still be paid, and how many steps were made:
-- all or none. The caller has locked the booking, and rolls back unless all of it was done. Seats are locked in the same order in which a rival
-- asks for them.
WITH old AS (
    SELECT b.id, b.show_id, b.status, b.seat_labels FROM bookings b WHERE b.id = @id AND b.status = @from_status FOR UPDATE
), mine AS (
    SELECT c.show_id, c.seat
    FROM claims c JOIN old ON old.id = c.booking_id AND old.show_id = c.show_id
    WHERE c.state = 'HELD'
    ORDER BY array_position(old.seat_labels, c.seat)
    FOR UPDATE OF c
), sold AS (
    UPDATE claims c SET state = 'SOLD', held_until = NULL
    FROM mine WHERE c.show_id = mine.show_id AND c.seat = mine.seat
    RETURNING c.seat
), others AS (
    UPDATE payments p SET status = 'CANCELLED', updated_at = now()
    WHERE p.booking_id = @id AND p.id <> @payment_id AND p.status IN ('INITIATED', 'PROCESSING', 'DECLINED')
    RETURNING p.intent_id
), succeeded AS (
    INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, request_hash, correlation_id)
    SELECT @payment_id, @id, GREATEST(@attempt::int, COALESCE(max(p.attempt), 0) + 1), @method, @currency, @wallet_amount, @card_amount, 'SUCCEEDED',
           @request_hash, @correlation_id
    FROM payments p WHERE p.booking_id = @id
    ON CONFLICT (id) DO UPDATE SET status = 'SUCCEEDED', updated_at = now()
    WHERE payments.booking_id = EXCLUDED.booking_id AND payments.status NOT IN ('SUCCEEDED', 'REFUNDING', 'REFUNDED')
    RETURNING payments.attempt
), path AS (
    SELECT step.n, COALESCE((@to_statuses::text[])[step.n - 1], @from_status) AS from_status,
           (@to_statuses::text[])[step.n] AS to_status, (@reasons::text[])[step.n] AS reason
    FROM generate_subscripts(@to_statuses::text[], 1) AS step (n)
), moved AS (
    UPDATE bookings b SET status = (@to_statuses::text[])[cardinality(@to_statuses::text[])], updated_at = now()
    FROM old WHERE b.id = old.id
    RETURNING b.id
), trail AS (
    INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
    SELECT moved.id, path.from_status, path.to_status, path.reason, @actor, @correlation_id
    FROM moved CROSS JOIN path
    ORDER BY path.n
    RETURNING id
)
SELECT (SELECT count(*) FROM sold)::int AS sold, COALESCE((SELECT attempt FROM succeeded), 0)::int AS attempt,
       ARRAY(SELECT o.intent_id FROM others o WHERE o.intent_id IS NOT NULL)::text[] AS intents, (SELECT count(*) FROM trail)::int AS steps;

-- name: BookingRelease :one
-- Ends an unpaid booking: state, trail, held seats and open payments in one step. Returns the state
-- that the booking has afterwards; empty when there is no such booking. The caller has locked the
-- booking. Seats are locked in the same order in which a rival asks for them.
WITH old AS (
    SELECT b.id, b.status FROM bookings b WHERE b.id = @id FOR UPDATE
), moved AS (
    UPDATE bookings b SET status = @to_status, updated_at = now()
    FROM old WHERE b.id = old.id AND old.status = ANY (@from_statuses::text[])
    RETURNING b.id, b.status
), trail AS (
    INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
    SELECT moved.id, old.status, moved.status, @reason, @actor, @correlation_id FROM moved JOIN old ON old.id = moved.id
), mine AS (
    SELECT c.show_id, c.seat
    FROM claims c JOIN moved ON moved.id = c.booking_id JOIN bookings b ON b.id = moved.id
    WHERE c.state = 'HELD'
    ORDER BY array_position(b.seat_labels, c.seat)
    FOR UPDATE OF c
), released AS (
    DELETE FROM claims c USING mine WHERE c.show_id = mine.show_id AND c.seat = mine.seat
), closed AS (
    UPDATE payments p SET status = 'CANCELLED', updated_at = now()
    FROM moved WHERE p.booking_id = moved.id AND p.status IN ('INITIATED', 'DECLINED', 'PROCESSING')
      AND (p.intent_id IS NULL OR NOT @undecided::boolean OR p.intent_id = ANY (@over::text[]))
)
SELECT COALESCE((SELECT status FROM moved), (SELECT status FROM old), '')::text AS status;

-- name: BookingsComplete :one
-- Completes confirmed bookings of a show that has been over for long enough, and appends the change to their
-- trails. Bookings that are locked are left for another time; the show is locked against being cancelled.
WITH due AS (
    SELECT b.id, b.status
    FROM bookings b
    JOIN shows sh ON sh.id = b.show_id
    WHERE b.show_id = @show_id AND b.status = 'CONFIRMED' AND b.status = ANY (@from_statuses::text[])
      AND sh.status <> 'CANCELLED' AND sh.ends_at + make_interval(secs => @grace_seconds::float8) < now()
    ORDER BY b.id
    LIMIT sqlc.arg(most)::int
    FOR NO KEY UPDATE OF b SKIP LOCKED
    FOR SHARE OF sh
), moved AS (
    UPDATE bookings b SET status = @to_status, updated_at = now() FROM due WHERE b.id = due.id
    RETURNING b.id, due.status AS from_status, b.status AS to_status, attendance(b.id, b.show_id) AS attendance
), trail AS (
    INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
    SELECT m.id, m.from_status, m.to_status,
           CASE m.attendance WHEN 'ATTENDED' THEN 'attended' WHEN 'NO_SHOW' THEN 'no-show' ELSE 'the show has been played' END,
           @actor, @correlation_id
    FROM moved m
)
SELECT count(*) AS bookings,
       count(*) FILTER (WHERE m.attendance = 'ATTENDED') AS attended,
       count(*) FILTER (WHERE m.attendance = 'NO_SHOW') AS no_shows
FROM moved m;

-- name: BookingPrechecks :many
-- For each requested booking, in order: whether its key has already made a booking, the show, the seats that the show does not
-- have or has no price for, those that somebody else has, those that the customer has under another booking, and why the
-- customer may not hold more of the show, which is checked only if all seats are available. The seats of a request are
-- separated by commas. When a booking is locked but not yet priced, or has failed, only its workflow knows whether the hold was
-- given. Without a show its status is empty. Everything is looked up row by row: a subquery that returns one value, or at most
-- one row, cannot be turned into a join, for which PostgreSQL, not knowing how few seats are requested, would read whole halls.
SELECT COALESCE((SELECT b.status <> 'FAILED' AND (b.status <> 'SEATS_LOCKED' OR b.total IS NOT NULL)
                 FROM bookings b WHERE b.id = request.booking_id), false)::boolean AS booked,
       COALESCE((SELECT b.status = 'FAILED' OR (b.status = 'SEATS_LOCKED' AND b.total IS NULL)
                 FROM bookings b WHERE b.id = request.booking_id), false)::boolean AS workflow_knows,
       COALESCE(sh.status, '')::text AS show_status, COALESCE(sh.starts_at <= now(), false)::boolean AS started,
       COALESCE(sh.starts_at, now())::timestamptz AS starts_at, COALESCE(sh.title, '')::text AS movie_title,
       COALESCE(sh.theatre_id, '')::text AS theatre_id, COALESCE(sh.time_zone, '')::text AS time_zone,
       ARRAY(SELECT wanted.label FROM unnest(string_to_array((@seats::text[])[request.n], ',')) AS wanted (label)
             WHERE (SELECT count(p.amount) FROM seats s JOIN show_prices p ON p.show_id = sh.id AND p.category = s.category
                    WHERE s.layout_id = sh.layout_id AND s.label = wanted.label) = 0)::text[] AS unknown,
       COALESCE(rivals.taken, '{}')::text[] AS taken, COALESCE(rivals.own, '{}')::text[] AS own, COALESCE(rivals.own_booking, '')::text AS own_booking,
       COALESCE(CASE WHEN rivals.taken IS NULL AND rivals.own IS NULL
                     THEN hold_refusal((@customer_ids::text[])[request.n], sh.id, request.booking_id, cardinality(string_to_array((@seats::text[])[request.n], ',')))
                     END, 'null')::jsonb AS refusal
FROM unnest(@booking_ids::text[]) WITH ORDINALITY AS request (booking_id, n)
LEFT JOIN LATERAL (
    SELECT show.id, show.status, show.starts_at, show.layout_id, m.title, t.id AS theatre_id, t.time_zone
    FROM shows show
    JOIN movies m ON m.id = show.movie_id
    JOIN screens sc ON sc.id = show.screen_id
    JOIN theatres t ON t.id = sc.theatre_id
    WHERE show.id = (@show_ids::text[])[request.n]
    LIMIT 1) AS sh ON true
LEFT JOIN LATERAL (
    SELECT array_agg(wanted.label) FILTER (WHERE NOT claim.own) AS taken, array_agg(wanted.label) FILTER (WHERE claim.own) AS own,
           min(claim.booking_id) FILTER (WHERE claim.own) AS own_booking
    FROM unnest(string_to_array((@seats::text[])[request.n], ',')) AS wanted (label)
    CROSS JOIN LATERAL (
        SELECT c.booking_id, (SELECT b.customer_id = (@customer_ids::text[])[request.n] FROM bookings b WHERE b.id = c.booking_id) AS own
        FROM claims c
        WHERE c.show_id = sh.id AND c.seat = wanted.label AND c.booking_id <> request.booking_id AND (c.state = 'SOLD' OR c.held_until >= now())
        LIMIT 1) AS claim) AS rivals ON true
ORDER BY request.n;

-- name: AbandonedBookings :many
-- Bookings that should have ended, with the intents on which they may have been paid, longest overdue first.
SELECT b.id, ARRAY(SELECT p.intent_id FROM payments p
                   WHERE p.booking_id = b.id AND p.intent_id IS NOT NULL AND p.status IN ('INITIATED', 'PROCESSING', 'DECLINED'))::text[] AS intents
FROM bookings b
WHERE b.status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING') AND b.expires_at < now() - make_interval(secs => @after_seconds::float8)
ORDER BY b.expires_at
LIMIT sqlc.arg(most)::int;

-- name: StuckBookings :many
-- Unpaid bookings past their deadline by more than a grace, longest overdue first. Those that have a
-- running workflow are not stuck for lack of one.
SELECT b.id, b.show_id, b.status, b.expires_at
FROM bookings b
WHERE b.status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING') AND b.expires_at < now() - make_interval(secs => @after_seconds::float8)
ORDER BY b.expires_at
LIMIT sqlc.arg(most)::int;

-- name: BookingEnd :one
-- How a booking stands, and who brought it there and why.
SELECT b.status, b.show_id, COALESCE(e.actor, '')::text AS actor, COALESCE(e.reason, '')::text AS reason
FROM bookings b LEFT JOIN booking_events e ON e.booking_id = b.id AND e.to_status = b.status
WHERE b.id = @id;

-- name: BookingStatus :one
SELECT status FROM bookings WHERE id = @id;

-- name: BookingIDsOfCustomer :many
-- A page of a customer's bookings, newest first, before a position in that order.
SELECT id, created_at
FROM bookings
WHERE customer_id = @customer_id AND (created_at, id) < (@before_time::timestamptz, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_size)::int;

-- name: BookingViews :many
-- Bookings with everything that a customer sees of them, newest first. The nested lists are JSON, so
-- that one statement, which sees one moment, gives the whole picture.
SELECT sqlc.embed(b), sh.movie_id, sh.starts_at, sh.ends_at, sh.status AS show_status, sh.language, sh.format, m.title AS movie_title, sc.name AS screen_name,
       t.id AS theatre_id, t.name AS theatre_name, t.time_zone, ci.at AS checked_in_at,
       (CASE b.status WHEN 'COMPLETED' THEN attendance(b.id, b.show_id) ELSE '' END)::text AS attendance,
       COALESCE((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                     'label', s.label, 'category', s.category, 'price', bs.price,
                     'cancelled', CASE WHEN bs.cancellation_id IS NOT NULL THEN true END)) ORDER BY wanted.n)
                 FROM unnest(b.seat_labels) WITH ORDINALITY AS wanted (label, n)
                 JOIN seats s ON s.layout_id = b.layout_id AND s.label = wanted.label
                 LEFT JOIN booking_seats bs ON bs.booking_id = b.id AND bs.seat = s.label), '[]')::jsonb AS seats,
       COALESCE((SELECT jsonb_agg(to_jsonb(p) ORDER BY p.attempt)
                 FROM (SELECT p.id, p.status, p.method, p.attempt, p.currency, p.wallet_amount AS "walletAmount",
                              p.card_amount AS "cardAmount", p.intent_id AS "intentId", p.decline_code AS "declineCode"
                       FROM payments p WHERE p.booking_id = b.id ORDER BY p.attempt DESC LIMIT 100) p), '[]')::jsonb AS payments,
       COALESCE((SELECT jsonb_agg(jsonb_build_object(
                     'id', c.id, 'seats', c.seats, 'percent', c.percent, 'paid', c.paid, 'fee', c.fee, 'refund', c.amount,
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
