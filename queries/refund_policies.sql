-- name: SeedRefundPolicy :execrows
-- Gives a theatre a refund policy of its own, unless it has one.
WITH policy AS (
    INSERT INTO refund_policies (theatre_id, currency, fee)
    SELECT t.id, t.currency, @fee FROM theatres t
    WHERE t.id = @theatre_id AND NOT EXISTS (SELECT FROM refund_policies p WHERE p.theatre_id = t.id)
    RETURNING id
)
INSERT INTO refund_policy_tiers (policy_id, hours_before, percent)
SELECT policy.id, unnest(@hours::int[]), unnest(@percents::int[]) FROM policy;
