package db_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/dev/pgtest"
)

const catalogue = `
INSERT INTO cities VALUES ('mumbai', 'Mumbai', 'IN');
INSERT INTO theatres VALUES ('th_1', 'mumbai', 'Regal', 'Colaba', 'Asia/Kolkata', 'INR', 0, 0);
INSERT INTO screens VALUES ('sc_1', 'th_1', 'Screen 1');
INSERT INTO seat_layouts VALUES ('ly_1', 'sc_1', 1);
INSERT INTO seats (layout_id, label, row_label, number, position, category) VALUES ('ly_1', 'A1', 'A', 1, 1, 'STANDARD'), ('ly_1', 'A2', 'A', 2, 2, 'STANDARD');
INSERT INTO movies VALUES ('mv_1', 'Sholay', 204, 'hi', ARRAY['Action'], 1975, 'Two rogues guard a village.');
INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
VALUES ('sh_1', 'mv_1', 'sc_1', 'ly_1', '2130-01-01 10:00Z', '2130-01-01 14:00Z', 'hi', '2D');
INSERT INTO users (id, email, name) VALUES ('us_1', 'asha@example.com', 'Asha');
INSERT INTO ledger_accounts (id, kind, user_id, currency) VALUES ('wallet:us_1:INR', 'WALLET', 'us_1', 'INR');
INSERT INTO bookings (id, customer_id, show_id, layout_id, status, seat_labels, request_hash, correlation_id, expires_at)
VALUES ('bk_1', 'us_1', 'sh_1', 'ly_1', 'SEATS_LOCKED', ARRAY['A1'], 'hash', 'test', now()),
       ('bk_2', 'us_1', 'sh_1', 'ly_1', 'SEATS_LOCKED', ARRAY['A1'], 'hash', 'test', now()),
       ('bk_3', 'us_1', 'sh_1', 'ly_1', 'SEATS_LOCKED', ARRAY['A2'], 'hash', 'test', now());
INSERT INTO claims VALUES ('sh_1', 'A1', 'ly_1', 'bk_1', 'HELD', now());
INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, request_hash, correlation_id)
VALUES ('pay_1', 'bk_1', 1, 'CARD', 'INR', 0, 500, 'INITIATED', 'hash', 'test');
INSERT INTO booking_events (booking_id, to_status, reason, actor, correlation_id) VALUES ('bk_1', 'INITIATED', 'test', 'CUSTOMER', 'test');
INSERT INTO coupons (code, kind, amount, currency, max_uses, max_uses_per_customer) VALUES ('ONCE', 'FLAT', 100, 'INR', 1, NULL), ('MINE', 'FLAT', 100, 'INR', NULL, 1);
INSERT INTO coupons (code, kind, basis_points) VALUES ('TENTH', 'PERCENT', 1000);
INSERT INTO coupon_redemptions (booking_id, code, customer_id, status, discount) VALUES
    ('bk_1', 'ONCE', 'us_1', 'CONSUMED', 100), ('bk_3', 'MINE', 'us_1', 'RESERVED', NULL);
INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('gift', 'GRANT', 'test');
INSERT INTO ledger_entries VALUES ('gift', 'promotions:INR', -100), ('gift', 'wallet:us_1:INR', 100);
INSERT INTO theatres VALUES ('th_2', 'mumbai', 'Eros', 'Churchgate', 'Asia/Kolkata', 'INR', 0, 0, 'INACTIVE');
INSERT INTO screens VALUES ('sc_2', 'th_2', 'Screen 1');
INSERT INTO seat_layouts VALUES ('ly_2', 'sc_2', 1);
INSERT INTO movies VALUES ('mv_2', 'Deewaar', 176, 'hi', ARRAY['Action'], 1975, 'Two brothers.', 'WITHDRAWN');
INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format, status)
VALUES ('sh_off', 'mv_1', 'sc_2', 'ly_2', '2130-01-01 10:00Z', '2130-01-01 14:00Z', 'hi', '2D', 'CANCELLED');
INSERT INTO cascades (id, kind, show_id, actor, reason, correlation_id) VALUES ('cs_1', 'SHOW', 'sh_off', 'us_1', 'flood', 'test');
INSERT INTO cascade_shows VALUES ('sh_off', 'cs_1');
INSERT INTO cascade_events (cascade_id, event, actor, reason, correlation_id) VALUES ('cs_1', 'STARTED', 'us_1', 'flood', 'test');
INSERT INTO disputes (id, intent_id, amount, currency, reason, status, opened_at, updated_at) VALUES ('dp_1', 'pi_1', 5, 'INR', 'general', 'lost', now(), now());
INSERT INTO dispute_movements (id, dispute_id, amount, fee, currency) VALUES ('txn_1', 'dp_1', -5, 1, 'INR');
`

// illegalStates are tried one by one; each names the constraint that forbids it.
var illegalStates = map[string]struct{ statement, constraint string }{
	"a seat of a show has two owners": {
		`INSERT INTO claims VALUES ('sh_1', 'A1', 'ly_1', 'bk_2', 'HELD', now())`, "claims_pkey",
	},
	"a claim on a seat of another screen": {
		`INSERT INTO claims VALUES ('sh_1', 'Z9', 'ly_1', 'bk_1', 'HELD', now())`, "claims_seat_is_in_the_layout",
	},
	"a sold seat with a deadline": {
		`UPDATE claims SET state = 'SOLD'`, "claims_only_holds_end",
	},
	"a held seat without a deadline": {
		`UPDATE claims SET held_until = NULL`, "claims_only_holds_end",
	},
	"eleven seats": {
		`UPDATE bookings SET seat_labels = array_fill('A1'::text, ARRAY[11])`, "bookings_have_one_to_ten_seats",
	},
	"a confirmed booking without a price": {
		`UPDATE bookings SET status = 'CONFIRMED' WHERE id = 'bk_1'`, "bookings_confirmed_has_quote",
	},
	"half a quote": {
		`UPDATE bookings SET total = 5 WHERE id = 'bk_1'`, "bookings_quote_is_whole",
	},
	"a quote that does not add up": {
		`UPDATE bookings SET currency = 'INR', subtotal = 5, discount = 0, fees = 0, tax = 0, total = 6, applied_offers = '[]' WHERE id = 'bk_1'`,
		"bookings_quote_adds_up",
	},
	"an inclusive quote that adds fee and tax": {
		`UPDATE bookings SET currency = 'INR', subtotal = 5, discount = 0, fees = 1, tax = 1, total = 7, applied_offers = '[]', price_mode = 'INCLUSIVE',
		 tax_rounding = 'SUM' WHERE id = 'bk_1'`, "bookings_quote_adds_up",
	},
	"an inclusive quote that holds more fees and tax than it comes to": {
		`UPDATE bookings SET currency = 'INR', subtotal = 5, discount = 0, fees = 3, tax = 3, total = 5, applied_offers = '[]', price_mode = 'INCLUSIVE',
		 tax_rounding = 'SUM' WHERE id = 'bk_1'`, "bookings_quote_holds_fees_and_tax",
	},
	"a quote that does not say how its tax was rounded": {
		`UPDATE bookings SET currency = 'INR', subtotal = 5, discount = 0, fees = 0, tax = 0, total = 5, applied_offers = '[]', price_mode = 'ADDED' WHERE id = 'bk_1'`,
		"bookings_quote_has_a_mode",
	},
	"a currency that the provider counts in another unit": {`INSERT INTO currencies (code) VALUES ('ISK')`, "currencies_are_charged_in_their_minor_unit"},
	"a currency of which only tens can be charged":        {`INSERT INTO currencies (code) VALUES ('KWD')`, "currencies_are_charged_in_their_minor_unit"},
	"a price of which ten seats cannot be charged":        {`INSERT INTO show_prices VALUES ('sh_1', 'STANDARD', 10000000)`, "show_prices_are_chargeable"},
	"a price that is raised above what can be charged": {
		`INSERT INTO show_prices VALUES ('sh_1', 'STANDARD', 9999999); UPDATE show_prices SET amount = amount + 1`, "show_prices_are_chargeable",
	},
	"a fee with which ten seats cannot be charged": {
		`INSERT INTO show_prices VALUES ('sh_1', 'STANDARD', 9999999); UPDATE theatres SET booking_fee_per_seat = 1`, "show_prices_are_chargeable",
	},
	"a tax with which ten seats cannot be charged": {
		`INSERT INTO show_prices VALUES ('sh_1', 'STANDARD', 9000000); UPDATE theatres SET tax_basis_points = 2000`, "show_prices_are_chargeable",
	},
	"two sets of limits for holds":              {`INSERT INTO hold_limits DEFAULT VALUES`, "hold_limits_pkey"},
	"limits for holds that are not everybody's": {`UPDATE hold_limits SET everywhere = false`, "hold_limits_are_one_row"},
	"a limit that allows no hold":               {`UPDATE hold_limits SET holds = 0`, "hold_limits_allow_a_hold"},
	"a limit below one booking":                 {`UPDATE hold_limits SET seats = 9`, "hold_limits_allow_a_booking"},
	"less than no free lapses":                  {`UPDATE hold_limits SET free_lapses = -1`, "hold_limits_free_lapses_not_negative"},
	"a pause of less than nothing":              {`UPDATE hold_limits SET pause = -1`, "hold_limits_pause_not_negative"},
	"a pause without an end":                    {`UPDATE hold_limits SET longest_pause = 86401`, "hold_limits_pauses_are_bounded"},
	"a booking with an unknown price mode":      {`UPDATE bookings SET price_mode = 'FREE'`, "bookings_price_mode_is_known"},
	"a booking with an unknown tax rounding":    {`UPDATE bookings SET tax_rounding = 'DOWN'`, "bookings_tax_rounding_is_known"},
	"a theatre with an unknown price mode":      {`UPDATE theatres SET price_mode = 'FREE'`, "theatres_price_mode_is_known"},
	"a theatre with an unknown tax rounding":    {`UPDATE theatres SET tax_rounding = 'DOWN'`, "theatres_tax_rounding_is_known"},
	"a show of a theatre that is closed": {
		`INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
		 VALUES ('sh_3', 'mv_1', 'sc_2', 'ly_2', '2130-01-02 10:00Z', '2130-01-02 14:00Z', 'hi', '2D')`,
		"shows_on_sale_have_theatre_and_movie",
	},
	"a show of a movie that is withdrawn": {
		`UPDATE shows SET movie_id = 'mv_2' WHERE id = 'sh_1'`, "shows_on_sale_have_theatre_and_movie",
	},
	"a cancelled show that is sold again": {
		`UPDATE shows SET status = 'ON_SALE' WHERE id = 'sh_off'`, "shows_cancelled_for_good",
	},
	"a show with two cascades": {
		`INSERT INTO cascades (id, kind, show_id, actor, reason, correlation_id) VALUES ('cs_2', 'SHOW', 'sh_off', 'us_1', 'flood', 'test')`,
		"cascades_show_once",
	},
	"a cascade of nothing": {
		`INSERT INTO cascades (id, kind, actor, reason, correlation_id) VALUES ('cs_2', 'SHOW', 'us_1', 'flood', 'test')`, "cascades_have_one_subject",
	},
	"a cascade without a reason": {
		`UPDATE cascades SET reason = ''`, "cascades_have_a_reason",
	},
	"a cascade that has finished at no time": {
		`UPDATE cascades SET status = 'FINISHED'`, "cascades_finish_once",
	},
	"a finished cascade that is paused": {
		`UPDATE cascades SET status = 'FINISHED', finished_at = now(), paused = true`, "cascades_finished_is_not_paused",
	},
	"a cascade that begins twice": {
		`INSERT INTO cascade_events (cascade_id, event, actor, reason, correlation_id) VALUES ('cs_1', 'STARTED', 'us_1', 'flood', 'test')`,
		"cascade_events_once",
	},
	"a show that leaves its cascade": {
		`DELETE FROM cascade_shows`, "cascade_shows_append_only",
	},
	"a cascade's trail that is rewritten": {
		`UPDATE cascade_events SET reason = 'fire'`, "cascade_events_append_only",
	},
	"a dispute that has frozen less than nothing": {
		`UPDATE disputes SET frozen = -1`, "disputes_frozen_not_negative",
	},
	"a dispute that has taken less than nothing": {
		`UPDATE disputes SET forfeited = -1`, "disputes_forfeited_not_negative",
	},
	"a movement of a dispute that is rewritten": {
		`UPDATE dispute_movements SET amount = 0`, "dispute_movements_append_only",
	},
	"a frozen wallet of nobody": {
		`INSERT INTO ledger_accounts (id, kind, currency) VALUES ('frozen:INR', 'WALLET_FROZEN', 'INR')`, "ledger_accounts_wallets_have_owners",
	},
	"an unknown state": {
		`UPDATE bookings SET status = 'LOST'`, "bookings_status_is_known",
	},
	"a state that is entered twice": {
		`INSERT INTO booking_events (booking_id, to_status, reason, actor, correlation_id) VALUES ('bk_1', 'INITIATED', 'again', 'CUSTOMER', 'test')`,
		"booking_events_enter_a_state_once",
	},
	"a trail that is rewritten": {
		`UPDATE booking_events SET reason = 'another'`, "booking_events_append_only",
	},
	"a ledger entry that is changed": {
		`UPDATE ledger_entries SET amount = amount * 2`, "ledger_entries_append_only",
	},
	"a ledger transaction that is deleted": {
		`DELETE FROM ledger_transactions`, "ledger_transactions_append_only",
	},
	"a ledger that is emptied": {
		`TRUNCATE ledger_entries CASCADE`, "ledger_entries_append_only",
	},
	"a ledger transaction that does not sum to zero": {
		`WITH t AS (INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('x', 'GRANT', 'test') RETURNING reference)
		 INSERT INTO ledger_entries SELECT reference, unnest(ARRAY['promotions:INR', 'tax:INR']), unnest(ARRAY[-5, 6]) FROM t`,
		"ledger_transactions_sum_to_zero",
	},
	"a ledger transaction without entries": {
		`INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('x', 'GRANT', 'test')`, "ledger_transactions_sum_to_zero",
	},
	"money that changes its currency": {
		`WITH t AS (INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('x', 'GRANT', 'test') RETURNING reference)
		 INSERT INTO ledger_entries SELECT reference, unnest(ARRAY['promotions:USD', 'wallet:us_1:INR']), unnest(ARRAY[-5, 5]) FROM t`,
		"ledger_transactions_sum_to_zero",
	},
	"a wallet below zero": {
		`WITH t AS (INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('x', 'GRANT', 'test') RETURNING reference)
		 INSERT INTO ledger_entries SELECT reference, unnest(ARRAY['promotions:INR', 'wallet:us_1:INR']), unnest(ARRAY[101, -101]) FROM t`,
		"ledger_accounts_wallet_never_negative",
	},
	"more reserved than the wallet holds": {
		`INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, request_hash, correlation_id)
		 VALUES ('pay_2', 'bk_2', 1, 'WALLET_AND_CARD', 'INR', 101, 399, 'INITIATED', 'hash', 'test')`,
		"ledger_accounts_wallet_never_negative",
	},
	"a sale without a booking": {
		`INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('x', 'SALE', 'test')`, "ledger_transactions_sales_have_bookings",
	},
	"a ledger transaction about nothing known": {
		`INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('x', 'GIFT', 'test')`, "ledger_transactions_kind_is_known",
	},
	"a flag that nobody resolved": {
		`INSERT INTO flags (kind, subject, message, resolved_at) VALUES ('AUDIT', 'x', 'test', now())`, "flags_resolved_by_somebody_with_a_reason",
	},
	"a balance without entries": {
		`UPDATE ledger_accounts SET balance = 1000000 WHERE id = 'wallet:us_1:INR'`, "ledger_accounts_balance_by_entries_only",
	},
	"two wallets of one user in one currency": {
		`INSERT INTO ledger_accounts (id, kind, user_id, currency) VALUES ('wallet:another', 'WALLET', 'us_1', 'INR')`,
		"ledger_accounts_kind_user_id_currency_key",
	},
	"a wallet whose id does not show that it has an owner": {
		`INSERT INTO ledger_accounts (id, kind, user_id, currency) VALUES ('purse:us_2:USD', 'WALLET', 'us_1', 'USD')`,
		"ledger_accounts_owner_shows_in_id",
	},
	"an entry that is added later": {
		`INSERT INTO ledger_entries (reference, account_id, amount) SELECT min(reference), 'tax:USD', 5 FROM ledger_transactions`,
		"ledger_transactions_sum_to_zero",
	},
	"a coupon that is used too often": {
		`INSERT INTO coupon_redemptions (booking_id, code, customer_id) VALUES ('bk_2', 'ONCE', 'us_1')`, "coupons_not_overused",
	},
	"a coupon that its customer uses too often": {
		`INSERT INTO coupon_redemptions (booking_id, code, customer_id) VALUES ('bk_2', 'MINE', 'us_1')`, "coupons_not_overused_by_customer",
	},
	"a booking with two coupons": {
		`INSERT INTO coupon_redemptions (booking_id, code, customer_id) VALUES ('bk_1', 'TENTH', 'us_1')`, "coupon_redemptions_pkey",
	},
	"uses without redemptions": {
		`UPDATE coupons SET uses = 0 WHERE code = 'ONCE'`, "coupons_uses_by_redemptions_only",
	},
	"a coupon that is born used": {
		`INSERT INTO coupons (code, kind, basis_points, uses) VALUES ('USED', 'PERCENT', 1000, 1)`, "coupons_uses_by_redemptions_only",
	},
	"a consumed coupon that is given back": {
		`UPDATE coupon_redemptions SET status = 'GIVEN_BACK' WHERE booking_id = 'bk_1'`, "coupon_redemptions_append_only",
	},
	"a redemption that is deleted": {
		`DELETE FROM coupon_redemptions WHERE booking_id = 'bk_3'`, "coupon_redemptions_append_only",
	},
	"redemptions that are emptied": {
		`TRUNCATE coupon_redemptions`, "coupon_redemptions_append_only",
	},
	"a consumed coupon without a discount": {
		`UPDATE coupon_redemptions SET status = 'CONSUMED' WHERE booking_id = 'bk_3'`, "coupon_redemptions_consumed_has_discount",
	},
	"a code in lower case": {
		`INSERT INTO coupons (code, kind, basis_points) VALUES ('save', 'PERCENT', 1000)`, "coupons_code_is_upper_case",
	},
	"a percentage over a hundred": {
		`INSERT INTO coupons (code, kind, basis_points) VALUES ('SAVE', 'PERCENT', 10001)`, "coupons_percent_is_a_share",
	},
	"a percentage of nothing": {
		`INSERT INTO coupons (code, kind) VALUES ('SAVE', 'PERCENT')`, "coupons_value_fits_kind",
	},
	"a coupon of both kinds": {
		`INSERT INTO coupons (code, kind, basis_points, amount, currency) VALUES ('SAVE', 'FLAT', 1000, 100, 'INR')`, "coupons_value_fits_kind",
	},
	"a coupon over an amount of no currency": {
		`INSERT INTO coupons (code, kind, amount) VALUES ('SAVE', 'FLAT', 100)`, "coupons_money_has_currency",
	},
	"a coupon that ends before it begins": {
		`UPDATE coupons SET valid_until = valid_from - interval '1 day'`, "coupons_end_after_start",
	},
	"a top-up of nothing": {
		`INSERT INTO top_ups (id, user_id, currency, amount, status, request_hash, correlation_id, expires_at)
		 VALUES ('tu_1', 'us_1', 'INR', 0, 'INITIATED', 'hash', 'test', now())`, "top_ups_amount_positive",
	},
	"a top-up in an unknown state": {
		`INSERT INTO top_ups (id, user_id, currency, amount, status, request_hash, correlation_id, expires_at)
		 VALUES ('tu_1', 'us_1', 'INR', 5, 'LOST', 'hash', 'test', now())`, "top_ups_status_is_known",
	},
	"a top-up that was paid nowhere": {
		`INSERT INTO top_ups (id, user_id, currency, amount, status, request_hash, correlation_id, expires_at)
		 VALUES ('tu_1', 'us_1', 'INR', 5, 'SUCCEEDED', 'hash', 'test', now())`, "top_ups_paid_on_an_intent",
	},
	"a limit of nothing": {
		`UPDATE top_up_limits SET minimum = 0`, "top_up_limits_minimum_positive",
	},
	"limits that allow nothing": {
		`UPDATE top_up_limits SET minimum = maximum + 1`, "top_up_limits_in_order",
	},
	"a limit that no day allows": {
		`UPDATE top_up_limits SET maximum = per_day + 1`, "top_up_limits_in_order",
	},
	"a limit that no card can pay": {
		`UPDATE top_up_limits SET maximum = 100000000, per_day = 100000000`, "top_up_limits_maximum_is_chargeable",
	},
	"news of a refund that name no turn of it": {
		`INSERT INTO notices (booking_id, show_id, customer_id, kind, starts_at) VALUES ('bk_1', 'sh_1', 'us_1', 'REFUND_CHANGED', now())`, "notices_of_refunds_name_a_turn",
	},
	"a refund made outside that pays more than it gave": {
		`INSERT INTO outside_refunds (id, intent_id, amount, currency, status, assigned, written_off, made_at)
		 VALUES ('re_1', 'pi_1', 10, 'INR', 'STANDING', 6, 5, now())`, "outside_refunds_used_once",
	},
	"a refund made outside that failed and pays": {
		`INSERT INTO outside_refunds (id, intent_id, amount, currency, status, assigned, made_at) VALUES ('re_1', 'pi_1', 10, 'INR', 'RETURNED', 1, now())`,
		"outside_refunds_used_once",
	},
	"a refund made outside of nothing": {
		`INSERT INTO outside_refunds (id, intent_id, amount, currency, status, made_at) VALUES ('re_1', 'pi_1', 0, 'INR', 'STANDING', now())`,
		"outside_refunds_amount_positive",
	},
	"a refund made outside in no state": {
		`INSERT INTO outside_refunds (id, intent_id, amount, currency, status, made_at) VALUES ('re_1', 'pi_1', 1, 'INR', 'GONE', now())`,
		"outside_refunds_status_is_known",
	},
	"a refund made outside that takes what it paid": {
		`INSERT INTO outside_refunds (id, intent_id, amount, currency, status, assigned, made_at) VALUES ('re_1', 'pi_1', 1, 'INR', 'STANDING', -1, now())`,
		"outside_refunds_assigned_not_negative",
	},
	"a loss below nothing": {
		`INSERT INTO outside_refunds (id, intent_id, amount, currency, status, written_off, made_at) VALUES ('re_1', 'pi_1', 1, 'INR', 'STANDING', -1, now())`,
		"outside_refunds_written_off_not_negative",
	},
	"an unknown event of a refund made outside": {
		`INSERT INTO outside_refund_events (outside_refund_id, event, amount, actor, reason, correlation_id) VALUES ('re_1', 'LOST', 1, 'x', 'x', 'x')`,
		"outside_refund_events_event_is_known",
	},
	"an event of a refund made outside without a reason": {
		`INSERT INTO outside_refund_events (outside_refund_id, event, amount, actor, reason, correlation_id) VALUES ('re_1', 'RECORDED', 1, 'x', '', 'x')`,
		"outside_refund_events_have_a_reason",
	},
	"an event of a refund made outside about nothing": {
		`INSERT INTO outside_refund_events (outside_refund_id, event, amount, actor, reason, correlation_id) VALUES ('re_1', 'RECORDED', 0, 'x', 'x', 'x')`,
		"outside_refund_events_amount_positive",
	},
	"a refund that the provider and somebody by hand have paid": {
		`WITH o AS (INSERT INTO outside_refunds (id, intent_id, amount, currency, status, made_at) VALUES ('re_1', 'pi_1', 1, 'INR', 'STANDING', now()))
		 INSERT INTO refunds (id, intent_id, tender, amount, currency, reason, status, provider_refund_id, outside_refund_id, correlation_id)
		 VALUES ('rf_1', 'pi_1', 'CARD', 1, 'INR', 'x', 'SUCCEEDED', 're_2', 're_1', 'x')`, "refunds_paid_in_one_way",
	},
	"a cancellation that gives back another sum": {
		`INSERT INTO cancellations (id, booking_id, seats, percent, carried, fee, paid, amount, currency, refund_to, cause, actor, reason, correlation_id)
		 VALUES ('cx_1', 'bk_1', ARRAY['A1'], 50, 49, 0, 101, 51, 'INR', 'ORIGINAL', 'CUSTOMER', 'x', 'x', 'x')`, "cancellations_refund_is_as_promised",
	},
	"a cancellation that carries a whole unit": {
		`INSERT INTO cancellations (id, booking_id, seats, percent, carried, fee, paid, amount, currency, refund_to, cause, actor, reason, correlation_id)
		 VALUES ('cx_1', 'bk_1', ARRAY['A1'], 50, 100, 0, 100, 51, 'INR', 'ORIGINAL', 'CUSTOMER', 'x', 'x', 'x')`, "cancellations_carry_hundredths",
	},
	"a cancellation for no cause that we know": {
		`INSERT INTO cancellations (id, booking_id, seats, percent, fee, paid, amount, currency, refund_to, cause, actor, reason, correlation_id)
		 VALUES ('cx_1', 'bk_1', ARRAY['A1'], 50, 0, 100, 50, 'INR', 'ORIGINAL', 'WHIM', 'x', 'x', 'x')`, "cancellations_cause_is_known",
	},
	"two shows on one screen at once": {
		`INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
		 VALUES ('sh_2', 'mv_1', 'sc_1', 'ly_1', '2130-01-01 13:59Z', '2130-01-01 18:00Z', 'hi', '2D')`, "shows_never_overlap_on_a_screen",
	},
	"a used layout that changes": {
		`UPDATE seats SET category = 'PREMIUM'`, "seat_layouts_immutable_once_used",
	},
	"a used layout that grows": {
		`INSERT INTO seats (layout_id, label, row_label, number, position, category) VALUES ('ly_1', 'A3', 'A', 3, 3, 'STANDARD')`,
		"seat_layouts_immutable_once_used",
	},
}

func TestIllegalStatesAreImpossible(t *testing.T) {
	t.Parallel()
	pool := pgtest.NewPool(t)
	_, err := pool.Exec(t.Context(), catalogue)
	require.NoError(t, err)
	for name, test := range illegalStates {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireViolation(t, pool, test.statement, test.constraint)
		})
	}
}

func requireViolation(t *testing.T, pool *pgxpool.Pool, statement, constraint string) {
	t.Helper()
	_, err := pool.Exec(t.Context(), statement)
	require.Error(t, err)
	require.True(t, db.Violates(err, constraint), "%v", err)
}

func TestMigrationsGoUpDownAndUpAgain(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDB(t)
	require.NoError(t, db.MigrateDown(t.Context(), dsn, 0))
	require.Equal(t, 1, tables(t, dsn), "only the list of migrations is left")

	var both sync.WaitGroup
	var errs [3]error
	for i := range errs {
		both.Go(func() { errs[i] = db.Migrate(t.Context(), dsn) })
	}
	both.Wait()

	for _, err := range errs {
		require.NoError(t, err, "several may migrate at once")
	}
	require.Greater(t, tables(t, dsn), 15)
}

// Whatever records the end of an attempt releases what it had reserved, and nothing is lost on the way.
func TestTheWalletPartIsReservedWhileAnAttemptIsOpen(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"SUCCEEDED", "REFUNDING", "REFUNDED", "CANCELLED"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.NewPool(t)
			_, err := pool.Exec(t.Context(), catalogue)
			require.NoError(t, err)
			for _, statement := range []string{
				`INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, request_hash, correlation_id)
				 VALUES ('pay_2', 'bk_2', 1, 'WALLET_AND_CARD', 'INR', 60, 440, 'INITIATED', 'hash', 'test')`,
				`UPDATE payments SET status = 'DECLINED' WHERE id = 'pay_2'`,
				`UPDATE payments SET status = 'PROCESSING' WHERE id = 'pay_2'`,
			} {
				_, err := pool.Exec(t.Context(), statement)
				require.NoError(t, err)
				available, reserved := balances(t, pool)
				require.Equal(t, [2]int64{40, 60}, [2]int64{available, reserved}, statement)
			}
			for range 2 {
				_, err = pool.Exec(t.Context(), `UPDATE payments SET status = $1 WHERE id = 'pay_2'`, end)
				require.NoError(t, err)
				available, reserved := balances(t, pool)
				require.Equal(t, [2]int64{100, 0}, [2]int64{available, reserved})
			}
		})
	}
}

func balances(t *testing.T, pool *pgxpool.Pool) (available, reserved int64) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), `
		SELECT sum(balance) FILTER (WHERE kind = 'WALLET'), sum(balance) FILTER (WHERE kind = 'WALLET_RESERVED')
		FROM ledger_accounts WHERE user_id = 'us_1'`).Scan(&available, &reserved))
	return available, reserved
}

func TestAnotherCurrencyBringsItsInternalAccounts(t *testing.T) {
	t.Parallel()
	pool := pgtest.NewPool(t)
	_, err := pool.Exec(t.Context(), `INSERT INTO currencies (code) VALUES ('CHF')`)
	require.NoError(t, err)
	for _, query := range []string{
		`SELECT count(*) FROM ledger_accounts WHERE currency = 'CHF' AND user_id IS NULL`,
		`SELECT count(*) FROM ledger_accounts WHERE currency = 'INR' AND user_id IS NULL`,
	} {
		var accounts int
		require.NoError(t, pool.QueryRow(t.Context(), query).Scan(&accounts))
		require.Equal(t, 11, accounts, query)
	}
}

func TestAnotherCurrencyBringsADefaultRefundPolicy(t *testing.T) {
	t.Parallel()
	pool := pgtest.NewPool(t)
	_, err := pool.Exec(t.Context(), `INSERT INTO currencies (code) VALUES ('CHF')`)
	require.NoError(t, err)
	var same bool
	require.NoError(t, pool.QueryRow(t.Context(), `
		WITH tiers AS (
			SELECT p.currency, p.fee, array_agg(ROW (t.hours_before, t.percent)::text ORDER BY t.hours_before) AS tiers
			FROM refund_policies p JOIN refund_policy_tiers t ON t.policy_id = p.id
			WHERE p.theatre_id IS NULL
			GROUP BY p.id
		)
		SELECT (SELECT (fee, tiers) FROM tiers WHERE currency = 'CHF') = (SELECT (fee, tiers) FROM tiers WHERE currency = 'INR')`).Scan(&same))
	require.True(t, same, "the default policy")
}

func TestAnOldLedgerIsBroughtForward(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDB(t)
	require.NoError(t, db.MigrateDown(t.Context(), dsn, 5))
	pool, err := pgxpool.New(t.Context(), dsn)
	require.NoError(t, err)
	defer pool.Close()
	_, err = pool.Exec(t.Context(), `
		INSERT INTO users (id, email, name) VALUES ('us_1', 'asha@example.com', 'Asha');
		INSERT INTO ledger_accounts (id, kind, user_id, currency) VALUES ('wallet:us_1:INR', 'WALLET', 'us_1', 'INR');
		INSERT INTO ledger_transactions (reference, reason) VALUES ('gift', 'test');
		INSERT INTO ledger_entries VALUES ('gift', 'promotions:INR', -100), ('gift', 'wallet:us_1:INR', 100)`)
	require.NoError(t, err)

	require.NoError(t, db.Migrate(t.Context(), dsn))

	var kind string
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT kind FROM ledger_transactions`).Scan(&kind))
	require.Equal(t, "GRANT", kind)
	available, reserved := balances(t, pool)
	require.Equal(t, [2]int64{100, 0}, [2]int64{available, reserved})
}

func tables(t *testing.T, dsn string) (n int) {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), dsn)
	require.NoError(t, err)
	defer pool.Close()
	require.NoError(t, pool.QueryRow(context.Background(), `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&n))
	return n
}

func TestEachRoleMayDoItsWorkAndNoMore(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDB(t)
	for name, test := range map[string]struct{ role, statement string }{
		"the API cannot sell a seat":          {"boxoffice_api", `UPDATE claims SET state = 'SOLD'`},
		"the API cannot confirm":              {"boxoffice_api", `UPDATE bookings SET status = 'CONFIRMED'`},
		"the API cannot make money":           {"boxoffice_api", `INSERT INTO ledger_entries VALUES ('x', 'y', 1)`},
		"the API cannot credit a top-up":      {"boxoffice_api", `UPDATE top_ups SET status = 'SUCCEEDED'`},
		"the worker cannot change a top-up":   {"boxoffice_worker", `UPDATE top_ups SET amount = 1`},
		"the worker cannot change the limits": {"boxoffice_worker", `UPDATE top_up_limits SET per_day = 1`},
		"the API cannot open a rich wallet":   {"boxoffice_api", `INSERT INTO ledger_accounts VALUES ('x', 'WALLET', 'u', 'INR', 100)`},
		"the worker cannot read passwords":    {"boxoffice_worker", `SELECT password_hash FROM users`},
		"the worker cannot move a show":       {"boxoffice_worker", `UPDATE shows SET starts_at = now()`},
		"the API cannot cancel a show":        {"boxoffice_api", `UPDATE shows SET status = 'CANCELLED'`},
		"the API cannot begin a cascade":      {"boxoffice_api", `INSERT INTO cascades (id) VALUES ('cs')`},
		"the worker cannot adopt a show":      {"boxoffice_worker", `UPDATE cascade_shows SET cascade_id = ''`},
		"the worker cannot make a partner":    {"boxoffice_worker", `INSERT INTO partner_theatres VALUES ('us_1', 'th_1')`},
		"the worker cannot delete a booking":  {"boxoffice_worker", `DELETE FROM bookings`},
		"the worker cannot rewrite the trail": {"boxoffice_worker", `UPDATE booking_events SET reason = ''`},
		"the worker cannot make a coupon":     {"boxoffice_worker", `INSERT INTO coupons (code, kind, basis_points) VALUES ('SAVE', 'PERCENT', 1)`},
		"the worker cannot raise a limit":     {"boxoffice_worker", `UPDATE coupons SET max_uses = 1000`},
		"the worker cannot give uses back":    {"boxoffice_worker", `UPDATE coupon_redemptions SET status = 'GIVEN_BACK'`},
		"the API cannot forget a dispute":     {"boxoffice_api", `DELETE FROM disputes`},
		"the API cannot move a dispute":       {"boxoffice_api", `UPDATE disputes SET booking_id = NULL`},
		"the worker cannot change a dispute":  {"boxoffice_worker", `UPDATE disputes SET status = 'won'`},
		"the API cannot free what is frozen":  {"boxoffice_api", `UPDATE disputes SET frozen = 0`},
		"the API cannot invent what is lost":  {"boxoffice_api", `INSERT INTO disputes (id, lost) VALUES ('dp', 1)`},
		"the worker cannot move a dispute":    {"boxoffice_worker", `INSERT INTO dispute_movements (id, dispute_id) VALUES ('x', 'y')`},
		"the worker cannot put a flag down":   {"boxoffice_worker", `UPDATE flags SET resolved_at = now()`},
		"the API cannot finish a refund":      {"boxoffice_api", `UPDATE refunds SET status = 'SUCCEEDED'`},
		"the API cannot take a top-up":        {"boxoffice_api", `SELECT outside_refund_take('re', 1)`},
		"the API cannot book a refund":        {"boxoffice_api", `INSERT INTO outside_refunds (id) VALUES ('re')`},
		"the worker cannot raise a refund":    {"boxoffice_worker", `UPDATE outside_refunds SET amount = 1`},
		"the API cannot write a cancellation": {"boxoffice_api", `INSERT INTO cancellations (id) VALUES ('cx')`},
		"the API cannot take a coupon":        {"boxoffice_api", `INSERT INTO coupon_redemptions (booking_id, code, customer_id) VALUES ('b', 'SAVE', 'u')`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, err := pgxpool.ParseConfig(dsn)
			require.NoError(t, err)
			config.MaxConns = 1
			config.ConnConfig.RuntimeParams["role"] = test.role
			pool, err := pgxpool.NewWithConfig(t.Context(), config)
			require.NoError(t, err)
			defer pool.Close()

			_, err = pool.Exec(t.Context(), test.statement)

			require.ErrorContains(t, err, "permission denied")
		})
	}
}
