-- Currencies have as many decimals as ISO 4217 gives them, and nothing is sold that the provider cannot charge.

-- +goose Up
COMMENT ON TABLE currencies IS
    'All amounts are in the minor unit of the currency by ISO 4217: a hundredth, or the whole for yen. Package booking knows the number of decimals.';

-- The provider counts some currencies in another unit than ISO 4217 (it charges króna and shilling in hundredths that they do not have, and
-- ariary in wholes), and of those with three or four decimals it charges no amount, or only multiples of ten, which taxes, shares and refunds are not.
-- See https://docs.stripe.com/currencies#special-cases. Forint and Taiwan dollar are charged in hundredths, as ISO 4217 has them; only payouts are rounded.
ALTER TABLE currencies ADD CONSTRAINT currencies_are_charged_in_their_minor_unit CHECK (code NOT IN (
    'ISK', 'MGA', 'UGX', 'BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND', 'CLF', 'UYW'));

-- The provider charges at most eight digits. Ten seats are the most that a booking has, and have to be payable.
-- +goose StatementBegin
CREATE FUNCTION dearest_booking(price bigint, fee bigint, basis_points int, mode text) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT 10 * CASE mode WHEN 'INCLUSIVE' THEN price::numeric ELSE ceil((price::numeric + fee) * (10000 + basis_points) / 10000) END
$$;

CREATE FUNCTION show_prices_are_chargeable() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    dear text;
BEGIN
    SELECT p.show_id || ' ' || p.category INTO dear
    FROM priced p JOIN shows sh ON sh.id = p.show_id JOIN screens sc ON sc.id = sh.screen_id JOIN theatres t ON t.id = sc.theatre_id
    WHERE dearest_booking(p.amount, t.booking_fee_per_seat, t.tax_basis_points, t.price_mode) > 99999999
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ten seats at the price of % cost more than can be charged', dear
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'show_prices_are_chargeable';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION theatres_prices_are_chargeable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM screens sc JOIN shows sh ON sh.screen_id = sc.id JOIN show_prices p ON p.show_id = sh.id
               WHERE sc.theatre_id = NEW.id AND sh.starts_at > now()
                 AND dearest_booking(p.amount, NEW.booking_fee_per_seat, NEW.tax_basis_points, NEW.price_mode) > 99999999) THEN
        RAISE EXCEPTION 'ten seats of theatre % would cost more than can be charged', NEW.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'show_prices_are_chargeable';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER show_prices_are_chargeable_when_added AFTER INSERT ON show_prices
    REFERENCING NEW TABLE AS priced FOR EACH STATEMENT EXECUTE FUNCTION show_prices_are_chargeable();
CREATE TRIGGER show_prices_are_chargeable_when_changed AFTER UPDATE ON show_prices
    REFERENCING NEW TABLE AS priced FOR EACH STATEMENT EXECUTE FUNCTION show_prices_are_chargeable();
CREATE TRIGGER theatres_prices_are_chargeable AFTER UPDATE OF booking_fee_per_seat, tax_basis_points, price_mode ON theatres
    FOR EACH ROW EXECUTE FUNCTION theatres_prices_are_chargeable();

-- +goose Down
DROP TRIGGER theatres_prices_are_chargeable ON theatres;
DROP TRIGGER show_prices_are_chargeable_when_changed ON show_prices;
DROP TRIGGER show_prices_are_chargeable_when_added ON show_prices;
DROP FUNCTION theatres_prices_are_chargeable();
DROP FUNCTION show_prices_are_chargeable();
DROP FUNCTION dearest_booking(bigint, bigint, int, text);
ALTER TABLE currencies DROP CONSTRAINT currencies_are_charged_in_their_minor_unit;
COMMENT ON TABLE currencies IS 'Currencies with two decimals. Amounts everywhere are in the minor unit.';
