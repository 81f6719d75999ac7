-- name: CheckIn :execrows
-- Records the first scan of a confirmed booking's ticket, between a time before the show and its end,
-- unless the bank has taken its price back.
INSERT INTO check_ins (booking_id, show_id, staff_id, correlation_id)
SELECT b.id, b.show_id, @staff_id, @correlation_id
FROM bookings b
JOIN shows sh ON sh.id = b.show_id
WHERE b.id = @booking_id AND b.status = 'CONFIRMED' AND sh.status <> 'CANCELLED'
  AND NOT door_closed(b.id)
  AND now() >= sh.starts_at - make_interval(secs => @opens_before_seconds::float8) AND now() < sh.ends_at
ON CONFLICT (booking_id) DO NOTHING;

-- name: DoorClosed :one
-- Whether the bank has taken the price of a booking back, so that its ticket is not valid, and no operator has admitted it.
SELECT door_closed(@booking_id::text)::boolean;

-- name: DisputeLostOf :one
-- Whether the bank has taken the price of a booking back.
SELECT dispute_lost_of(@booking_id::text)::boolean;
