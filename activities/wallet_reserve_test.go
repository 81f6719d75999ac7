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

func (h *house) reserve(payment booking.Payment, amount ...int64) (booking.Payment, error) {
	req := booking.Reservation{Payment: payment, CorrelationID: "test"}
	if len(amount) > 0 {
		req.WalletAmount = &amount[0]
	}
	reserved, err := h.steps.ReserveWallet(h.t.Context(), req)
	return reserved.Payment, err
}

// payHybrid reserves the wallet's part of a booking and opens an intent for the rest.
func (h *house) payHybrid(id string, attempt int, amount ...int64) booking.Payment {
	h.t.Helper()
	payment, err := h.reserve(hybrid(id, attempt), amount...)
	require.NoError(h.t, err)
	intent, err := h.steps.OpenIntent(h.t.Context(), booking.IntentOrder{Payment: payment, CorrelationID: "test"})
	require.NoError(h.t, err)
	payment.IntentID = intent.IntentID
	return payment
}

func (h *house) reserved(userID string) int {
	h.t.Helper()
	return h.count(`SELECT balance FROM ledger_accounts WHERE id = $1`, booking.ReservedWalletID(userID, "INR"))
}

func (h *house) requireWallet(userID string, free, reserved int) {
	h.t.Helper()
	require.Equal(h.t, [2]int{free, reserved}, [2]int{h.wallet(userID), h.reserved(userID)}, "free and reserved")
	require.Equal(h.t, 0, h.count(saleSums))
}

func TestAHybridPaymentSetsTheWalletsPartAside(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	quote := h.hold("bk_1", "us_asha", "B1", "B2", "B3")

	var payment booking.Payment
	for range 3 {
		var err error
		payment, err = h.reserve(hybrid("bk_1", 1))
		require.NoError(t, err, "and once more is harmless")
	}

	require.Equal(t, booking.MethodWalletAndCard, payment.Method)
	require.EqualValues(t, 100000, payment.Wallet.Amount, "as much as there is")
	require.Equal(t, quote.Total-100000, payment.Card.Amount)
	h.requireWallet("us_asha", 0, 100000)
	require.Equal(t, booking.StatusPaymentPending, h.status("bk_1"))
}

func TestBothPartsAreTakenByTheConfirmation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	quote := h.hold("bk_1", "us_asha", "A1", "A2")
	payment := h.payHybrid("bk_1", 1, 20000)

	for range 2 {
		require.NoError(t, h.confirm(payment), "and once more is harmless")
	}

	require.Equal(t, booking.StatusConfirmed, h.status("bk_1"))
	h.requireWallet("us_asha", 80000, 0)
	require.EqualValues(t, 20000-quote.Total, h.count(`SELECT sum(amount) FROM ledger_entries WHERE account_id = 'card-clearing:INR'`))
}

// However an attempt ends, what it had set aside is free again, once.
func TestWhateverEndsAnAttemptFreesTheWallet(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*house, booking.Payment){
		"the hold expires":         func(h *house, _ booking.Payment) { h.release("bk_1", booking.StatusExpired) },
		"the customer cancels":     func(h *house, _ booking.Payment) { h.release("bk_1", booking.StatusCancelled) },
		"the attempt is cancelled": func(h *house, p booking.Payment) { h.note(p.ID, booking.PaymentCancelled) },
		"the next attempt is by card": func(h *house, _ booking.Payment) {
			next := hybrid("bk_1", 2)
			next.Method, next.Card.Amount = booking.MethodCard, 10000
			_, err := h.steps.OpenIntent(h.t.Context(), booking.IntentOrder{Payment: next, CorrelationID: "test"})
			require.NoError(h.t, err)
		},
		"the card's money goes back": func(h *house, p booking.Payment) {
			h.bank.pay(p.IntentID)
			_, err := h.steps.RefundIntent(h.t.Context(), booking.RefundOrder{
				RefundID: booking.RefundID(p.IntentID), IntentID: p.IntentID, BookingID: "bk_1", PaymentID: p.ID, Amount: p.Card,
				Reason: "test", CorrelationID: "test",
			})
			require.NoError(h.t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.hold("bk_1", "us_asha", "A1", "A2")
			payment := h.payHybrid("bk_1", 1, 20000)
			h.note(payment.ID, booking.PaymentProcessing)
			h.note(payment.ID, booking.PaymentDeclined)
			require.Positive(t, h.reserved("us_asha"), "the same card may be tried again")

			for range 2 {
				end(h, payment)
			}

			h.requireWallet("us_asha", 100000, 0)
		})
	}
}

func (h *house) note(paymentID string, status booking.PaymentStatus) {
	h.t.Helper()
	require.NoError(h.t, h.steps.NotePayment(h.t.Context(), booking.PaymentNote{PaymentID: paymentID, Status: status}))
}

func TestALaterAttemptHasTheWholeWalletAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	quote := h.hold("bk_1", "us_asha", "A1", "A2")
	h.payHybrid("bk_1", 1, 30000)

	second := h.payHybrid("bk_1", 2, 40000)
	require.EqualValues(t, 40000, second.Wallet.Amount)
	h.requireWallet("us_asha", 60000, 40000)

	third := wallet("bk_1", quote)
	third.Attempt = 3
	require.NoError(t, h.confirm(third), "all of it from the wallet, although the card's attempt was left open")
	h.requireWallet("us_asha", 100000-int(quote.Total), 0)
	require.Equal(t, 0, h.count(`SELECT count(*) FROM payments WHERE status NOT IN ('SUCCEEDED', 'CANCELLED')`))
}

// A first try that a time-out cut off may write when the booking has long gone on.
func TestAnAttemptThatComesLateReservesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hold("bk_1", "us_asha", "A1", "A2")
	h.payHybrid("bk_1", 2, 30000)

	_, err := h.reserve(hybrid("bk_1", 1), 40000)
	require.NoError(t, err)
	h.requireWallet("us_asha", 70000, 30000)

	h.release("bk_1", booking.StatusExpired)
	_, err = h.reserve(hybrid("bk_1", 3))
	requireRefusal(t, err, booking.CodeInvalidState)
	h.requireWallet("us_asha", 100000, 0)
}

func TestOneTenderThatCanPayAllDoes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	quote := h.hold("bk_1", "us_asha", "A1")
	h.hold("bk_2", "us_ben", "A2")

	byWallet, err := h.reserve(hybrid("bk_1", 1))
	require.NoError(t, err)
	require.Equal(t, booking.MethodWallet, byWallet.Method)
	require.Equal(t, quote.Due(), byWallet.Wallet)

	byCard, err := h.reserve(hybrid("bk_2", 1))
	require.NoError(t, err)
	require.Equal(t, booking.MethodCard, byCard.Method, "there is no wallet")
	require.Equal(t, quote.Due(), byCard.Card)

	require.Equal(t, 0, h.count(`SELECT count(*) FROM payments`))
	h.requireWallet("us_asha", 100000, 0)
}

func TestMoreThanTheWalletHoldsIsRefusedAndNothingIsSetAside(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hold("bk_1", "us_asha", "B1", "B2", "B3")

	_, err := h.reserve(hybrid("bk_1", 1), 100001)

	requireRefusal(t, err, booking.CodeInsufficientFunds)
	h.requireWallet("us_asha", 100000, 0)
	require.Equal(t, booking.StatusSeatsLocked, h.status("bk_1"))
}

// One wallet, many bookings at once, each wanting as much of it as there is: no coin is set aside twice.
func TestManyReservationsOfOneWalletAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const bookings = 10
	for n := range bookings {
		h.hold(fmt.Sprintf("bk_%d", n), "us_asha", fmt.Sprintf("A%d", n+1))
	}
	payments := make([]booking.Payment, bookings)
	errs := make([]error, bookings)
	var all sync.WaitGroup
	for n := range bookings {
		all.Go(func() { payments[n], errs[n] = h.reserve(hybrid(fmt.Sprintf("bk_%d", n), 1), 15000) })
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
	h.requireWallet("us_asha", 10000, 90000)
}

// Money that came late finds the wallet's part released. It is taken from the wallet if it is still there; otherwise the
// card's money goes back.
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
			h := newHouse(t)
			h.hold("bk_1", "us_asha", "B1", "B2")
			payment := h.payHybrid("bk_1", 1, 60000)
			h.release("bk_1", booking.StatusExpired)
			h.requireWallet("us_asha", 100000, 0)
			if test.spend {
				require.NoError(t, h.confirm(wallet("bk_2", h.hold("bk_2", "us_asha", "B3", "B4"))))
			}
			left := h.wallet("us_asha")

			decision, err := h.steps.SettleMoney(t.Context(), booking.Settlement{Intent: booking.ClosedIntent{
				IntentID: payment.IntentID, Received: payment.Card, BookingID: "bk_1", PaymentID: payment.ID,
			}, CorrelationID: "test"})

			require.NoError(t, err)
			require.Equal(t, test.result, decision.Result, decision.Reason)
			require.Equal(t, test.status, h.status("bk_1"))
			if test.spend {
				h.requireWallet("us_asha", left, 0)
			} else {
				h.requireWallet("us_asha", left-60000, 0)
			}
		})
	}
}
