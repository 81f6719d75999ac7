-- What a seat map is made of.

-- name: SeatMap :one
-- Everything about one show that may change, as it is at one moment. The seats that are taken are separated by
-- commas; a held one is followed by @ and the end of its protection, which is the customer's deadline plus the grace,
-- in microseconds since 1970. It is one text, because thousands of rows would take longer to send than to find.
SELECT sh.layout_id, sh.status, sh.starts_at, sc.name AS screen_name, t.id AS theatre_id, t.currency, t.price_mode, t.time_zone,
       ARRAY(SELECT p.category FROM show_prices p WHERE p.show_id = sh.id ORDER BY p.category)::text[] AS categories,
       ARRAY(SELECT p.amount FROM show_prices p WHERE p.show_id = sh.id ORDER BY p.category)::bigint[] AS amounts,
       COALESCE((SELECT string_agg(CASE c.state WHEN 'SOLD' THEN c.seat
                                   ELSE c.seat || '@' || (extract(epoch FROM c.held_until) * 1000000)::bigint END, ',')
                 FROM claims c
                 WHERE c.show_id = sh.id AND (c.state = 'SOLD' OR c.held_until >= now())), '')::text AS claims
FROM shows sh
JOIN screens sc ON sc.id = sh.screen_id
JOIN theatres t ON t.id = sc.theatre_id
WHERE sh.id = @id;

-- name: SeatsOfLayout :many
-- In seating order: A, B ... Z, AA, AB ..., each row from left to right.
SELECT label, row_label, number, position, category, wheelchair
FROM seats
WHERE layout_id = @layout_id
ORDER BY length(row_label), row_label, position
LIMIT sqlc.arg(most)::int;
