-- What decides about wishes for seats before workflows are started for them.

-- name: BookingPrechecks :many
-- For each wish, in their order: the booking that its key has made already, the show, the seats that the show does not have or has no
-- price for, those that somebody else has, those that the customer has under another booking, and why the customer may not hold more of the
-- show; that is looked at only if all seats are to be had. The seats of a wish come with commas between them. Of a booking that is locked and not
-- yet priced, or has failed, only its workflow knows whether the hold was given. Without a show its status is empty.
-- Everything is looked up row by row: a subquery that gives one value, or at most one row, cannot be turned into a join, for which
-- PostgreSQL, not knowing how few seats are wished for, would read whole halls.
SELECT COALESCE((SELECT b.status <> 'FAILED' AND (b.status <> 'SEATS_LOCKED' OR b.total IS NOT NULL)
                 FROM bookings b WHERE b.id = wish.booking_id), false)::boolean AS booked,
       COALESCE((SELECT b.status = 'FAILED' OR (b.status = 'SEATS_LOCKED' AND b.total IS NULL)
                 FROM bookings b WHERE b.id = wish.booking_id), false)::boolean AS workflow_knows,
       COALESCE(sh.status, '')::text AS show_status, COALESCE(sh.starts_at <= now(), false)::boolean AS started,
       COALESCE(sh.starts_at, now())::timestamptz AS starts_at, COALESCE(sh.title, '')::text AS movie_title,
       COALESCE(sh.theatre_id, '')::text AS theatre_id, COALESCE(sh.time_zone, '')::text AS time_zone,
       ARRAY(SELECT wanted.label FROM unnest(string_to_array((@seats::text[])[wish.n], ',')) AS wanted (label)
             WHERE (SELECT count(p.amount) FROM seats s JOIN show_prices p ON p.show_id = sh.id AND p.category = s.category
                    WHERE s.layout_id = sh.layout_id AND s.label = wanted.label) = 0)::text[] AS unknown,
       COALESCE(rivals.taken, '{}')::text[] AS taken, COALESCE(rivals.own, '{}')::text[] AS own, COALESCE(rivals.own_booking, '')::text AS own_booking,
       COALESCE(CASE WHEN rivals.taken IS NULL AND rivals.own IS NULL
                     THEN hold_refusal((@customer_ids::text[])[wish.n], sh.id, wish.booking_id, cardinality(string_to_array((@seats::text[])[wish.n], ',')))
                     END, 'null')::jsonb AS refusal
FROM unnest(@booking_ids::text[]) WITH ORDINALITY AS wish (booking_id, n)
LEFT JOIN LATERAL (
    SELECT show.id, show.status, show.starts_at, show.layout_id, m.title, t.id AS theatre_id, t.time_zone
    FROM shows show
    JOIN movies m ON m.id = show.movie_id
    JOIN screens sc ON sc.id = show.screen_id
    JOIN theatres t ON t.id = sc.theatre_id
    WHERE show.id = (@show_ids::text[])[wish.n]
    LIMIT 1) AS sh ON true
LEFT JOIN LATERAL (
    SELECT array_agg(wanted.label) FILTER (WHERE NOT claim.own) AS taken, array_agg(wanted.label) FILTER (WHERE claim.own) AS own,
           min(claim.booking_id) FILTER (WHERE claim.own) AS own_booking
    FROM unnest(string_to_array((@seats::text[])[wish.n], ',')) AS wanted (label)
    CROSS JOIN LATERAL (
        SELECT c.booking_id, (SELECT b.customer_id = (@customer_ids::text[])[wish.n] FROM bookings b WHERE b.id = c.booking_id) AS own
        FROM claims c
        WHERE c.show_id = sh.id AND c.seat = wanted.label AND c.booking_id <> wish.booking_id AND (c.state = 'SOLD' OR c.held_until >= now())
        LIMIT 1) AS claim) AS rivals ON true
ORDER BY wish.n;
