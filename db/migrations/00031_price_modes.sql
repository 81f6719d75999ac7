-- Whether the prices of a theatre include fee and tax, or exclude both. Consumer law of some countries requires the first price that
-- is shown to be the one that is paid.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION price_mode_of_country(country text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN country IN (
        'AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU', 'IE', 'IT', 'LT', 'LU', 'LV', 'MT', 'NL', 'PL',
        'PT', 'RO', 'SE', 'SI', 'SK', -- the European Union
        'IS', 'LI', 'NO', 'CH', 'GB', 'AU', 'JP', 'SG') THEN 'INCLUSIVE' ELSE 'ADDED' END
$$;
-- +goose StatementEnd

-- Before this migration every theatre added its fee and tax to its prices. Where the country requires inclusive prices, prices and fees are raised by what was
-- added to them, so that the customer pays the same as before, and now sees it.
ALTER TABLE theatres
    ADD COLUMN price_mode text CONSTRAINT theatres_price_mode_is_known CHECK (price_mode IN ('ADDED', 'INCLUSIVE')),
    ADD COLUMN tax_rounding text NOT NULL DEFAULT 'SUM' CONSTRAINT theatres_tax_rounding_is_known CHECK (tax_rounding IN ('SUM', 'LINE'));
UPDATE theatres t SET price_mode = price_mode_of_country(c.country_code) FROM cities c WHERE c.id = t.city_id;
ALTER TABLE theatres ALTER COLUMN price_mode SET NOT NULL;
UPDATE show_prices p SET amount = round((p.amount + t.booking_fee_per_seat) * (10000 + t.tax_basis_points) / 10000.0)
FROM shows sh JOIN screens sc ON sc.id = sh.screen_id JOIN theatres t ON t.id = sc.theatre_id
WHERE sh.id = p.show_id AND t.price_mode = 'INCLUSIVE';
UPDATE theatres SET booking_fee_per_seat = round(booking_fee_per_seat * (10000 + tax_basis_points) / 10000.0) WHERE price_mode = 'INCLUSIVE';
COMMENT ON COLUMN theatres.price_mode IS
    'INCLUSIVE: prices and fee include the tax, and prices the fee, so that they are what is paid. ADDED: fee and tax are added. The default follows the country''s law. Changing it changes the meaning of the prices of all upcoming shows.';
COMMENT ON COLUMN theatres.tax_rounding IS 'Whether tax is rounded once for a booking''s SUM, or for each LINE, which is a seat with its fee.';

-- +goose StatementBegin
CREATE FUNCTION theatres_default_price_mode() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.price_mode := price_mode_of_country((SELECT c.country_code FROM cities c WHERE c.id = NEW.city_id));
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER theatres_default_price_mode BEFORE INSERT ON theatres
    FOR EACH ROW WHEN (NEW.price_mode IS NULL) EXECUTE FUNCTION theatres_default_price_mode();

-- Older quotes were all of one kind. A constant default fills old rows without rewriting them; new ones have to say what they are.
ALTER TABLE bookings
    ADD COLUMN price_mode text DEFAULT 'ADDED' CONSTRAINT bookings_price_mode_is_known CHECK (price_mode IN ('ADDED', 'INCLUSIVE')),
    ADD COLUMN tax_rounding text DEFAULT 'SUM' CONSTRAINT bookings_tax_rounding_is_known CHECK (tax_rounding IN ('SUM', 'LINE')),
    DROP CONSTRAINT bookings_quote_adds_up,
    ADD CONSTRAINT bookings_quote_adds_up CHECK (
        total = subtotal - discount + CASE price_mode WHEN 'INCLUSIVE' THEN 0 ELSE fees + tax END),
    ADD CONSTRAINT bookings_quote_holds_fees_and_tax CHECK (fees + tax <= total),
    ADD CONSTRAINT bookings_quote_has_a_mode CHECK (total IS NULL OR (price_mode IS NOT NULL AND tax_rounding IS NOT NULL));
ALTER TABLE bookings ALTER COLUMN price_mode DROP DEFAULT, ALTER COLUMN tax_rounding DROP DEFAULT;
COMMENT ON COLUMN bookings.price_mode IS
    'The theatre''s when the booking was priced. ADDED: total = subtotal - discount + fees + tax. INCLUSIVE: total = subtotal - discount, which includes fees and tax. Fees exclude tax in both.';
COMMENT ON COLUMN bookings.tax_rounding IS 'The theatre''s when the booking was priced.';

-- A worker that is older than this migration and still running knows only theatres that add, and would charge fee and tax twice elsewhere. There
-- its step fails with an error that is retried, until a new worker takes it.
-- +goose StatementBegin
CREATE FUNCTION bookings_quote_of_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM shows sh JOIN screens sc ON sc.id = sh.screen_id JOIN theatres t ON t.id = sc.theatre_id
               WHERE sh.id = NEW.show_id AND (t.price_mode <> 'ADDED' OR t.tax_rounding <> 'SUM')) THEN
        RAISE EXCEPTION 'the quote of booking % does not say its price mode', NEW.id USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    NEW.price_mode := 'ADDED';
    NEW.tax_rounding := 'SUM';
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER bookings_quote_of_before BEFORE INSERT OR UPDATE ON bookings
    FOR EACH ROW WHEN (NEW.total IS NOT NULL AND NEW.price_mode IS NULL) EXECUTE FUNCTION bookings_quote_of_before();

-- +goose Down
-- Refused once a booking was quoted inclusively: the older schema cannot express what it cost.
DROP TRIGGER bookings_quote_of_before ON bookings;
DROP FUNCTION bookings_quote_of_before();
ALTER TABLE bookings
    DROP CONSTRAINT bookings_quote_adds_up,
    DROP CONSTRAINT bookings_quote_holds_fees_and_tax,
    ADD CONSTRAINT bookings_quote_adds_up CHECK (total = subtotal - discount + fees + tax),
    DROP COLUMN price_mode, DROP COLUMN tax_rounding;
DROP TRIGGER theatres_default_price_mode ON theatres;
DROP FUNCTION theatres_default_price_mode();
UPDATE theatres SET booking_fee_per_seat = round(booking_fee_per_seat * 10000.0 / (10000 + tax_basis_points)) WHERE price_mode = 'INCLUSIVE';
UPDATE show_prices p SET amount = greatest(round(p.amount * 10000.0 / (10000 + t.tax_basis_points)) - t.booking_fee_per_seat, 1)
FROM shows sh JOIN screens sc ON sc.id = sh.screen_id JOIN theatres t ON t.id = sc.theatre_id
WHERE sh.id = p.show_id AND t.price_mode = 'INCLUSIVE';
ALTER TABLE theatres DROP COLUMN price_mode, DROP COLUMN tax_rounding;
DROP FUNCTION price_mode_of_country(text);
