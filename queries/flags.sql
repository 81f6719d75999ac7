-- name: FlagRaise :exec
-- Raises a flag for operators, once until somebody has resolved it.
INSERT INTO flags (kind, subject, message) VALUES (@kind, @subject, @message)
ON CONFLICT (kind, subject) WHERE resolved_at IS NULL DO NOTHING;

-- name: FlagsOpenBefore :many
-- A page of the open flags, newest first.
SELECT * FROM flags
WHERE resolved_at IS NULL AND id < @before_id AND (sqlc.narg(kind)::text IS NULL OR kind = sqlc.narg(kind)::text)
ORDER BY id DESC
LIMIT sqlc.arg(page_size)::int;

-- name: FlagsResolvedBefore :many
-- A page of the flags that somebody has resolved, newest first.
SELECT * FROM flags
WHERE resolved_at IS NOT NULL AND id < @before_id AND (sqlc.narg(kind)::text IS NULL OR kind = sqlc.narg(kind)::text)
ORDER BY id DESC
LIMIT sqlc.arg(page_size)::int;

-- name: FlagByID :one
SELECT * FROM flags WHERE id = @id;

-- name: FlagResolve :one
-- Resolves a flag, once.
UPDATE flags SET resolved_at = now(), resolved_by = @resolved_by::text, resolution = @resolution::text
WHERE id = @id AND resolved_at IS NULL
RETURNING *;

-- name: FlagsOpenCount :one
SELECT count(*) FROM flags WHERE resolved_at IS NULL;
