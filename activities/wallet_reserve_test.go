package activities_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// hybrid is an attempt at a booking that is not split yet.
func hybrid(id string, attempt int) booking.Payment {
	return booking.Payment{
		ID: fmt.Sprintf("pay_%s_%d", id, attempt), BookingID: id, Attempt: attempt, Method: booking.MethodWalletAndCard,
		Wallet: booking.Money{Currency: "INR"}, Card: booking.Money{Currency: "INR"}, RequestHash: "hash",
	}
}

func (f *fixture) reserve(payment booking.Payment, amount ...int64) (booking.Payment, error) {
	req := booking.Reservation{Payment: payment, CorrelationID: "test"}
	if len(amount) > 0 {
		req.WalletAmount = &amount[0]
	}
	reserved, err := f.steps.ReserveWallet(f.t.Context(), req)
	return reserved.Payment, err
}

// payHybrid reserves the wallet's part of a booking and opens an intent for the rest.
func (f *fixture) payHybrid(id string, attempt int, amount ...int64) booking.Payment {
	f.t.Helper()
	payment, err := f.reserve(hybrid(id, attempt), amount...)
	require.NoError(f.t, err)
	intent, err := f.steps.OpenIntent(f.t.Context(), booking.IntentOrder{Payment: payment, CorrelationID: "test"})
	require.NoError(f.t, err)
	payment.IntentID = intent.IntentID
	return payment
}

func (f *fixture) reserved(userID string) int {
	f.t.Helper()
	return f.count(`SELECT balance FROM ledger_accounts WHERE id = $1`, booking.ReservedWalletID(userID, "INR"))
}

func (f *fixture) requireWallet(userID string, free, reserved int) {
	f.t.Helper()
	require.Equal(f.t, [2]int{free, reserved}, [2]int{f.wallet(userID), f.reserved(userID)}, "free and reserved")
	require.Equal(f.t, 0, f.count(saleSums))
}

func TestAHybridPaymentSetsTheWalletsPartAside(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "B1", "B2", "B3")

	var payment booking.Payment
	for range 3 {
		var err error
		payment, err = f.reserve(hybrid("bk_1", 1))
		require.NoError(t, err, "and once more is harmless")
	}

	require.Equal(t, booking.MethodWalletAndCard, payment.Method)
	require.EqualValues(t, 100000, payment.Wallet.Amount, "as much as there is")
	require.Equal(t, quote.Total-100000, payment.Card.Amount)
	f.requireWallet("us_asha", 0, 100000)
	require.Equal(t, booking.StatusPaymentPending, f.status("bk_1"))
	require.Equal(t, "1 WALLET_AND_CARD hash test", f.text(paymentRow, payment.ID))
}

func TestTheWalletLeavesTheCardAsMuchAsItCanBeCharged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1", "A2")

	payment, err := f.reserve(hybrid("bk_1", 1), quote.Total-1)

	require.NoError(t, err)
	require.EqualValues(t, f.count(`SELECT minimum_charge FROM currencies WHERE code = 'INR'`), payment.Card.Amount)
	require.Equal(t, quote.Total, payment.Wallet.Amount+payment.Card.Amount)
}

func TestBothPartsAreTakenByTheConfirmation(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1", "A2")
	payment := f.payHybrid("bk_1", 1, 20000)

	for range 2 {
		require.NoError(t, f.confirm(payment), "and once more is harmless")
	}

	require.Equal(t, booking.StatusConfirmed, f.status("bk_1"))
	f.requireWallet("us_asha", 80000, 0)
	require.EqualValues(t, 20000-quote.Total, f.count(`SELECT sum(amount) FROM ledger_entries WHERE account_id = 'card-clearing:INR'`))
}

// However an attempt ends, its reservation is released, once.
func TestWhateverEndsAnAttemptFreesTheWallet(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*fixture, booking.Payment){
		"the hold expires":         func(f *fixture, _ booking.Payment) { f.release("bk_1", booking.StatusExpired) },
		"the customer cancels":     func(f *fixture, _ booking.Payment) { f.release("bk_1", booking.StatusCancelled) },
		"the attempt is cancelled": func(f *fixture, p booking.Payment) { f.note(p.ID, booking.PaymentCancelled) },
		"the next attempt is by card": func(f *fixture, _ booking.Payment) {
			next := hybrid("bk_1", 2)
			next.Method, next.Card.Amount = booking.MethodCard, 10000
			_, err := f.steps.OpenIntent(f.t.Context(), booking.IntentOrder{Payment: next, CorrelationID: "test"})
			require.NoError(f.t, err)
		},
		"the card's money goes back": func(f *fixture, p booking.Payment) {
			f.bank.pay(p.IntentID)
			_, err := f.steps.RefundIntent(f.t.Context(), booking.RefundOrder{
				RefundID: booking.RefundID(p.IntentID), IntentID: p.IntentID, BookingID: "bk_1", PaymentID: p.ID, Amount: p.Card,
				Reason: "test", CorrelationID: "test",
			})
			require.NoError(f.t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.hold("bk_1", "us_asha", "A1", "A2")
			payment := f.payHybrid("bk_1", 1, 20000)
			f.note(payment.ID, booking.PaymentProcessing)
			f.note(payment.ID, booking.PaymentDeclined)
			require.Positive(t, f.reserved("us_asha"), "the same card may be tried again")

			for range 2 {
				end(f, payment)
			}

			f.requireWallet("us_asha", 100000, 0)
		})
	}
}

func (f *fixture) note(paymentID string, status booking.PaymentStatus) {
	f.t.Helper()
	require.NoError(f.t, f.steps.NotePayment(f.t.Context(), booking.PaymentNote{PaymentID: paymentID, Status: status}))
}

func TestALaterAttemptHasTheWholeWalletAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1", "A2")
	f.payHybrid("bk_1", 1, 30000)

	second := f.payHybrid("bk_1", 2, 40000)
	require.EqualValues(t, 40000, second.Wallet.Amount)
	f.requireWallet("us_asha", 60000, 40000)

	third := wallet("bk_1", quote)
	third.Attempt = 3
	require.NoError(t, f.confirm(third), "all of it from the wallet, although the card's attempt was left open")
	f.requireWallet("us_asha", 100000-int(quote.Total), 0)
	require.Equal(t, 0, f.count(`SELECT count(*) FROM payments WHERE status NOT IN ('SUCCEEDED', 'CANCELLED')`))
}

func TestALaterAttemptMayUseWhatTheOneBeforeHadSetAside(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.hold("bk_1", "us_asha", "B1", "B2", "B3")
	f.payHybrid("bk_1", 1, 30000)

	second := f.payHybrid("bk_1", 2)

	require.EqualValues(t, 100000, second.Wallet.Amount, "as much as there is")
	f.requireWallet("us_asha", 0, 100000)
}

// A first try that was cut off by a time-out may write when the booking has long gone on.
func TestAnAttemptThatComesLateReservesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.hold("bk_1", "us_asha", "A1", "A2")
	f.payHybrid("bk_1", 2, 30000)

	_, err := f.reserve(hybrid("bk_1", 1), 40000)
	require.NoError(t, err)
	f.requireWallet("us_asha", 70000, 30000)

	f.release("bk_1", booking.StatusExpired)
	_, err = f.reserve(hybrid("bk_1", 3))
	requireRefusal(t, err, booking.CodeInvalidState)
	f.requireWallet("us_asha", 100000, 0)
}

func TestOneTenderThatCanPayAllDoes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1")
	f.hold("bk_2", "us_ben", "A2")

	byWallet, err := f.reserve(hybrid("bk_1", 1))
	require.NoError(t, err)
	require.Equal(t, booking.MethodWallet, byWallet.Method)
	require.Equal(t, quote.Due(), byWallet.Wallet)

	byCard, err := f.reserve(hybrid("bk_2", 1))
	require.NoError(t, err)
	require.Equal(t, booking.MethodCard, byCard.Method, "there is no wallet")
	require.Equal(t, quote.Due(), byCard.Card)

	require.Equal(t, 0, f.count(`SELECT count(*) FROM payments`))
	f.requireWallet("us_asha", 100000, 0)
}

func TestMoreThanTheWalletHoldsIsRefusedAndNothingIsSetAside(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.hold("bk_1", "us_asha", "B1", "B2", "B3")

	_, err := f.reserve(hybrid("bk_1", 1), 100001)

	requireRefusal(t, err, booking.CodeInsufficientFunds)
	f.requireWallet("us_asha", 100000, 0)
	require.Equal(t, booking.StatusSeatsLocked, f.status("bk_1"))
}

// One wallet, many bookings at once, each wanting as much of it as there is: no money is reserved twice.
func TestManyReservationsOfOneWalletAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const bookings = 10
	for n := range bookings {
		f.hold(fmt.Sprintf("bk_%d", n), "us_asha", fmt.Sprintf("A%d", n+1))
	}
	payments := make([]booking.Payment, bookings)
	errs := make([]error, bookings)
	var all sync.WaitGroup
	for n := range bookings {
		all.Go(func() { payments[n], errs[n] = f.reserve(hybrid(fmt.Sprintf("bk_%d", n), 1), 15000) })
	}
	all.Wait()

	reserved := 0
	for n, err := range errs {
		if err == nil {
			reserved += int(payments[n].Wallet.Amount)
			continue
		}
		requireRefusal(t, err, booking.CodeInsufficientFunds)
	}
	require.Equal(t, 90000, reserved, "six times 15000 fit into 100000")
	f.requireWallet("us_asha", 10000, 90000)
}

// Late money finds the wallet's part released. It is taken from the wallet again if it is still there;
// otherwise the card's money goes back.
func TestALateHybridPaymentTakesTheWalletsPartAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spend  bool
		result booking.SettlementResult
		status booking.Status
	}{
		"the wallet's part is still there": {false, booking.SettledConfirmed, booking.StatusConfirmed},
		"it has been spent meanwhile":      {true, booking.SettledRefunded, booking.StatusExpired},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.hold("bk_1", "us_asha", "B1", "B2")
			payment := f.payHybrid("bk_1", 1, 60000)
			f.release("bk_1", booking.StatusExpired)
			f.requireWallet("us_asha", 100000, 0)
			if test.spend {
				require.NoError(t, f.confirm(wallet("bk_2", f.hold("bk_2", "us_asha", "B3", "B4"))))
			}
			left := f.wallet("us_asha")

			decision, err := f.steps.SettleMoney(t.Context(), booking.Settlement{Intent: booking.ClosedIntent{
				IntentID: payment.IntentID, Received: payment.Card, BookingID: "bk_1", PaymentID: payment.ID,
			}, CorrelationID: "test"})

			require.NoError(t, err)
			require.Equal(t, test.result, decision.Result, decision.Reason)
			require.Equal(t, test.status, f.status("bk_1"))
			if test.spend {
				f.requireWallet("us_asha", left, 0)
			} else {
				f.requireWallet("us_asha", left-60000, 0)
			}
		})
	}
}
