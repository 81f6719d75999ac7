package activities_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// cancelledByCard is a refund by card of a cancelled booking, which nobody has sent yet.
func (h *house) cancelledByCard(id string, seats ...string) (refundID string) {
	h.t.Helper()
	h.showIn("50 hours")
	h.soldByCard(id, "us_ben", seats...)
	return h.cancelSeats(id).Refunds[0].RefundID
}

func (h *house) send(refundID string) booking.RefundReceipt {
	h.t.Helper()
	receipt, err := h.steps.SendRefund(h.t.Context(), booking.RefundRequest{RefundID: refundID, CorrelationID: "test"})
	require.NoError(h.t, err)
	return receipt
}

func command(refundID, id string) booking.RefundCommand {
	return booking.RefundCommand{RefundID: refundID, CommandID: id, Actor: "us_admin", Reason: "the customer called", CorrelationID: "test"}
}

func (h *house) retry(refundID, commandID string) booking.RefundReceipt {
	h.t.Helper()
	receipt, err := h.steps.RetryRefund(h.t.Context(), command(refundID, commandID))
	require.NoError(h.t, err)
	return receipt
}

// history is a refund's trail.
func (h *house) history(refundID string) string {
	h.t.Helper()
	return h.text(`SELECT string_agg(concat_ws(' ', attempt, to_status, tender), ', ' ORDER BY id) FROM refund_events WHERE refund_id = $1`, refundID)
}

func (h *house) flags(kind booking.FlagKind) int {
	h.t.Helper()
	return h.count(`SELECT count(*) FROM flags WHERE kind = $1 AND resolved_at IS NULL`, kind)
}

func TestARefundIsSentOnceHoweverOften(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.cancelledByCard("bk_1", "A1")
	h.bank.failRefund = timeout()
	_, err := h.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id})
	require.Error(t, err, "it acted, and then timed out")
	require.Equal(t, 22420, h.account("refunds-payable:INR"))

	for range 3 {
		require.Equal(t, booking.RefundSucceeded, h.send(id).Status)
	}

	require.Len(t, h.bank.refunds, 1)
	require.Equal(t, "1 INITIATED CARD, 1 SUCCEEDED CARD", h.history(id))
	require.Equal(t, 0, h.account("card-clearing:INR"))
	require.Equal(t, "SUCCEEDED", h.text(`SELECT status FROM payments`), "it had paid for the seats")
	h.requireBooks()
}

func TestAPendingRefundIsAskedAboutAndNothingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.cancelledByCard("bk_1", "A1")
	h.bank.refundFate = provider.RefundPending
	for range 2 {
		require.Equal(t, booking.RefundInitiated, h.send(id).Status)
	}

	for _, step := range []func() error{
		func() error { _, err := h.steps.DivertRefund(t.Context(), command(id, "1")); return err },
		func() error { _, err := h.steps.RetryRefund(t.Context(), command(id, "2")); return err },
	} {
		refusal := refusalOf(t, step(), booking.CodeInvalidState)
		require.EqualValues(t, booking.RefundInitiated, refusal.Details["status"])
	}

	h.bank.turnRefund(id, provider.RefundSucceeded)
	require.Equal(t, booking.RefundSucceeded, h.send(id).Status)
	require.Equal(t, "re_"+id, h.text(`SELECT provider_refund_id FROM refunds`))
	h.requireBooks()
}

func TestARefundThatIsRefusedForNowIsTriedAgainUnderAnotherKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.cancelledByCard("bk_1", "A1")
	h.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeBalanceInsufficient}
	for range 2 {
		receipt := h.send(id)
		require.Equal(t, booking.RefundFailed, receipt.Status)
		require.Equal(t, provider.CodeBalanceInsufficient, receipt.FailureCode)
	}
	require.Zero(t, h.flags(booking.FlagRefund), "nobody has to do anything")
	h.requireBooks()

	h.bank.refuseRefund = nil
	receipt := h.send(id)
	require.Equal(t, booking.RefundSucceeded, receipt.Status)
	require.Empty(t, receipt.FailureCode)

	require.Contains(t, h.bank.refunds, id+":3")
	require.Equal(t, id, booking.RefundOfKey(id+":3"))
	require.Equal(t, "1 INITIATED CARD, 1 FAILED CARD, 2 INITIATED CARD, 2 FAILED CARD, 3 INITIATED CARD, 3 SUCCEEDED CARD", h.history(id))
	h.requireBooks()
}

func TestARefundThatTheProviderWillNotMakeNeedsAnOperator(t *testing.T) {
	t.Parallel()
	for code, prepare := range map[string]func(*fakeProvider){
		"not_found": func(p *fakeProvider) { p.refuseRefund = &provider.Error{Kind: provider.KindNotFound} },
		"failed":    func(p *fakeProvider) { p.refundFate = provider.RefundFailed },
		"canceled":  func(p *fakeProvider) { p.refundFate = provider.RefundCanceled },
		"a charge that it does not know": func(p *fakeProvider) {
			p.failNext = &provider.Error{Kind: provider.KindNotFound}
			p.refuseRefund = &provider.Error{Kind: provider.KindNotFound, Code: "a charge that it does not know"}
		},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			id := h.cancelledByCard("bk_1", "A1")
			prepare(h.bank)

			receipt := h.send(id)

			require.Equal(t, booking.RefundNeedsAttention, receipt.Status)
			require.Equal(t, code, receipt.FailureCode)
			require.Equal(t, 1, h.flags(booking.FlagRefund))
			h.requireBooks()
		})
	}
}

func TestNothingIsSentWhileTheProviderDoesNotSayWhatWasGivenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.cancelledByCard("bk_1", "A1")
	h.bank.failNext = timeout()

	require.Error(t, second(h.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id})))

	require.Empty(t, h.bank.refunds)
	require.Equal(t, "1 INITIATED CARD", h.history(id))
}

// The whole way: it succeeds, comes back days later, is retried, fails again, and goes to the wallet.
func TestARefundThatComesBackIsRetriedAndThenDiverted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.cancelledByCard("bk_1", "A1")
	require.Equal(t, booking.RefundSucceeded, h.send(id).Status)
	h.bank.turnRefund(id, provider.RefundFailed)
	for range 2 {
		receipt := h.send(id)
		require.Equal(t, booking.RefundNeedsAttention, receipt.Status)
		require.Equal(t, "expired_or_canceled_card", receipt.FailureCode)
	}
	require.Equal(t, 1, h.flags(booking.FlagRefund))
	require.Equal(t, 22420, h.account("refunds-payable:INR"), "it is owed again")
	require.Equal(t, -22420, h.account("card-clearing:INR"), "and with the provider")
	h.requireBooks()

	for range 2 {
		require.Equal(t, booking.RefundInitiated, h.retry(id, "first").Status)
	}
	h.bank.refundFate = provider.RefundFailed
	require.Equal(t, booking.RefundNeedsAttention, h.send(id).Status)
	require.Equal(t, booking.RefundNeedsAttention, h.retry(id, "first").Status, "the same command is not another attempt")
	h.requireBooks()

	for range 2 {
		receipt, err := h.steps.DivertRefund(t.Context(), command(id, "second"))
		require.NoError(t, err)
		require.Equal(t, booking.RefundSucceeded, receipt.Status)
		require.Equal(t, booking.TenderWallet, receipt.Tender)
	}
	require.Equal(t, booking.RefundSucceeded, h.send(id).Status)

	require.Equal(t, 22420, h.wallet("us_ben"))
	require.Equal(t, "1 INITIATED CARD, 1 SUCCEEDED CARD, 1 NEEDS_ATTENTION CARD, 2 INITIATED CARD, 2 NEEDS_ATTENTION CARD, 2 SUCCEEDED WALLET", h.history(id))
	require.Equal(t, 2, h.count(`SELECT count(*) FROM refund_events WHERE actor = 'us_admin' AND reason = 'the customer called'`))
	requireRefusal(t, second(h.steps.DivertRefund(t.Context(), command(id, "third"))), booking.CodeInvalidState)
	h.requireBooks()
}

func second[T any](_ T, err error) error { return err }

func TestOtherRefundsOfTheSamePaymentAreNotTakenForOnesByHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.showIn("50 hours")
	h.soldByCard("bk_1", "us_ben", "A1", "A2")
	first, rest := h.cancelSeats("bk_1", "A1").Refunds[0].RefundID, h.cancelSeats("bk_1").Refunds[0].RefundID
	require.Equal(t, booking.RefundSucceeded, h.send(first).Status)
	h.bank.refundFate = provider.RefundFailed
	require.Equal(t, booking.RefundNeedsAttention, h.send(rest).Status)

	_, err := h.steps.DivertRefund(t.Context(), command(rest, "1"))

	require.NoError(t, err)
	require.Equal(t, 22420, h.wallet("us_ben"))
	h.requireBooks()
}

func TestARefundThatTheProviderForgotIsADefectAndStaysSucceeded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.cancelledByCard("bk_1", "A1")
	h.send(id)
	clear(h.bank.refunds)
	h.bank.refuseRefund = &provider.Error{Kind: provider.KindNotFound}

	_, err := h.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id})

	var appErr *temporal.ApplicationError
	require.ErrorAs(t, err, &appErr)
	require.True(t, appErr.NonRetryable())
	require.Equal(t, "SUCCEEDED", h.text(`SELECT status FROM refunds`))
	h.requireBooks()
}

func TestAnUnknownRefundIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	requireRefusal(t, second(h.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: "rf_x"})), booking.CodeNotFound)
	requireRefusal(t, second(h.steps.RetryRefund(t.Context(), command("rf_x", "1"))), booking.CodeNotFound)
	requireRefusal(t, second(h.steps.DivertRefund(t.Context(), command("rf_x", "1"))), booking.CodeNotFound)
}

// Without the charge nobody can say what was given back of it outside: then a command would pay that once more.
func TestNoCommandIsCarriedOutForAChargeThatTheProviderDoesNotKnow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.cancelledByCard("bk_1", "A1")
	h.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	require.Equal(t, booking.RefundNeedsAttention, h.send(id).Status)
	h.bank.forget("pi_1")

	for name, step := range map[string]func(context.Context, booking.RefundCommand) (booking.RefundReceipt, error){
		"retry": h.steps.RetryRefund, "divert": h.steps.DivertRefund, "settle": h.steps.SettleRefund, "close": h.steps.CloseRefund,
	} {
		requireRefusal(t, second(step(t.Context(), command(id, name))), booking.CodeInvalidState)
	}

	require.Equal(t, "1 INITIATED CARD, 1 NEEDS_ATTENTION CARD", h.history(id))
	require.Equal(t, 22420, h.account("refunds-payable:INR"))
	h.requireBooks()
}

func TestAProviderThatIsAwayIsAskedAgainBeforeACommandIsCarriedOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.cancelledByCard("bk_1", "A1")
	h.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	require.Equal(t, booking.RefundNeedsAttention, h.send(id).Status)
	h.bank.failNext = &provider.Error{Kind: provider.KindUnavailable}

	_, err := h.steps.DivertRefund(t.Context(), command(id, "1"))

	var unavailable *provider.Error
	require.ErrorAs(t, err, &unavailable, "worth another try")
	require.Zero(t, h.count(`SELECT count(*) FROM ledger_accounts WHERE user_id = 'us_ben'`))
	require.Equal(t, 22420, h.account("refunds-payable:INR"))
}

func TestMoneyThatBoughtNothingIsOwedUntilItHasGoneBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_ben", "A1"))
	h.bank.pay(payment.IntentID)
	h.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeBalanceInsufficient}
	for range 2 {
		_, err := h.steps.RefundIntent(t.Context(), h.refundOrder(payment))
		var appErr *temporal.ApplicationError
		require.ErrorAs(t, err, &appErr)
		require.False(t, appErr.NonRetryable(), "whoever wanted it asks again")
	}
	require.Equal(t, 22420, h.account("refunds-payable:INR"))
	h.requireBooks()

	h.bank.refuseRefund = nil
	receipt, err := h.steps.RefundIntent(t.Context(), h.refundOrder(payment))
	require.NoError(t, err)
	require.Equal(t, booking.RefundSucceeded, receipt.Status)
	require.Equal(t, "REFUNDED", h.text(`SELECT status FROM payments`))
	require.Equal(t, 0, h.account("card-clearing:INR"))
	h.requireBooks()

	h.bank.turnRefund(receipt.RefundID+":3", provider.RefundFailed)
	require.Equal(t, booking.RefundNeedsAttention, h.send(receipt.RefundID).Status)
	require.Equal(t, "REFUNDING", h.text(`SELECT status FROM payments`), "the money is still here")
	_, err = h.steps.DivertRefund(t.Context(), command(receipt.RefundID, "1"))
	require.NoError(t, err)
	require.Equal(t, 22420, h.wallet("us_ben"))
	require.Equal(t, "REFUNDED", h.text(`SELECT status FROM payments`))
	h.requireBooks()
}

func TestARefundOfNobodysMoneyCannotGoToAWallet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.bank.intents["pi_stray"] = &provider.Intent{ID: "pi_stray", Amount: booking.Money{Amount: 100, Currency: "INR"}}
	h.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	receipt, err := h.steps.RefundIntent(t.Context(), booking.RefundOrder{
		RefundID: "rf_1", IntentID: "pi_stray", Amount: booking.Money{Amount: 100, Currency: "INR"}, Reason: "test", CorrelationID: "test",
	})
	require.NoError(t, err)
	require.Equal(t, booking.RefundNeedsAttention, receipt.Status)

	requireRefusal(t, second(h.steps.DivertRefund(t.Context(), command("rf_1", "1"))), booking.CodeInvalidState)
	require.Equal(t, booking.RefundInitiated, h.retry("rf_1", "2").Status)
	h.bank.refuseRefund = nil
	require.Equal(t, booking.RefundSucceeded, h.send("rf_1").Status)
	h.requireBooks()
}

func TestMoneyInACurrencyOfNobodyGoesBackAsWell(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	order := booking.RefundOrder{
		RefundID: "rf_1", IntentID: "pi_stray", Amount: booking.Money{Amount: 100, Currency: "XXX"}, Reason: "test", CorrelationID: "test",
	}

	receipt, err := h.steps.RefundIntent(t.Context(), order)

	require.NoError(t, err)
	require.Equal(t, booking.RefundSucceeded, receipt.Status)
	require.Equal(t, 0, h.count(`SELECT count(*) FROM ledger_transactions WHERE reference LIKE 'rf_1%'`))
}

func TestStrayMoneyIsFlagged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(*house, *booking.Payment)
		flags   int
	}{
		"another amount":   {func(_ *house, p *booking.Payment) { p.Card.Amount++ }, 1},
		"another currency": {func(_ *house, p *booking.Payment) { p.Card.Currency = "USD" }, 1},
		"a second charge": {func(h *house, p *booking.Payment) {
			other := wallet("bk_1", booking.Quote{Currency: "INR", Total: p.Card.Amount})
			other.ID, other.Attempt = "pay_other", 2
			require.NoError(h.t, h.confirm(other))
		}, 1},
		"nobody's money":  {func(_ *house, p *booking.Payment) { p.ID, p.IntentID = "pay_x", "pi_x" }, 1},
		"money too late":  {func(h *house, _ *booking.Payment) { h.release("bk_1", booking.StatusCancelled) }, 0},
		"money just late": {func(h *house, _ *booking.Payment) { h.release("bk_1", booking.StatusExpired) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1", "A2"))
			test.prepare(h, &payment)

			for range 2 {
				h.settle(payment)
			}

			require.Equal(t, test.flags, h.flags(booking.FlagStrayMoney))
			if test.flags > 0 {
				require.Equal(t, payment.IntentID, h.text(`SELECT subject FROM flags`))
			}
		})
	}
}

func TestARefundsTrailIsAppendOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cancelledByCard("bk_1", "A1")
	for _, statement := range []string{
		`UPDATE refund_events SET reason = 'x'`, `DELETE FROM refund_events`, `TRUNCATE refund_events`,
		`UPDATE cancellations SET reason = 'x'`, `DELETE FROM cancellations`,
		`UPDATE booking_seats SET cancellation_id = NULL`, `UPDATE refund_policies SET fee = 1`, `DELETE FROM refund_policy_tiers`,
		`INSERT INTO refund_policies (currency, fee, valid_from) VALUES ('INR', 0, now() - interval '1 second')`,
		`INSERT INTO refund_policy_tiers SELECT id, 1, 1 FROM refund_policies`,
	} {
		_, err := h.owner.Exec(t.Context(), statement)
		require.Error(t, err, statement)
		require.True(t, strings.Contains(err.Error(), "append only") || strings.Contains(err.Error(), "in force"), "%v", err)
	}
}

func TestARefundOfATopUpCanGoToItsWallet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	credit := h.topUp("tu_1", 500)
	before := h.wallet("us_asha")
	h.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	id := booking.RefundID(credit.IntentID)
	receipt, err := h.steps.RefundIntent(t.Context(), booking.RefundOrder{
		RefundID: id, IntentID: credit.IntentID, Amount: credit.Received, Reason: "test", CorrelationID: "test",
	})
	require.NoError(t, err)
	require.Equal(t, booking.RefundNeedsAttention, receipt.Status)

	_, err = h.steps.DivertRefund(t.Context(), command(id, "1"))

	require.NoError(t, err)
	require.Equal(t, before+int(credit.Received.Amount), h.wallet("us_asha"))
	h.requireBooks()
}

func TestAnOperatorAndTheClockAtOnceGiveTheMoneyBackOnce(t *testing.T) {
	t.Parallel()
	for range 5 {
		h := newHouse(t)
		id := h.cancelledByCard("bk_1", "A1")
		h.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeBalanceInsufficient}
		require.Equal(t, booking.RefundFailed, h.send(id).Status)
		h.bank.refuseRefund = nil

		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() { _, _ = h.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id}) })
			all.Go(func() { _, _ = h.steps.DivertRefund(t.Context(), command(id, fmt.Sprintf("divert %d", i))) })
			all.Go(func() { _, _ = h.steps.RetryRefund(t.Context(), command(id, fmt.Sprintf("retry %d", i))) })
		}
		all.Wait()
		require.Equal(t, booking.RefundSucceeded, h.send(id).Status)

		sent := 0
		for _, refund := range h.bank.refunds {
			sent += int(refund.Amount.Amount)
		}
		inWallet := h.count(`SELECT COALESCE(sum(balance), 0) FROM ledger_accounts WHERE id = 'wallet:us_ben:INR'`)
		require.Equal(t, 22420, sent+inWallet)
		h.requireBooks()
	}
}

// Cancellations, refunds and their trail take the same locks in the same order, so that none of them gives up.
func TestCancellationsAndRefundsOfOneBookingDoNotBlockEachOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.showIn("50 hours")
	seats := []string{"A1", "A2", "A3", "A4", "A5", "A6"}
	h.soldByCard("bk_1", "us_ben", seats...)
	var all sync.WaitGroup
	for _, seat := range seats {
		all.Go(func() {
			done, err := h.steps.CancelSeats(t.Context(), cancelRequest("bk_1", seat))
			if err != nil {
				t.Errorf("cancel %s: %v", seat, err)
				return
			}
			for range 3 {
				all.Go(func() {
					if _, err := h.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: done.Refunds[0].RefundID}); err != nil {
						t.Errorf("send: %v", err)
					}
				})
			}
		})
	}
	all.Wait()

	require.Equal(t, booking.StatusCancelled, h.status("bk_1"))
	require.Len(t, h.bank.refunds, len(seats))
	require.Equal(t, 0, h.account("card-clearing:INR"))
	h.requireBooks()
}
