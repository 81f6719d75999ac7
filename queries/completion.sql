-- name: ShowsSold :many
-- The next shows with confirmed bookings, in the order of their ids and after one of them, and whether each was played and has been
-- over for so long. It steps from show to show through the index of confirmed bookings, and so reads nothing of what has been completed.
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

-- name: BookingsComplete :one
-- Completes confirmed bookings of a show that has been over for so long, and appends the change to their trails. Bookings that
-- somebody else has locked are left for another time; the show is locked against being cancelled meanwhile.
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
