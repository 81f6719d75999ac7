-- What concerns a session with the server.

-- name: SessionIsReadOnly :one
-- Whether this session can change nothing, as on a standby.
SELECT current_setting('transaction_read_only')::boolean AS read_only;

-- name: PlanByValues :exec
-- Has the statements of this transaction planned for the values that they are given.
SELECT set_config('plan_cache_mode', 'force_custom_plan', true);
