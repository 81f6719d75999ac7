-- Coupons with limits. A use is reserved with the seats of a booking, consumed when the booking is confirmed and given back when
-- it ends otherwise. Triggers keep the count, so that no code path can forget it, and the database refuses a use too many.

-- +goose Up
CREATE TABLE coupons (
    code                  text PRIMARY KEY CONSTRAINT coupons_code_is_upper_case CHECK (code ~ '^[A-Z0-9]{3,20}$'),
    kind                  text NOT NULL CONSTRAINT coupons_kind_is_known CHECK (kind IN ('PERCENT', 'FLAT')),
    basis_points          int CONSTRAINT coupons_percent_is_a_share CHECK (basis_points BETWEEN 1 AND 10000),
    amount                bigint CONSTRAINT coupons_amount_positive CHECK (amount > 0),
    max_discount          bigint CONSTRAINT coupons_max_discount_positive CHECK (max_discount > 0),
    currency              text REFERENCES currencies,
    valid_from            timestamptz NOT NULL DEFAULT now(),
    valid_until           timestamptz,
    max_uses              int CONSTRAINT coupons_max_uses_positive CHECK (max_uses > 0),
    max_uses_per_customer int CONSTRAINT coupons_max_uses_per_customer_positive CHECK (max_uses_per_customer > 0),
    uses                  int NOT NULL DEFAULT 0 CONSTRAINT coupons_uses_not_negative CHECK (uses >= 0),
    active                boolean NOT NULL DEFAULT true,
    CONSTRAINT coupons_value_fits_kind CHECK (
        CASE kind WHEN 'PERCENT' THEN basis_points IS NOT NULL AND amount IS NULL
                  ELSE amount IS NOT NULL AND basis_points IS NULL AND max_discount IS NULL END),
    CONSTRAINT coupons_money_has_currency CHECK (currency IS NOT NULL OR num_nonnulls(amount, max_discount) = 0),
    CONSTRAINT coupons_end_after_start CHECK (valid_until > valid_from),
    CONSTRAINT coupons_not_overused CHECK (uses <= max_uses)
);
COMMENT ON COLUMN coupons.basis_points IS 'PERCENT: the share of the subtotal, in hundredths of a percent; max_discount caps it.';
COMMENT ON COLUMN coupons.amount IS 'FLAT: minor units off the subtotal, at most the subtotal.';
COMMENT ON COLUMN coupons.currency IS 'The only currency in which the coupon is valid; null for every currency.';
COMMENT ON COLUMN coupons.uses IS 'Redemptions that are reserved or consumed; kept by a trigger on coupon_redemptions.';

CREATE TABLE coupon_redemptions (
    booking_id  text PRIMARY KEY REFERENCES bookings,
    code        text NOT NULL REFERENCES coupons,
    customer_id text NOT NULL REFERENCES users,
    status      text NOT NULL DEFAULT 'RESERVED'
                CONSTRAINT coupon_redemptions_status_is_known CHECK (status IN ('RESERVED', 'CONSUMED', 'GIVEN_BACK')),
    discount    bigint CONSTRAINT coupon_redemptions_discount_not_negative CHECK (discount >= 0),
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT coupon_redemptions_consumed_has_discount CHECK (status <> 'CONSUMED' OR discount IS NOT NULL)
);
CREATE INDEX coupon_redemptions_in_use ON coupon_redemptions (code, customer_id) WHERE status <> 'GIVEN_BACK';
COMMENT ON TABLE coupon_redemptions IS 'The coupon of a booking; a booking without a coupon has none. Its status follows that of the booking.';
COMMENT ON COLUMN coupon_redemptions.discount IS 'Minor units; written with the quote.';

-- +goose StatementBegin
-- The update of the coupon makes everybody else wait who wants it, so what is counted after it stays true until the end of
-- the transaction.
CREATE FUNCTION coupon_redemptions_count_uses() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    change          int := CASE WHEN NEW.status = 'GIVEN_BACK' THEN -1 ELSE 1 END;
    most            int;
    of_the_customer bigint;
BEGIN
    UPDATE coupons SET uses = uses + change WHERE code = NEW.code RETURNING max_uses_per_customer INTO most;
    IF change > 0 AND most IS NOT NULL THEN
        SELECT count(*) INTO of_the_customer FROM coupon_redemptions
        WHERE code = NEW.code AND customer_id = NEW.customer_id AND status <> 'GIVEN_BACK';
        IF of_the_customer > most THEN
            RAISE EXCEPTION 'this customer has used coupon % up', NEW.code
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'coupons_not_overused_by_customer';
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION coupons_refuse_bare_change_of_uses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'the uses of a coupon change only by redemptions'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'coupons_uses_by_redemptions_only';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION bookings_carry_redemption() RETURNS trigger LANGUAGE plpgsql
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

CREATE TRIGGER coupon_redemptions_count_first_use AFTER INSERT ON coupon_redemptions
    FOR EACH ROW WHEN (NEW.status <> 'GIVEN_BACK') EXECUTE FUNCTION coupon_redemptions_count_uses();
CREATE TRIGGER coupon_redemptions_count_change AFTER UPDATE ON coupon_redemptions
    FOR EACH ROW WHEN ((OLD.status = 'GIVEN_BACK') <> (NEW.status = 'GIVEN_BACK')) EXECUTE FUNCTION coupon_redemptions_count_uses();
CREATE TRIGGER coupon_redemptions_consumed_for_good BEFORE UPDATE ON coupon_redemptions
    FOR EACH ROW WHEN (OLD.status = 'CONSUMED') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER coupon_redemptions_never_deleted BEFORE DELETE ON coupon_redemptions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER coupon_redemptions_never_truncated BEFORE TRUNCATE ON coupon_redemptions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER coupons_first_uses_by_redemptions_only BEFORE INSERT ON coupons
    FOR EACH ROW WHEN (NEW.uses <> 0) EXECUTE FUNCTION coupons_refuse_bare_change_of_uses();
CREATE TRIGGER coupons_uses_by_redemptions_only BEFORE UPDATE ON coupons
    FOR EACH ROW WHEN (NEW.uses <> OLD.uses) EXECUTE FUNCTION coupons_refuse_bare_change_of_uses();
-- Deferred to the commit: the coupon is the last row that a transaction locks, after wallets, and the one it locks for the shortest
-- time. A booking without a coupon costs one look at a primary key.
CREATE CONSTRAINT TRIGGER bookings_carry_redemption AFTER UPDATE OF status ON bookings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status <> OLD.status AND NEW.status IN ('CONFIRMED', 'FAILED', 'EXPIRED', 'CANCELLED'))
    EXECUTE FUNCTION bookings_carry_redemption();

GRANT SELECT ON coupons, coupon_redemptions TO boxoffice_api, boxoffice_worker;
GRANT INSERT (booking_id, code, customer_id), UPDATE (discount) ON coupon_redemptions TO boxoffice_worker;

-- +goose Down
DROP TRIGGER bookings_carry_redemption ON bookings;
DROP TABLE coupon_redemptions, coupons;
DROP FUNCTION coupon_redemptions_count_uses(), coupons_refuse_bare_change_of_uses(), bookings_carry_redemption();
