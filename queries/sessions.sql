-- Queries about the database session itself.

-- name: SessionIsReadOnly :one
-- Whether this session can change nothing, as on a standby.
SELECT current_setting('transaction_read_only')::boolean AS read_only;

-- name: PlanByValues :exec
-- Makes PostgreSQL plan the statements of this transaction for the values that they get.
SELECT set_config('plan_cache_mode', 'force_custom_plan', true);
