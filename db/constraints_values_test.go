package db_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/pgtest"
)

// rows are a few rows of every table, in addition to the catalogue.
const rows = `
INSERT INTO seat_layouts VALUES ('ly_3', 'sc_2', 2);
INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, intent_id, request_hash, correlation_id)
VALUES ('pay_2', 'bk_2', 1, 'CARD', 'INR', 0, 500, 'SUCCEEDED', 'pi_2', 'hash', 'test');
INSERT INTO cancellations (id, booking_id, seats, percent, carried, fee, paid, amount, currency, refund_to, cause, actor, reason, correlation_id)
VALUES ('cx_1', 'bk_2', ARRAY['A1'], 100, 0, 0, 0, 0, 'INR', 'ORIGINAL', 'OPERATOR', 'us_9', 'test', 'test');
INSERT INTO booking_seats (booking_id, seat, category, price, cancellation_id) VALUES ('bk_2', 'A1', 'STANDARD', 5, 'cx_1');
INSERT INTO refunds (id, intent_id, tender, amount, currency, reason, status, provider_refund_id, correlation_id)
VALUES ('rf_1', 'pi_3', 'CARD', 5, 'INR', 'test', 'INITIATED', 're_1', 'test');
INSERT INTO refund_events (refund_id, attempt, tender, to_status, command_id, actor, reason, correlation_id)
VALUES ('rf_1', 1, 'CARD', 'INITIATED', 'command', 'us_9', 'test', 'test');
INSERT INTO top_ups (id, user_id, currency, amount, status, intent_id, request_hash, correlation_id, expires_at)
VALUES ('tu_1', 'us_1', 'INR', 5, 'INITIATED', 'pi_4', 'hash', 'test', now());
INSERT INTO outside_refunds (id, intent_id, amount, currency, status, made_at) VALUES ('re_2', 'pi_5', 5, 'INR', 'STANDING', now());
INSERT INTO outside_refund_events (outside_refund_id, event, amount, command_id, actor, reason, correlation_id)
VALUES ('re_2', 'WRITTEN_OFF', 1, 'command', 'us_9', 'test', 'test');
INSERT INTO notices (booking_id, show_id, customer_id, kind, starts_at) VALUES ('bk_1', 'sh_1', 'us_1', 'REMINDER', now());
INSERT INTO notices (booking_id, show_id, customer_id, kind, starts_at, status, failure_code) VALUES ('bk_2', 'sh_1', 'us_1', 'REMINDER', now(), 'SKIPPED', 'MOVED');
INSERT INTO flags (kind, subject, message) VALUES ('AUDIT', 'x', 'test');
INSERT INTO webhook_events (event_id, type, outcome, occurred_at) VALUES ('evt_1', 'test', 'IGNORED', now());
INSERT INTO booking_reads (booking_id, actor, correlation_id) VALUES ('bk_1', 'us_9', 'test');
INSERT INTO operator_actions (actor, action, subject, reason, correlation_id) VALUES ('us_9', 'EXPIRE_BOOKING', 'bk_1', 'test', 'test');
INSERT INTO seat_moves (id, booking_id, from_seats, to_seats, request_hash, actor, reason, correlation_id)
VALUES ('sm_1', 'bk_1', ARRAY['A1'], ARRAY['A2'], 'hash', 'us_9', 'test', 'test');
`

// Beginnings of statements that are tried with several endings.
const (
	addCancellation = `INSERT INTO cancellations (id, booking_id, actor, reason, correlation_id, currency, carried, seats, percent, fee, paid, amount, refund_to, cause)
		VALUES ('cx_9', 'bk_2', 'us_9', 'test', 'test', 'INR', 0, `
	addPayment = `INSERT INTO payments (id, request_hash, correlation_id, currency, booking_id, attempt, method, wallet_amount, card_amount, status, intent_id)
		VALUES ('pay_9', 'hash', 'test', 'INR', `
	addRefund = `INSERT INTO refunds (id, currency, reason, correlation_id, intent_id, tender, amount, status, booking_id, payment_id, cancellation_id)
		VALUES ('rf_9', 'INR', 'test', 'test', `
	addCoupon   = `INSERT INTO coupons (code, kind, basis_points, `
	addSeat     = `INSERT INTO seats (layout_id, label, row_label, number, position, category) VALUES ('ly_3', `
	addAction   = `INSERT INTO operator_actions (actor, subject, correlation_id, action, reason, details) VALUES ('us_9', 'bk_1', 'test', `
	addSeatMove = `INSERT INTO seat_moves (id, booking_id, request_hash, actor, correlation_id, from_seats, to_seats, reason)
		VALUES ('sm_9', 'bk_1', 'hash', 'us_9', 'test', `
	addNotice = `INSERT INTO notices (booking_id, show_id, customer_id, starts_at, kind, occasion) VALUES ('bk_1', 'sh_1', 'us_1', now(), `
)

// refusedValues are statements by the constraint that refuses each. Those that need an explanation are in illegalStates.
var refusedValues = map[string]string{
	"bookings_client_is_short":                   `UPDATE bookings SET client_platform = repeat('x', 41)`,
	"theatres_area_is_short":                     `UPDATE theatres SET area = repeat('x', 81)`,
	"booking_reads_append_only":                  `DELETE FROM booking_reads`,
	"booking_reads_happened":                     `UPDATE booking_reads SET times = 0`,
	"booking_reads_one_a_day":                    `INSERT INTO booking_reads (booking_id, actor, correlation_id) VALUES ('bk_1', 'us_9', 'again')`,
	"booking_seats_append_only":                  `UPDATE booking_seats SET price = 6`,
	"booking_seats_cancelled_with_their_booking": `INSERT INTO booking_seats (booking_id, seat, category, price, cancellation_id) VALUES ('bk_1', 'A1', 'STANDARD', 5, 'cx_1')`,
	"booking_seats_price_positive":               `INSERT INTO booking_seats (booking_id, seat, category, price) VALUES ('bk_1', 'A1', 'STANDARD', 0)`,
	"bookings_quote_not_negative": `UPDATE bookings SET currency = 'INR', subtotal = 5, discount = 0, fees = -1, tax = 0, total = 4, applied_offers = '[]',
		price_mode = 'ADDED', tax_rounding = 'SUM'`,

	"cancellations_append_only":        `DELETE FROM cancellations`,
	"cancellations_fee_not_negative":   addCancellation + `ARRAY['A1'], 100, -1, 0, 0, 'ORIGINAL', 'CUSTOMER')`,
	"cancellations_have_seats":         addCancellation + `'{}', 100, 0, 0, 0, 'ORIGINAL', 'CUSTOMER')`,
	"cancellations_paid_not_negative":  addCancellation + `ARRAY['A1'], 100, 0, -1, 0, 'ORIGINAL', 'CUSTOMER')`,
	"cancellations_percent_is_a_share": addCancellation + `ARRAY['A1'], 101, 0, 0, 0, 'ORIGINAL', 'CUSTOMER')`,
	"cancellations_refund_to_is_known": addCancellation + `ARRAY['A1'], 100, 0, 0, 0, 'NOBODY', 'CUSTOMER')`,

	"cascade_events_event_is_known": `INSERT INTO cascade_events (cascade_id, event, actor, reason, correlation_id) VALUES ('cs_1', 'LOST', 'us_1', 'test', 'test')`,
	"cascade_events_have_a_reason":  `INSERT INTO cascade_events (cascade_id, event, actor, reason, correlation_id) VALUES ('cs_1', 'PAUSED', 'us_1', '', 'test')`,
	"cascades_kind_is_known":        `UPDATE cascades SET kind = 'CITY', show_id = NULL`,
	"cascades_movie_once": `INSERT INTO cascades (id, kind, movie_id, actor, reason, correlation_id)
		VALUES ('cs_2', 'MOVIE', 'mv_2', 'us_1', 'test', 'test'), ('cs_3', 'MOVIE', 'mv_2', 'us_1', 'test', 'test')`,
	"cascades_noted_not_negative": `UPDATE cascades SET noted = -1`,
	"cascades_status_is_known":    `UPDATE cascades SET status = 'LOST'`,
	"cascades_theatre_once": `INSERT INTO cascades (id, kind, theatre_id, actor, reason, correlation_id)
		VALUES ('cs_2', 'THEATRE', 'th_2', 'us_1', 'test', 'test'), ('cs_3', 'THEATRE', 'th_2', 'us_1', 'test', 'test')`,
	"check_ins_append_only":      `TRUNCATE check_ins`,
	"cities_country_is_iso_3166": `UPDATE cities SET country_code = 'in'`,
	"claims_all_or_none":         `SELECT all_seats_acquired('{A1,A2}', '{A1}')`,
	"claims_state_is_known":      `UPDATE claims SET state = 'LOST', held_until = NULL`,

	"coupon_redemptions_discount_not_negative": `INSERT INTO coupon_redemptions (booking_id, code, customer_id, discount) VALUES ('bk_2', 'TENTH', 'us_1', -1)`,
	"coupon_redemptions_status_is_known":       `INSERT INTO coupon_redemptions (booking_id, code, customer_id, status) VALUES ('bk_2', 'TENTH', 'us_1', 'LOST')`,
	"coupons_amount_positive":                  addCoupon + `amount, currency) VALUES ('SAVE', 'FLAT', NULL, 0, 'INR')`,
	"coupons_kind_is_known":                    addCoupon + `amount) VALUES ('SAVE', 'GIFT', 1, NULL)`,
	"coupons_max_discount_positive":            addCoupon + `max_discount, currency) VALUES ('SAVE', 'PERCENT', 1, 0, 'INR')`,
	"coupons_max_uses_per_customer_positive":   addCoupon + `max_uses_per_customer) VALUES ('SAVE', 'PERCENT', 1, 0)`,
	"coupons_max_uses_positive":                addCoupon + `max_uses) VALUES ('SAVE', 'PERCENT', 1, 0)`,
	"coupons_uses_not_negative":                `ALTER TABLE coupons DISABLE TRIGGER USER; UPDATE coupons SET uses = -1`,
	"currencies_code_is_iso_4217":              `INSERT INTO currencies (code) VALUES ('inr')`,
	"currencies_minimum_charge_positive":       `INSERT INTO currencies (code, minimum_charge) VALUES ('CHF', 0)`,
	"disputes_amount_not_negative":             `UPDATE disputes SET amount = -1`,
	"flags_kind_is_known":                      `INSERT INTO flags (kind, subject, message) VALUES ('RAIN', 'x', 'test')`,
	"flags_open_once":                          `INSERT INTO flags (kind, subject, message) VALUES ('AUDIT', 'x', 'again')`,
	"ledger_accounts_house_balance_is_the_sum": `ALTER TABLE ledger_accounts DISABLE TRIGGER USER; UPDATE ledger_accounts SET balance = 1 WHERE id = 'tax:INR'`,
	"ledger_accounts_kind_is_known":            `INSERT INTO ledger_accounts (id, kind, currency) VALUES ('cash:INR', 'CASH', 'INR')`,
	"ledger_entries_by_account": `INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('again', 'GRANT', 'test');
		INSERT INTO ledger_entries OVERRIDING SYSTEM VALUE SELECT 'again', account_id, amount, seq FROM ledger_entries`,
	"ledger_entries_not_zero":     `INSERT INTO ledger_entries VALUES ('gift', 'tax:INR', 0)`,
	"movies_have_a_genre":         `UPDATE movies SET genres = '{}'`,
	"movies_runtime_is_plausible": `UPDATE movies SET runtime_minutes = 601`,
	"movies_status_is_known":      `UPDATE movies SET status = 'LOST'`,

	"notices_append_only":                  `DELETE FROM notices`,
	"notices_attempts_are_few":             `UPDATE notices SET attempts = 101 WHERE status = 'PENDING'`,
	"notices_failure_code_is_a_word":       `UPDATE notices SET failure_code = 'no such host' WHERE status = 'PENDING'`,
	"notices_kind_is_known":                addNotice + `'GREETING', '')`,
	"notices_occasion_is_an_id":            addNotice + `'REMINDER', 'two words')`,
	"notices_of_moved_shows_say_from_when": addNotice + `'SHOW_MOVED', '1')`,
	"notices_sent_at_a_time":               `UPDATE notices SET sent_at = now() WHERE status = 'PENDING'`,
	"notices_status_is_known":              `UPDATE notices SET status = 'LOST' WHERE status = 'PENDING'`,
	"notices_told_once":                    `ALTER TABLE notices DROP CONSTRAINT notices_pkey; ` + addNotice + `'REMINDER', '')`, // the id is made of the same
	"notices_unsent_for_a_cause":           `UPDATE notices SET status = 'FAILED' WHERE status = 'PENDING'`,
	"notices_words_are_what_was_sent":      `UPDATE notices SET subject = 'x', words = 'x' WHERE status = 'PENDING'`,
	"notices_words_are_whole":              `UPDATE notices SET subject = 'x' WHERE status = 'PENDING'`,
	"operator_actions_action_is_known":     addAction + `'DANCE', 'test', '{}')`,
	"operator_actions_append_only":         `DELETE FROM operator_actions`,
	"operator_actions_details_are_short":   addAction + `'EXPIRE_BOOKING', 'test', '[]')`,
	"operator_actions_have_a_reason":       addAction + `'EXPIRE_BOOKING', '', '{}')`,

	"outside_refund_events_append_only": `DELETE FROM outside_refund_events`,
	"outside_refund_events_command_once": `INSERT INTO outside_refund_events (outside_refund_id, event, amount, command_id, actor, reason, correlation_id)
		VALUES ('re_2', 'ASSIGNED', 1, 'command', 'us_9', 'again', 'test')`,
	"outside_refunds_append_only":      `DELETE FROM outside_refunds`,
	"payments_attempt_from_one":        addPayment + `'bk_1', 0, 'CARD', 0, 5, 'INITIATED', NULL)`,
	"payments_attempt_once":            addPayment + `'bk_1', 1, 'CARD', 0, 5, 'INITIATED', NULL)`,
	"payments_card_not_negative":       addPayment + `'bk_1', 2, 'CARD', 0, -5, 'INITIATED', NULL)`,
	"payments_intent_is_for_a_card":    addPayment + `'bk_1', 2, 'WALLET', 5, 0, 'INITIATED', 'pi_9')`,
	"payments_intent_once":             addPayment + `'bk_1', 2, 'CARD', 0, 5, 'INITIATED', 'pi_2')`,
	"payments_method_fits_tenders":     addPayment + `'bk_1', 2, 'CARD', 5, 5, 'INITIATED', NULL)`,
	"payments_method_is_known":         addPayment + `'bk_1', 2, 'GOLD', 5, 5, 'INITIATED', NULL)`,
	"payments_one_success_per_booking": addPayment + `'bk_2', 2, 'CARD', 0, 5, 'SUCCEEDED', 'pi_9')`,
	"payments_status_is_known":         addPayment + `'bk_1', 2, 'CARD', 0, 5, 'LOST', NULL)`,
	"payments_wallet_not_negative":     addPayment + `'bk_1', 2, 'WALLET', -5, 0, 'INITIATED', NULL)`,

	"refund_events_append_only": `DELETE FROM refund_events`,
	"refund_events_command_once": `INSERT INTO refund_events (refund_id, attempt, tender, to_status, command_id, actor, reason, correlation_id)
		VALUES ('rf_1', 1, 'CARD', 'INITIATED', 'command', 'us_9', 'again', 'test')`,
	"refund_events_have_a_reason": `INSERT INTO refund_events (refund_id, attempt, tender, to_status, actor, reason, correlation_id)
		VALUES ('rf_1', 1, 'CARD', 'INITIATED', 'us_9', '', 'test')`,
	"refund_policies_append_only":             `UPDATE refund_policies SET fee = 1`,
	"refund_policies_fee_not_negative":        `INSERT INTO refund_policies (currency, fee) VALUES ('INR', -1)`,
	"refund_policies_never_backdated":         `INSERT INTO refund_policies (currency, fee, valid_from) VALUES ('INR', 0, now() - interval '1 day')`,
	"refund_policies_once_at_a_time":          `INSERT INTO refund_policies (currency, fee, valid_from) VALUES ('INR', 0, 'epoch')`,
	"refund_policy_tiers_append_only":         `UPDATE refund_policy_tiers SET percent = 1`,
	"refund_policy_tiers_hours_are_plausible": `INSERT INTO refund_policy_tiers (policy_id, hours_before, percent) SELECT min(id), 8761, 1 FROM refund_policies`,
	"refund_policy_tiers_percent_is_a_share":  `INSERT INTO refund_policy_tiers (policy_id, hours_before, percent) SELECT min(id), 1, 101 FROM refund_policies`,
	"refunds_belong_to_the_cancellation":      addRefund + `'pi_2', 'CARD', 5, 'INITIATED', 'bk_1', 'pay_2', 'cx_1')`,
	"refunds_amount_positive":                 addRefund + `'pi_9', 'CARD', 0, 'INITIATED', NULL, NULL, NULL)`,
	"refunds_attempt_from_one":                `UPDATE refunds SET attempt = 0`,
	"refunds_card_has_intent":                 addRefund + `NULL, 'CARD', 5, 'INITIATED', NULL, NULL, NULL)`,
	"refunds_charge_goes_back_once":           addRefund + `'pi_3', 'CARD', 5, 'INITIATED', NULL, NULL, NULL)`,
	"refunds_never_exceed_payment":            addRefund + `'pi_2', 'CARD', 501, 'INITIATED', 'bk_2', 'pay_2', 'cx_1')`,
	"refunds_of_cancellations_have_payments":  addRefund + `'pi_2', 'CARD', 5, 'INITIATED', 'bk_2', NULL, 'cx_1')`,
	"refunds_of_sales_by_cancellation":        addRefund + `'pi_2', 'CARD', 5, 'INITIATED', 'bk_2', 'pay_2', NULL)`,
	"refunds_provider_refund_once":            addRefund + `'pi_9', 'CARD', 5, 'INITIATED', NULL, NULL, NULL); UPDATE refunds SET provider_refund_id = 're_1'`,
	"refunds_status_is_known":                 addRefund + `'pi_9', 'CARD', 5, 'LOST', NULL, NULL, NULL)`,
	"refunds_tender_is_known":                 addRefund + `'pi_9', 'GOLD', 5, 'INITIATED', NULL, NULL, NULL)`,

	"seat_layouts_version_from_one":      `INSERT INTO seat_layouts VALUES ('ly_9', 'sc_1', 0)`,
	"seat_moves_append_only":             `DELETE FROM seat_moves`,
	"seat_moves_are_of_one_to_ten_seats": addSeatMove + `'{}', '{}', 'test')`,
	"seat_moves_have_a_reason":           addSeatMove + `ARRAY['A1'], ARRAY['A2'], '')`,
	"seat_moves_keep_the_number":         addSeatMove + `ARRAY['A1'], ARRAY['A2', 'A3'], 'test')`,
	"seats_category_is_a_word":           addSeat + `'A1', 'A', 1, 1, 'Best')`,
	"seats_label_is_row_and_number":      addSeat + `'A2', 'A', 1, 1, 'STANDARD')`,
	"seats_number_is_small":              addSeat + `'A1000', 'A', 1000, 1, 'STANDARD')`,
	"seats_position_from_one":            addSeat + `'A1', 'A', 1, 0, 'STANDARD')`,
	"seats_row_is_letters":               addSeat + `'11', '1', 1, 1, 'STANDARD')`,
	"show_moves_append_only":             `TRUNCATE show_moves`,
	"show_moves_move":                    `INSERT INTO show_moves (show_id, from_starts_at, to_starts_at) VALUES ('sh_1', now(), now())`,
	"show_prices_positive":               `INSERT INTO show_prices VALUES ('sh_1', 'STANDARD', 0)`,
	"shows_end_after_start":              `UPDATE shows SET ends_at = starts_at`,
	"shows_format_is_known":              `UPDATE shows SET format = 'VHS'`,
	"shows_hold_is_short":                `UPDATE shows SET hold_seconds = 1801`,
	"shows_status_is_known":              `UPDATE shows SET status = 'LOST' WHERE id = 'sh_1'`,

	"theatres_fee_not_negative":       `UPDATE theatres SET booking_fee_per_seat = -1`,
	"theatres_status_is_known":        `UPDATE theatres SET status = 'LOST'`,
	"theatres_tax_is_a_share":         `UPDATE theatres SET tax_basis_points = 10001`,
	"top_ups_intent_once":             `INSERT INTO top_ups SELECT 'tu_9', user_id, currency, amount, status, intent_id, NULL, request_hash, correlation_id, expires_at FROM top_ups`,
	"users_email_is_lower_case":       `UPDATE users SET email = 'Asha@example.com'`,
	"users_email_once":                `INSERT INTO users (id, email, name) VALUES ('us_9', 'asha@example.com', 'Asha')`,
	"users_role_is_known":             `UPDATE users SET role = 'OWNER'`,
	"webhook_events_outcome_is_known": `UPDATE webhook_events SET outcome = 'LOST'`,
}

func TestNoColumnTakesAMeaninglessValue(t *testing.T) {
	t.Parallel()
	pool := pgtest.NewPool(t)
	_, err := pool.Exec(t.Context(), catalogue+rows)
	require.NoError(t, err)
	for constraint, statement := range refusedValues {
		t.Run(constraint, func(t *testing.T) {
			t.Parallel()
			requireViolation(t, pool, statement, constraint)
		})
	}
}

// A constraint that has never been seen to refuse something may allow everything.
func TestEveryConstraintIsTried(t *testing.T) {
	t.Parallel()
	found, err := pgtest.NewPool(t).Query(t.Context(), `
		SELECT conname::text FROM pg_constraint
		WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'u', 'x') AND conname !~ '_(fkey|key)$'
		UNION
		SELECT indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
		UNION
		SELECT (regexp_matches(prosrc, 'CONSTRAINT = ''([a-z_]+)''', 'g'))[1] FROM pg_proc WHERE pronamespace = 'public'::regnamespace
		UNION
		SELECT tgrelid::regclass || '_append_only' FROM pg_trigger WHERE tgfoid = 'refuse_change'::regproc`)
	require.NoError(t, err)
	constraints, err := pgx.CollectRows(found, pgx.RowTo[string])
	require.NoError(t, err)
	require.Contains(t, constraints, "claims_seat_is_in_the_layout")
	require.Contains(t, constraints, "flags_open_once")
	require.Contains(t, constraints, "seat_layouts_immutable_once_used")
	require.Contains(t, constraints, "ledger_entries_append_only")
	tried := map[string]bool{}
	for _, state := range illegalStates {
		tried[state.constraint] = true
	}
	for constraint := range refusedValues {
		tried[constraint] = true
	}
	untried := slices.DeleteFunc(constraints, func(constraint string) bool { return tried[constraint] })
	require.Empty(t, untried, "have something in illegalStates or refusedValues that each refuses")
}
