-- name: CheckIn :execrows
-- Notes the first scan of a confirmed booking's ticket, from so long before the show until its end.
INSERT INTO check_ins (booking_id, show_id, staff_id, correlation_id)
SELECT b.id, b.show_id, @staff_id, @correlation_id
FROM bookings b
JOIN shows sh ON sh.id = b.show_id
WHERE b.id = @booking_id AND b.status = 'CONFIRMED' AND sh.status <> 'CANCELLED'
  AND now() >= sh.starts_at - make_interval(secs => @opens_before_seconds::float8) AND now() < sh.ends_at
ON CONFLICT (booking_id) DO NOTHING;
