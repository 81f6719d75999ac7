-- name: ShowToCancel :one
-- A show that somebody wants to cancel, the cascade that has done so already, and whether its theatre is a certain partner's.
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
-- Likewise a theatre.
SELECT t.name, COALESCE((SELECT c.id FROM cascades c WHERE c.theatre_id = t.id), '')::text AS cascade_id,
       EXISTS (SELECT FROM partner_theatres p WHERE p.partner_id = @partner_id AND p.theatre_id = t.id) AS of_partner
FROM theatres t WHERE t.id = @id;

-- name: MovieToWithdraw :one
-- Likewise a movie, which is no partner's.
SELECT m.title, COALESCE((SELECT c.id FROM cascades c WHERE c.movie_id = m.id), '')::text AS cascade_id
FROM movies m WHERE m.id = @id;

-- name: CascadeView :one
-- A cascade, and whether it is one of a certain partner's theatres.
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
