-- Work tables of the audit for what the provider and Temporal list, so that it can be compared with the books by SQL. Nothing
-- in them is worth keeping: the tables are unlogged, and every audit deletes its rows when it is done.

-- +goose Up
CREATE UNLOGGED TABLE audit_looks (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    began_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE audit_looks IS 'An audit''s snapshot of the provider and Temporal. One that is older than a day was cut off.';

CREATE UNLOGGED TABLE audit_intents (
    look       bigint NOT NULL REFERENCES audit_looks ON DELETE CASCADE,
    intent_id  text NOT NULL,
    booking_id text NOT NULL,
    payment_id text NOT NULL,
    top_up_id  text NOT NULL,
    status     text NOT NULL,
    received   bigint NOT NULL,
    currency   text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX audit_intents_by_look ON audit_intents (look);
COMMENT ON TABLE audit_intents IS 'The provider''s intents that this deployment made.';

CREATE UNLOGGED TABLE audit_refunds (
    look               bigint NOT NULL REFERENCES audit_looks ON DELETE CASCADE,
    provider_refund_id text NOT NULL,
    refund_id          text NOT NULL,
    intent_id          text NOT NULL,
    status             text NOT NULL,
    amount             bigint NOT NULL,
    currency           text NOT NULL,
    created_at         timestamptz NOT NULL
);
CREATE INDEX audit_refunds_by_look ON audit_refunds (look);
COMMENT ON COLUMN audit_refunds.refund_id IS 'Ours, without the attempt number; empty for a refund that somebody made by hand.';

CREATE UNLOGGED TABLE audit_workflows (
    look        bigint NOT NULL REFERENCES audit_looks ON DELETE CASCADE,
    workflow_id text NOT NULL,
    type        text NOT NULL,
    started_at  timestamptz NOT NULL
);
CREATE INDEX audit_workflows_by_look ON audit_workflows (look);
COMMENT ON TABLE audit_workflows IS 'The workflows that Temporal says are running.';

GRANT SELECT, INSERT, DELETE ON audit_looks, audit_intents, audit_refunds, audit_workflows TO boxoffice_worker;

-- +goose Down
DROP TABLE audit_workflows, audit_refunds, audit_intents, audit_looks;
