package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

func timeout() error { return &provider.Error{Kind: provider.KindUnavailable, Op: "test"} }

func (h *house) order(quote booking.Quote) booking.IntentOrder {
	return booking.IntentOrder{CorrelationID: "test", Payment: booking.Payment{
		ID: "pay_1", BookingID: "bk_1", Attempt: 1, Method: booking.MethodCard, Card: quote.Due(),
		Wallet: booking.Money{Currency: quote.Currency}, RequestHash: "hash",
	}}
}

func TestOpenIntentAgainAfterATimeOutFindsTheSameIntent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	order := h.order(h.hold("bk_1", "us_asha", "A1"))
	h.bank.failNext = timeout()
	_, err := h.steps.OpenIntent(t.Context(), order)
	require.Error(t, err)

	for range 2 {
		intent, err := h.steps.OpenIntent(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, "pi_1", intent.IntentID)
	}

	require.Len(t, h.bank.intents, 1)
	require.Equal(t, "pi_1", h.text(`SELECT intent_id FROM payments`))
	require.Equal(t, "INITIATED SEATS_LOCKED PAYMENT_PENDING", h.trail("bk_1"))
}

func TestOpenIntentThatTheProviderRefusesIsAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	order := h.order(h.hold("bk_1", "us_asha", "A1"))
	h.bank.failNext = &provider.Error{Kind: provider.KindRejected, Code: "amount_too_small"}

	_, err := h.steps.OpenIntent(t.Context(), order)

	refusal := refusalOf(t, err, booking.CodePaymentFailed)
	require.Equal(t, "amount_too_small", refusal.Details["reason"])
	require.Equal(t, "CANCELLED", h.text(`SELECT status FROM payments`))
}

func TestCloseIntentSaysWhetherTheMoneyWasFaster(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	h.bank.setStatus(payment.IntentID, provider.IntentProcessing)

	_, err := h.closeIntent(payment.IntentID)
	var appErr *temporal.ApplicationError
	require.ErrorAs(t, err, &appErr)
	require.False(t, appErr.NonRetryable(), "worth another try")

	h.bank.pay(payment.IntentID)
	closed, err := h.closeIntent(payment.IntentID)
	require.NoError(t, err)
	require.Equal(t, payment.Card, closed.Received)
	require.Equal(t, "bk_1", closed.BookingID)
}

func TestCloseIntentOfAnUnpaidOneCollectsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))

	closed, err := h.closeIntent(payment.IntentID)

	require.NoError(t, err)
	require.False(t, closed.Paid())
}

func (h *house) refundOrder(payment booking.Payment) booking.RefundOrder {
	return booking.RefundOrder{
		RefundID: booking.RefundID(payment.IntentID), IntentID: payment.IntentID, BookingID: payment.BookingID,
		PaymentID: payment.ID, Amount: payment.Card, Reason: "test", CorrelationID: "test",
	}
}

func TestRefundAgainAfterATimeOutIsOneRefund(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	h.bank.pay(payment.IntentID)
	h.bank.failRefund = timeout()
	_, err := h.steps.RefundIntent(t.Context(), h.refundOrder(payment))
	require.Error(t, err)

	for range 3 {
		receipt, err := h.steps.RefundIntent(t.Context(), h.refundOrder(payment))
		require.NoError(t, err)
		require.Equal(t, booking.RefundSucceeded, receipt.Status)
	}

	require.Len(t, h.bank.refunds, 1)
	require.Equal(t, 1, h.count(`SELECT count(*) FROM refunds WHERE status = 'SUCCEEDED'`))
	require.Equal(t, "REFUNDED", h.text(`SELECT status FROM payments`))
}

func TestARefundKeepsItsFirstWordsAtTheProvider(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	first := h.refundOrder(payment)
	h.bank.failRefund = timeout()
	_, err := h.steps.RefundIntent(t.Context(), first)
	require.Error(t, err)

	second := first
	second.Reason = "a settlement found it under way"
	_, err = h.steps.RefundIntent(t.Context(), second)

	require.NoError(t, err)
	require.Equal(t, []string{first.Reason, first.Reason}, h.bank.refundReasons)
}

func TestAKeyThatWasUsedForSomethingElseIsADefectAndNoAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	h.bank.failRefund = &provider.Error{Kind: provider.KindIdempotencyReuse}

	_, err := h.steps.RefundIntent(t.Context(), h.refundOrder(payment))

	require.Error(t, err)
	require.Equal(t, "INITIATED", h.text(`SELECT status FROM refunds`))
}

func TestARefundThatTheProviderRefusesStaysVisible(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	h.bank.failRefund = &provider.Error{Kind: provider.KindRejected}

	receipt, err := h.steps.RefundIntent(t.Context(), h.refundOrder(payment))

	require.NoError(t, err)
	require.Equal(t, booking.RefundNeedsAttention, receipt.Status)
	require.Equal(t, "NEEDS_ATTENTION", h.text(`SELECT status FROM refunds`))
	require.Equal(t, "REFUNDING", h.text(`SELECT status FROM payments`), "the money is still there")
}

func TestARefundThatTheProviderHasNotDecidedIsAskedAboutAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	order := h.refundOrder(payment)
	h.bank.refunds[order.RefundID] = provider.Refund{ID: "re_1", Status: provider.RefundPending, Amount: order.Amount}

	_, err := h.steps.RefundIntent(t.Context(), order)
	var appErr *temporal.ApplicationError
	require.ErrorAs(t, err, &appErr)
	require.False(t, appErr.NonRetryable())
	require.Equal(t, "INITIATED", h.text(`SELECT status FROM refunds`))

	h.bank.refunds[order.RefundID] = provider.Refund{ID: "re_1", Status: provider.RefundSucceeded, Amount: order.Amount}
	receipt, err := h.steps.RefundIntent(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, booking.RefundSucceeded, receipt.Status)
	require.Equal(t, "REFUNDED", h.text(`SELECT status FROM payments`))
}

func TestMoneyIsEitherConfirmedOrRefundedWhicheverComesFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	refunded := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	h.bank.failRefund = timeout()
	_, err := h.steps.RefundIntent(t.Context(), h.refundOrder(refunded))
	require.Error(t, err)
	requireRefusal(t, h.confirm(refunded), booking.CodeInvalidState)
	require.Equal(t, booking.SettledRefunded, h.settle(refunded).Result)

	sold := h.card("bk_2", h.hold("bk_2", "us_asha", "A2"))
	require.NoError(t, h.confirm(sold))
	_, err = h.steps.RefundIntent(t.Context(), h.refundOrder(sold))
	requireRefusal(t, err, booking.CodeInvalidState)
	require.Equal(t, 1, h.count(`SELECT count(*) FROM refunds`))
}

func TestNoIntentIsOpenedForABookingThatHasEnded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	order := h.order(h.hold("bk_1", "us_asha", "A1"))
	h.release("bk_1", booking.StatusExpired)

	_, err := h.steps.OpenIntent(t.Context(), order)

	requireRefusal(t, err, booking.CodeInvalidState)
	require.Empty(t, h.bank.intents)
	require.Equal(t, 0, h.count(`SELECT count(*) FROM payments`))
}

func TestARefundOfMoneyThatIsNotOursIsWrittenWithoutABooking(t *testing.T) {
	t.Parallel()
	h := newHouse(t)

	_, err := h.steps.RefundIntent(t.Context(), booking.RefundOrder{
		RefundID: "rf_1", IntentID: "pi_stray", BookingID: "bk_unknown", PaymentID: "pay_unknown",
		Amount: booking.Money{Amount: 100, Currency: "INR"}, Reason: "test", CorrelationID: "test",
	})

	require.NoError(t, err)
	require.Equal(t, 1, h.count(`SELECT count(*) FROM refunds WHERE booking_id IS NULL AND payment_id IS NULL AND intent_id = 'pi_stray'`))
}

func TestALateDeclineDoesNotReopenAFinishedAttempt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	note := func(status booking.PaymentStatus) string {
		require.NoError(t, h.steps.NotePayment(t.Context(), booking.PaymentNote{PaymentID: payment.ID, Status: status, DeclineCode: "card_declined"}))
		return h.text(`SELECT status FROM payments`)
	}
	require.Equal(t, "DECLINED", note(booking.PaymentDeclined))
	require.Equal(t, "PROCESSING", note(booking.PaymentProcessing))
	require.NoError(t, h.confirm(payment))

	require.Equal(t, "SUCCEEDED", note(booking.PaymentDeclined))
}
