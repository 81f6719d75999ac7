-- How much of a show one customer may hold without paying.

-- +goose Up
CREATE TABLE hold_limits (
    everywhere    boolean PRIMARY KEY DEFAULT true CONSTRAINT hold_limits_are_one_row CHECK (everywhere),
    holds         int NOT NULL DEFAULT 3 CONSTRAINT hold_limits_allow_a_hold CHECK (holds >= 1),
    seats         int NOT NULL DEFAULT 20 CONSTRAINT hold_limits_allow_a_booking CHECK (seats >= 10),
    free_lapses   int NOT NULL DEFAULT 5 CONSTRAINT hold_limits_free_lapses_not_negative CHECK (free_lapses >= 0),
    pause         int NOT NULL DEFAULT 15 CONSTRAINT hold_limits_pause_not_negative CHECK (pause >= 0),
    longest_pause int NOT NULL DEFAULT 3600 CONSTRAINT hold_limits_pauses_are_bounded CHECK (longest_pause BETWEEN pause AND 86400)
);
COMMENT ON TABLE hold_limits IS 'For each customer and show; a change applies from the next hold on.';
COMMENT ON COLUMN hold_limits.holds IS 'How many bookings may be unpaid at a time.';
COMMENT ON COLUMN hold_limits.seats IS 'How many seats they may have in total.';
COMMENT ON COLUMN hold_limits.free_lapses IS 'How many holds of the last 24 hours may have ended unpaid, lapsed or given back, before the next one has to wait.';
COMMENT ON COLUMN hold_limits.pause IS 'Seconds to wait after the first one beyond free_lapses; doubled with each further one, up to longest_pause.';
INSERT INTO hold_limits DEFAULT VALUES;
GRANT SELECT ON hold_limits TO boxoffice_api, boxoffice_worker;

-- Why a customer may not hold that many more seats of a show, and until when; NULL when nothing speaks against it. It is derived from the bookings
-- of the last day, of which a customer has few. The booking itself does not count. PL/pgSQL, because it caches its plans: this runs for every hold.
-- +goose StatementBegin
CREATE FUNCTION hold_refusal(customer text, show text, booking text, wanted int) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    mine   record;
    limits hold_limits;
    pause  double precision;
BEGIN
    SELECT count(*) FILTER (WHERE b.open) AS holds, COALESCE(sum(b.seats) FILTER (WHERE b.open), 0) AS seats,
           (array_agg(b.id ORDER BY b.created_at DESC, b.id) FILTER (WHERE b.open))[1] AS newest,
           count(*) FILTER (WHERE NOT b.open) AS lapses, max(b.updated_at) FILTER (WHERE NOT b.open) AS ended
    INTO mine
    FROM (SELECT x.id, x.created_at, x.updated_at, cardinality(x.seat_labels) AS seats, x.status NOT IN ('EXPIRED', 'CANCELLED') AS open
          FROM bookings x
          WHERE x.customer_id = customer AND x.created_at > now() - interval '24 hours' AND x.show_id = show AND x.id <> booking
            AND (x.status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING', 'EXPIRED')
                 OR (x.status = 'CANCELLED' AND NOT EXISTS (SELECT FROM cancellations c WHERE c.booking_id = x.id)))) b;
    IF mine.holds = 0 AND mine.lapses = 0 THEN
        RETURN NULL; -- most people's case: no booking has more seats than may be held
    END IF;
    SELECT * INTO STRICT limits FROM hold_limits;
    IF mine.holds + 1 > limits.holds OR mine.seats + wanted > limits.seats THEN
        RETURN jsonb_build_object('holds', mine.holds, 'maxHolds', limits.holds, 'seats', mine.seats, 'maxSeats', limits.seats, 'bookingId', mine.newest);
    END IF;
    IF mine.lapses > limits.free_lapses THEN
        pause := least(limits.pause * 2.0 ^ least(mine.lapses - limits.free_lapses - 1, 30), limits.longest_pause);
        pause := ceil(extract(epoch FROM mine.ended - now()) + pause);
        IF pause > 0 THEN
            RETURN jsonb_build_object('unpaidHolds', mine.lapses, 'retryAfterSeconds', pause::int);
        END IF;
    END IF;
    RETURN NULL;
END $$;

-- The same, for a transaction that is about to write the hold: of two concurrent holds of one customer, the second waits for the first, and then checks.
-- The lock is an extra one, since there is no row that a customer has for each show; a statement of a volatile function sees what was
-- committed before it, which the calling statement would not.
CREATE FUNCTION hold_is_allowed(customer text, show text, booking text, wanted int) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(customer || ' ' || show, 0));
    RETURN hold_refusal(customer, show, booking, wanted) IS NULL;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION hold_is_allowed(text, text, text, int);
DROP FUNCTION hold_refusal(text, text, text, int);
DROP TABLE hold_limits;
