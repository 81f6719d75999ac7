package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func TestAHybridBookingIsConfirmedByTheWebhookOfItsCard(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.walletPart = 10000
	run.expectHold()
	pay := run.pay(time.Minute, booking.MethodWalletAndCard)
	run.event(2*time.Minute, booking.PaymentEvent{
		EventID: "evt_1", Kind: booking.PaymentEventSucceeded, IntentID: "pi_1",
		Received: booking.Money{Amount: testQuote.Total - 10000, Currency: "INR"},
	})

	outcome := run.playToEnd()

	require.NoError(t, pay.err)
	require.Equal(t, booking.MethodWalletAndCard, pay.result.Method)
	require.EqualValues(t, 10000, pay.result.Wallet.Amount)
	require.Equal(t, testQuote.Total-10000, pay.result.Card.Amount)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "reserve", "open pi_1", "confirm"}, run.steps)
}

func TestAWalletThatCanPayAllNeedsNoCard(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.walletPart = testQuote.Total
	run.expectHold()
	pay := run.pay(time.Minute, booking.MethodWalletAndCard)

	outcome := run.playToEnd()

	require.NoError(t, pay.err)
	require.Equal(t, booking.MethodWallet, pay.result.Method)
	require.Equal(t, booking.StatusConfirmed, pay.result.BookingStatus)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "reserve", "confirm"}, run.steps)
}

func TestADeclinedHybridMayBePaidInAnotherWay(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.walletPart = 10000
	run.expectHold()
	run.pay(time.Minute, booking.MethodWalletAndCard)
	run.event(2*time.Minute, booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventDeclined, IntentID: "pi_1"})
	second := run.pay(3*time.Minute, booking.MethodWallet)

	outcome := run.playToEnd()

	require.NoError(t, second.err)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{
		"lock", "reserve", "open pi_1", "note DECLINED", "close pi_1", "note CANCELLED", "confirm",
	}, run.steps)
}

func TestAHybridThatTheWalletRefusesLeavesTheBookingPayable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		code booking.Code
	}{
		"too little in the wallet": {
			refusalError(booking.Refuse(booking.CodeInsufficientFunds, "too little")), booking.CodeInsufficientFunds,
		},
		"the database is away": {errors.New("away"), booking.CodeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := newRun(t)
			run.reserveError = test.err
			run.expectHold()
			hybrid := run.pay(time.Minute, booking.MethodWalletAndCard)
			wallet := run.pay(3*time.Minute, booking.MethodWallet)

			outcome := run.playToEnd()

			requireRefusal(t, hybrid.err, test.code)
			require.NoError(t, wallet.err)
			require.Equal(t, booking.StatusConfirmed, outcome.Status)
		})
	}
}

func TestAHybridWhoseProviderIsAwayFreesTheWallet(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.walletPart = 10000
	run.openError = errors.New("away")
	run.expectHold()
	pay := run.pay(time.Minute, booking.MethodWalletAndCard)

	outcome := run.playToEnd()

	requireRefusal(t, pay.err, booking.CodeUnavailable)
	require.Equal(t, booking.StatusExpired, outcome.Status)
	require.Equal(t, []string{"lock", "reserve", "note CANCELLED", "release EXPIRED"}, run.steps)
}

func TestAHybridThatCannotBeConfirmedGivesTheCardsPartBack(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.walletPart = 10000
	run.confirmErrors = []error{refusalError(booking.Refuse(booking.CodeConflict, "closed"))}
	run.expectHold()
	run.pay(time.Minute, booking.MethodWalletAndCard)
	rest := booking.Money{Amount: testQuote.Total - 10000, Currency: "INR"}
	run.event(2*time.Minute, booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventSucceeded, IntentID: "pi_1", Received: rest})

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusFailed, outcome.Status)
	require.Equal(t, rest, outcome.Refund.Amount)
	require.Equal(t, []string{"lock", "reserve", "open pi_1", "confirm", "release FAILED", "refund pi_1"}, run.steps)
}

func TestAHybridPastTheDeadlineIsRefused(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	late := run.pay(testHold, booking.MethodWalletAndCard)

	run.playToEnd()

	requireRefusal(t, late.err, booking.CodeBookingExpired)
	require.NotContains(t, run.steps, "reserve")
}
