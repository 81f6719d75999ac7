-- How PostgreSQL plans statements.

-- name: PlanByValues :exec
-- Has the statements of this transaction planned for the values that they are given.
SELECT set_config('plan_cache_mode', 'force_custom_plan', true);
