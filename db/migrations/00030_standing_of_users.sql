-- A token is valid for hours; what its user may do is read here at every request.

-- +goose Up
ALTER TABLE users
    ADD COLUMN disabled_at timestamptz,
    ADD COLUMN role_set_at timestamptz;
COMMENT ON COLUMN users.disabled_at IS 'Since when the user may do nothing here; null while they may.';
COMMENT ON COLUMN users.role_set_at IS 'When an operator set the role; null while it is the one with which the account was opened. Then the tokens of an outside identity provider may state another one.';

ALTER TABLE operator_actions
    DROP CONSTRAINT operator_actions_action_is_known,
    ADD CONSTRAINT operator_actions_action_is_known CHECK (action IN (
        'ADMIT_DISPUTED', 'DISABLE_USER', 'ENABLE_USER', 'EXPIRE_BOOKING', 'REPLAY_WEBHOOK', 'SET_ROLE'));
COMMENT ON COLUMN operator_actions.subject IS 'The id of the object of the action: a booking, an event of the provider, a user.';

-- +goose Down
-- What operators did stays told: the constraint holds for new rows only.
COMMENT ON COLUMN operator_actions.subject IS 'The id of the object of the action: a booking, an event of the provider.';
ALTER TABLE operator_actions
    DROP CONSTRAINT operator_actions_action_is_known,
    ADD CONSTRAINT operator_actions_action_is_known CHECK (action IN ('ADMIT_DISPUTED', 'EXPIRE_BOOKING', 'REPLAY_WEBHOOK')) NOT VALID;
ALTER TABLE users DROP COLUMN disabled_at, DROP COLUMN role_set_at;
