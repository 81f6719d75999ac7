-- Users, what they may do, and the commands by which operators change it.

-- name: UserStanding :one
-- What a user may do now. Looked up by id alone, for every request.
SELECT role, (disabled_at IS NOT NULL)::boolean AS disabled, (role_set_at IS NOT NULL)::boolean AS role_is_set FROM users WHERE id = @id;

-- name: UserSetDisabled :one
-- Takes all rights from a user, or gives them back, and records that in the trail. The user is named
-- by id or e-mail; no row when there is none.
WITH changed AS (
    UPDATE users SET disabled_at = CASE WHEN @disabled::boolean THEN COALESCE(disabled_at, now()) END
    WHERE id = @who::text OR email = lower(@who::text)
    RETURNING id, email, role
), told AS (
    INSERT INTO operator_actions (actor, action, subject, reason, correlation_id)
    SELECT @actor::text, CASE WHEN @disabled::boolean THEN 'DISABLE_USER' ELSE 'ENABLE_USER' END, changed.id, @reason::text, @correlation_id::text FROM changed
)
SELECT id, email, role FROM changed;

-- name: UserSetRole :one
-- Gives a user another role, and records the previous one in the trail. The user is named by id or e-mail; no row when there is none.
WITH found AS (
    SELECT id, role FROM users WHERE id = @who::text OR email = lower(@who::text) FOR UPDATE
), changed AS (
    UPDATE users u SET role = @role::text, role_set_at = now() FROM found WHERE u.id = found.id
    RETURNING u.id, u.email, u.role
), told AS (
    INSERT INTO operator_actions (actor, action, subject, reason, details, correlation_id)
    SELECT @actor::text, 'SET_ROLE', found.id, @reason::text, jsonb_build_object('from', found.role, 'to', @role::text), @correlation_id::text FROM found
)
SELECT id, email, role FROM changed;

-- name: UserRegister :one
-- Opens an account with an empty wallet in every currency. No row when the id or the e-mail is taken.
WITH opened AS (
    INSERT INTO users (id, email, name, role, password_hash)
    VALUES (@id, @email, @name, @role, sqlc.narg(password_hash))
    ON CONFLICT DO NOTHING
    RETURNING id, email, name, role, created_at
), wallets AS (
    INSERT INTO ledger_accounts (id, kind, user_id, currency)
    SELECT 'wallet:' || opened.id || ':' || c.code, 'WALLET', opened.id, c.code
    FROM opened CROSS JOIN currencies c
)
SELECT id, email, name, role, created_at FROM opened;

-- name: UserByEmail :one
SELECT id, email, name, role, password_hash, created_at, (disabled_at IS NOT NULL)::boolean AS disabled FROM users WHERE email = @email;

-- name: SeedUsersPresent :many
-- Which of the addresses have a user; a password is hashed only for the others.
SELECT email FROM users WHERE email = ANY (@emails::text[]);

-- name: SeedUser :execrows
INSERT INTO users (id, email, name, role, password_hash)
VALUES (@id, @email, @name, @role, @password_hash::text)
ON CONFLICT DO NOTHING;

-- name: SeedPartnerTheatres :exec
INSERT INTO partner_theatres (partner_id, theatre_id)
SELECT @partner_id, unnest(@theatres::text[])
ON CONFLICT DO NOTHING;
