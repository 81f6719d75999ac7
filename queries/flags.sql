-- name: FlagRaise :exec
-- Flags something for operators, once until somebody has resolved it.
INSERT INTO flags (kind, subject, message) VALUES (@kind, @subject, @message)
ON CONFLICT (kind, subject) WHERE resolved_at IS NULL DO NOTHING;
