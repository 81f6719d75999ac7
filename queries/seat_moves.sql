-- Seats of a booking that are exchanged for others.

-- name: SeatMoveByID :one
SELECT sqlc.embed(m), b.show_id, ARRAY(SELECT s.seat FROM booking_seats s WHERE s.booking_id = b.id AND s.cancellation_id IS NULL
                                       ORDER BY array_position(b.seat_labels, s.seat))::text[] AS seats
FROM seat_moves m JOIN bookings b ON b.id = m.booking_id
WHERE m.id = @id;

-- name: SeatMoveTerms :one
-- What a move needs to know of a locked booking: the seats that it has, in order, those that it has
-- given back, and those of the wanted ones that the layout does not have.
SELECT (sh.ends_at <= now())::boolean AS ended,
       ARRAY(SELECT s.seat FROM booking_seats s WHERE s.booking_id = b.id AND s.cancellation_id IS NULL
             ORDER BY array_position(b.seat_labels, s.seat))::text[] AS seats,
       ARRAY(SELECT s.seat FROM booking_seats s WHERE s.booking_id = b.id AND s.cancellation_id IS NOT NULL)::text[] AS cancelled,
       ARRAY(SELECT wanted.label FROM unnest(@wanted::text[]) AS wanted (label)
             WHERE NOT EXISTS (SELECT FROM seats s WHERE s.layout_id = b.layout_id AND s.label = wanted.label))::text[] AS unknown
FROM bookings b JOIN shows sh ON sh.id = b.show_id
WHERE b.id = @booking_id;

-- name: ClaimsTakeOver :many
-- Sells seats to a paid booking: those that are free, its own, or held past their deadline and grace.
-- The caller names the old seats, too, so that all are locked in the same order in which rivals ask
-- for them. Fewer rows than seats means that somebody else has the others.
INSERT INTO claims (show_id, seat, layout_id, booking_id, state)
SELECT b.show_id, wanted.seat, b.layout_id, b.id, 'SOLD'
FROM bookings b CROSS JOIN unnest(@seats::text[]) WITH ORDINALITY AS wanted (seat, n)
WHERE b.id = @booking_id
ORDER BY wanted.n
ON CONFLICT (show_id, seat) DO UPDATE
SET booking_id = EXCLUDED.booking_id, state = 'SOLD', held_until = NULL
WHERE claims.booking_id = EXCLUDED.booking_id OR (claims.state = 'HELD' AND claims.held_until < now())
RETURNING seat;

-- name: SeatsMove :execrows
-- Gives seats of a booking other labels; their prices stay. No label is both given up and taken.
UPDATE booking_seats s SET seat = (@to_seats::text[])[array_position(@from_seats::text[], s.seat)]
WHERE s.booking_id = @booking_id AND s.seat = ANY (@from_seats::text[]) AND s.cancellation_id IS NULL;

-- name: SeatLabelsMove :exec
-- Replaces the labels of a booking, each in its place: shares of a refund are rounded in that order.
UPDATE bookings b
SET updated_at = now(),
    seat_labels = ARRAY(SELECT COALESCE((@to_seats::text[])[array_position(@from_seats::text[], old.label)], old.label)
                        FROM unnest(b.seat_labels) WITH ORDINALITY AS old (label, n) ORDER BY old.n)
WHERE b.id = @booking_id;

-- name: SeatMoveWrite :exec
INSERT INTO seat_moves (id, booking_id, from_seats, to_seats, request_hash, actor, reason, correlation_id)
VALUES (@id, @booking_id, @from_seats, @to_seats, @request_hash, @actor, @reason, @correlation_id);
