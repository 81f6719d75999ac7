-- When the cinema cancels a booking, the use of its coupon comes back, since the customer could not use it. A customer who cancels has used it.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION booking_was_cancelled_by_the_house(booking text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM cancellations c WHERE c.booking_id = booking AND c.cause IN ('SHOW_CANCELLED', 'OPERATOR'))
$$;

CREATE OR REPLACE FUNCTION bookings_carry_redemption() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.status = 'CONFIRMED' THEN
        UPDATE coupon_redemptions SET status = 'CONSUMED' WHERE booking_id = NEW.id AND status <> 'CONSUMED';
    ELSE
        UPDATE coupon_redemptions SET status = 'GIVEN_BACK'
        WHERE booking_id = NEW.id
          AND (status = 'RESERVED' OR status = 'CONSUMED' AND NEW.status = 'CANCELLED' AND booking_was_cancelled_by_the_house(NEW.id));
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION coupon_redemptions_stay_consumed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'GIVEN_BACK' AND booking_was_cancelled_by_the_house(NEW.booking_id)
       AND EXISTS (SELECT FROM bookings b WHERE b.id = NEW.booking_id AND b.status = 'CANCELLED') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a coupon that was used stays used'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'coupon_redemptions_append_only';
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION booking_was_cancelled_by_the_house IS
    'At least some of its seats: a customer who gave back one of two, and lost the other to a cancelled show, could not use the coupon either.';

DROP TRIGGER coupon_redemptions_consumed_for_good ON coupon_redemptions;
CREATE TRIGGER coupon_redemptions_consumed_for_good BEFORE UPDATE ON coupon_redemptions
    FOR EACH ROW WHEN (OLD.status = 'CONSUMED') EXECUTE FUNCTION coupon_redemptions_stay_consumed();

-- Those that were lost before.
UPDATE coupon_redemptions r SET status = 'GIVEN_BACK'
FROM bookings b
WHERE b.id = r.booking_id AND b.status = 'CANCELLED' AND r.status = 'CONSUMED' AND booking_was_cancelled_by_the_house(b.id);

-- +goose Down
-- Uses that have come back stay so.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION bookings_carry_redemption() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.status = 'CONFIRMED' THEN
        UPDATE coupon_redemptions SET status = 'CONSUMED' WHERE booking_id = NEW.id AND status <> 'CONSUMED';
    ELSE
        UPDATE coupon_redemptions SET status = 'GIVEN_BACK' WHERE booking_id = NEW.id AND status = 'RESERVED';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
DROP TRIGGER coupon_redemptions_consumed_for_good ON coupon_redemptions;
CREATE TRIGGER coupon_redemptions_consumed_for_good BEFORE UPDATE ON coupon_redemptions
    FOR EACH ROW WHEN (OLD.status = 'CONSUMED') EXECUTE FUNCTION refuse_change();
DROP FUNCTION coupon_redemptions_stay_consumed(), booking_was_cancelled_by_the_house(text);
