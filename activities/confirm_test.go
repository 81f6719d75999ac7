package activities_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

const saleSums = `SELECT count(*) FROM (SELECT reference FROM ledger_entries GROUP BY reference HAVING sum(amount) <> 0) AS unbalanced`

func TestConfirmSellsTheSeatsAndMovesTheMoneyInOneStep(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	quote := h.hold("bk_1", "us_asha", "A1", "A2")

	for range 2 {
		require.NoError(t, h.confirm(wallet("bk_1", quote)), "and once more is harmless")
	}

	require.Equal(t, booking.StatusConfirmed, h.status("bk_1"))
	require.Equal(t, "INITIATED SEATS_LOCKED PAYMENT_PENDING CONFIRMED", h.trail("bk_1"))
	h.requireSeats("bk_1", "SOLD", 2)
	require.EqualValues(t, 100000-quote.Total, h.wallet("us_asha"))
	require.EqualValues(t, quote.Subtotal, h.count(`SELECT sum(amount) FROM ledger_entries WHERE account_id = 'ticket-sales:INR'`))
	require.Equal(t, 0, h.count(saleSums))
}

func TestConfirmByCardBooksTheMoneyThatTheProviderHolds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	quote := h.hold("bk_1", "us_ben", "A1")
	payment := h.card("bk_1", quote)

	require.NoError(t, h.confirm(payment))

	require.EqualValues(t, -quote.Total, h.count(`SELECT sum(amount) FROM ledger_entries WHERE account_id = 'card-clearing:INR'`))
	require.Equal(t, "SUCCEEDED", h.text(`SELECT status FROM payments WHERE id = $1`, payment.ID))
}

func TestConfirmChangesNothingWhenTheWalletIsTooEmpty(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	quote := h.hold("bk_1", "us_asha", "B1", "B2", "B3")

	refusal := refusalOf(t, h.confirm(wallet("bk_1", quote)), booking.CodeInsufficientFunds)

	require.EqualValues(t, quote.Total, refusal.Details["required"])
	require.Equal(t, booking.StatusSeatsLocked, h.status("bk_1"))
	h.requireSeats("bk_1", "HELD", 3)
	require.Equal(t, 100000, h.wallet("us_asha"))
	require.Equal(t, 0, h.count(`SELECT count(*) FROM payments`))
}

func TestConfirmWithoutAnyWalletIsRefusedLikeAnEmptyOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)

	requireRefusal(t, h.confirm(wallet("bk_1", h.hold("bk_1", "us_ben", "A1"))), booking.CodeInsufficientFunds)
}

func TestConfirmRefusesAndChangesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(*house)
		code    booking.Code
	}{
		"a show that was closed for sale": {
			func(h *house) { h.exec(`UPDATE shows SET status = 'CANCELLED'`) }, booking.CodeConflict,
		},
		"a seat that was lost": {
			func(h *house) { h.letHoldLapse("bk_1"); h.hold("bk_2", "us_ben", "A2") }, booking.CodeSeatLockFailed,
		},
		"a booking that has expired": {
			func(h *house) { h.release("bk_1", booking.StatusExpired) }, booking.CodeInvalidState,
		},
		"a second payment": {
			func(h *house) {
				earlier := wallet("bk_1", booking.Quote{Currency: "INR", Total: 44840})
				earlier.ID, earlier.Attempt = "pay_earlier", 2
				require.NoError(h.t, h.confirm(earlier))
			}, booking.CodeInvalidState,
		},
		"a payment that is not the quote's": {
			func(h *house) { h.exec(`UPDATE bookings SET fees = fees + 1, total = total + 1`) }, booking.CodeConflict,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1", "A2"))
			test.prepare(h)
			entries := h.count(`SELECT count(*) FROM ledger_entries`)
			status, trail := h.status("bk_1"), h.trail("bk_1")

			requireRefusal(t, h.confirm(payment), test.code)

			require.Equal(t, status, h.status("bk_1"))
			require.Equal(t, trail, h.trail("bk_1"))
			require.Equal(t, entries, h.count(`SELECT count(*) FROM ledger_entries`))
			require.NotEqual(t, "SUCCEEDED", h.text(`SELECT status FROM payments WHERE id = $1`, payment.ID))
		})
	}
}

func TestOneWalletPaysForAsManyBookingsAsItCan(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const bookings = 10 // of 22,420 each; the wallet holds 100,000
	payments := make([]booking.Payment, bookings)
	for i := range payments {
		id := fmt.Sprintf("bk_%d", i)
		payments[i] = wallet(id, h.hold(id, "us_asha", fmt.Sprintf("A%d", i+1)))
	}
	var spends sync.WaitGroup
	errs := make([]error, bookings)
	for i, payment := range payments {
		spends.Go(func() { errs[i] = h.confirm(payment) })
	}
	spends.Wait()

	paid := 0
	for _, err := range errs {
		if err == nil {
			paid++
			continue
		}
		requireRefusal(t, err, booking.CodeInsufficientFunds)
	}
	require.Equal(t, 4, paid)
	require.Equal(t, 100000-4*22420, h.wallet("us_asha"))
	require.Equal(t, 0, h.count(saleSums))
}
