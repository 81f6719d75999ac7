-- The operators' bench.

-- name: StuckSubjects :many
-- What running workflows are about: bookings with their deadline, refunds, intents, top-ups and moves, each by its own id.
SELECT b.id::text AS id, b.id::text AS booking_id, b.show_id::text AS show_id, b.status::text AS status, b.expires_at
FROM bookings b WHERE b.id = ANY (@ids::text[])
UNION ALL
SELECT r.id, COALESCE(r.booking_id, ''), COALESCE(b.show_id, ''), r.status, r.created_at
FROM refunds r LEFT JOIN bookings b ON b.id = r.booking_id WHERE r.id = ANY (@ids::text[])
UNION ALL
SELECT p.intent_id, p.booking_id, b.show_id, p.status, p.updated_at
FROM payments p JOIN bookings b ON b.id = p.booking_id WHERE p.intent_id = ANY (@ids::text[]);

-- name: StuckBookings :many
-- Unpaid bookings past their deadline by more than a grace, longest overdue first. One that has a running workflow is not stuck for
-- want of one.
SELECT b.id, b.show_id, b.status, b.expires_at
FROM bookings b
WHERE b.status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING') AND b.expires_at < now() - make_interval(secs => @after_seconds::float8)
ORDER BY b.expires_at
LIMIT sqlc.arg(most)::int;

-- name: StuckRefunds :many
-- Refunds that the provider has refused, for now or for good, longest first: since when they are so, by their trail.
SELECT r.id, r.booking_id, b.show_id, r.status, r.failure_code, COALESCE(refund_dispute(r), '')::text AS dispute,
       COALESCE((SELECT max(e.at) FROM refund_events e WHERE e.refund_id = r.id), r.updated_at)::timestamptz AS since
FROM refunds r LEFT JOIN bookings b ON b.id = r.booking_id
WHERE r.status = @status
ORDER BY r.created_at, r.id
LIMIT sqlc.arg(most)::int;

-- name: FlagsOpenCount :one
SELECT count(*) FROM flags WHERE resolved_at IS NULL;

-- name: BookingEnd :one
-- How a booking stands, and who made it so and why.
SELECT b.status, b.show_id, COALESCE(e.actor, '')::text AS actor, COALESCE(e.reason, '')::text AS reason
FROM bookings b LEFT JOIN booking_events e ON e.booking_id = b.id AND e.to_status = b.status
WHERE b.id = @id;

-- name: OperatorActionWrite :exec
-- Tells of an act that no other trail tells of. An event of the provider may name a booking that there never was.
INSERT INTO operator_actions (actor, action, subject, booking_id, reason, details, correlation_id)
VALUES (@actor, @action, @subject, (SELECT b.id FROM bookings b WHERE b.id = sqlc.narg(booking_id)), @reason, @details, @correlation_id);

-- name: BookingReadWrite :exec
-- Notes that somebody of the house looks at a customer's booking: once a day, and how often.
INSERT INTO booking_reads (booking_id, actor, correlation_id) VALUES (@booking_id, @actor, @correlation_id)
ON CONFLICT (booking_id, actor, day) DO UPDATE SET times = booking_reads.times + 1, last_at = now();

-- name: OperatorTrailBefore :many
-- A page of everything that operators did and looked at, newest first, before a position in that order. The subject may also be the booking
-- that something was about, or the cascade. A day of looking at a booking stands where it began.
SELECT t.id::text AS id, t.at::timestamptz AS at, t.actor::text AS actor, t.action::text AS action, t.subject::text AS subject, t.booking_id,
       t.reason::text AS reason, t.details::jsonb AS details, t.correlation_id::text AS correlation_id
FROM (SELECT o.id, o.at, o.actor, o.action, o.subject, o.booking_id, o.reason, o.details, o.correlation_id
      FROM operator_trail o
      WHERE (o.at, o.id) < (@before_time::timestamptz, @before_id::text)
        AND (sqlc.narg(subject)::text IS NULL OR o.subject = sqlc.narg(subject)::text OR o.booking_id = sqlc.narg(subject)::text
             OR o.details ->> 'cascade' = sqlc.narg(subject)::text)
        AND (sqlc.narg(actor)::text IS NULL OR o.actor = sqlc.narg(actor)::text)
      UNION ALL
      (SELECT 'booking_reads:' || r.id::text, r.first_at, r.actor, 'READ_BOOKING', r.booking_id, r.booking_id, 'looked at the booking',
              jsonb_build_object('times', r.times, 'lastAt', to_char(r.last_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')), r.correlation_id
       FROM booking_reads r
       WHERE (r.first_at, 'booking_reads:' || r.id::text) < (@before_time::timestamptz, @before_id::text)
         AND (sqlc.narg(subject)::text IS NULL OR r.booking_id = sqlc.narg(subject)::text)
         AND (sqlc.narg(actor)::text IS NULL OR r.actor = sqlc.narg(actor)::text)
       ORDER BY r.first_at DESC, 'booking_reads:' || r.id::text DESC
       LIMIT sqlc.arg(page_size)::int)) AS t
ORDER BY t.at DESC, t.id DESC
LIMIT sqlc.arg(page_size)::int;

-- name: WebhooksBefore :many
-- A page of the received events, newest first, before a position in that order.
SELECT * FROM webhook_events w
WHERE (w.received_at, w.event_id) < (@before_time::timestamptz, @before_id::text)
  AND (sqlc.narg(booking_id)::text IS NULL OR w.booking_id = sqlc.narg(booking_id)::text)
  AND (sqlc.narg(intent_id)::text IS NULL OR w.intent_id = sqlc.narg(intent_id)::text)
  AND (sqlc.narg(outcome)::text IS NULL OR w.outcome = sqlc.narg(outcome)::text)
ORDER BY w.received_at DESC, w.event_id DESC
LIMIT sqlc.arg(page_size)::int;

-- name: WebhookByID :one
SELECT * FROM webhook_events WHERE event_id = @event_id;

-- name: SeatMoveByID :one
SELECT sqlc.embed(m), b.show_id, ARRAY(SELECT s.seat FROM booking_seats s WHERE s.booking_id = b.id AND s.cancellation_id IS NULL
                                       ORDER BY array_position(b.seat_labels, s.seat))::text[] AS seats
FROM seat_moves m JOIN bookings b ON b.id = m.booking_id
WHERE m.id = @id;

-- name: SeatMoveTerms :one
-- What a move has to know of a booking that is locked: the seats that it has, in their order, those that it has given back, and those of
-- the wanted ones that the layout does not have.
SELECT (sh.ends_at <= now())::boolean AS ended,
       ARRAY(SELECT s.seat FROM booking_seats s WHERE s.booking_id = b.id AND s.cancellation_id IS NULL
             ORDER BY array_position(b.seat_labels, s.seat))::text[] AS seats,
       ARRAY(SELECT s.seat FROM booking_seats s WHERE s.booking_id = b.id AND s.cancellation_id IS NOT NULL)::text[] AS cancelled,
       ARRAY(SELECT wanted.label FROM unnest(@wanted::text[]) AS wanted (label)
             WHERE NOT EXISTS (SELECT FROM seats s WHERE s.layout_id = b.layout_id AND s.label = wanted.label))::text[] AS unknown
FROM bookings b JOIN shows sh ON sh.id = b.show_id
WHERE b.id = @booking_id;

-- name: ClaimsTakeOver :many
-- Sells seats to a booking that has paid: those that are free, its own, or held past their deadline and grace. It names its old seats,
-- too, so that all are locked in the one order in which rivals ask for them. Fewer rows than seats means that somebody else has the others.
INSERT INTO claims (show_id, seat, layout_id, booking_id, state)
SELECT b.show_id, wanted.seat, b.layout_id, b.id, 'SOLD'
FROM bookings b CROSS JOIN unnest(@seats::text[]) WITH ORDINALITY AS wanted (seat, n)
WHERE b.id = @booking_id
ORDER BY wanted.n
ON CONFLICT (show_id, seat) DO UPDATE
SET booking_id = EXCLUDED.booking_id, state = 'SOLD', held_until = NULL
WHERE claims.booking_id = EXCLUDED.booking_id OR (claims.state = 'HELD' AND claims.held_until < now())
RETURNING seat;

-- name: SeatsMove :execrows
-- Gives seats of a booking other labels; their prices stay. A label that goes is never one that comes.
UPDATE booking_seats s SET seat = (@to_seats::text[])[array_position(@from_seats::text[], s.seat)]
WHERE s.booking_id = @booking_id AND s.seat = ANY (@from_seats::text[]) AND s.cancellation_id IS NULL;

-- name: SeatLabelsMove :exec
-- Gives the labels of a booking their new names, each in its place: shares of a refund are rounded in that order.
UPDATE bookings b
SET updated_at = now(),
    seat_labels = ARRAY(SELECT COALESCE((@to_seats::text[])[array_position(@from_seats::text[], old.label)], old.label)
                        FROM unnest(b.seat_labels) WITH ORDINALITY AS old (label, n) ORDER BY old.n)
WHERE b.id = @booking_id;

-- name: SeatMoveWrite :exec
INSERT INTO seat_moves (id, booking_id, from_seats, to_seats, request_hash, actor, reason, correlation_id)
VALUES (@id, @booking_id, @from_seats, @to_seats, @request_hash, @actor, @reason, @correlation_id);

-- name: SessionIsReadOnly :one
-- Whether this session can change nothing, as on a standby.
SELECT current_setting('transaction_read_only')::boolean AS read_only;
