package audit_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/boxoffice/boxoffice/provider"
)

// damages break the fixture in one place each. found has the name of each check that has to notice,
// with the first id that it has to report.
var damages = map[string]struct {
	sql    string
	bank   func(*fakeBank)
	server func(*fakeTemporal)
	found  map[string]string
}{
	// Seats.
	"a seat is sold to a booking that has expired": {
		sql:   `INSERT INTO claims (show_id, seat, layout_id, booking_id, state) VALUES ('sh_1', 'A7', 'ly_1', 'bk_expired', 'SOLD')`,
		found: map[string]string{"seats.sold": "sh_1/A7"},
	},
	"a seat is sold that its booking does not have": {
		sql:   `INSERT INTO claims (show_id, seat, layout_id, booking_id, state) VALUES ('sh_1', 'C1', 'ly_1', 'bk_card', 'SOLD')`,
		found: map[string]string{"seats.sold": "sh_1/C1"},
	},
	"a cancelled seat is still sold": {
		sql:   `INSERT INTO claims (show_id, seat, layout_id, booking_id, state) VALUES ('sh_1', 'B3', 'ly_1', 'bk_partial', 'SOLD')`,
		found: map[string]string{"seats.sold": "sh_1/B3"},
	},
	"a sold seat is given away": {
		sql:   `DELETE FROM claims WHERE booking_id = 'bk_wallet' AND seat = 'A4'`,
		found: map[string]string{"seats.bought": "bk_wallet"},
	},
	"a sold seat is only held": {
		sql:   `UPDATE claims SET state = 'HELD', held_until = now() WHERE booking_id = 'bk_card'`,
		found: map[string]string{"seats.bought": "bk_card", "seats.held": "sh_1/A5"},
	},
	"a seat is sold a second time": {
		sql:   `UPDATE claims SET booking_id = 'bk_card' WHERE booking_id = 'bk_hybrid'`,
		found: map[string]string{"seats.bought": "bk_hybrid", "seats.sold": "sh_1/A6"},
	},
	"a booking that has expired still holds its seat": {
		sql: `INSERT INTO claims (show_id, seat, layout_id, booking_id, state, held_until)
		      VALUES ('sh_1', 'A7', 'ly_1', 'bk_expired', 'HELD', now())`,
		found: map[string]string{"seats.held": "sh_1/A7"},
	},
	"a hold loses its seat": {
		sql:   `DELETE FROM claims WHERE booking_id = 'bk_held'`,
		found: map[string]string{"seats.protected": "bk_held"},
	},
	"a hold is never ended": {
		sql:   `UPDATE bookings SET expires_at = now() - interval '16 minutes' WHERE id = 'bk_held'`,
		found: map[string]string{"seats.overdue": "bk_held"},
	},
	// Bookings.
	"a state is not in the trail": {
		sql:   `UPDATE bookings SET status = 'COMPLETED' WHERE id = 'bk_card'`,
		found: map[string]string{"bookings.trail": "bk_card"},
	},
	"a trail has a gap": {
		sql:   `DELETE FROM booking_events WHERE booking_id = 'bk_card' AND to_status = 'PAYMENT_PENDING'`,
		found: map[string]string{"bookings.trail": "bk_card"},
	},
	"a trail is lost": {
		sql:   `DELETE FROM booking_events WHERE booking_id = 'bk_held'`,
		found: map[string]string{"bookings.trail": "bk_held"},
	},
	"a quote does not add up": {
		sql:   `ALTER TABLE bookings DROP CONSTRAINT bookings_quote_adds_up; UPDATE bookings SET total = total + 1 WHERE id = 'bk_held'`,
		found: map[string]string{"bookings.quote": "bk_held"},
	},
	"a quote is counted as one of another mode": {
		sql:   `ALTER TABLE bookings DROP CONSTRAINT bookings_quote_adds_up; UPDATE bookings SET price_mode = 'INCLUSIVE' WHERE id = 'bk_held'`,
		found: map[string]string{"bookings.quote": "bk_held"},
	},
	"a quote holds more fees and tax than it comes to": {
		sql: `ALTER TABLE bookings DROP CONSTRAINT bookings_quote_holds_fees_and_tax;
		      UPDATE bookings SET price_mode = 'INCLUSIVE', total = subtotal - discount, fees = subtotal WHERE id = 'bk_held'`,
		found: map[string]string{"bookings.quote": "bk_held"},
	},
	"a seat has another price than the quote": {
		sql:   `UPDATE booking_seats SET price = price + 1 WHERE booking_id = 'bk_wallet' AND seat = 'A3'`,
		found: map[string]string{"bookings.quote": "bk_wallet"},
	},
	"a seat is missing in the quote": {
		sql:   `UPDATE booking_seats SET seat = 'C5' WHERE booking_id = 'bk_expired'`,
		found: map[string]string{"bookings.quote": "bk_expired"},
	},
	"a discount has no offer": {
		sql:   `UPDATE bookings SET applied_offers = '[]' WHERE id = 'bk_held'`,
		found: map[string]string{"bookings.quote": "bk_held", "coupons.redeemed": "bk_held"},
	},
	"a confirmed booking is not paid": {
		sql: `UPDATE payments SET status = 'CANCELLED' WHERE id = 'pay_wallet'`,
		found: map[string]string{
			"bookings.paid": "bk_wallet", "bookings.sale": "bk_wallet", "ledger.money": "bk_wallet",
		},
	},
	"a confirmed booking is paid twice": {
		sql: `DROP INDEX payments_one_success_per_booking;
		      INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, request_hash, correlation_id)
		      VALUES ('pay_second', 'bk_wallet', 2, 'WALLET', 'INR', 22360, 0, 'SUCCEEDED', 'hash', 'test')`,
		found: map[string]string{"bookings.paid": "bk_wallet", "ledger.money": "bk_wallet"},
	},
	"a confirmed booking is paid with too little": {
		sql:   `UPDATE payments SET wallet_amount = wallet_amount - 1 WHERE id = 'pay_wallet'`,
		found: map[string]string{"bookings.paid": "bk_wallet", "bookings.sale": "bk_wallet", "ledger.money": "bk_wallet"},
	},
	"a booking is paid and was never confirmed": {
		sql: `UPDATE payments SET status = 'SUCCEEDED', method = 'WALLET', wallet_amount = 11180, card_amount = 0, intent_id = NULL
		      WHERE id = 'pay_expired'`,
		found: map[string]string{"bookings.paid": "bk_expired", "ledger.money": "bk_expired"},
	},
	"a sale is not in the ledger": {
		sql: `DELETE FROM ledger_entries WHERE reference = 'bk_card:sale'; DELETE FROM ledger_transactions WHERE reference = 'bk_card:sale'`,
		found: map[string]string{
			"bookings.sale": "bk_card", "ledger.money": "bk_card",
		},
	},
	"a sale is booked for a booking that never was confirmed": {
		sql: `SELECT t_post('bk_expired:sale', 'bk_expired', 'SALE', ARRAY['card-clearing:INR', 'ticket-sales:INR'], ARRAY[-5, 5])`,
		found: map[string]string{
			"bookings.sale": "bk_expired", "ledger.money": "bk_expired",
		},
	},
	"a sale is booked from the wrong tender": {
		sql:   `UPDATE ledger_entries SET account_id = 'promotions:INR' WHERE reference = 'bk_card:sale' AND account_id = 'card-clearing:INR'`,
		found: map[string]string{"bookings.sale": "bk_card"},
	},
	"a sale books fees as tickets": {
		sql: `UPDATE ledger_entries SET amount = amount + 1 WHERE reference = 'bk_card:sale' AND account_id = 'ticket-sales:INR';
		      UPDATE ledger_entries SET amount = amount - 1 WHERE reference = 'bk_card:sale' AND account_id = 'booking-fees:INR'`,
		found: map[string]string{"bookings.sale": "bk_card"},
	},
	"a booking without seats is not cancelled": {
		sql: `UPDATE booking_seats SET cancellation_id = 'cx_partial' WHERE booking_id = 'bk_partial';
		      DELETE FROM claims WHERE booking_id = 'bk_partial'`,
		found: map[string]string{"bookings.cancelled": "bk_partial"},
	},
	"a cancelled booking has a seat": {
		sql:   `UPDATE booking_seats SET cancellation_id = NULL WHERE booking_id = 'bk_returned'`,
		found: map[string]string{"bookings.cancelled": "bk_returned"},
	},
	"a booking is forgotten after its show": {
		sql:   `UPDATE shows SET starts_at = now() - interval '30 hours', ends_at = now() - interval '25 hours' WHERE id = 'sh_1'`,
		found: map[string]string{"bookings.completed": "bk_card"},
	},
	"an attempt is open after the end": {
		sql:   `UPDATE payments SET status = 'DECLINED', method = 'CARD', wallet_amount = 0 WHERE id = 'pay_expired'`,
		found: map[string]string{"temporal.payments": "pay_expired"},
	},
	"an attempt is open for days after the end": {
		sql: `UPDATE payments SET status = 'DECLINED', method = 'CARD', wallet_amount = 0, updated_at = now() - interval '2 days' WHERE id = 'pay_expired';
		      UPDATE bookings SET updated_at = now() - interval '2 days' WHERE id = (SELECT booking_id FROM payments WHERE id = 'pay_expired')`,
		found: map[string]string{
			"bookings.payments": "pay_expired", "temporal.payments": "pay_expired",
		},
	},
	// Disputes.
	"what a bank took is not in the ledger": {
		sql: `INSERT INTO disputes (id, intent_id, amount, currency, reason, status, opened_at, updated_at, charge_amount, charge_currency, withdrawn)
		      VALUES ('dp_1', 'pi_card', 5, 'INR', 'general', 'needs_response', now(), now(), 5, 'INR', 5);
		      INSERT INTO dispute_movements (id, dispute_id, amount, fee, currency, principal) VALUES ('txn_1', 'dp_1', -5, 0, 'INR', -5);
		      SELECT t_post('txn_2', NULL, 'DISPUTE_LOST', ARRAY['disputed:INR', 'dispute-losses:INR'], ARRAY[-5, 5])`,
		found: map[string]string{"disputes.posted": "txn_1"},
	},
	"the fee of a dispute is not in the ledger": {
		sql: `INSERT INTO disputes (id, intent_id, amount, currency, reason, status, opened_at, updated_at, charge_amount, charge_currency)
		      VALUES ('dp_1', 'pi_card', 5, 'INR', 'general', 'needs_response', now(), now(), 5, 'INR');
		      INSERT INTO dispute_movements (id, dispute_id, amount, fee, currency, principal) VALUES ('txn_1', 'dp_1', 0, 5, 'INR', 0)`,
		found: map[string]string{"disputes.posted": "txn_1:fee"},
	},
	"money moves for a dispute that nobody knows": {
		sql:   `SELECT t_post('txn_1', NULL, 'DISPUTE_FEE', ARRAY['card-clearing:INR', 'dispute-fees:INR'], ARRAY[5, -5])`,
		found: map[string]string{"disputes.posted": "txn_1"},
	},
	"a lost dispute is no loss": {
		sql: `INSERT INTO disputes (id, intent_id, amount, currency, reason, status, opened_at, updated_at, charge_amount, charge_currency, withdrawn)
		      VALUES ('dp_1', 'pi_card', 5, 'INR', 'general', 'lost', now(), now(), 5, 'INR', 5);
		      INSERT INTO dispute_movements (id, dispute_id, amount, fee, currency, principal) VALUES ('txn_1', 'dp_1', -5, 0, 'INR', -5);
		      SELECT t_post('txn_1', NULL, 'DISPUTE_WITHDRAWN', ARRAY['card-clearing:INR', 'disputed:INR'], ARRAY[5, -5])`,
		found: map[string]string{"disputes.decided": "dp_1"},
	},
	"a disputed sum belongs to no dispute": {
		sql:   `SELECT t_post('txn_1', NULL, 'DISPUTE_LOST', ARRAY['dispute-losses:INR', 'disputed:INR'], ARRAY[5, -5])`,
		found: map[string]string{"disputes.decided": "disputed:INR"},
	},
	"a frozen sum is not in the wallet": {
		sql: `INSERT INTO disputes (id, intent_id, amount, currency, reason, status, opened_at, updated_at, charge_amount, charge_currency, user_id, frozen)
		      VALUES ('dp_1', 'pi_card', 5, 'INR', 'general', 'needs_response', now(), now(), 5, 'INR', 'us_asha', 5)`,
		found: map[string]string{"disputes.frozen": "wallet-frozen:us_asha:INR"},
	},
	"a refund is paid while the bank decides": {
		sql: `INSERT INTO disputes (id, intent_id, amount, currency, reason, status, opened_at, updated_at, charge_amount, charge_currency, held_since)
		      VALUES ('dp_1', 'pi_failed', 11180, 'INR', 'general', 'needs_response', now(), now(), 11180, 'INR', '2000-01-01')`,
		found: map[string]string{"disputes.held": "dp_1"},
	},
	"more is paid than a lost charge has left": {
		sql: `INSERT INTO disputes (id, intent_id, amount, currency, reason, status, opened_at, updated_at, charge_amount, charge_currency, held_since)
		      VALUES ('dp_1', 'pi_failed', 1, 'INR', 'general', 'lost', now(), now(), 11180, 'INR', '2000-01-01')`,
		found: map[string]string{"disputes.held": "dp_1"},
	},
	// Ledger.
	"a transaction does not sum to zero": {
		sql:   `UPDATE ledger_entries SET amount = amount - 1 WHERE reference = 'gift' AND account_id = 'promotions:INR'`,
		found: map[string]string{"ledger.balanced": "gift"},
	},
	"a transaction changes the currency": {
		sql:   `UPDATE ledger_entries SET account_id = 'promotions:USD' WHERE reference = 'gift' AND account_id = 'promotions:INR'`,
		found: map[string]string{"ledger.balanced": "gift"},
	},
	"a transaction has no entries": {
		sql:   `INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('empty', 'GRANT', 'test')`,
		found: map[string]string{"ledger.balanced": "empty"},
	},
	"a transaction has one entry": {
		sql:   `SELECT t_post('lonely', NULL, 'GRANT', ARRAY['promotions:INR'], ARRAY[5])`,
		found: map[string]string{"ledger.balanced": "lonely"},
	},
	"a wallet has money from nowhere": {
		sql:   `UPDATE ledger_accounts SET balance = balance + 1 WHERE id = 'wallet:us_ben:INR'`,
		found: map[string]string{"ledger.wallets": "wallet:us_ben:INR"},
	},
	"a wallet is below zero": {
		sql: `ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_wallet_never_negative;
		      SELECT t_post('theft', NULL, 'GRANT', ARRAY['wallet:us_ben:INR', 'promotions:INR'], ARRAY[-5, 5]);
		      UPDATE ledger_accounts SET balance = -5 WHERE id = 'wallet:us_ben:INR'`,
		found: map[string]string{"ledger.wallets": "wallet:us_ben:INR"},
	},
	"a reserve is left behind": {
		sql:   `UPDATE payments SET status = 'CANCELLED' WHERE id = 'pay_open'`,
		found: map[string]string{"ledger.reserved": "wallet-reserved:us_asha:INR"},
	},
	"an open payment has nothing reserved": {
		sql: `DELETE FROM ledger_entries WHERE reference = 'pay_open:reserve';
		      DELETE FROM ledger_transactions WHERE reference = 'pay_open:reserve';
		      UPDATE ledger_accounts SET balance = balance + CASE kind WHEN 'WALLET' THEN 5000 ELSE -5000 END WHERE user_id = 'us_asha'`,
		found: map[string]string{"ledger.reserved": "wallet-reserved:us_asha:INR"},
	},
	"money of a booking disappears": {
		sql:   `SELECT t_post('leak', 'bk_card', 'GRANT', ARRAY['ticket-sales:INR', 'promotions:INR'], ARRAY[-100, 100])`,
		found: map[string]string{"ledger.money": "bk_card"},
	},
	// Refunds.
	"money that bought nothing is not owed": {
		sql: `DELETE FROM ledger_entries WHERE reference = 'rf_failed:charge'; DELETE FROM ledger_transactions WHERE reference = 'rf_failed:charge'`,
		found: map[string]string{
			"refunds.opened": "rf_failed", "refunds.owed": "refunds-payable:INR",
		},
	},
	"a charge that no refund answers": {
		sql: `SELECT t_post('rf_lost:charge', NULL, 'CHARGE', ARRAY['card-clearing:INR', 'refunds-payable:INR'], ARRAY[-7, 7])`,
		found: map[string]string{
			"refunds.opened": "rf_lost", "refunds.owed": "refunds-payable:INR",
		},
	},
	"a cancellation gives back less than it promised": {
		sql: `UPDATE refunds SET amount = amount - 1 WHERE id = 'rf_partial'`,
		found: map[string]string{
			"refunds.cancelled": "cx_partial", "refunds.owed": "refunds-payable:INR", "ledger.money": "bk_partial",
			"provider.refunds": "re_rf_partial",
		},
	},
	"a cancellation is not in the ledger": {
		sql: `DELETE FROM ledger_entries WHERE reference = 'cx_partial'; DELETE FROM ledger_transactions WHERE reference = 'cx_partial'`,
		found: map[string]string{
			"refunds.cancelled": "cx_partial", "refunds.owed": "refunds-payable:INR", "ledger.money": "bk_partial",
		},
	},
	"a refund's state is not in its trail": {
		sql:   `DELETE FROM refund_events WHERE refund_id = 'rf_returned'`,
		found: map[string]string{"refunds.trail": "rf_returned"},
	},
	"a refund is not posted": {
		sql: `DELETE FROM ledger_entries WHERE reference = 'rf_failed:1'; DELETE FROM ledger_transactions WHERE reference = 'rf_failed:1'`,
		found: map[string]string{
			"refunds.posted": "rf_failed", "refunds.owed": "refunds-payable:INR",
		},
	},
	"a refund is posted twice": {
		sql: `SELECT t_post('rf_failed:2', 'bk_failed', 'REFUND', ARRAY['refunds-payable:INR', 'card-clearing:INR'], ARRAY[-11180, 11180])`,
		found: map[string]string{
			"refunds.posted": "rf_failed", "refunds.owed": "refunds-payable:INR",
		},
	},
	"a refund that came back still counts": {
		sql: `SELECT t_post('rf_failed:1:returned', 'bk_failed', 'REFUND_RETURNED', ARRAY['refunds-payable:INR', 'card-clearing:INR'], ARRAY[11180, -11180])`,
		found: map[string]string{
			"refunds.posted": "rf_failed", "refunds.owed": "refunds-payable:INR",
		},
	},
	"a posting belongs to no refund": {
		sql: `SELECT t_post('rf_unknown:1', NULL, 'REFUND', ARRAY['refunds-payable:INR', 'card-clearing:INR'], ARRAY[-5, 5])`,
		found: map[string]string{
			"refunds.posted": "rf_unknown", "refunds.owed": "refunds-payable:INR",
		},
	},
	"what is owed has been given to somebody else": {
		sql:   `SELECT t_post('leak', NULL, 'GRANT', ARRAY['refunds-payable:INR', 'promotions:INR'], ARRAY[-100, 100])`,
		found: map[string]string{"refunds.owed": "refunds-payable:INR"},
	},
	"a payment is given back twice": {
		sql: `SELECT t_refund('rf_again', 'bk_returned', 'WALLET', 11180, 'SUCCEEDED', 'cx_returned');
		      UPDATE ledger_accounts SET balance = balance + 11180 WHERE id = 'wallet:us_asha:INR'`,
		found: map[string]string{
			"refunds.bounded": "pay_returned", "refunds.cancelled": "cx_returned", "refunds.owed": "refunds-payable:INR",
			"ledger.money": "bk_returned",
		},
	},
	"more goes to the card than came from it": {
		sql: `UPDATE refunds SET tender = 'CARD', intent_id = 'pi_returned', provider_refund_id = 're_rf_returned_w' WHERE id = 'rf_returned_w'`,
		bank: func(b *fakeBank) {
			b.refunds = append(b.refunds, refund("rf_returned_w", "pi_returned", provider.RefundSucceeded, 1180))
		},
		found: map[string]string{"refunds.bounded": "pay_returned"},
	},
	// Top-ups.
	"a top-up never came to its wallet": {
		sql: `DELETE FROM ledger_entries WHERE reference = 'tu_paid'; DELETE FROM ledger_transactions WHERE reference = 'tu_paid';
		      UPDATE ledger_accounts SET balance = 0 WHERE id = 'wallet:us_ben:INR'`,
		found: map[string]string{"top-ups.posted": "tu_paid"},
	},
	"a top-up came to another's wallet": {
		sql: `UPDATE ledger_entries SET account_id = 'wallet:us_asha:INR' WHERE reference = 'tu_paid' AND account_id = 'wallet:us_ben:INR';
		      UPDATE ledger_accounts SET balance = balance + CASE user_id WHEN 'us_asha' THEN 5000 ELSE -5000 END WHERE kind = 'WALLET' AND currency = 'INR'`,
		found: map[string]string{"top-ups.posted": "tu_paid"},
	},
	"a top-up came although it had expired": {
		sql: `SELECT t_post('tu_expired', NULL, 'TOP_UP', ARRAY['card-clearing:INR', 'wallet:us_ben:INR'], ARRAY[-7000, 7000]);
		      UPDATE ledger_accounts SET balance = balance + 7000 WHERE id = 'wallet:us_ben:INR'`,
		found: map[string]string{"top-ups.posted": "tu_expired"},
	},
	"a top-up came that nobody made": {
		sql: `SELECT t_post('tu_x', NULL, 'TOP_UP', ARRAY['card-clearing:INR', 'wallet:us_ben:INR'], ARRAY[-7000, 7000]);
		      UPDATE ledger_accounts SET balance = balance + 7000 WHERE id = 'wallet:us_ben:INR'`,
		found: map[string]string{"top-ups.posted": "tu_x"},
	},
	// Coupons.
	"a coupon miscounts": {
		sql:   `UPDATE coupons SET uses = 1`,
		found: map[string]string{"coupons.uses": "TEN"},
	},
	"a coupon is used too often": {
		sql:   `ALTER TABLE coupons DROP CONSTRAINT coupons_not_overused; UPDATE coupons SET max_uses = 1`,
		found: map[string]string{"coupons.uses": "TEN"},
	},
	"a customer uses a coupon too often": {
		sql:   `UPDATE coupons SET max_uses_per_customer = 1`,
		found: map[string]string{"coupons.customers": "TEN/us_asha"},
	},
	"a use is not given back": {
		sql: `UPDATE coupon_redemptions SET status = 'RESERVED' WHERE booking_id = 'bk_cancelled'; UPDATE coupons SET uses = 3`,
		found: map[string]string{
			"coupons.redeemed": "bk_cancelled",
		},
	},
	"a coupon is used up by a booking that the cinema cancelled": {
		sql:   `INSERT INTO coupon_redemptions (booking_id, code, customer_id, status, discount) VALUES ('bk_returned', 'TEN', 'us_asha', 'CONSUMED', 0); UPDATE coupons SET uses = 3`,
		found: map[string]string{"coupons.redeemed": "bk_returned"},
	},
	"a confirmed booking has its coupon given back": {
		sql:   `UPDATE coupon_redemptions SET status = 'GIVEN_BACK' WHERE booking_id = 'bk_hybrid'; UPDATE coupons SET uses = 1`,
		found: map[string]string{"coupons.redeemed": "bk_hybrid"},
	},
	// The provider.
	"money at the provider that bought nothing": {
		bank: func(b *fakeBank) { b.set("pi_expired", provider.IntentSucceeded, 10000) },
		found: map[string]string{
			"provider.money": "pi_expired",
		},
	},
	"money at the provider for a booking that nobody knows": {
		bank:  func(b *fakeBank) { b.intents = append(b.intents, intent("pi_x", "bk_x", provider.IntentSucceeded, 5)) },
		found: map[string]string{"provider.money": "pi_x"},
	},
	"money at the provider that goes back only in part": {
		sql: `UPDATE refunds SET amount = 11179 WHERE id = 'rf_failed'`,
		found: map[string]string{
			"provider.money": "pi_failed", "provider.refunds": "re_rf_failed", "refunds.opened": "rf_failed", "refunds.posted": "rf_failed",
		},
	},
	"a payment whose intent the provider does not have": {
		bank:  func(b *fakeBank) { b.remove("pi_card") },
		found: map[string]string{"provider.collected": "pay_card"},
	},
	"a payment that the provider did not collect": {
		bank:  func(b *fakeBank) { b.set("pi_card", provider.IntentCanceled, 0) },
		found: map[string]string{"provider.collected": "pay_card"},
	},
	"a payment of another amount": {
		bank:  func(b *fakeBank) { b.set("pi_card", provider.IntentSucceeded, 11181) },
		found: map[string]string{"provider.amounts": "pay_card"},
	},
	"a payment in another currency": {
		bank:  func(b *fakeBank) { b.find("pi_card").Received.Currency = "USD" },
		found: map[string]string{"provider.amounts": "pay_card"},
	},
	"money at the provider for a top-up that has expired": {
		bank:  func(b *fakeBank) { b.set("pi_tu_expired", provider.IntentSucceeded, 7000) },
		found: map[string]string{"provider.money": "pi_tu_expired"},
	},
	"a top-up is paid on two intents": {
		bank: func(b *fakeBank) {
			b.intents = append(b.intents, topUp("pi_tu_second", "tu_paid", provider.IntentSucceeded, 5000))
		},
		found: map[string]string{"provider.money": "pi_tu_second"},
	},
	"a booking is paid on two intents": {
		bank: func(b *fakeBank) {
			b.intents = append(b.intents, intent("pi_second", "bk_card", provider.IntentSucceeded, 11180))
		},
		found: map[string]string{"provider.money": "pi_second"},
	},
	"a top-up that the provider did not collect": {
		bank:  func(b *fakeBank) { b.set("pi_tu_paid", provider.IntentCanceled, 0) },
		found: map[string]string{"provider.top-ups": "tu_paid"},
	},
	"a top-up of another amount": {
		bank:  func(b *fakeBank) { b.set("pi_tu_paid", provider.IntentSucceeded, 4999) },
		found: map[string]string{"provider.top-ups": "tu_paid"},
	},
	"a refund that somebody made by hand": {
		bank: func(b *fakeBank) {
			b.refunds = append(b.refunds, provider.Refund{
				ID: "re_by_hand", IntentID: "pi_card", Status: provider.RefundSucceeded, Amount: inr(5), Created: longAgo(),
			})
		},
		found: map[string]string{"provider.refunds": "re_by_hand"},
	},
	"a refund by hand of more than an operator has settled": {
		sql: `UPDATE refunds SET provider_refund_id = NULL WHERE id = 'rf_failed'`,
		bank: func(b *fakeBank) {
			b.refunds[0].ID, b.refunds[0].RefundID, b.refunds[0].Amount = "re_by_hand", "", inr(11181)
		},
		found: map[string]string{"provider.refunds": "re_by_hand"},
	},
	"a refund by hand of less than an operator has settled": {
		sql: `UPDATE refunds SET provider_refund_id = NULL WHERE id = 'rf_failed'`,
		bank: func(b *fakeBank) {
			b.refunds[0].ID, b.refunds[0].RefundID, b.refunds[0].Amount = "re_by_hand", "", inr(11179)
		},
		found: map[string]string{"provider.refunded": "rf_failed"},
	},
	"a refund made outside that the ledger does not have": {
		sql:   `DELETE FROM ledger_entries WHERE reference = 're_outside'; DELETE FROM ledger_transactions WHERE reference = 're_outside'`,
		found: map[string]string{"outside.booked": "re_outside", "outside.owed": "outside-refunds:INR"},
	},
	"a refund made outside that nobody has written down": {
		sql:   `UPDATE refunds SET outside_refund_id = NULL WHERE id = 'rf_outside'; DELETE FROM outside_refunds`,
		found: map[string]string{"outside.booked": "re_outside", "provider.refunds": "re_outside"},
	},
	"a refund made outside pays more than it says": {
		sql:   `UPDATE outside_refunds SET assigned = 11179`,
		found: map[string]string{"outside.booked": "re_outside", "outside.owed": "outside-refunds:INR"},
	},
	"a loss that is not booked": {
		sql:   `UPDATE outside_refunds SET assigned = assigned + 1, written_off = written_off - 1`,
		found: map[string]string{"outside.booked": "re_outside"},
	},
	"a refund that one made outside has paid twice": {
		sql: `INSERT INTO ledger_transactions (reference, booking_id, kind, reason) VALUES ('rf_outside:2', 'bk_outside', 'OUTSIDE_REFUND_ASSIGNED', 'test');
		      INSERT INTO ledger_entries (reference, account_id, amount) VALUES ('rf_outside:2', 'refunds-payable:INR', -11180), ('rf_outside:2', 'outside-refunds:INR', 11180)`,
		found: map[string]string{"refunds.posted": "rf_outside", "refunds.owed": "refunds-payable:INR", "outside.owed": "outside-refunds:INR"},
	},
	"a wallet of which more was taken than was given back outside": {
		sql: `INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('re_outside:taken:1', 'OUTSIDE_REFUND_ASSIGNED', 'test');
		      INSERT INTO ledger_entries (reference, account_id, amount) VALUES ('re_outside:taken:1', 'wallet:us_asha:INR', -1), ('re_outside:taken:1', 'outside-refunds:INR', 1);
		      UPDATE ledger_accounts SET balance = balance - 1 WHERE id = 'wallet:us_asha:INR'`,
		found: map[string]string{"outside.booked": "re_outside", "outside.owed": "outside-refunds:INR"},
	},
	"a refund made outside that the provider does not have": {
		bank:  func(b *fakeBank) { b.setRefund("re_outside", provider.RefundFailed, 12180) },
		found: map[string]string{"provider.outside": "re_outside"},
	},
	"a refund made outside of another amount": {
		bank:  func(b *fakeBank) { b.setRefund("re_outside", provider.RefundSucceeded, 12181) },
		found: map[string]string{"provider.outside": "re_outside", "provider.refunds": "re_outside"},
	},
	"a refund made outside that failed by our books alone": {
		sql:   `UPDATE outside_refunds SET status = 'RETURNED', assigned = 0, written_off = 0`,
		found: map[string]string{"provider.refunds": "re_outside", "outside.booked": "re_outside"},
	},
	"a refund of ours that we have forgotten": {
		bank: func(b *fakeBank) {
			b.refunds = append(b.refunds, refund("rf_forgotten", "pi_card", provider.RefundPending, 5))
		},
		found: map[string]string{"provider.refunds": "re_rf_forgotten"},
	},
	"a refund that has arrived and we do not know": {
		bank:  func(b *fakeBank) { b.refunds[2].Status = provider.RefundSucceeded },
		found: map[string]string{"provider.refunds": "re_rf_partial"},
	},
	"a refund of another amount": {
		bank:  func(b *fakeBank) { b.refunds[0].Amount = inr(11181) },
		found: map[string]string{"provider.refunds": "re_rf_failed"},
	},
	"a refund to the wallet that the card got as well": {
		sql:   `UPDATE refunds SET tender = 'WALLET' WHERE id = 'rf_returned'`,
		found: map[string]string{"provider.refunds": "re_rf_returned"},
	},
	"a refund that the provider does not have": {
		bank:  func(b *fakeBank) { b.refunds = b.refunds[1:] },
		found: map[string]string{"provider.refunded": "rf_failed"},
	},
	"a refund that failed after it had succeeded": {
		bank:  func(b *fakeBank) { b.refunds[0].Status = provider.RefundFailed },
		found: map[string]string{"provider.refunded": "rf_failed"},
	},
	"a refund that was made twice": {
		bank: func(b *fakeBank) {
			second := refund("rf_failed:2", "pi_failed", provider.RefundSucceeded, 11180)
			b.refunds = append(b.refunds, second)
		},
		found: map[string]string{"provider.once": "rf_failed"},
	},
	// Temporal.
	"a workflow has failed": {
		server: func(f *fakeTemporal) {
			failed := workflow("booking/bk_x", "Booking")
			failed.Status = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
			f.failed = append(f.failed, failed)
		},
		found: map[string]string{"temporal.failed": "booking/bk_x"},
	},
	"a booking waits without a workflow": {
		server: func(f *fakeTemporal) { f.end("booking/bk_held") },
		found:  map[string]string{"temporal.bookings": "bk_held"},
	},
	"a workflow waits although its booking has ended": {
		server: func(f *fakeTemporal) { f.running = append(f.running, workflow("booking/bk_expired", "Booking")) },
		found:  map[string]string{"temporal.workflows": "booking/bk_expired"},
	},
	"a workflow waits without a booking": {
		server: func(f *fakeTemporal) { f.running = append(f.running, workflow("booking/bk_x", "Booking")) },
		found:  map[string]string{"temporal.workflows": "booking/bk_x"},
	},
	"a top-up waits without a workflow": {
		server: func(f *fakeTemporal) { f.end("top-up/tu_open") },
		found:  map[string]string{"temporal.top-ups": "tu_open"},
	},
	// Cascades.
	"a cancelled show forgets who had bought it": {
		sql:   `UPDATE shows SET status = 'CANCELLED' WHERE id = 'sh_1'`,
		found: map[string]string{"cascades.bookings": "bk_card"},
	},
	"a cascade has finished too soon": {
		sql: `UPDATE shows SET status = 'CANCELLED' WHERE id = 'sh_1'; INSERT INTO cascade_shows VALUES ('sh_1', 'cs_off');
		      UPDATE cascades SET status = 'FINISHED', finished_at = now();
		      INSERT INTO cascade_events (cascade_id, event, actor, reason, correlation_id) VALUES ('cs_off', 'FINISHED', 'SYSTEM', 'test', 'test')`,
		found: map[string]string{"cascades.bookings": "bk_card"},
	},
	"a booking of a cancelled show is completed": {
		sql: `UPDATE shows SET status = 'CANCELLED' WHERE id = 'sh_1'; INSERT INTO cascade_shows VALUES ('sh_1', 'cs_off');
		      UPDATE bookings SET status = 'COMPLETED' WHERE id = 'bk_card';
		      INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
		      VALUES ('bk_card', 'CONFIRMED', 'COMPLETED', 'test', 'SYSTEM', 'test')`,
		found: map[string]string{"cascades.bookings": "bk_card"},
	},
	"a cascade's end is not in its trail": {
		sql: `UPDATE cascades SET status = 'REFUNDING'`, found: map[string]string{"cascades.trail": "cs_off"},
	},
	"a cascade's pause is not in its trail": {
		sql: `UPDATE cascades SET paused = true`, found: map[string]string{"cascades.trail": "cs_off"},
	},
	"a cascade's trail is lost": {
		sql: `DELETE FROM cascade_events`, found: map[string]string{"cascades.trail": "cs_off"},
	},
	"nobody carries a cascade out": {
		server: func(f *fakeTemporal) { f.end("cancel-show/sh_off") }, found: map[string]string{"temporal.cascades": "cs_off"},
	},
	"nobody follows a refund": {
		server: func(f *fakeTemporal) { f.end("refund/rf_partial") },
		found:  map[string]string{"temporal.refunds": "rf_partial"},
	},
}

func TestEachInvariantIsProven(t *testing.T) {
	t.Parallel()
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			if damage.sql != "" {
				f.damage(damage.sql)
			}
			if damage.bank != nil {
				damage.bank(f.bank)
			}
			if damage.server != nil {
				damage.server(f.temporal)
			}

			report := f.audit()

			require.False(t, report.Clean)
			require.Equal(t, damage.found, broken(report))
			requireSentences(t, report, name)
		})
	}
}

// What an operator has settled as given back by hand is accounted for.
func TestARefundByHandThatWasSettledIsNotDamage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.damage(`UPDATE refunds SET provider_refund_id = NULL WHERE id = 'rf_failed'`)
	f.bank.refunds[0].ID, f.bank.refunds[0].RefundID = "re_by_hand", ""

	require.Empty(t, broken(f.audit()))
}

// A check that no damage breaks proves nothing.
func TestEveryCheckIsShownToFail(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, damage := range damages {
		for name := range damage.found {
			shown[name] = true
		}
	}
	var names []string
	for _, c := range newFixture(t).audit().Checks {
		if !c.Waiting {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	require.Equal(t, names, slices.Sorted(maps.Keys(shown)))
}

func (b *fakeBank) find(id string) *provider.Intent {
	at := slices.IndexFunc(b.intents, func(in provider.Intent) bool { return in.ID == id })
	return &b.intents[at]
}

func (b *fakeBank) set(id string, status provider.IntentStatus, received int64) {
	in := b.find(id)
	in.Status, in.Received.Amount = status, received
}

func (b *fakeBank) remove(id string) {
	b.intents = slices.DeleteFunc(b.intents, func(in provider.Intent) bool { return in.ID == id })
}

func (f *fakeTemporal) end(id string) {
	f.running = slices.DeleteFunc(f.running, func(w *workflowpb.WorkflowExecutionInfo) bool { return w.GetExecution().GetWorkflowId() == id })
}
