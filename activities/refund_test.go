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

// cancelledByCard is the refund by card of a cancelled booking, which has not been sent yet.
func (f *fixture) cancelledByCard(id string, seats ...string) (refundID string) {
	f.t.Helper()
	f.showIn("50 hours")
	f.soldByCard(id, "us_ben", seats...)
	return f.cancelSeats(id).Refunds[0].RefundID
}

func (f *fixture) send(refundID string) booking.RefundReceipt {
	f.t.Helper()
	receipt, err := f.steps.SendRefund(f.t.Context(), booking.RefundRequest{RefundID: refundID, CorrelationID: "test"})
	require.NoError(f.t, err)
	return receipt
}

func command(refundID, id string) booking.RefundCommand {
	return booking.RefundCommand{RefundID: refundID, CommandID: id, Actor: "us_admin", Reason: "the customer called", CorrelationID: "test"}
}

func (f *fixture) retry(refundID, commandID string) booking.RefundReceipt {
	f.t.Helper()
	receipt, err := f.steps.RetryRefund(f.t.Context(), command(refundID, commandID))
	require.NoError(f.t, err)
	return receipt
}

// history is a refund's trail.
func (f *fixture) history(refundID string) string {
	f.t.Helper()
	return f.text(`SELECT string_agg(concat_ws(' ', attempt, to_status, tender), ', ' ORDER BY id) FROM refund_events WHERE refund_id = $1`, refundID)
}

func (f *fixture) flags(kind booking.FlagKind) int {
	f.t.Helper()
	return f.count(`SELECT count(*) FROM flags WHERE kind = $1 AND resolved_at IS NULL`, kind)
}

func TestARefundIsSentOnceHoweverOften(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.cancelledByCard("bk_1", "A1")
	f.bank.failRefund = timeout()
	_, err := f.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id})
	require.Error(t, err, "it acted, and then timed out")
	require.Equal(t, 22420, f.account("refunds-payable:INR"))

	for range 3 {
		require.Equal(t, booking.RefundSucceeded, f.send(id).Status)
	}

	require.Len(t, f.bank.refunds, 1)
	require.Equal(t, "1 INITIATED CARD, 1 SUCCEEDED CARD", f.history(id))
	require.Equal(t, 0, f.account("card-clearing:INR"))
	require.Equal(t, "SUCCEEDED", f.text(`SELECT status FROM payments`), "it had paid for the seats")
	f.requireBooks()
}

func TestAPendingRefundIsAskedAboutAndNothingElse(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.cancelledByCard("bk_1", "A1")
	f.bank.refundFate = provider.RefundPending
	for range 2 {
		require.Equal(t, booking.RefundInitiated, f.send(id).Status)
	}

	for _, step := range []func() error{
		func() error { _, err := f.steps.DivertRefund(t.Context(), command(id, "1")); return err },
		func() error { _, err := f.steps.RetryRefund(t.Context(), command(id, "2")); return err },
	} {
		refusal := refusalOf(t, step(), booking.CodeInvalidState)
		require.EqualValues(t, booking.RefundInitiated, refusal.Details["status"])
	}

	f.bank.turnRefund(id, provider.RefundSucceeded)
	require.Equal(t, booking.RefundSucceeded, f.send(id).Status)
	require.Equal(t, "re_"+id, f.text(`SELECT provider_refund_id FROM refunds`))
	f.requireBooks()
}

func TestARefundThatIsRefusedForNowIsTriedAgainUnderAnotherKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.cancelledByCard("bk_1", "A1")
	f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeBalanceInsufficient}
	for range 2 {
		receipt := f.send(id)
		require.Equal(t, booking.RefundFailed, receipt.Status)
		require.Equal(t, provider.CodeBalanceInsufficient, receipt.FailureCode)
	}
	require.Zero(t, f.flags(booking.FlagRefund), "nobody has to do anything")
	f.requireBooks()

	f.bank.refuseRefund = nil
	receipt := f.send(id)
	require.Equal(t, booking.RefundSucceeded, receipt.Status)
	require.Empty(t, receipt.FailureCode)

	require.Contains(t, f.bank.refunds, id+":3")
	require.Equal(t, id, booking.RefundOfKey(id+":3"))
	require.Equal(t, "1 INITIATED CARD, 1 FAILED CARD, 2 INITIATED CARD, 2 FAILED CARD, 3 INITIATED CARD, 3 SUCCEEDED CARD", f.history(id))
	f.requireBooks()
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
			f := newFixture(t)
			id := f.cancelledByCard("bk_1", "A1")
			prepare(f.bank)

			receipt := f.send(id)

			require.Equal(t, booking.RefundNeedsAttention, receipt.Status)
			require.Equal(t, code, receipt.FailureCode)
			require.Equal(t, 1, f.flags(booking.FlagRefund))
			f.requireBooks()
		})
	}
}

func TestNothingIsSentWhileTheProviderDoesNotSayWhatWasGivenBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.cancelledByCard("bk_1", "A1")
	f.bank.failNext = timeout()

	require.Error(t, second(f.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id})))

	require.Empty(t, f.bank.refunds)
	require.Equal(t, "1 INITIATED CARD", f.history(id))
}

// The whole way: it succeeds, comes back days later, is retried, fails again, and goes to the wallet.
func TestARefundThatComesBackIsRetriedAndThenDiverted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.cancelledByCard("bk_1", "A1")
	require.Equal(t, booking.RefundSucceeded, f.send(id).Status)
	f.bank.turnRefund(id, provider.RefundFailed)
	for range 2 {
		receipt := f.send(id)
		require.Equal(t, booking.RefundNeedsAttention, receipt.Status)
		require.Equal(t, "expired_or_canceled_card", receipt.FailureCode)
	}
	require.Equal(t, 1, f.flags(booking.FlagRefund))
	require.Equal(t, 22420, f.account("refunds-payable:INR"), "it is owed again")
	require.Equal(t, -22420, f.account("card-clearing:INR"), "and with the provider")
	f.requireBooks()

	for range 2 {
		require.Equal(t, booking.RefundInitiated, f.retry(id, "first").Status)
	}
	f.bank.refundFate = provider.RefundFailed
	require.Equal(t, booking.RefundNeedsAttention, f.send(id).Status)
	require.Equal(t, booking.RefundNeedsAttention, f.retry(id, "first").Status, "the same command is not another attempt")
	f.requireBooks()

	for range 2 {
		receipt, err := f.steps.DivertRefund(t.Context(), command(id, "second"))
		require.NoError(t, err)
		require.Equal(t, booking.RefundSucceeded, receipt.Status)
		require.Equal(t, booking.TenderWallet, receipt.Tender)
	}
	require.Equal(t, booking.RefundSucceeded, f.send(id).Status)

	require.Equal(t, 22420, f.wallet("us_ben"))
	require.Equal(t, "1 INITIATED CARD, 1 SUCCEEDED CARD, 1 NEEDS_ATTENTION CARD, 2 INITIATED CARD, 2 NEEDS_ATTENTION CARD, 2 SUCCEEDED WALLET", f.history(id))
	require.Equal(t, 2, f.count(`SELECT count(*) FROM refund_events WHERE actor = 'us_admin' AND reason = 'the customer called'`))
	requireRefusal(t, second(f.steps.DivertRefund(t.Context(), command(id, "third"))), booking.CodeInvalidState)
	f.requireBooks()
}

func second[T any](_ T, err error) error { return err }

func TestOtherRefundsOfTheSamePaymentAreNotTakenForOnesByHand(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	first, rest := f.cancelSeats("bk_1", "A1").Refunds[0].RefundID, f.cancelSeats("bk_1").Refunds[0].RefundID
	require.Equal(t, booking.RefundSucceeded, f.send(first).Status)
	f.bank.refundFate = provider.RefundFailed
	require.Equal(t, booking.RefundNeedsAttention, f.send(rest).Status)

	_, err := f.steps.DivertRefund(t.Context(), command(rest, "1"))

	require.NoError(t, err)
	require.Equal(t, 22420, f.wallet("us_ben"))
	f.requireBooks()
}

func TestARefundThatTheProviderForgotIsADefectAndStaysSucceeded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.cancelledByCard("bk_1", "A1")
	f.send(id)
	clear(f.bank.refunds)
	f.bank.refuseRefund = &provider.Error{Kind: provider.KindNotFound}

	_, err := f.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id})

	var appErr *temporal.ApplicationError
	require.ErrorAs(t, err, &appErr)
	require.True(t, appErr.NonRetryable())
	require.Equal(t, "SUCCEEDED", f.text(`SELECT status FROM refunds`))
	f.requireBooks()
}

func TestAnUnknownRefundIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	requireRefusal(t, second(f.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: "rf_x"})), booking.CodeNotFound)
	requireRefusal(t, second(f.steps.RetryRefund(t.Context(), command("rf_x", "1"))), booking.CodeNotFound)
	requireRefusal(t, second(f.steps.DivertRefund(t.Context(), command("rf_x", "1"))), booking.CodeNotFound)
}

// Without the charge it is not known what was given back of it outside: a command could pay that a second time.
func TestNoCommandIsCarriedOutForAChargeThatTheProviderDoesNotKnow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.cancelledByCard("bk_1", "A1")
	f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	require.Equal(t, booking.RefundNeedsAttention, f.send(id).Status)
	f.bank.forget("pi_1")

	for name, step := range map[string]func(context.Context, booking.RefundCommand) (booking.RefundReceipt, error){
		"retry": f.steps.RetryRefund, "divert": f.steps.DivertRefund, "settle": f.steps.SettleRefund, "close": f.steps.CloseRefund,
	} {
		requireRefusal(t, second(step(t.Context(), command(id, name))), booking.CodeInvalidState)
	}

	require.Equal(t, "1 INITIATED CARD, 1 NEEDS_ATTENTION CARD", f.history(id))
	require.Equal(t, 22420, f.account("refunds-payable:INR"))
	f.requireBooks()
}

func TestAProviderThatIsAwayIsAskedAgainBeforeACommandIsCarriedOut(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.cancelledByCard("bk_1", "A1")
	f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	require.Equal(t, booking.RefundNeedsAttention, f.send(id).Status)
	f.bank.failNext = &provider.Error{Kind: provider.KindUnavailable}

	_, err := f.steps.DivertRefund(t.Context(), command(id, "1"))

	var unavailable *provider.Error
	require.ErrorAs(t, err, &unavailable, "worth another try")
	require.Zero(t, f.count(`SELECT count(*) FROM ledger_accounts WHERE user_id = 'us_ben'`))
	require.Equal(t, 22420, f.account("refunds-payable:INR"))
}

func TestMoneyThatBoughtNothingIsOwedUntilItHasGoneBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_ben", "A1"))
	f.bank.pay(payment.IntentID)
	f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeBalanceInsufficient}
	for range 2 {
		_, err := f.steps.RefundIntent(t.Context(), f.refundOrder(payment))
		var appErr *temporal.ApplicationError
		require.ErrorAs(t, err, &appErr)
		require.False(t, appErr.NonRetryable(), "whoever wanted it asks again")
	}
	require.Equal(t, 22420, f.account("refunds-payable:INR"))
	f.requireBooks()

	f.bank.refuseRefund = nil
	receipt, err := f.steps.RefundIntent(t.Context(), f.refundOrder(payment))
	require.NoError(t, err)
	require.Equal(t, booking.RefundSucceeded, receipt.Status)
	require.Equal(t, "REFUNDED", f.text(`SELECT status FROM payments`))
	require.Equal(t, 0, f.account("card-clearing:INR"))
	f.requireBooks()

	f.bank.turnRefund(receipt.RefundID+":3", provider.RefundFailed)
	require.Equal(t, booking.RefundNeedsAttention, f.send(receipt.RefundID).Status)
	require.Equal(t, "REFUNDING", f.text(`SELECT status FROM payments`), "the money is still here")
	_, err = f.steps.DivertRefund(t.Context(), command(receipt.RefundID, "1"))
	require.NoError(t, err)
	require.Equal(t, 22420, f.wallet("us_ben"))
	require.Equal(t, "REFUNDED", f.text(`SELECT status FROM payments`))
	f.requireBooks()
}

func TestARefundOfNobodysMoneyCannotGoToAWallet(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.bank.intents["pi_stray"] = &provider.Intent{ID: "pi_stray", Amount: booking.Money{Amount: 100, Currency: "INR"}}
	f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	receipt, err := f.steps.RefundIntent(t.Context(), booking.RefundOrder{
		RefundID: "rf_1", IntentID: "pi_stray", Amount: booking.Money{Amount: 100, Currency: "INR"}, Reason: "test", CorrelationID: "test",
	})
	require.NoError(t, err)
	require.Equal(t, booking.RefundNeedsAttention, receipt.Status)

	requireRefusal(t, second(f.steps.DivertRefund(t.Context(), command("rf_1", "1"))), booking.CodeInvalidState)
	require.Equal(t, booking.RefundInitiated, f.retry("rf_1", "2").Status)
	f.bank.refuseRefund = nil
	require.Equal(t, booking.RefundSucceeded, f.send("rf_1").Status)
	f.requireBooks()
}

func TestMoneyInACurrencyOfNobodyGoesBackAsWell(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order := booking.RefundOrder{
		RefundID: "rf_1", IntentID: "pi_stray", Amount: booking.Money{Amount: 100, Currency: "XXX"}, Reason: "test", CorrelationID: "test",
	}

	receipt, err := f.steps.RefundIntent(t.Context(), order)

	require.NoError(t, err)
	require.Equal(t, booking.RefundSucceeded, receipt.Status)
	require.Equal(t, 0, f.count(`SELECT count(*) FROM ledger_transactions WHERE reference LIKE 'rf_1%'`))
}

func TestStrayMoneyIsFlagged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(*fixture, *booking.Payment)
		flags   int
	}{
		"another amount":   {func(_ *fixture, p *booking.Payment) { p.Card.Amount++ }, 1},
		"another currency": {func(_ *fixture, p *booking.Payment) { p.Card.Currency = "USD" }, 1},
		"a second charge": {func(f *fixture, p *booking.Payment) {
			other := wallet("bk_1", booking.Quote{Currency: "INR", Total: p.Card.Amount})
			other.ID, other.Attempt = "pay_other", 2
			require.NoError(f.t, f.confirm(other))
		}, 1},
		"nobody's money":  {func(_ *fixture, p *booking.Payment) { p.ID, p.IntentID = "pay_x", "pi_x" }, 1},
		"money too late":  {func(f *fixture, _ *booking.Payment) { f.release("bk_1", booking.StatusCancelled) }, 0},
		"money just late": {func(f *fixture, _ *booking.Payment) { f.release("bk_1", booking.StatusExpired) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1", "A2"))
			test.prepare(f, &payment)

			for range 2 {
				f.settle(payment)
			}

			require.Equal(t, test.flags, f.flags(booking.FlagStrayMoney))
			if test.flags > 0 {
				require.Equal(t, payment.IntentID, f.text(`SELECT subject FROM flags`))
			}
		})
	}
}

func TestARefundsTrailIsAppendOnly(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.cancelledByCard("bk_1", "A1")
	for _, statement := range []string{
		`UPDATE refund_events SET reason = 'x'`, `DELETE FROM refund_events`, `TRUNCATE refund_events`,
		`UPDATE cancellations SET reason = 'x'`, `DELETE FROM cancellations`,
		`UPDATE booking_seats SET cancellation_id = NULL`, `UPDATE refund_policies SET fee = 1`, `DELETE FROM refund_policy_tiers`,
		`INSERT INTO refund_policies (currency, fee, valid_from) VALUES ('INR', 0, now() - interval '1 second')`,
		`INSERT INTO refund_policy_tiers SELECT id, 1, 1 FROM refund_policies`,
	} {
		_, err := f.owner.Exec(t.Context(), statement)
		require.Error(t, err, statement)
		require.True(t, strings.Contains(err.Error(), "append only") || strings.Contains(err.Error(), "in force"), "%v", err)
	}
}

func TestARefundOfATopUpCanGoToItsWallet(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	credit := f.topUp("tu_1", 500)
	before := f.wallet("us_asha")
	f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	id := booking.RefundID(credit.IntentID)
	receipt, err := f.steps.RefundIntent(t.Context(), booking.RefundOrder{
		RefundID: id, IntentID: credit.IntentID, Amount: credit.Received, Reason: "test", CorrelationID: "test",
	})
	require.NoError(t, err)
	require.Equal(t, booking.RefundNeedsAttention, receipt.Status)

	_, err = f.steps.DivertRefund(t.Context(), command(id, "1"))

	require.NoError(t, err)
	require.Equal(t, before+int(credit.Received.Amount), f.wallet("us_asha"))
	f.requireBooks()
}

func TestAnOperatorAndTheClockAtOnceGiveTheMoneyBackOnce(t *testing.T) {
	t.Parallel()
	for range 5 {
		f := newFixture(t)
		id := f.cancelledByCard("bk_1", "A1")
		f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeBalanceInsufficient}
		require.Equal(t, booking.RefundFailed, f.send(id).Status)
		f.bank.refuseRefund = nil

		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() { _, _ = f.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id}) })
			all.Go(func() { _, _ = f.steps.DivertRefund(t.Context(), command(id, fmt.Sprintf("divert %d", i))) })
			all.Go(func() { _, _ = f.steps.RetryRefund(t.Context(), command(id, fmt.Sprintf("retry %d", i))) })
		}
		all.Wait()
		require.Equal(t, booking.RefundSucceeded, f.send(id).Status)

		sent := 0
		for _, refund := range f.bank.refunds {
			sent += int(refund.Amount.Amount)
		}
		inWallet := f.count(`SELECT COALESCE(sum(balance), 0) FROM ledger_accounts WHERE id = 'wallet:us_ben:INR'`)
		require.Equal(t, 22420, sent+inWallet)
		f.requireBooks()
	}
}

// Cancellations, refunds and their trail take the same locks in the same order, so that there is no deadlock.
func TestCancellationsAndRefundsOfOneBookingDoNotBlockEachOther(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("50 hours")
	seats := []string{"A1", "A2", "A3", "A4", "A5", "A6"}
	f.soldByCard("bk_1", "us_ben", seats...)
	var all sync.WaitGroup
	for _, seat := range seats {
		all.Go(func() {
			done, err := f.steps.CancelSeats(t.Context(), cancelRequest("bk_1", seat))
			if err != nil {
				t.Errorf("cancel %s: %v", seat, err)
				return
			}
			for range 3 {
				all.Go(func() {
					if _, err := f.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: done.Refunds[0].RefundID}); err != nil {
						t.Errorf("send: %v", err)
					}
				})
			}
		})
	}
	all.Wait()

	require.Equal(t, booking.StatusCancelled, f.status("bk_1"))
	require.Len(t, f.bank.refunds, len(seats))
	require.Equal(t, 0, f.account("card-clearing:INR"))
	f.requireBooks()
}
