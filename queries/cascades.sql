-- name: CascadeLock :one
-- The cascade, if it has begun, locked against other changes.
SELECT id, status, paused, noted FROM cascades WHERE id = @id FOR UPDATE;

-- name: CascadeState :one
SELECT c.id, c.status, c.paused, c.noted, (SELECT count(*) FROM cascade_shows s WHERE s.cascade_id = c.id)::int AS shows,
       now()::timestamptz AS at
FROM cascades c WHERE c.id = @id;

-- name: ShowLock :one
-- Locks a show against anybody who is about to sell its seats, and says whether it has been played.
SELECT (sh.ends_at <= now())::boolean AS ended FROM shows sh WHERE sh.id = @id FOR UPDATE;

-- name: CascadeOfShow :one
-- Which cascade has cancelled a show; no row if none has. The caller has locked the show: a statement
-- that waits for the lock would see the cascades as they were before it waited.
SELECT s.cascade_id FROM cascade_shows s WHERE s.show_id = @show_id;

-- name: TheatreDeactivate :execrows
UPDATE theatres SET status = 'INACTIVE' WHERE id = @id;

-- name: MovieWithdraw :execrows
UPDATE movies SET status = 'WITHDRAWN' WHERE id = @id;

-- name: ShowsToComeLock :many
-- The shows of a theatre or of a movie that have not begun and that no cascade has cancelled, always locked in the same order.
SELECT sh.id
FROM shows sh JOIN screens sc ON sc.id = sh.screen_id
WHERE (sc.theatre_id = sqlc.narg(theatre_id) OR sh.movie_id = sqlc.narg(movie_id)) AND sh.starts_at > now()
  AND NOT EXISTS (SELECT FROM cascade_shows s WHERE s.show_id = sh.id)
ORDER BY sh.id
FOR UPDATE OF sh;

-- name: CascadeStart :exec
-- Writes a cascade and the first event of its trail.
WITH started AS (
    INSERT INTO cascades (id, kind, show_id, theatre_id, movie_id, actor, reason, correlation_id)
    VALUES (@id, @kind, sqlc.narg(show_id), sqlc.narg(theatre_id), sqlc.narg(movie_id), @actor, @reason, @correlation_id)
    RETURNING id, actor, reason, correlation_id
)
INSERT INTO cascade_events (cascade_id, event, actor, reason, correlation_id)
SELECT started.id, 'STARTED', started.actor, started.reason, started.correlation_id FROM started;

-- name: ShowsCancel :execrows
-- Takes locked shows off sale for good, and makes them part of a cascade, except those that another
-- cascade has cancelled while this one waited for their locks.
WITH cancelled AS (
    UPDATE shows sh SET status = 'CANCELLED'
    WHERE sh.id = ANY (@shows::text[]) AND NOT EXISTS (SELECT FROM cascade_shows s WHERE s.show_id = sh.id)
    RETURNING sh.id
)
INSERT INTO cascade_shows (show_id, cascade_id) SELECT cancelled.id, @cascade_id FROM cancelled;

-- name: CascadeBookings :many
-- The bookings of a cascade that have not ended, in the order of show and booking.
SELECT b.show_id, b.id, b.customer_id, sc.theatre_id, b.status
FROM cascade_shows s
JOIN bookings b ON b.show_id = s.show_id
JOIN shows sh ON sh.id = s.show_id
JOIN screens sc ON sc.id = sh.screen_id
WHERE s.cascade_id = @cascade_id AND s.show_id >= @after_show::text AND (b.show_id, b.id) > (@after_show::text, @after_booking::text)
  AND b.status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING', 'CONFIRMED')
ORDER BY b.show_id, b.id
LIMIT sqlc.arg(most)::int;

-- name: SomebodyBuys :one
-- Whether one of the latest booking events, within the last minute, is that somebody took seats of a show that takes place.
SELECT EXISTS (
    SELECT FROM (SELECT e.booking_id, e.to_status, e.at FROM booking_events e ORDER BY e.id DESC LIMIT 200) AS latest
    JOIN bookings b ON b.id = latest.booking_id
    JOIN shows sh ON sh.id = b.show_id
    WHERE latest.to_status = 'SEATS_LOCKED' AND latest.at > now() - interval '1 minute' AND sh.status <> 'CANCELLED');

-- name: CascadeShows :many
-- The shows of a cascade that have bookings, in the order of their ids.
SELECT s.show_id
FROM cascade_shows s
WHERE s.cascade_id = @cascade_id AND s.show_id > @after::text AND EXISTS (SELECT FROM bookings b WHERE b.show_id = s.show_id)
ORDER BY s.show_id
LIMIT sqlc.arg(most)::int;

-- name: CascadeCounts :one
-- How the bookings of some shows of a cascade stand. What had ended before it began does not count.
-- Cancellations are looked up by the id of the booking alone, so that nothing here grows with all the
-- cancellations there ever were, even if the planner's statistics of a show that changes fast are out of date.
SELECT count(*) FILTER (WHERE b.status = 'CONFIRMED')::int AS sold,
       count(*) FILTER (WHERE b.status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING'))::int AS unpaid,
       count(*) FILTER (WHERE b.status = 'CANCELLED' AND how.by_cascade)::int AS cancelled,
       count(*) FILTER (WHERE b.status = 'CANCELLED' AND NOT how.by_cascade)::int AS already_cancelled,
       count(*) FILTER (WHERE b.status IN ('CANCELLED', 'EXPIRED', 'FAILED') AND how.by_cascade IS NULL AND b.updated_at >= c.started_at)::int AS released
FROM cascades c
JOIN bookings b ON b.show_id = ANY (@shows::text[])
CROSS JOIN LATERAL (SELECT bool_or(x.cause = 'SHOW_CANCELLED') AS by_cascade FROM cancellations x
                    WHERE x.booking_id = b.id AND b.status = 'CANCELLED') AS how
WHERE c.id = @id;

-- name: CascadeUndecided :one
-- How many attempts to pay for bookings of a cascade may still have brought money, or have brought
-- money that is not on its way back yet.
SELECT count(*)::int
FROM cascade_shows s
JOIN bookings b ON b.show_id = s.show_id
JOIN payments p ON p.booking_id = b.id
WHERE s.cascade_id = @id AND b.status <> 'CONFIRMED' AND p.intent_id IS NOT NULL AND p.status IN ('INITIATED', 'PROCESSING', 'DECLINED');

-- name: CascadeRefunds :many
-- How the refunds of some shows of a cascade stand: those of its cancellations, and of money that has
-- come since it began and bought nothing. They are looked up like the cancellations that are counted:
-- OFFSET keeps the planner from reading all refunds that there are.
SELECT r.currency, r.tender, r.status, r.disputed::boolean AS disputed, count(*)::int AS count, sum(r.amount)::bigint AS amount
FROM cascades c
JOIN bookings b ON b.show_id = ANY (@shows::text[])
CROSS JOIN LATERAL (
    SELECT f.currency, f.tender, f.status, COALESCE(f.status = 'FAILED' AND f.failure_code = 'charge_disputed', false) AS disputed, f.amount, f.created_at, f.cancellation_id,
           (SELECT x.cause FROM cancellations x WHERE x.id = f.cancellation_id) AS cause
    FROM refunds f WHERE f.booking_id = b.id OFFSET 0
) AS r
WHERE c.id = @id AND (r.cause = 'SHOW_CANCELLED' OR r.cancellation_id IS NULL AND r.created_at >= c.started_at)
GROUP BY r.currency, r.tender, r.status, r.disputed;

-- name: CascadeNote :execrows
-- Moves a cascade to its next state, and appends the change to its trail; does nothing when it is there already, or has finished.
WITH noted AS (
    UPDATE cascades c
    SET status = COALESCE(sqlc.narg(status)::text, c.status), paused = COALESCE(sqlc.narg(paused)::boolean, c.paused),
        finished_at = CASE WHEN sqlc.narg(status)::text = 'FINISHED' THEN now() END
    WHERE c.id = @id AND c.status <> 'FINISHED'
      AND (c.status <> COALESCE(sqlc.narg(status)::text, c.status) OR c.paused <> COALESCE(sqlc.narg(paused)::boolean, c.paused))
    RETURNING c.id
)
INSERT INTO cascade_events (cascade_id, event, actor, reason, correlation_id)
SELECT noted.id, @event, @actor, @reason, @correlation_id FROM noted;

-- name: CascadeNoted :exec
-- Remembers the number of a note.
UPDATE cascades SET noted = @noted WHERE id = @id;

-- name: UnfinishedCascades :many
-- Cascades that should have a workflow. Most of them have one and stay unfinished for as long as money
-- is waited for, so the selection is random: they can never hide one that has lost its own.
SELECT c.id, c.kind, COALESCE(c.show_id, c.theatre_id, c.movie_id)::text AS subject_id, c.actor, c.reason, c.correlation_id
FROM cascades c
WHERE c.status <> 'FINISHED'
ORDER BY random()
LIMIT sqlc.arg(most)::int;

-- name: ShowToCancel :one
-- A show that somebody wants to cancel, the cascade that has already cancelled it, and whether its
-- theatre belongs to a certain partner.
SELECT sc.theatre_id, m.title AS movie_title, t.name AS theatre_name, t.time_zone, sh.starts_at, (sh.ends_at <= now())::boolean AS ended,
       COALESCE(c.id, '')::text AS cascade_id, COALESCE(c.kind, '')::text AS cascade_kind,
       EXISTS (SELECT FROM partner_theatres p WHERE p.partner_id = @partner_id AND p.theatre_id = t.id) AS of_partner
FROM shows sh
JOIN movies m ON m.id = sh.movie_id
JOIN screens sc ON sc.id = sh.screen_id
JOIN theatres t ON t.id = sc.theatre_id
LEFT JOIN cascade_shows s ON s.show_id = sh.id
LEFT JOIN cascades c ON c.id = s.cascade_id
WHERE sh.id = @id;

-- name: TheatreToDeactivate :one
-- The same for a theatre.
SELECT t.name, COALESCE((SELECT c.id FROM cascades c WHERE c.theatre_id = t.id), '')::text AS cascade_id,
       EXISTS (SELECT FROM partner_theatres p WHERE p.partner_id = @partner_id AND p.theatre_id = t.id) AS of_partner
FROM theatres t WHERE t.id = @id;

-- name: MovieToWithdraw :one
-- The same for a movie, which belongs to no partner.
SELECT m.title, COALESCE((SELECT c.id FROM cascades c WHERE c.movie_id = m.id), '')::text AS cascade_id
FROM movies m WHERE m.id = @id;

-- name: CascadeView :one
-- A cascade, and whether it concerns a theatre of a certain partner.
SELECT sqlc.embed(c),
       EXISTS (SELECT FROM partner_theatres p
               WHERE p.partner_id = @partner_id
                 AND p.theatre_id = COALESCE(c.theatre_id, (SELECT sc.theatre_id FROM shows sh JOIN screens sc ON sc.id = sh.screen_id
                                                            WHERE sh.id = c.show_id))) AS of_partner
FROM cascades c
WHERE c.id = @id;

-- name: CascadesBefore :many
-- A page of the cascades, newest first, before a position in that order: all of them, or those of one partner's theatres.
SELECT sqlc.embed(c), (SELECT count(*) FROM cascade_shows s WHERE s.cascade_id = c.id)::int AS shows
FROM cascades c
WHERE (c.started_at, c.id) < (@before_time::timestamptz, @before_id::text)
  AND (sqlc.narg(status)::text IS NULL OR c.status = sqlc.narg(status)::text)
  AND (sqlc.narg(kind)::text IS NULL OR c.kind = sqlc.narg(kind)::text)
  AND (sqlc.narg(partner_id)::text IS NULL OR EXISTS (
      SELECT FROM partner_theatres p
      WHERE p.partner_id = sqlc.narg(partner_id)::text
        AND p.theatre_id = COALESCE(c.theatre_id, (SELECT sc.theatre_id FROM shows sh JOIN screens sc ON sc.id = sh.screen_id
                                                   WHERE sh.id = c.show_id))))
ORDER BY c.started_at DESC, c.id DESC
LIMIT sqlc.arg(page_size)::int;

-- name: CascadeEventsToShow :many
-- The latest events of a cascade, oldest first.
SELECT latest.* FROM (
    SELECT e.* FROM cascade_events e WHERE e.cascade_id = @cascade_id ORDER BY e.id DESC LIMIT 200
) AS latest
ORDER BY latest.id;
