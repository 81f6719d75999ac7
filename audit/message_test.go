package audit_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/provider"
)

// gap is where a sentence of the audit lacks something: PostgreSQL's format() writes NULL as nothing at all.
var gap = regexp.MustCompile(`^$|^\s|\s$|\s\s|\s[,;:.]|\(\)`)

// sentences are what the audit reports for some of the damages: for the named check, the message of its first finding.
var sentences = map[string]map[string]string{
	"a sold seat is only held":        {"seats.bought": "is CONFIRMED and seat A5 of sh_1 is HELD by bk_card"},
	"a sold seat is given away":       {"seats.bought": "is CONFIRMED and seat A4 of sh_1 is nobody's"},
	"a seat is sold a second time":    {"seats.bought": "is CONFIRMED and seat A6 of sh_1 is SOLD by bk_card"},
	"a confirmed booking is not paid": {"bookings.paid": "is CONFIRMED, costs 22360 INR and is not paid"},
	"a confirmed booking is paid with too little": {
		"bookings.paid": "is CONFIRMED, costs 22360 INR and has 1 payments of 22359 INR together",
	},
	"a transaction has no entries": {"ledger.balanced": "GRANT with 0 entries sums to nothing"},
	"a charge that no refund answers": {
		"refunds.opened": "gives back 0, and the ledger charges 7 for it",
	},
	"a posting belongs to no refund": {
		"refunds.posted": "is unknown over 0, and 1 postings of 5 together stand in the ledger",
	},
	"a top-up never came to its wallet":     {"top-ups.posted": "is SUCCEEDED over 5000 INR, and brought nothing"},
	"a top-up came to another's wallet":     {"top-ups.posted": "is SUCCEEDED over 5000 INR, and brought 5000 INR to the wallet of us_asha"},
	"a top-up came although it had expired": {"top-ups.posted": "is EXPIRED over 7000 INR, and brought 7000 INR to the wallet of us_ben"},
	"a top-up came that nobody made":        {"top-ups.posted": "is no top-up, and brought 7000 INR to the wallet of us_ben"},
	"a coupon miscounts":                    {"coupons.uses": "counts 1 uses of at most 3, and has 2"},
	"a discount has no offer": {
		"coupons.redeemed": "is SEATS_LOCKED with a discount of 0, and its coupon TEN is RESERVED for a discount of 1000",
	},
	"money at the provider for a booking that nobody knows": {
		"provider.money": "collected 5 INR for booking bk_x, which is unknown, and 0 go back",
	},
	"a payment whose intent the provider does not have": {
		"provider.collected": "is SUCCEEDED, and its intent pi_card is unknown at the provider",
	},
	"a refund that somebody made by hand": {
		"provider.refunds": "gives back 5 INR of pi_card and is SUCCEEDED; it was made by hand, of which operators have settled 0 of 5",
	},
	"a refund by hand of more than an operator has settled": {
		"provider.refunds": "gives back 11181 INR of pi_failed and is SUCCEEDED; it was made by hand, of which operators have settled 11180 of 11181",
	},
	"a refund by hand of less than an operator has settled": {
		"provider.refunded": "was settled as given back by hand, as 11180 of pi_failed were, and the provider has 11179 of it",
	},
	"a refund of ours that we have forgotten": {
		"provider.refunds": "gives back 5 INR of pi_card and is PENDING; we do not know its refund rf_forgotten",
	},
	"a refund of another amount": {
		"provider.refunds": "gives back 11181 INR of pi_failed and is SUCCEEDED; our rf_failed gives back 11180 INR to the CARD and is SUCCEEDED",
	},
	"a refund that the provider does not have": {
		"provider.refunded": "is SUCCEEDED, and re_rf_failed is unknown at the provider",
	},
	"a workflow waits without a booking": {"temporal.workflows": "is running, and its booking is not written"},
	"a cascade's trail is lost":          {"cascades.trail": "is CANCELLING, and its trail says nothing"},
}

// requireSentences requires that every sentence is complete, and that those that are listed for a damage are as listed.
func requireSentences(t *testing.T, report audit.Report, damage string) {
	t.Helper()
	said := map[string]string{}
	for _, c := range report.Broken() {
		said[c.Name] = c.Findings[0].Message
		for _, f := range c.Findings {
			require.NotRegexp(t, gap, f.Message, "%s about %s", c.Name, f.ID)
		}
	}
	for check, sentence := range sentences[damage] {
		require.Equal(t, sentence, said[check], check)
	}
}

func TestASentenceOfTheAuditSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.damage(`DELETE FROM claims WHERE booking_id = 'bk_wallet' AND seat = 'A3';
	          UPDATE claims SET booking_id = 'bk_card' WHERE booking_id = 'bk_wallet' AND seat = 'A4';
	          UPDATE payments SET intent_id = NULL WHERE id = 'pay_late';
	          UPDATE bookings SET currency = NULL, subtotal = NULL, discount = NULL, fees = NULL, tax = NULL, total = NULL, applied_offers = NULL
	          WHERE id = 'bk_expired';
	          UPDATE payments SET status = 'SUCCEEDED' WHERE id = 'pay_expired';
	          UPDATE coupons SET max_uses = NULL, uses = 3;
	          SELECT t_post('tu_internal', NULL, 'TOP_UP', ARRAY['card-clearing:INR', 'promotions:INR'], ARRAY[-7000, 7000])`)
	f.bank.intents = append(f.bank.intents, provider.Intent{
		ID: "pi_alone", Status: provider.IntentSucceeded, Amount: inr(7), Received: inr(7), Created: longAgo(), PaymentID: "pay_alone",
	})
	f.bank.refunds = append(f.bank.refunds, refund("rf_alone", "", provider.RefundPending, 5))

	said := map[string]string{}
	for _, c := range f.audit().Broken() {
		for _, f := range c.Findings {
			said[c.Name+" "+f.ID] = f.Message
		}
	}

	for id, sentence := range map[string]string{
		"seats.bought bk_wallet":       "is CONFIRMED and seat A3 A4 of sh_1 is SOLD by bk_card, nobody's",
		"bookings.paid bk_expired":     "is EXPIRED, has no price and has 1 payments of 11180 INR together",
		"coupons.uses TEN":             "counts 3 uses without a limit, and has 2",
		"top-ups.posted tu_internal":   "is no top-up, and brought 0 INR to the wallet of nobody",
		"provider.collected pay_late":  "is SUCCEEDED, and has no intent",
		"provider.money pi_alone":      "collected 7 INR for payment pay_alone, which is unknown, and 0 go back",
		"provider.refunds re_rf_alone": "gives back 5 INR of no intent and is PENDING; we do not know its refund rf_alone",
	} {
		require.Equal(t, sentence, said[id], id)
	}
	for id, sentence := range said {
		require.NotRegexp(t, gap, sentence, id)
	}
}

// A damage that is renamed would silently lose its sentences.
func TestEverySentenceIsOfADamage(t *testing.T) {
	t.Parallel()
	for damage, checks := range sentences {
		for check := range checks {
			require.Contains(t, damages[damage].found, check, damage)
		}
	}
}
