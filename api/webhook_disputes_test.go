package api_test

import (
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// disputed is when the fixture's dispute was opened, in the provider's whole seconds.
const disputed = 1_790_000_000

// disputeEvent is an event about dp_1, so many seconds after it was opened.
func disputeEvent(id, kind, status string, after int, more map[string]any) string {
	dispute := map[string]any{
		"id": "dp_1", "object": "dispute", "amount": 30000, "currency": "inr", "reason": "fraudulent", "status": status, "created": disputed,
		"payment_intent": "pi_pay_1", "charge": "ch_1", "metadata": map[string]string{}, "evidence": map[string]any{"customer_name": "Asha Rao"},
	}
	maps.Copy(dispute, more)
	text, err := json.Marshal(map[string]any{
		"id": id, "object": "event", "api_version": "2099-01-01", "type": "charge.dispute." + kind, "created": disputed + after, "data": map[string]any{"object": dispute},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// withPaidBooking is a server with a confirmed booking, paid by the intent pi_pay_1.
func withPaidBooking(t *testing.T, change ...func(*api.Config)) *bundle {
	t.Helper()
	b := setup(t, change...)
	b.insert(row{id: "bk_1", status: booking.StatusConfirmed})
	b.insertPayment("pay_1", "bk_1", "hash", booking.PaymentSucceeded)
	return b
}

func (b *bundle) disputes() (list openapi.DisputeList) {
	b.Helper()
	b.get(ada, "/api/v1/admin/disputes").is(http.StatusOK, &list)
	return list
}

func TestDisputesAreRecordedAndFlagged(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	b.accepted(disputeEvent("evt_1", "created", "needs_response", 1, nil), "RECORDED")
	bookingID, paymentID := "bk_1", "pay_1"
	opened := time.Unix(disputed, 0).UTC()
	outcome, nothing := "OPEN", int64(0)
	want := openapi.Dispute{
		DisputeId: "dp_1", PaymentIntentId: "pi_pay_1", BookingId: &bookingID, PaymentId: &paymentID, Amount: 30000, Currency: "INR",
		Reason: "fraudulent", Status: "needs_response", Outcome: &outcome, Withdrawn: &nothing, Frozen: &nothing,
		OpenedAt: opened, UpdatedAt: opened.Add(time.Second),
	}
	require.Equal(t, []openapi.Dispute{want}, b.disputes().Disputes)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM flags WHERE kind = 'DISPUTE' AND subject = 'dp_1' AND resolved_at IS NULL
		AND message = 'A customer disputes ₹300.00 at their bank (fraudulent). Nothing is paid out for this charge until the bank has decided.'`))

	for range 3 {
		b.accepted(disputeEvent("evt_1", "created", "needs_response", 1, nil), "DUPLICATE")
	}
	b.exec("UPDATE flags SET resolved_at = now(), resolved_by = 'us_ada', resolution = 'evidence sent'")
	b.accepted(disputeEvent("evt_2", "updated", "under_review", 5, map[string]any{"amount": 20000}), "RECORDED")
	want.Status, want.Amount, want.UpdatedAt = "under_review", 20000, opened.Add(5*time.Second)
	require.Equal(t, []openapi.Dispute{want}, b.disputes().Disputes)
	require.Equal(t, 1, b.count("SELECT count(*) FROM flags"), "a dispute is flagged once")

	require.Equal(t, 2, b.count("SELECT count(*) FROM webhook_events WHERE outcome = 'RECORDED' AND booking_id = 'bk_1' AND intent_id = 'pi_pay_1'"))
	require.Equal(t, 0, b.count("SELECT count(*) FROM webhook_events WHERE event::text LIKE '%Asha%'"), "no personal data is kept")
	require.Empty(t, b.temporal.starts)
}

func TestStaleDisputeEventsMoveNothingBackwards(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	require.Empty(t, b.disputes().Disputes)
	for n, step := range []struct {
		kind, status string
		after        int
		want         string
	}{
		{"closed", "won", 50, "won"},
		{"created", "needs_response", 0, "won"},
		{"updated", "under_review", 49, "won"},
		{"updated", "under_review", 50, "won"},
		{"funds_reinstated", "won", 50, "won"},
		{"closed", "lost", 70, "lost"},
		{"updated", "something_new", 80, "something_new"},
	} {
		b.accepted(disputeEvent(fmtID(n), step.kind, step.status, step.after, nil), "RECORDED")
		require.Equal(t, step.want, b.disputes().Disputes[0].Status, "%d", n)
	}
	require.Equal(t, 1, b.count("SELECT count(*) FROM flags"))
	require.Equal(t, time.Unix(disputed, 0).UTC(), b.disputes().Disputes[0].OpenedAt)
}

func TestTheSameSecondEndsWithTheLaterState(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	b.accepted(disputeEvent("evt_1", "funds_withdrawn", "needs_response", 9, nil), "RECORDED")
	b.accepted(disputeEvent("evt_2", "updated", "under_review", 9, nil), "RECORDED")
	b.accepted(disputeEvent("evt_3", "closed", "lost", 9, nil), "RECORDED")
	b.accepted(disputeEvent("evt_4", "created", "needs_response", 9, nil), "RECORDED")
	require.Equal(t, "lost", b.disputes().Disputes[0].Status)
}

// The provider's times have no fractions, and a dispute may be opened and closed within one second, by a word that nobody knows.
func TestAClosingEventWinsOverAnOpeningOneOfTheSameSecond(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"prevented", "warning_closed", "won", "lost", "a new word"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			opening, closing := disputeEvent("evt_1", "created", "needs_response", 9, nil), disputeEvent("evt_2", "closed", status, 9, nil)
			for _, order := range [][]string{{opening, closing}, {closing, opening}} {
				b := withPaidBooking(t)
				for _, event := range order {
					b.accepted(event, "RECORDED")
				}
				require.Equal(t, status, b.disputes().Disputes[0].Status)
			}
		})
	}
}

// The words are the provider's and the banks', and there may be new ones.
func TestUnknownWordsOfADisputeAreKept(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ said, kept any }{
		"capitals, spaces and signs":         {"Visa 10.4 — Other Fraud!", "Visa 10.4 — Other Fraud!"},
		"a character that no database keeps": {"because\x00", "because"},
		"a very long word":                   {strings.Repeat("é", 60), strings.Repeat("é", 32)},
		"none":                               {nil, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := withPaidBooking(t)
			b.accepted(disputeEvent("evt_1", "created", "needs_response", 1, map[string]any{"reason": test.said}), "RECORDED")
			require.Equal(t, test.kept, b.disputes().Disputes[0].Reason)
		})
	}
	b := withPaidBooking(t)
	b.accepted(disputeEvent("evt_1", "updated", "In Arbitration (2nd)", 1, nil), "RECORDED")
	require.Equal(t, "In Arbitration (2nd)", b.disputes().Disputes[0].Status)
	require.Equal(t, "OPEN", *b.disputes().Disputes[0].Outcome, "what nobody knows decides nothing")
}

// withdrawal and reinstatement are the provider's balance transactions of dp_1.
var (
	withdrawal = map[string]any{
		"id": "txn_1", "object": "balance_transaction", "amount": -30000, "fee": 1500, "net": -31500, "currency": "inr", "type": "adjustment",
	}
	reinstatement = map[string]any{
		"id": "txn_2", "object": "balance_transaction", "amount": 30000, "fee": 0, "net": 30000, "currency": "inr", "type": "adjustment",
	}
)

// ledger is the balance of an account as its entries have it.
func (b *bundle) ledger(account string) int {
	b.Helper()
	return b.count("SELECT COALESCE(sum(amount), 0) FROM ledger_entries WHERE account_id = $1", account)
}

func TestADisputesMoneyIsBookedOnce(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	taken := map[string]any{"balance_transactions": []any{withdrawal}}
	b.accepted(disputeEvent("evt_1", "created", "needs_response", 1, taken), "RECORDED")
	b.accepted(disputeEvent("evt_2", "funds_withdrawn", "needs_response", 1, taken), "RECORDED")
	require.Equal(t, -30000, b.ledger("disputed:INR"))
	require.Equal(t, 31500, b.ledger("card-clearing:INR"))
	require.Equal(t, -1500, b.ledger("dispute-fees:INR"))
	require.EqualValues(t, 30000, *b.disputes().Disputes[0].Withdrawn)

	// Ids alone, and shapes of another version, say nothing.
	for n, odd := range []any{"txn_9", map[string]any{"id": "txn 9"}, map[string]any{"id": "txn_9", "amount": "much"}, 5, nil} {
		b.accepted(disputeEvent("evt_odd"+fmtID(n), "updated", "under_review", 2+n, map[string]any{"balance_transactions": []any{odd}}), "RECORDED")
	}
	b.accepted(disputeEvent("evt_3", "closed", "won", 9, map[string]any{"balance_transactions": []any{withdrawal, reinstatement}}), "RECORDED")
	require.Zero(t, b.ledger("disputed:INR"))
	require.Equal(t, 1500, b.ledger("card-clearing:INR"))

	// An event can be delivered again when everything else is lost.
	b.exec("ALTER TABLE dispute_movements DISABLE TRIGGER USER; DELETE FROM dispute_movements; DELETE FROM disputes; ALTER TABLE dispute_movements ENABLE TRIGGER USER")
	b.exec("ALTER TABLE ledger_entries DISABLE TRIGGER USER; ALTER TABLE ledger_transactions DISABLE TRIGGER USER; DELETE FROM ledger_entries WHERE reference LIKE 'txn%'; DELETE FROM ledger_transactions WHERE reference LIKE 'txn%'; ALTER TABLE ledger_entries ENABLE TRIGGER USER; ALTER TABLE ledger_transactions ENABLE TRIGGER USER")
	b.replay("evt_3")
	require.Equal(t, 1500, b.ledger("card-clearing:INR"))
	require.Equal(t, "WON", *b.disputes().Disputes[0].Outcome)
}

// A refund that waits for a bank goes on by itself; an event is not taken before the refund's workflow has been told.
func TestTheEndOfADisputeWakesTheRefundsThatWait(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"won", "lost", "prevented", "warning_closed"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			b := withRefund(t, booking.RefundFailed)
			b.accepted(disputeEvent("evt_1", "created", "needs_response", 1, nil), "RECORDED")
			require.Empty(t, b.temporal.hints)
			away := true
			b.temporal.onHint = func(client.StartWorkflowOptions) error {
				if away {
					return serviceerror.NewUnavailable("away")
				}
				return nil
			}
			b.deliver(disputeEvent("evt_2", "closed", status, 5, nil), time.Now(), webhookSecret).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
			away = false
			b.accepted(disputeEvent("evt_2", "closed", status, 5, nil), "RECORDED")
			b.accepted(disputeEvent("evt_2", "closed", status, 5, nil), "DUPLICATE")
			require.Len(t, b.temporal.hints, 1)
			require.Equal(t, someRefund, b.temporal.hints[0].RefundID)
		})
	}
}

func TestDisputesOfMoneyThatNoPaymentAskedFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`INSERT INTO refunds (id, intent_id, tender, amount, currency, reason, status, correlation_id)
	        VALUES ('rf_1', 'pi_pay_1', 'CARD', 700, 'INR', 'late', 'SUCCEEDED', 'test')`)
	b.accepted(disputeEvent("evt_1", "created", "needs_response", 0, nil), "RECORDED")
	require.Nil(t, b.disputes().Disputes[0].BookingId)
	b.accepted(intentEvent("evt_2", "payment_intent.succeeded", someBooking, map[string]any{"id": "pi_stray"}), "SETTLING")
	b.accepted(disputeEvent("evt_3", "created", "needs_response", 0, map[string]any{"id": "dp_2", "payment_intent": "pi_stray"}), "RECORDED")
	require.Len(t, b.disputes().Disputes, 2)
}

func TestDisputesOfTopUps(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`INSERT INTO top_ups (id, user_id, currency, amount, status, intent_id, request_hash, correlation_id, expires_at)
	        VALUES ('tu_1', 'us_asha', 'INR', 30000, 'SUCCEEDED', 'pi_pay_1', 'hash', 'test', now())`)
	b.accepted(disputeEvent("evt_1", "created", "needs_response", 0, nil), "RECORDED")
	dispute := b.disputes().Disputes[0]
	require.Equal(t, "tu_1", *dispute.TopUpId)
	require.Nil(t, dispute.PaymentId)
	require.Nil(t, dispute.BookingId)
}

func TestDisputesOfOthersAreIgnored(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	b.accepted(disputeEvent("evt_1", "created", "needs_response", 0, map[string]any{"payment_intent": "pi_theirs"}), "IGNORED")
	b.accepted(disputeEvent("evt_2", "created", "needs_response", 0, map[string]any{"payment_intent": nil}), "IGNORED")
	b.accepted(disputeEvent("evt_1", "created", "needs_response", 0, map[string]any{"payment_intent": "pi_theirs"}), "DUPLICATE")
	b.accepted(disputeEvent("evt_3", "evidence_lost", "needs_response", 0, nil), "IGNORED")
	require.Empty(t, b.disputes().Disputes)
	require.Equal(t, 0, b.count("SELECT count(*) FROM flags"))
	require.Equal(t, 3, b.count("SELECT count(*) FROM webhook_events WHERE outcome = 'IGNORED' AND event IS NULL AND intent_id IS NULL"))
}

func TestMalformedDisputes(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	for name, more := range map[string]map[string]any{
		"no id":             {"id": ""},
		"odd id":            {"id": "dp 1"},
		"number for an id":  {"id": 5},
		"negative amount":   {"amount": -1},
		"fractional amount": {"amount": 1.5},
		"huge amount":       {"amount": json.Number("99999999999999999999")},
		"no currency":       {"currency": ""},
		"odd currency":      {"currency": "rupees"},
		"no status":         {"status": nil},
		"no time":           {"created": nil},
		"negative time":     {"created": -1},
		"no such time":      {"created": int64(math.MaxInt64)},
		"another intent":    {"payment_intent": map[string]any{"id": "pi_1"}},
		"odd intent":        {"payment_intent": "pi 1"},
	} {
		b.unreadable(name, disputeEvent("evt_1", "created", "needs_response", 0, more))
	}
	require.Equal(t, 0, b.count("SELECT count(*) FROM disputes"))
}

func TestADisputeIsFlaggedOnceHoweverManyEventsComeAtOnce(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	var senders sync.WaitGroup
	for n := range 12 {
		kind, status := "updated", "under_review"
		if n%3 == 0 {
			kind, status = "created", "needs_response"
		}
		senders.Go(func() {
			b.deliver(disputeEvent(fmtID(n/2), kind, status, n%3, nil), time.Now(), webhookSecret).is(http.StatusOK, nil)
		})
	}
	senders.Wait()
	require.Equal(t, 1, b.count("SELECT count(*) FROM flags"))
	require.Equal(t, 1, b.count("SELECT count(*) FROM disputes WHERE status = 'under_review'"))
	require.Equal(t, 6, b.count("SELECT count(*) FROM webhook_events"))
}
