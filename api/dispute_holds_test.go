package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// A customer reads before the cancellation, and after it, that nothing of a disputed charge goes back.
func TestACancellationOfADisputedBookingSaysWhatIsHeldBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1", status: booking.StatusConfirmed})
	b.exec(`INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, intent_id, request_hash, correlation_id)
	        VALUES ('pay_1', 'bk_1', 1, 'WALLET_AND_CARD', 'INR', 10000, 20000, 'SUCCEEDED', 'pi_pay_1', 'hash', 'test')`)
	quoted := func() (quote openapi.CancellationQuote) {
		b.get(asha, bookings+"/bk_1/cancellation?refundTo=WALLET").is(http.StatusOK, &quote)
		return quote
	}
	require.Nil(t, quoted().Dispute)
	require.Nil(t, quoted().HeldBack)
	for _, step := range []struct{ kind, status, want string }{{"created", "needs_response", "OPEN"}, {"closed", "lost", "LOST"}} {
		b.accepted(disputeEvent("evt_"+step.kind, step.kind, step.status, 1, nil), "RECORDED")
		quote := quoted()
		require.Equal(t, step.want, *quote.Dispute)
		require.EqualValues(t, 10000, *quote.HeldBack, "what the card had paid of it")
		require.EqualValues(t, 15000, quote.Refund)
	}
	b.accepted(disputeEvent("evt_won", "closed", "won", 2, nil), "RECORDED")
	require.Nil(t, quoted().Dispute)
}

func TestARefundThatWaitsForABankSaysSoToEverybody(t *testing.T) {
	t.Parallel()
	b := withRefund(t, booking.RefundFailed)
	b.exec("UPDATE refunds SET failure_code = 'charge_disputed'")
	require.Equal(t, "OPEN", *b.booking("bk_1").Refunds[0].Dispute)
	var history openapi.RefundHistory
	b.get(ada, admin+"/refunds/"+someRefund).is(http.StatusOK, &history)
	require.Equal(t, "OPEN", *history.Refund.Dispute)
	item := b.stuck("?reason=REFUND_DISPUTED").Items[0]
	require.Equal(t, []string{"REFUND_DISPUTED"}, item.Reasons)
	require.Equal(t, "charge_disputed", *item.FailureCode)
	require.Empty(t, b.stuck("?reason=REFUND_REFUSED").Items)

	b.exec("UPDATE refunds SET status = 'CLOSED', failure_code = 'decided_by_bank'")
	require.Equal(t, "LOST", *b.booking("bk_1").Refunds[0].Dispute)
	b.get(ada, admin+"/refunds/"+someRefund).is(http.StatusOK, &history)
	require.Equal(t, "LOST", *history.Refund.Dispute)
	require.Empty(t, b.stuck("").Items)
	require.Equal(t, []string{someRefund}, b.page(admin+"/refunds?status=CLOSED"))
}

func TestATicketOfALostDisputeIsRefusedUnlessAnOperatorSaysOtherwise(t *testing.T) {
	t.Parallel()
	b, code := withTicket(t)
	b.insertPayment("pay_1", "bk_1", "hash", booking.PaymentSucceeded)
	const path = admin + "/bookings/bk_1/admit"
	admit := func(user, reason string) answer {
		return b.do(call{method: http.MethodPost, path: path, user: user, body: map[string]any{"reason": reason}})
	}
	admit(ada, "why not").refuses(http.StatusConflict, booking.CodeInvalidState)
	b.accepted(disputeEvent("evt_1", "created", "needs_response", 1, nil), "RECORDED")
	admit(ada, "why not").refuses(http.StatusConflict, booking.CodeInvalidState)
	b.accepted(disputeEvent("evt_2", "closed", "lost", 2, nil), "RECORDED")

	for range 2 {
		require.Equal(t, "dispute_lost", b.scan(code).refuses(http.StatusConflict, booking.CodeInvalidState)["reason"])
	}
	require.Equal(t, 0, b.count("SELECT count(*) FROM check_ins"))
	admit(sam, "let them in").refuses(http.StatusForbidden, booking.CodeForbidden)
	admit(ada, "").refuses(http.StatusBadRequest, booking.CodeValidation)
	for range 2 {
		var admission openapi.BookingAdmission
		admit(ada, "paid in cash").is(http.StatusOK, &admission)
		require.True(t, admission.Admitted)
	}
	require.Equal(t, 1, b.count("SELECT count(*) FROM operator_trail WHERE action = 'ADMIT_DISPUTED' AND actor = $1 AND reason = 'paid in cash' AND booking_id = 'bk_1'", ada))

	var in openapi.CheckIn
	b.scan(code).is(http.StatusOK, &in)
	require.False(t, in.AlreadyCheckedIn)
}

func TestADisputeThatWasWonKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	b, code := withTicket(t)
	b.insertPayment("pay_1", "bk_1", "hash", booking.PaymentSucceeded)
	b.accepted(disputeEvent("evt_1", "closed", "lost", 2, nil), "RECORDED")
	b.accepted(disputeEvent("evt_2", "closed", "won", 3, nil), "RECORDED")
	b.scan(code).is(http.StatusOK, &openapi.CheckIn{})
}

func TestAWalletShowsWhatIsFrozen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`INSERT INTO top_ups (id, user_id, currency, amount, status, intent_id, request_hash, correlation_id, expires_at)
	        VALUES ('tu_1', 'us_asha', 'INR', 30000, 'SUCCEEDED', 'pi_pay_1', 'hash', 'test', now())`)
	b.exec(`INSERT INTO ledger_accounts (id, kind, user_id, currency) VALUES ('wallet:us_asha:INR', 'WALLET', 'us_asha', 'INR') ON CONFLICT DO NOTHING`)
	b.exec(`WITH t AS (INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('tu_1', 'TOP_UP', 'test'))
	        INSERT INTO ledger_entries (reference, account_id, amount) VALUES ('tu_1', 'card-clearing:INR', -30000), ('tu_1', 'wallet:us_asha:INR', 30000)`)
	balance := func() (available, frozen int64) {
		var wallet openapi.Wallet
		b.get(asha, "/api/v1/wallet").is(http.StatusOK, &wallet)
		for _, of := range wallet.Balances {
			if of.Currency == "INR" {
				return of.Available, of.Frozen
			}
		}
		return 0, 0
	}
	before, _ := balance()

	b.accepted(disputeEvent("evt_1", "created", "needs_response", 1, nil), "RECORDED")

	available, frozen := balance()
	require.EqualValues(t, 30000, frozen)
	require.Equal(t, before-30000, available)
	var list openapi.WalletTransactionList
	b.get(asha, "/api/v1/wallet/transactions?type=DISPUTE").is(http.StatusOK, &list)
	require.Len(t, list.Transactions, 1)
	require.EqualValues(t, -30000, list.Transactions[0].Amount)
	require.Equal(t, available, list.Transactions[0].BalanceAfter)
	require.Equal(t, "Disputed card payment", list.Transactions[0].Description)
}
