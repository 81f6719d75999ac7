-- What operators have done and looked at.

-- name: OperatorActionWrite :exec
-- Records an operator's action that no other trail records. An event of the provider may name a booking that never existed.
INSERT INTO operator_actions (actor, action, subject, booking_id, reason, details, correlation_id)
VALUES (@actor, @action, @subject, (SELECT b.id FROM bookings b WHERE b.id = sqlc.narg(booking_id)), @reason, @details, @correlation_id);

-- name: BookingReadWrite :exec
-- Records that a member of staff looks at a customer's booking: one row a day, with how often.
INSERT INTO booking_reads (booking_id, actor, correlation_id) VALUES (@booking_id, @actor, @correlation_id)
ON CONFLICT (booking_id, actor, day) DO UPDATE SET times = booking_reads.times + 1, last_at = now();

-- name: OperatorTrailBefore :many
-- A page of everything that operators did and looked at, newest first, before a position in that order. The subject may
-- also be the booking that an action was about, or the cascade. A day of looking at a booking is placed where it began.
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
