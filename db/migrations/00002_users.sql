-- Who may do what.

-- +goose Up
CREATE TABLE users (
    id            text PRIMARY KEY,
    email         text NOT NULL,
    name          text NOT NULL,
    role          text NOT NULL DEFAULT 'CUSTOMER'
                  CONSTRAINT users_role_is_known CHECK (role IN ('CUSTOMER', 'STAFF', 'PARTNER', 'ADMIN')),
    password_hash text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_email_is_lower_case CHECK (email = lower(email)),
    CONSTRAINT users_email_once UNIQUE (email)
);
COMMENT ON COLUMN users.password_hash IS 'bcrypt; null when an outside identity provider authenticates the user.';

-- +goose Down
DROP TABLE users;
