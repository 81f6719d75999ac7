-- What operators do: actions without a trail of their own, moves to other seats, and one list of everything.

-- +goose Up
CREATE TABLE operator_actions (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor          text NOT NULL,
    action         text NOT NULL CONSTRAINT operator_actions_action_is_known CHECK (action IN ('EXPIRE_BOOKING', 'REPLAY_WEBHOOK')),
    subject        text NOT NULL,
    booking_id     text REFERENCES bookings,
    reason         text NOT NULL CONSTRAINT operator_actions_have_a_reason CHECK (reason <> ''),
    details        jsonb NOT NULL DEFAULT '{}' CONSTRAINT operator_actions_details_are_short CHECK (
                       jsonb_typeof(details) = 'object' AND length(details::text) <= 2000),
    correlation_id text NOT NULL,
    at             timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX operator_actions_by_age ON operator_actions (at, id);
CREATE TRIGGER operator_actions_append_only BEFORE UPDATE OR DELETE ON operator_actions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER operator_actions_never_truncated BEFORE TRUNCATE ON operator_actions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE operator_actions IS 'Actions of operators that no other trail records. All actions are in the view operator_trail.';
COMMENT ON COLUMN operator_actions.subject IS 'The id of the object of the action: a booking, an event of the provider.';
COMMENT ON COLUMN operator_actions.details IS 'The result.';

CREATE TABLE seat_moves (
    id             text PRIMARY KEY,
    booking_id     text NOT NULL REFERENCES bookings,
    from_seats     text[] NOT NULL,
    to_seats       text[] NOT NULL,
    request_hash   text NOT NULL,
    actor          text NOT NULL,
    reason         text NOT NULL CONSTRAINT seat_moves_have_a_reason CHECK (reason <> ''),
    correlation_id text NOT NULL,
    at             timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT seat_moves_are_of_one_to_ten_seats CHECK (cardinality(from_seats) BETWEEN 1 AND 10),
    CONSTRAINT seat_moves_keep_the_number CHECK (cardinality(from_seats) = cardinality(to_seats))
);
CREATE INDEX seat_moves_by_booking ON seat_moves (booking_id, at);
CREATE INDEX seat_moves_by_age ON seat_moves (at, id);
CREATE TRIGGER seat_moves_append_only BEFORE UPDATE OR DELETE ON seat_moves
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seat_moves_never_truncated BEFORE TRUNCATE ON seat_moves
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE seat_moves IS 'Confirmed bookings that an operator has given other seats of their show, at the price that was paid.';
COMMENT ON COLUMN seat_moves.to_seats IS 'In the order of from_seats: each took the place, and the price, of the seat before it.';

COMMENT ON COLUMN bookings.seat_labels IS 'The seats as they were booked, including those that were cancelled since; a seat that an operator moved has its new label.';
COMMENT ON COLUMN booking_seats.category IS 'The category that was paid for. An operator may have moved the booking to a seat of another category.';
COMMENT ON COLUMN booking_seats.cancellation_id IS 'Null while the seat is part of the booking.';

CREATE INDEX booking_events_of_operators ON booking_events (at)
    WHERE to_status = 'EXPIRED' AND actor NOT IN ('CUSTOMER', 'PROVIDER', 'TIMER', 'SETTLEMENT', 'SYSTEM', 'OPERATOR');
CREATE INDEX cancellations_by_operators ON cancellations (at) WHERE cause = 'OPERATOR';
CREATE INDEX cascade_events_of_operators ON cascade_events (at) WHERE event IN ('STARTED', 'PAUSED', 'RESUMED');
CREATE INDEX refund_events_of_operators ON refund_events (at) WHERE command_id IS NOT NULL;
CREATE INDEX flags_by_resolution ON flags (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX webhook_events_by_arrival ON webhook_events (received_at, event_id);
CREATE INDEX webhook_events_by_booking ON webhook_events (booking_id, received_at) WHERE booking_id IS NOT NULL;

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

GRANT SELECT ON operator_actions, seat_moves, operator_trail TO boxoffice_api, boxoffice_worker;
GRANT INSERT ON operator_actions TO boxoffice_api;
GRANT INSERT ON seat_moves TO boxoffice_worker;
-- A moved seat keeps its price and its place in the quote.
GRANT UPDATE (seat) ON booking_seats TO boxoffice_worker;

-- +goose Down
REVOKE UPDATE (seat) ON booking_seats FROM boxoffice_worker;
DROP VIEW operator_trail;
DROP INDEX webhook_events_by_booking, webhook_events_by_arrival, flags_by_resolution, refund_events_of_operators, cascade_events_of_operators,
    cancellations_by_operators, booking_events_of_operators;
COMMENT ON COLUMN booking_seats.cancellation_id IS 'Null while the seat is part of the booking. bookings.seat_labels keeps the seats as they were booked.';
COMMENT ON COLUMN booking_seats.category IS NULL;
COMMENT ON COLUMN bookings.seat_labels IS NULL;
DROP TABLE seat_moves, operator_actions;
