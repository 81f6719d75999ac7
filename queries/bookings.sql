-- name: BookingStart :one
-- Writes the booking and its first two events if the show is on sale, has not started, its customer may hold so much more of it, and the
-- booking is new. The conflict names no key: of two that write the same booking at once, the second would break the table's other key, not the
-- one it names. A hold ends when the show begins, at the latest.
WITH started AS (
    INSERT INTO bookings (id, customer_id, show_id, layout_id, status, seat_labels, request_hash, correlation_id, expires_at)
    SELECT @id, @customer_id, sh.id, sh.layout_id, 'SEATS_LOCKED', @seats::text[], @request_hash, @correlation_id,
           date_trunc('milliseconds', least(now() + make_interval(secs => sh.hold_seconds), sh.starts_at))
    FROM shows sh
    WHERE sh.id = @show_id AND sh.status = 'ON_SALE' AND sh.starts_at > now()
      AND hold_is_allowed(@customer_id, sh.id, @id, cardinality(@seats::text[]))
    ON CONFLICT DO NOTHING
    RETURNING id, correlation_id, expires_at
), trail AS (
    INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
    SELECT started.id, step.from_status, step.to_status, step.reason, 'CUSTOMER', started.correlation_id
    FROM started, (VALUES (NULL, 'INITIATED', 'seats requested'),
                          ('INITIATED', 'SEATS_LOCKED', 'seats locked')) AS step (from_status, to_status, reason)
)
SELECT expires_at FROM started;

-- name: HoldRefusal :one
-- Why a customer may not hold so many more seats of a show now, as JSON; null when nothing speaks against it.
SELECT COALESCE(hold_refusal(@customer_id, @show_id, @id, @seats), 'null')::jsonb AS refusal;

-- name: BookingStanding :one
-- How a booking stands, apart from its payments. Whoever calls it has locked the booking before, or asks for no more than the moment's truth.
SELECT status, expires_at, COALESCE(currency, '')::text AS currency, total FROM bookings WHERE id = @id;

-- name: BookingPrice :execrows
-- Freezes the quote, and with it the discount of the coupon, and says how many seats it has priced: none when it had been priced
-- before.
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
-- Locks a booking for the statements that follow. A single statement would wait for the lock, and then look at seats and payments
-- as they were before it waited.
SELECT b.id FROM bookings b WHERE b.id = @id FOR UPDATE;

-- name: BookingForUpdate :one
-- Locks the booking against other changes of state, and its show against being closed for sale meanwhile.
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

-- name: BookingMoveThrough :execrows
-- Changes the state to the last of several, and appends every step on the way to the trail. It says how many steps were taken: all or none.
WITH old AS (
    SELECT b.id, b.status FROM bookings b WHERE b.id = @id AND b.status = @from_status FOR UPDATE
), path AS (
    SELECT step.n, COALESCE((@to_statuses::text[])[step.n - 1], @from_status) AS from_status,
           (@to_statuses::text[])[step.n] AS to_status, (@reasons::text[])[step.n] AS reason
    FROM generate_subscripts(@to_statuses::text[], 1) AS step (n)
), moved AS (
    UPDATE bookings b SET status = (@to_statuses::text[])[cardinality(@to_statuses::text[])], updated_at = now()
    FROM old WHERE b.id = old.id
    RETURNING b.id
)
INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
SELECT moved.id, path.from_status, path.to_status, path.reason, @actor, @correlation_id
FROM moved CROSS JOIN path
ORDER BY path.n;

-- name: BookingRelease :one
-- Ends an unpaid booking: state, trail, held seats and open payments in one step. Says the state that the booking
-- has afterwards, empty when there is no such booking. Whoever calls it has locked the booking before; seats are locked in the
-- order in which a rival asks for them.
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
