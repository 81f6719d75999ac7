-- Holding seats in one statement: it fails as a whole when one of them is taken.

-- +goose Up
-- +goose StatementBegin
-- True when all wanted seats were acquired; otherwise an error, which undoes what its statement has done. The error's detail is the missing
-- seats, separated by commas.
CREATE FUNCTION all_seats_acquired(wanted text[], acquired text[]) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    missing text[] := ARRAY(SELECT seat FROM unnest(wanted) AS seat WHERE seat <> ALL (acquired));
BEGIN
    IF cardinality(missing) > 0 THEN
        RAISE check_violation USING MESSAGE = 'seats are taken', DETAIL = array_to_string(missing, ','), CONSTRAINT = 'claims_all_or_none';
    END IF;
    RETURN true;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION all_seats_acquired(text[], text[]);
