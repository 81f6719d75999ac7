package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

func timeout() error { return &provider.Error{Kind: provider.KindUnavailable, Op: "test"} }

func (f *fixture) order(quote booking.Quote) booking.IntentOrder {
	return booking.IntentOrder{CorrelationID: "test", Payment: booking.Payment{
		ID: "pay_1", BookingID: "bk_1", Attempt: 1, Method: booking.MethodCard, Card: quote.Due(),
		Wallet: booking.Money{Currency: quote.Currency}, RequestHash: "hash",
	}}
}

func TestOpenIntentAgainAfterATimeOutFindsTheSameIntent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order := f.order(f.hold("bk_1", "us_asha", "A1"))
	f.bank.failNext = timeout()
	_, err := f.steps.OpenIntent(t.Context(), order)
	require.Error(t, err)

	for range 2 {
		intent, err := f.steps.OpenIntent(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, "pi_1", intent.IntentID)
	}

	require.Len(t, f.bank.intents, 1)
	require.Equal(t, "pi_1", f.text(`SELECT intent_id FROM payments`))
	require.Equal(t, "INITIATED SEATS_LOCKED PAYMENT_PENDING", f.trail("bk_1"))
}

func TestOpenIntentThatTheProviderRefusesIsAnswered(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order := f.order(f.hold("bk_1", "us_asha", "A1"))
	f.bank.failNext = &provider.Error{Kind: provider.KindRejected, Code: "amount_too_small"}

	_, err := f.steps.OpenIntent(t.Context(), order)

	refusal := refusalOf(t, err, booking.CodePaymentFailed)
	require.Equal(t, "amount_too_small", refusal.Details["reason"])
	require.Equal(t, "CANCELLED", f.text(`SELECT status FROM payments`))
}

func TestCloseIntentSaysWhetherTheMoneyWasFaster(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	f.bank.setStatus(payment.IntentID, provider.IntentProcessing)

	_, err := f.closeIntent(payment.IntentID)
	var appErr *temporal.ApplicationError
	require.ErrorAs(t, err, &appErr)
	require.False(t, appErr.NonRetryable(), "worth another try")

	f.bank.pay(payment.IntentID)
	closed, err := f.closeIntent(payment.IntentID)
	require.NoError(t, err)
	require.Equal(t, payment.Card, closed.Received)
	require.Equal(t, "bk_1", closed.BookingID)
}

func TestCloseIntentOfAnUnpaidOneCollectsNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))

	closed, err := f.closeIntent(payment.IntentID)

	require.NoError(t, err)
	require.False(t, closed.Paid())
}

func (f *fixture) refundOrder(payment booking.Payment) booking.RefundOrder {
	return booking.RefundOrder{
		RefundID: booking.RefundID(payment.IntentID), IntentID: payment.IntentID, BookingID: payment.BookingID,
		PaymentID: payment.ID, Amount: payment.Card, Reason: "test", CorrelationID: "test",
	}
}

func TestRefundAgainAfterATimeOutIsOneRefund(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	f.bank.pay(payment.IntentID)
	f.bank.failRefund = timeout()
	_, err := f.steps.RefundIntent(t.Context(), f.refundOrder(payment))
	require.Error(t, err)

	for range 3 {
		receipt, err := f.steps.RefundIntent(t.Context(), f.refundOrder(payment))
		require.NoError(t, err)
		require.Equal(t, booking.RefundSucceeded, receipt.Status)
	}

	require.Len(t, f.bank.refunds, 1)
	require.Equal(t, 1, f.count(`SELECT count(*) FROM refunds WHERE status = 'SUCCEEDED'`))
	require.Equal(t, "REFUNDED", f.text(`SELECT status FROM payments`))
}

func TestARefundKeepsItsFirstReasonAtTheProvider(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	first := f.refundOrder(payment)
	f.bank.failRefund = timeout()
	_, err := f.steps.RefundIntent(t.Context(), first)
	require.Error(t, err)

	second := first
	second.Reason = "a settlement found it under way"
	_, err = f.steps.RefundIntent(t.Context(), second)

	require.NoError(t, err)
	require.Equal(t, []string{first.Reason, first.Reason}, f.bank.refundReasons)
}

func TestAKeyThatWasUsedForSomethingElseIsADefectAndNotAnAnswer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	f.bank.failRefund = &provider.Error{Kind: provider.KindIdempotencyReuse}

	_, err := f.steps.RefundIntent(t.Context(), f.refundOrder(payment))

	require.Error(t, err)
	require.Equal(t, "INITIATED", f.text(`SELECT status FROM refunds`))
}

func TestARefundThatTheProviderRefusesStaysVisible(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	f.bank.failRefund = &provider.Error{Kind: provider.KindRejected}

	receipt, err := f.steps.RefundIntent(t.Context(), f.refundOrder(payment))

	require.NoError(t, err)
	require.Equal(t, booking.RefundNeedsAttention, receipt.Status)
	require.Equal(t, "NEEDS_ATTENTION", f.text(`SELECT status FROM refunds`))
	require.Equal(t, "REFUNDING", f.text(`SELECT status FROM payments`), "the money is still there")
}

func TestARefundThatTheProviderHasNotDecidedIsAskedAboutAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	order := f.refundOrder(payment)
	f.bank.refunds[order.RefundID] = provider.Refund{ID: "re_1", Status: provider.RefundPending, Amount: order.Amount}

	_, err := f.steps.RefundIntent(t.Context(), order)
	var appErr *temporal.ApplicationError
	require.ErrorAs(t, err, &appErr)
	require.False(t, appErr.NonRetryable())
	require.Equal(t, "INITIATED", f.text(`SELECT status FROM refunds`))

	f.bank.refunds[order.RefundID] = provider.Refund{ID: "re_1", Status: provider.RefundSucceeded, Amount: order.Amount}
	receipt, err := f.steps.RefundIntent(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, booking.RefundSucceeded, receipt.Status)
	require.Equal(t, "REFUNDED", f.text(`SELECT status FROM payments`))
}

func TestMoneyIsEitherConfirmedOrRefundedWhicheverComesFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	refunded := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	f.bank.failRefund = timeout()
	_, err := f.steps.RefundIntent(t.Context(), f.refundOrder(refunded))
	require.Error(t, err)
	requireRefusal(t, f.confirm(refunded), booking.CodeInvalidState)
	require.Equal(t, booking.SettledRefunded, f.settle(refunded).Result)

	sold := f.card("bk_2", f.hold("bk_2", "us_asha", "A2"))
	require.NoError(t, f.confirm(sold))
	_, err = f.steps.RefundIntent(t.Context(), f.refundOrder(sold))
	requireRefusal(t, err, booking.CodeInvalidState)
	require.Equal(t, 1, f.count(`SELECT count(*) FROM refunds`))
}

func TestNoIntentIsOpenedForABookingThatHasEnded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order := f.order(f.hold("bk_1", "us_asha", "A1"))
	f.release("bk_1", booking.StatusExpired)

	_, err := f.steps.OpenIntent(t.Context(), order)

	requireRefusal(t, err, booking.CodeInvalidState)
	require.Empty(t, f.bank.intents)
	require.Equal(t, 0, f.count(`SELECT count(*) FROM payments`))
}

func TestARefundOfMoneyThatIsNotOursIsWrittenWithoutABooking(t *testing.T) {
	t.Parallel()
	f := newFixture(t)

	_, err := f.steps.RefundIntent(t.Context(), booking.RefundOrder{
		RefundID: "rf_1", IntentID: "pi_stray", BookingID: "bk_unknown", PaymentID: "pay_unknown",
		Amount: booking.Money{Amount: 100, Currency: "INR"}, Reason: "test", CorrelationID: "test",
	})

	require.NoError(t, err)
	require.Equal(t, 1, f.count(`SELECT count(*) FROM refunds WHERE booking_id IS NULL AND payment_id IS NULL AND intent_id = 'pi_stray'`))
}

func TestALateDeclineDoesNotReopenAFinishedAttempt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	note := func(status booking.PaymentStatus) string {
		require.NoError(t, f.steps.NotePayment(t.Context(), booking.PaymentNote{PaymentID: payment.ID, Status: status, DeclineCode: "card_declined"}))
		return f.text(`SELECT status FROM payments`)
	}
	require.Equal(t, "DECLINED", note(booking.PaymentDeclined))
	require.Equal(t, "PROCESSING", note(booking.PaymentProcessing))
	require.NoError(t, f.confirm(payment))

	require.Equal(t, "SUCCEEDED", note(booking.PaymentDeclined))
}
