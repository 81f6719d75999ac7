-- name: ClaimsAcquire :many
-- Takes the seats of a booking that exists: those that are free, its own, or held past their deadline and grace. Fewer rows than seats
-- means that somebody else has the others; the caller then rolls back, so it is all or nothing. Seats are passed sorted.
INSERT INTO claims (show_id, seat, layout_id, booking_id, state, held_until)
SELECT b.show_id, wanted.seat, b.layout_id, b.id, 'HELD', b.expires_at + make_interval(secs => @grace_seconds::float8)
FROM bookings b CROSS JOIN unnest(b.seat_labels) WITH ORDINALITY AS wanted (seat, n)
WHERE b.id = @booking_id
ORDER BY wanted.n
ON CONFLICT (show_id, seat) DO UPDATE
SET booking_id = EXCLUDED.booking_id, held_until = EXCLUDED.held_until
WHERE claims.state = 'HELD' AND (claims.booking_id = EXCLUDED.booking_id OR claims.held_until < now())
RETURNING seat;

-- name: ClaimsOfRivals :many
-- Who has the seats that could not be acquired, and whether it is the same customer under another booking.
SELECT c.seat, c.booking_id, (b.customer_id = @customer_id)::boolean AS own
FROM claims c JOIN bookings b ON b.id = c.booking_id
WHERE c.show_id = @show_id AND c.seat = ANY (@seats::text[]);

-- name: ClaimsGiveBack :execrows
-- Puts sold seats back on sale. Seats are passed sorted, and are locked in that order.
WITH given AS (
    SELECT c.show_id, c.seat FROM claims c
    WHERE c.booking_id = @booking_id AND c.state = 'SOLD' AND c.seat = ANY (@seats::text[])
    ORDER BY array_position(@seats::text[], c.seat)
    FOR UPDATE
)
DELETE FROM claims c USING given WHERE c.show_id = given.show_id AND c.seat = given.seat;
