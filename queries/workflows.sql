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
