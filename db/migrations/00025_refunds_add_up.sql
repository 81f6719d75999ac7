-- What a customer's cancellations give back is rounded together, and the policy's fee is taken once from all of them.

-- +goose Up
ALTER TABLE cancellations
    ADD COLUMN carried int NOT NULL DEFAULT 0 CONSTRAINT cancellations_carry_hundredths CHECK (carried BETWEEN 0 AND 99),
    DROP CONSTRAINT cancellations_refund_is_as_promised,
    ADD CONSTRAINT cancellations_refund_is_as_promised CHECK (amount = greatest(div(paid::numeric * percent + carried, 100) - fee, 0));
COMMENT ON COLUMN cancellations.carried IS
    'Hundredths of a minor unit that rounding left over from the booking''s earlier cancellations. Older cancellations were rounded one by one, and carry none.';
COMMENT ON COLUMN cancellations.fee IS
    'How much of the policy''s fee was taken. In older cancellations it is the whole fee, which may have been more than the refund.';
COMMENT ON COLUMN refund_policies.fee IS 'Minor units, taken once from the sum that a booking''s cancellations give back.';

-- +goose Down
ALTER TABLE cancellations
    DROP CONSTRAINT cancellations_refund_is_as_promised,
    DROP COLUMN carried;
-- Cancellations that were rounded together stay as they are.
ALTER TABLE cancellations
    ADD CONSTRAINT cancellations_refund_is_as_promised CHECK (amount = greatest(div(paid::numeric * percent, 100) - fee, 0)) NOT VALID;
COMMENT ON COLUMN cancellations.fee IS NULL;
COMMENT ON COLUMN refund_policies.fee IS 'Minor units, taken once from each cancellation''s refund.';
