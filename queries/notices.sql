-- name: RemindersWrite :one
-- Writes reminders for customers who have seats for a show that begins soon: for a number of bookings after a
-- given one, except those that have got theirs since the show was last moved. Returns how many, and the last
-- booking. Everything about a booking is looked up by its id alone, so that nothing here grows with all the
-- notices there ever were, even if the planner's statistics of a show that has just changed are out of date. ON CONFLICT
-- names no key, because a notice has two: a second writer at the same time would violate the one that is not named.
WITH written AS (
    INSERT INTO notices (booking_id, show_id, customer_id, kind, occasion, starts_at)
    SELECT b.id, b.show_id, b.customer_id, 'REMINDER', latest.move, sh.starts_at
    FROM shows sh
    CROSS JOIN LATERAL (SELECT latest_show_move(sh.id) AS move) AS latest
    JOIN bookings b ON b.show_id = sh.id
    WHERE sh.id = @show_id AND b.id > @after_booking::text AND sh.status <> 'CANCELLED'
      AND sh.starts_at > now() AND sh.starts_at <= now() + make_interval(secs => @before_seconds::float8)
      AND b.status = 'CONFIRMED'
      AND (SELECT count(*) FROM notices n WHERE n.booking_id = b.id AND n.kind = 'REMINDER' AND n.occasion = latest.move) = 0
    ORDER BY b.id
    LIMIT sqlc.arg(most)::int
    ON CONFLICT DO NOTHING
    RETURNING booking_id
)
SELECT count(*)::int AS written, COALESCE(max(booking_id), '')::text AS last FROM written;

-- name: ShowMovedWrite :one
-- Writes the notice that the show begins at another time for customers who know of a different time,
-- like RemindersWrite. A customer who was never told of a move that was undone is told nothing.
WITH written AS (
    INSERT INTO notices (booking_id, show_id, customer_id, kind, occasion, starts_at, moved_from)
    SELECT b.id, b.show_id, b.customer_id, 'SHOW_MOVED', latest.move, sh.starts_at, start_known(b.id)
    FROM shows sh
    CROSS JOIN LATERAL (SELECT latest_show_move(sh.id) AS move) AS latest
    JOIN bookings b ON b.show_id = sh.id
    WHERE sh.id = @show_id AND b.id > @after_booking::text AND sh.status <> 'CANCELLED' AND sh.ends_at > now() AND latest.move <> ''
      AND b.status = 'CONFIRMED'
      AND (SELECT count(*) FROM notices n WHERE n.booking_id = b.id AND n.kind = 'SHOW_MOVED' AND n.occasion = latest.move) = 0
      AND start_known(b.id) <> sh.starts_at
    ORDER BY b.id
    LIMIT sqlc.arg(most)::int
    ON CONFLICT DO NOTHING
    RETURNING booking_id
)
SELECT count(*)::int AS written, COALESCE(max(booking_id), '')::text AS last FROM written;

-- name: SeatsMovedWrite :one
-- Writes a notice for each time that an operator has recently moved a booking of a show to other seats, like RemindersWrite.
WITH written AS (
    INSERT INTO notices (booking_id, show_id, customer_id, kind, occasion, starts_at)
    SELECT b.id, b.show_id, b.customer_id, 'SEATS_MOVED', m.id, sh.starts_at
    FROM shows sh
    JOIN bookings b ON b.show_id = sh.id
    JOIN seat_moves m ON m.booking_id = b.id
    WHERE sh.id = @show_id AND b.id > @after_booking::text AND sh.status <> 'CANCELLED' AND sh.ends_at > now()
      AND b.status = 'CONFIRMED' AND m.from_seats <> m.to_seats AND m.at > now() - make_interval(secs => @patience_seconds::float8)
      AND (SELECT count(*) FROM notices n WHERE n.booking_id = b.id AND n.kind = 'SEATS_MOVED' AND n.occasion = m.id) = 0
    ORDER BY b.id, m.at
    LIMIT sqlc.arg(most)::int
    ON CONFLICT DO NOTHING
    RETURNING booking_id
)
SELECT count(*)::int AS written, COALESCE(max(booking_id), '')::text AS last FROM written;

-- name: RefundChangedWrite :one
-- Writes a notice for each refund for a booking of a show that has recently gone another way than its
-- customer knew, like RemindersWrite: one, for the latest change.
WITH written AS (
    INSERT INTO notices (booking_id, show_id, customer_id, kind, occasion, starts_at)
    SELECT b.id, b.show_id, b.customer_id, 'REFUND_CHANGED', turn.id::text, sh.starts_at
    FROM shows sh
    JOIN bookings b ON b.show_id = sh.id
    JOIN refunds r ON r.booking_id = b.id AND r.part_of IS NULL
    CROSS JOIN LATERAL (SELECT latest_refund_turn(r.id) AS id) AS turn
    WHERE sh.id = @show_id AND b.id > @after_booking::text
      AND (SELECT e.at > now() - make_interval(secs => @patience_seconds::float8) FROM refund_events e WHERE e.id = turn.id)
      AND refund_turn_untold(turn.id)
    ORDER BY b.id, turn.id
    LIMIT sqlc.arg(most)::int
    ON CONFLICT DO NOTHING
    RETURNING booking_id
)
SELECT count(*)::int AS written, COALESCE(max(booking_id), '')::text AS last FROM written;

-- name: ShowCancelledWrite :one
-- Writes the notice that the show is cancelled for customers who have lost seats, a hold or a payment by that,
-- like RemindersWrite. The reasons are those of bookings and refunds that were ended by the end of the sale.
WITH written AS (
    INSERT INTO notices (booking_id, show_id, customer_id, kind, starts_at)
    SELECT b.id, b.show_id, b.customer_id, 'SHOW_CANCELLED', sh.starts_at
    FROM shows sh
    JOIN bookings b ON b.show_id = sh.id
    WHERE sh.id = @show_id AND b.id > @after_booking::text AND sh.status = 'CANCELLED' AND b.status IN ('CANCELLED', 'FAILED', 'EXPIRED')
      AND (SELECT count(*) FROM notices n WHERE n.booking_id = b.id AND n.kind = 'SHOW_CANCELLED') = 0
      AND ((SELECT bool_or(c.cause = 'SHOW_CANCELLED') FROM cancellations c WHERE c.booking_id = b.id)
           OR (SELECT bool_or(e.to_status = b.status AND e.reason = ANY (@reasons::text[])) FROM booking_events e WHERE e.booking_id = b.id)
           OR (SELECT bool_or(r.cancellation_id IS NULL AND r.reason = ANY (@reasons::text[])) FROM refunds r WHERE r.booking_id = b.id))
    ORDER BY b.id
    LIMIT sqlc.arg(most)::int
    ON CONFLICT DO NOTHING
    RETURNING booking_id
)
SELECT count(*)::int AS written, COALESCE(max(booking_id), '')::text AS last FROM written;

-- name: NoticesDrop :exec
-- Skips the unsent notices of a show that have become useless: about a show that is over or cannot be seen, about a time
-- that is no longer the show's, or about a refund that has changed again; and those that could not be sent for too long.
UPDATE notices n
SET status = CASE WHEN useless.code = 'GAVE_UP' THEN 'FAILED' ELSE 'SKIPPED' END, failure_code = useless.code
FROM (SELECT p.id, p.created_at,
             CASE WHEN p.kind = 'REFUND_CHANGED' AND refund_turn_outdated(p.occasion) THEN 'OUTDATED'
                  WHEN p.kind NOT IN ('REMINDER', 'SHOW_MOVED', 'SEATS_MOVED') THEN 'GAVE_UP'
                  WHEN b.status NOT IN ('CONFIRMED', 'COMPLETED') OR sh.status = 'CANCELLED' THEN 'CANCELLED'
                  WHEN p.kind <> 'SEATS_MOVED' AND p.occasion <> latest_show_move(sh.id) THEN 'MOVED'
                  WHEN sh.ends_at <= now() OR p.kind = 'REMINDER' AND sh.starts_at <= now() THEN 'TOO_LATE'
                  ELSE 'GAVE_UP' END AS code
      FROM notices p
      JOIN bookings b ON b.id = p.booking_id
      JOIN shows sh ON sh.id = b.show_id
      WHERE p.show_id = @show_id AND p.kind = @kind AND p.status = 'PENDING') AS useless
WHERE n.id = useless.id AND n.status = 'PENDING'
  AND (useless.code <> 'GAVE_UP' OR useless.created_at < now() - make_interval(secs => @patience_seconds::float8));

-- name: NoticesSkip :exec
-- Skips all unsent notices of a show, because there is no way to send them.
UPDATE notices n SET status = 'SKIPPED', failure_code = @failure_code::text
WHERE n.show_id = @show_id AND n.kind = @kind AND n.status = 'PENDING';

-- name: NoticesClaim :many
-- Gives the caller the next notices of a show, exclusively and for a limited time. The end of that time identifies the claim.
WITH due AS (
    SELECT n.id FROM notices n
    WHERE n.show_id = @show_id AND n.kind = @kind AND n.status = 'PENDING' AND n.next_try_at <= now()
    ORDER BY n.next_try_at, n.id
    LIMIT sqlc.arg(most)::int
    FOR UPDATE SKIP LOCKED
)
UPDATE notices n SET next_try_at = now() + make_interval(secs => @lease_seconds::float8)
FROM due WHERE n.id = due.id
RETURNING n.id, n.next_try_at;

-- name: NoticesRelease :exec
-- Releases claimed notices that were not tried.
UPDATE notices n SET next_try_at = now()
WHERE n.id = ANY (@ids::text[]) AND n.status = 'PENDING' AND n.next_try_at = @claimed_until;

-- name: NoticeSent :exec
-- Records that the mail server has accepted a notice, whoever has claimed it now, and with which text.
UPDATE notices n SET status = 'SENT', sent_at = now(), attempts = n.attempts + 1, failure_code = NULL, subject = @subject::text, words = @words::text
WHERE n.id = @id AND n.status = 'PENDING';

-- name: NoticeNotSent :exec
-- Records a failed attempt at a claimed notice. It is tried again after a pause that doubles, unless
-- it was refused for good or has been tried too often.
UPDATE notices n
SET attempts = n.attempts + 1, failure_code = @failure_code::text,
    status = CASE WHEN @for_good::boolean OR n.attempts + 1 >= @most_attempts::int THEN 'FAILED' ELSE 'PENDING' END,
    next_try_at = now() + make_interval(secs => @pause_seconds::float8) * power(2, n.attempts)
WHERE n.id = @id AND n.status = 'PENDING' AND n.next_try_at = @claimed_until;

-- name: NoticesStanding :one
-- How the notices of a show stand, and in how many seconds the next unsent one may be tried.
SELECT count(*) FILTER (WHERE n.status = 'SENT')::int AS sent,
       count(*) FILTER (WHERE n.status = 'FAILED')::int AS failed,
       count(*) FILTER (WHERE n.status = 'SKIPPED')::int AS skipped,
       count(*) FILTER (WHERE n.status = 'PENDING')::int AS pending,
       COALESCE(extract(epoch FROM min(n.next_try_at) FILTER (WHERE n.status = 'PENDING') - now()), 0)::float8 AS next_try_seconds
FROM notices n
WHERE n.show_id = @show_id AND n.kind = @kind;

-- name: NoticeContents :many
-- Everything that the texts of notices are made of, and who they are for, newest first; and the texts
-- of those that were mailed. The seats are those that the booking has, or had when its reminder was
-- mailed, or those that the cancelled show took away, or that a refund is for.
SELECT n.id, n.kind, n.booking_id, n.show_id, n.status, n.created_at, n.sent_at, u.email, u.name AS customer_name, m.title AS movie_title,
       t.name AS theatre_name, t.address AS theatre_address, t.time_zone, sc.name AS screen_name, n.starts_at, n.moved_from, n.subject, n.words,
       ARRAY(SELECT old.label FROM seat_moves sm CROSS JOIN unnest(sm.from_seats) WITH ORDINALITY AS old (label, n)
             WHERE n.kind = 'SEATS_MOVED' AND sm.id = n.occasion AND old.label <> ALL (sm.to_seats) ORDER BY old.n)::text[] AS moved_seats,
       ARRAY(SELECT wanted.label FROM unnest(b.seat_labels) WITH ORDINALITY AS wanted (label, n)
             LEFT JOIN booking_seats bs ON bs.booking_id = b.id AND bs.seat = wanted.label
             LEFT JOIN cancellations c ON c.id = bs.cancellation_id
             WHERE CASE n.kind WHEN 'REFUND_CHANGED' THEN c.id IS NOT DISTINCT FROM told.cancellation_id
                               ELSE c.id IS NULL OR n.kind = 'SHOW_CANCELLED' AND c.cause = 'SHOW_CANCELLED' OR n.kind = 'REMINDER' AND c.at > n.sent_at END
             ORDER BY wanted.n)::text[] AS seats,
       COALESCE((SELECT jsonb_agg(jsonb_build_object('tender', r.tender, 'status', r.status, 'dispute', refund_dispute(r),
                                                     'amount', jsonb_build_object('amount', r.amount, 'currency', r.currency))
                                  ORDER BY r.created_at, r.id)
                 FROM refunds r
                 LEFT JOIN cancellations c ON c.id = r.cancellation_id
                 WHERE r.booking_id = b.id
                   AND CASE n.kind WHEN 'SHOW_CANCELLED' THEN c.id IS NULL OR c.cause = 'SHOW_CANCELLED'
                                   WHEN 'REFUND_CHANGED' THEN COALESCE(r.part_of, r.id) = told.refund_id END), '[]')::jsonb AS refunds
FROM notices n
JOIN users u ON u.id = n.customer_id
JOIN bookings b ON b.id = n.booking_id
JOIN shows sh ON sh.id = n.show_id
JOIN movies m ON m.id = sh.movie_id
JOIN screens sc ON sc.id = sh.screen_id
JOIN theatres t ON t.id = sc.theatre_id
LEFT JOIN LATERAL (
    SELECT COALESCE(r.part_of, r.id) AS refund_id, r.cancellation_id
    FROM refund_events e JOIN refunds r ON r.id = e.refund_id
    WHERE e.id = CASE n.kind WHEN 'REFUND_CHANGED' THEN n.occasion::bigint END
) AS told ON true
WHERE n.id = ANY (@ids::text[])
ORDER BY n.created_at DESC, n.id DESC;

-- name: NoticeIDsOfCustomer :many
-- A page of a customer's notices, newest first, before a position in that order: what has been mailed, and what
-- is true although it was not mailed. A notice that was not mailed when its booking had been cancelled, or its
-- show had been moved again, must not make anybody come; and of a refund only the latest change is shown.
SELECT n.id, n.created_at
FROM notices n
WHERE n.customer_id = @customer_id AND (n.created_at, n.id) < (@before_time::timestamptz, @before_id::text)
  AND NOT (n.kind IN ('REMINDER', 'SHOW_MOVED', 'SEATS_MOVED') AND n.status <> 'SENT'
           AND (SELECT b.status NOT IN ('CONFIRMED', 'COMPLETED') OR n.kind <> 'SEATS_MOVED' AND n.starts_at <> sh.starts_at
                FROM bookings b JOIN shows sh ON sh.id = b.show_id WHERE b.id = n.booking_id))
  AND NOT (n.kind = 'REFUND_CHANGED' AND n.status <> 'SENT' AND refund_turn_outdated(n.occasion))
ORDER BY n.created_at DESC, n.id DESC
LIMIT sqlc.arg(page_size)::int;

-- name: ShowsToNotify :many
-- Shows whose customers have to be notified: that the show begins soon, or at another time; that their
-- seats have changed; that a refund goes another way; what has been written but not sent; and, if the
-- cascade could not do it, that the show is cancelled. The most urgent first.
SELECT wanted.kind::text AS kind, wanted.show_id::text AS show_id
FROM (SELECT 'REMINDER' AS kind, sh.id AS show_id
      FROM shows sh
      CROSS JOIN LATERAL (SELECT latest_show_move(sh.id) AS move) AS latest
      WHERE sh.starts_at > now() AND sh.starts_at <= now() + make_interval(secs => @before_seconds::float8) AND sh.status <> 'CANCELLED'
        AND EXISTS (SELECT FROM bookings b
                    WHERE b.show_id = sh.id AND b.status = 'CONFIRMED'
                      AND NOT EXISTS (SELECT FROM notices n WHERE n.booking_id = b.id AND n.kind = 'REMINDER' AND n.occasion = latest.move))
      UNION
      SELECT 'SHOW_MOVED', m.show_id
      FROM show_moves m
      WHERE m.at > now() - make_interval(secs => @patience_seconds::float8) AND m.id::text = latest_show_move(m.show_id)
        AND (SELECT sh.status <> 'CANCELLED' AND sh.ends_at > now() FROM shows sh WHERE sh.id = m.show_id)
        AND EXISTS (SELECT FROM bookings b
                    WHERE b.show_id = m.show_id AND b.status = 'CONFIRMED'
                      AND NOT EXISTS (SELECT FROM notices n WHERE n.booking_id = b.id AND n.kind = 'SHOW_MOVED' AND n.occasion = m.id::text)
                      AND start_known(b.id) <> m.to_starts_at)
      UNION
      SELECT 'SEATS_MOVED', b.show_id
      FROM seat_moves m
      JOIN bookings b ON b.id = m.booking_id AND b.status = 'CONFIRMED'
      WHERE m.at > now() - make_interval(secs => @patience_seconds::float8) AND m.from_seats <> m.to_seats
        AND (SELECT sh.status <> 'CANCELLED' AND sh.ends_at > now() FROM shows sh WHERE sh.id = b.show_id)
        AND NOT EXISTS (SELECT FROM notices n WHERE n.booking_id = b.id AND n.kind = 'SEATS_MOVED' AND n.occasion = m.id)
      UNION
      SELECT 'REFUND_CHANGED', b.show_id
      FROM refund_events e
      JOIN refunds r ON r.id = e.refund_id
      JOIN bookings b ON b.id = r.booking_id
      WHERE e.is_turn AND e.at > now() - make_interval(secs => @patience_seconds::float8) AND refund_turn_untold(e.id)
      UNION
      SELECT n.kind, n.show_id
      FROM notices n
      WHERE n.status = 'PENDING' AND n.next_try_at < now() - make_interval(secs => @after_seconds::float8)
      UNION
      SELECT 'SHOW_CANCELLED', b.show_id
      FROM cancellations c
      JOIN bookings b ON b.id = c.booking_id AND b.status = 'CANCELLED'
      JOIN shows sh ON sh.id = b.show_id AND sh.status = 'CANCELLED'
      WHERE c.cause = 'SHOW_CANCELLED' AND c.at < now() - make_interval(secs => @after_seconds::float8)
        AND c.at > now() - make_interval(secs => @patience_seconds::float8)
        AND NOT EXISTS (SELECT FROM notices n WHERE n.booking_id = b.id AND n.kind = 'SHOW_CANCELLED')) AS wanted
JOIN shows sh ON sh.id = wanted.show_id
ORDER BY sh.starts_at, sh.id, wanted.kind
LIMIT sqlc.arg(most)::int;
