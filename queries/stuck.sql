-- Bookings and refunds that may be stuck.

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

-- name: BookingEnd :one
-- How a booking stands, and who made it so and why.
SELECT b.status, b.show_id, COALESCE(e.actor, '')::text AS actor, COALESCE(e.reason, '')::text AS reason
FROM bookings b LEFT JOIN booking_events e ON e.booking_id = b.id AND e.to_status = b.status
WHERE b.id = @id;
