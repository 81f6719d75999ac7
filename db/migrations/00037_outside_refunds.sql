-- Refunds that somebody made at the provider by hand: each is booked, pays what is owed, and the rest waits for an operator to say what it was for.

-- +goose Up
ALTER TABLE cancellations
    DROP CONSTRAINT cancellations_cause_is_known,
    ADD CONSTRAINT cancellations_cause_is_known CHECK (cause IN ('CUSTOMER', 'SHOW_CANCELLED', 'OPERATOR', 'OUTSIDE_REFUND'));

CREATE TABLE outside_refunds (
    id          text PRIMARY KEY,
    intent_id   text NOT NULL,
    booking_id  text REFERENCES bookings,
    payment_id  text REFERENCES payments,
    top_up_id   text REFERENCES top_ups,
    amount      bigint NOT NULL CONSTRAINT outside_refunds_amount_positive CHECK (amount > 0),
    currency    text NOT NULL,
    status      text NOT NULL CONSTRAINT outside_refunds_status_is_known CHECK (status IN ('STANDING', 'RETURNED')),
    assigned    bigint NOT NULL DEFAULT 0 CONSTRAINT outside_refunds_assigned_not_negative CHECK (assigned >= 0),
    written_off bigint NOT NULL DEFAULT 0 CONSTRAINT outside_refunds_written_off_not_negative CHECK (written_off >= 0),
    made_at     timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT outside_refunds_used_once CHECK (assigned + written_off <= CASE status WHEN 'STANDING' THEN amount ELSE 0 END)
);
CREATE INDEX outside_refunds_by_intent ON outside_refunds (intent_id);
CREATE INDEX outside_refunds_by_booking ON outside_refunds (booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX outside_refunds_by_age ON outside_refunds (recorded_at, id);
CREATE INDEX outside_refunds_open ON outside_refunds (recorded_at, id) WHERE status = 'STANDING' AND assigned + written_off < amount;
COMMENT ON TABLE outside_refunds IS 'Refunds of our charges that the provider has made but we have not asked for. The id is the provider''s.';
COMMENT ON COLUMN outside_refunds.status IS 'RETURNED when it failed or was cancelled at the provider: the money is there again.';
COMMENT ON COLUMN outside_refunds.assigned IS 'How much of it has paid refunds of ours, in minor units.';
COMMENT ON COLUMN outside_refunds.written_off IS 'How much of it paid nothing that we owe, according to an operator, in minor units.';
CREATE TRIGGER outside_refunds_never_deleted BEFORE DELETE ON outside_refunds
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER outside_refunds_never_truncated BEFORE TRUNCATE ON outside_refunds
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE refunds
    ADD COLUMN outside_refund_id text REFERENCES outside_refunds,
    ADD COLUMN part_of text REFERENCES refunds,
    ADD CONSTRAINT refunds_paid_in_one_way CHECK (outside_refund_id IS NULL OR (provider_refund_id IS NULL AND tender = 'CARD'));
CREATE INDEX refunds_by_outside_refund ON refunds (outside_refund_id) WHERE outside_refund_id IS NOT NULL;
CREATE INDEX refunds_by_whole ON refunds (part_of) WHERE part_of IS NOT NULL;
DROP INDEX refunds_charge_goes_back_once;
CREATE UNIQUE INDEX refunds_charge_goes_back_once ON refunds (intent_id) WHERE cancellation_id IS NULL AND intent_id IS NOT NULL AND part_of IS NULL;
COMMENT ON COLUMN refunds.outside_refund_id IS 'The refund made outside that has paid this one; nothing is sent for it then.';
COMMENT ON COLUMN refunds.part_of IS 'The refund from which this one was split off, because a refund made outside had paid, or the bank had given back, a part of it.';

CREATE TABLE outside_refund_events (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    outside_refund_id text NOT NULL REFERENCES outside_refunds,
    event             text NOT NULL CONSTRAINT outside_refund_events_event_is_known CHECK (event IN (
                          'RECORDED', 'ASSIGNED', 'WRITTEN_OFF', 'TAKEN_BACK', 'RETURNED')),
    amount            bigint NOT NULL CONSTRAINT outside_refund_events_amount_positive CHECK (amount > 0),
    refund_id         text REFERENCES refunds,
    command_id        text,
    actor             text NOT NULL,
    reason            text NOT NULL CONSTRAINT outside_refund_events_have_a_reason CHECK (reason <> ''),
    correlation_id    text NOT NULL,
    at                timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outside_refund_events_by_refund ON outside_refund_events (outside_refund_id, id);
CREATE INDEX outside_refund_events_of_operators ON outside_refund_events (at) WHERE command_id IS NOT NULL;
CREATE UNIQUE INDEX outside_refund_events_command_once ON outside_refund_events (outside_refund_id, command_id) WHERE command_id IS NOT NULL;
COMMENT ON COLUMN outside_refund_events.event IS
    'TAKEN_BACK: something that had been written off has paid a refund after all, because the charge had nothing else left for it.';
CREATE TRIGGER outside_refund_events_append_only BEFORE UPDATE OR DELETE ON outside_refund_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER outside_refund_events_never_truncated BEFORE TRUNCATE ON outside_refund_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a wallet got of a disputed charge is claimed as far as the bank may take it a second time: what was given back outside counts with
-- what we gave back, once.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION dispute_claim(d disputes) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT greatest(least(
               CASE WHEN d.top_up_id IS NOT NULL THEN COALESCE((SELECT t.amount FROM top_ups t WHERE t.id = d.top_up_id AND t.status = 'SUCCEEDED'), 0)
                    ELSE COALESCE(back.by_wallet, 0) END,
               CASE WHEN d.top_up_id IS NOT NULL THEN disputed.amount
                    ELSE COALESCE(back.everywhere, 0) + outside.amount + disputed.amount - d.charge_amount END)
               - COALESCE((SELECT sum(other.frozen + other.forfeited) FROM disputes other WHERE other.intent_id = d.intent_id AND other.id <> d.id), 0), 0)::bigint
    FROM (SELECT CASE WHEN d.currency = d.charge_currency THEN d.amount ELSE d.charge_amount END AS amount) AS disputed,
         (SELECT sum(r.amount) AS everywhere, sum(r.amount) FILTER (WHERE r.tender = 'WALLET') AS by_wallet
          FROM refunds r WHERE r.intent_id = d.intent_id AND r.status = 'SUCCEEDED' AND r.outside_refund_id IS NULL) AS back,
         (SELECT COALESCE(sum(o.amount), 0) AS amount FROM outside_refunds o WHERE o.intent_id = d.intent_id AND o.status = 'STANDING') AS outside
$$;
-- +goose StatementEnd

CREATE OR REPLACE VIEW operator_trail AS
    SELECT 'operator_actions:' || a.id AS id, a.at, a.actor, a.action, a.subject, a.booking_id, a.reason, a.details, a.correlation_id
    FROM operator_actions a
UNION ALL
    SELECT 'seat_moves:' || m.id, m.at, m.actor, 'MOVE_SEATS', m.booking_id, m.booking_id, m.reason,
           jsonb_build_object('from', m.from_seats, 'to', m.to_seats), m.correlation_id
    FROM seat_moves m
UNION ALL
    SELECT 'refund_events:' || e.id, e.at, e.actor, 'REFUND', e.refund_id, r.booking_id, e.reason,
           jsonb_build_object('from', e.from_status, 'to', e.to_status, 'tender', e.tender, 'attempt', e.attempt), e.correlation_id
    FROM refund_events e JOIN refunds r ON r.id = e.refund_id
    WHERE e.command_id IS NOT NULL
UNION ALL
    SELECT 'booking_events:' || e.id, e.at, e.actor, 'EXPIRE_BOOKING', e.booking_id, e.booking_id, e.reason,
           jsonb_build_object('status', e.to_status), e.correlation_id
    FROM booking_events e
    WHERE e.to_status = 'EXPIRED' AND e.actor NOT IN ('CUSTOMER', 'PROVIDER', 'TIMER', 'SETTLEMENT', 'SYSTEM', 'OPERATOR')
UNION ALL
    SELECT 'cancellations:' || c.id, c.at, c.actor, 'CANCEL_SEATS', c.booking_id, c.booking_id, c.reason,
           jsonb_build_object('seats', c.seats, 'amount', c.amount, 'currency', c.currency), c.correlation_id
    FROM cancellations c
    WHERE c.cause = 'OPERATOR'
UNION ALL
    SELECT 'cascade_events:' || e.id, e.at, e.actor,
           CASE e.event WHEN 'PAUSED' THEN 'PAUSE_CASCADE' WHEN 'RESUMED' THEN 'RESUME_CASCADE'
                ELSE CASE c.kind WHEN 'SHOW' THEN 'CANCEL_SHOW' WHEN 'THEATRE' THEN 'DEACTIVATE_THEATRE' ELSE 'WITHDRAW_MOVIE' END END,
           COALESCE(c.show_id, c.theatre_id, c.movie_id), NULL, e.reason, jsonb_build_object('cascade', c.id), e.correlation_id
    FROM cascade_events e JOIN cascades c ON c.id = e.cascade_id
    WHERE e.event IN ('STARTED', 'PAUSED', 'RESUMED')
UNION ALL
    SELECT 'flags:' || f.id, f.resolved_at, f.resolved_by, 'RESOLVE_FLAG', f.subject, NULL, f.resolution,
           jsonb_build_object('flag', f.id::text, 'kind', f.kind), ''
    FROM flags f
    WHERE f.resolved_at IS NOT NULL
UNION ALL
    SELECT 'outside_refund_events:' || e.id, e.at, e.actor,
           CASE e.event WHEN 'ASSIGNED' THEN 'ASSIGN_OUTSIDE_REFUND' ELSE 'WRITE_OFF_OUTSIDE_REFUND' END,
           e.outside_refund_id, o.booking_id, e.reason, jsonb_build_object('amount', e.amount, 'currency', o.currency), e.correlation_id
    FROM outside_refund_events e JOIN outside_refunds o ON o.id = e.outside_refund_id
    WHERE e.command_id IS NOT NULL;

GRANT SELECT ON outside_refunds, outside_refund_events TO boxoffice_api, boxoffice_worker;
GRANT INSERT ON outside_refunds, outside_refund_events TO boxoffice_worker;
GRANT UPDATE (status, assigned, written_off, updated_at) ON outside_refunds TO boxoffice_worker;
GRANT UPDATE (amount, outside_refund_id) ON refunds TO boxoffice_worker;
GRANT EXECUTE ON FUNCTION lock_charge(text) TO boxoffice_worker;

-- +goose Down
REVOKE EXECUTE ON FUNCTION lock_charge(text) FROM boxoffice_worker;
REVOKE UPDATE (amount, outside_refund_id) ON refunds FROM boxoffice_worker;
DROP VIEW operator_trail;
CREATE VIEW operator_trail AS
    SELECT 'operator_actions:' || a.id AS id, a.at, a.actor, a.action, a.subject, a.booking_id, a.reason, a.details, a.correlation_id
    FROM operator_actions a
UNION ALL
    SELECT 'seat_moves:' || m.id, m.at, m.actor, 'MOVE_SEATS', m.booking_id, m.booking_id, m.reason,
           jsonb_build_object('from', m.from_seats, 'to', m.to_seats), m.correlation_id
    FROM seat_moves m
UNION ALL
    SELECT 'refund_events:' || e.id, e.at, e.actor, 'REFUND', e.refund_id, r.booking_id, e.reason,
           jsonb_build_object('from', e.from_status, 'to', e.to_status, 'tender', e.tender, 'attempt', e.attempt), e.correlation_id
    FROM refund_events e JOIN refunds r ON r.id = e.refund_id
    WHERE e.command_id IS NOT NULL
UNION ALL
    SELECT 'booking_events:' || e.id, e.at, e.actor, 'EXPIRE_BOOKING', e.booking_id, e.booking_id, e.reason,
           jsonb_build_object('status', e.to_status), e.correlation_id
    FROM booking_events e
    WHERE e.to_status = 'EXPIRED' AND e.actor NOT IN ('CUSTOMER', 'PROVIDER', 'TIMER', 'SETTLEMENT', 'SYSTEM', 'OPERATOR')
UNION ALL
    SELECT 'cancellations:' || c.id, c.at, c.actor, 'CANCEL_SEATS', c.booking_id, c.booking_id, c.reason,
           jsonb_build_object('seats', c.seats, 'amount', c.amount, 'currency', c.currency), c.correlation_id
    FROM cancellations c
    WHERE c.cause = 'OPERATOR'
UNION ALL
    SELECT 'cascade_events:' || e.id, e.at, e.actor,
           CASE e.event WHEN 'PAUSED' THEN 'PAUSE_CASCADE' WHEN 'RESUMED' THEN 'RESUME_CASCADE'
                ELSE CASE c.kind WHEN 'SHOW' THEN 'CANCEL_SHOW' WHEN 'THEATRE' THEN 'DEACTIVATE_THEATRE' ELSE 'WITHDRAW_MOVIE' END END,
           COALESCE(c.show_id, c.theatre_id, c.movie_id), NULL, e.reason, jsonb_build_object('cascade', c.id), e.correlation_id
    FROM cascade_events e JOIN cascades c ON c.id = e.cascade_id
    WHERE e.event IN ('STARTED', 'PAUSED', 'RESUMED')
UNION ALL
    SELECT 'flags:' || f.id, f.resolved_at, f.resolved_by, 'RESOLVE_FLAG', f.subject, NULL, f.resolution,
           jsonb_build_object('flag', f.id::text, 'kind', f.kind), ''
    FROM flags f
    WHERE f.resolved_at IS NOT NULL;
COMMENT ON VIEW operator_trail IS 'Everything that operators did, from all trails.';
GRANT SELECT ON operator_trail TO boxoffice_api, boxoffice_worker;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION dispute_claim(d disputes) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT greatest(least(
               CASE WHEN d.top_up_id IS NOT NULL THEN COALESCE((SELECT t.amount FROM top_ups t WHERE t.id = d.top_up_id AND t.status = 'SUCCEEDED'), 0)
                    ELSE COALESCE(back.by_wallet, 0) END,
               CASE WHEN d.top_up_id IS NOT NULL THEN disputed.amount
                    ELSE COALESCE(back.everywhere, 0) + disputed.amount - d.charge_amount END)
               - COALESCE((SELECT sum(other.frozen + other.forfeited) FROM disputes other WHERE other.intent_id = d.intent_id AND other.id <> d.id), 0), 0)::bigint
    FROM (SELECT CASE WHEN d.currency = d.charge_currency THEN d.amount ELSE d.charge_amount END AS amount) AS disputed,
         (SELECT sum(r.amount) AS everywhere, sum(r.amount) FILTER (WHERE r.tender = 'WALLET') AS by_wallet
          FROM refunds r WHERE r.intent_id = d.intent_id AND r.status = 'SUCCEEDED') AS back
$$;
-- +goose StatementEnd
DROP TABLE outside_refund_events;
-- A part that was split off a charge's refund stays, and then there may be two of one charge: the index then says so.
ALTER TABLE refunds DROP COLUMN outside_refund_id, DROP COLUMN part_of;
CREATE UNIQUE INDEX refunds_charge_goes_back_once ON refunds (intent_id) WHERE cancellation_id IS NULL AND intent_id IS NOT NULL;
DROP TABLE outside_refunds;
-- Cancellations because of a refund made outside stay: the constraint holds for new rows only.
ALTER TABLE cancellations
    DROP CONSTRAINT cancellations_cause_is_known,
    ADD CONSTRAINT cancellations_cause_is_known CHECK (cause IN ('CUSTOMER', 'SHOW_CANCELLED', 'OPERATOR')) NOT VALID;
