package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db/seed"
)

func seatStatus(t *testing.T, seats openapi.SeatMap, label string) openapi.Seat {
	t.Helper()
	for _, row := range seats.SeatMap.Rows {
		for _, seat := range row.Seats {
			if seat.SeatId == label {
				return seat
			}
		}
	}
	t.Fatalf("no seat %s", label)
	return openapi.Seat{}
}

func TestFromBrowsingToATicketByCard(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	asha, err := sys.Visitor.Login(t.Context(), seed.Accounts[0].Email, seed.Password)
	require.NoError(t, err)
	show, err := asha.FindShow(t.Context(), "london", "")
	require.NoError(t, err)
	seats, err := asha.FreeSeats(t.Context(), show.ShowId, 2)
	require.NoError(t, err)

	before := time.Now().Truncate(time.Millisecond)
	held, err := asha.Book(t.Context(), "journey-card", show.ShowId, seats...)
	require.NoError(t, err)
	require.Equal(t, booking.StatusSeatsLocked, held.Status)
	require.False(t, held.ExpiresAt.Before(before.Add(5*time.Minute)), "%s", held.ExpiresAt)
	require.False(t, held.ExpiresAt.After(time.Now().Add(5*time.Minute)), "%s", held.ExpiresAt)
	require.Equal(t, booking.PricesInclusive, show.PriceMode)
	require.Equal(t, *held.Pricing.Lines[0].Price+*held.Pricing.Lines[1].Price, held.Pricing.Total, "in London the prices of the map are what is paid")
	seatMap, err := sys.Visitor.Seats(t.Context(), show.ShowId)
	require.NoError(t, err)
	locked := seatStatus(t, seatMap, seats[0])
	require.Equal(t, openapi.SeatLocked, locked.Status)
	require.True(t, held.ExpiresAt.Equal(*locked.LockExpiresAt))

	payment, err := asha.Pay(t.Context(), "journey-card-pay", held.BookingId, booking.MethodCard)
	require.NoError(t, err)
	require.Equal(t, []openapi.Tender{{Amount: held.Pricing.Total, Tender: booking.TenderCard}}, payment.Tenders)
	_, err = asha.EnterCard(t.Context(), payment, "pm_card_visa")
	require.NoError(t, err)

	confirmed := await(t, asha, held.BookingId, booking.StatusConfirmed)
	require.Equal(t, seats, confirmed.Ticket.SeatIds)
	require.NotEmpty(t, confirmed.Ticket.QrCodeData)
	seatMap, err = sys.Visitor.Seats(t.Context(), show.ShowId)
	require.NoError(t, err)
	require.Equal(t, openapi.SeatSold, seatStatus(t, seatMap, seats[0]).Status)
}

func TestAWalletBookingIsConfirmedAtOnce(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	show := sys.show(t, 5*time.Minute)
	buyer := sys.buyer(t, "buyer", 25000)
	held, err := buyer.Book(t.Context(), "wallet-booking", show, "A1", "A2")
	require.NoError(t, err)

	payment, err := buyer.Pay(t.Context(), "wallet-payment", held.BookingId, booking.MethodWallet)

	require.NoError(t, err)
	require.Equal(t, booking.StatusConfirmed, payment.BookingStatus)
	wallet, err := buyer.Wallet(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 5000, wallet.Balances[0].Available)
	again, err := buyer.Pay(t.Context(), "wallet-payment", held.BookingId, booking.MethodWallet)
	require.NoError(t, err, "the same key gets the same answer")
	require.Equal(t, payment.PaymentId, again.PaymentId)
	_, err = buyer.Pay(t.Context(), "another-payment", held.BookingId, booking.MethodWallet)
	refused(t, err, http.StatusUnprocessableEntity, "INVALID_STATE")
}

func TestAnUnpaidHoldExpiresAndItsSeatsAreFreeAgain(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	show := sys.show(t, shortHold)
	buyer, other := sys.buyer(t, "buyer", 50000), sys.buyer(t, "other", 0)
	held, err := buyer.Book(t.Context(), "expiring-booking", show, "A1", "A2")
	require.NoError(t, err)
	_, err = other.Book(t.Context(), "too-early-booking", show, "A2", "A3")
	refusal := refusalOf(t, err, http.StatusConflict, "SEAT_LOCK_FAILED")
	require.Equal(t, []any{"A2"}, refusal.Detail("unavailableSeatIds"))

	await(t, buyer, held.BookingId, booking.StatusExpired)

	_, err = buyer.Pay(t.Context(), "late-payment", held.BookingId, booking.MethodWallet)
	refused(t, err, http.StatusGone, "BOOKING_EXPIRED")
	_, err = other.Book(t.Context(), "in-time-booking", show, "A2", "A3")
	require.NoError(t, err)
}

func TestADeclinedCardLeavesTheBookingPayable(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	buyer := sys.buyer(t, "buyer", 0)
	held, err := buyer.Book(t.Context(), "declined-booking", sys.show(t, 5*time.Minute), "A1")
	require.NoError(t, err)
	first, err := buyer.Pay(t.Context(), "first-payment", held.BookingId, booking.MethodCard)
	require.NoError(t, err)
	_, err = buyer.EnterCard(t.Context(), first, "pm_card_visa_chargeDeclinedInsufficientFunds")
	require.Error(t, err)
	eventually(t, "the decline is noted", func() bool {
		b, err := buyer.Booking(t.Context(), held.BookingId)
		return err == nil && len(b.Payments) == 1 && b.Payments[0].Status == booking.PaymentDeclined
	})

	second, err := buyer.Pay(t.Context(), "second-payment", held.BookingId, booking.MethodCard)
	require.NoError(t, err)
	require.Equal(t, 2, second.Attempt)
	_, err = buyer.EnterCard(t.Context(), first, "pm_card_visa")
	require.Error(t, err, "the first intent can no longer be paid")
	_, err = buyer.EnterCard(t.Context(), second, "pm_card_visa")
	require.NoError(t, err)

	await(t, buyer, held.BookingId, booking.StatusConfirmed)
}

func TestCancelGivesTheSeatsBackAtOnce(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	show := sys.show(t, 5*time.Minute)
	buyer := sys.buyer(t, "buyer", 50000)
	held, err := buyer.Book(t.Context(), "cancelled-booking", show, "A1")
	require.NoError(t, err)

	cancelled, err := buyer.Cancel(t.Context(), held.BookingId)
	require.NoError(t, err)
	require.Equal(t, booking.StatusCancelled, cancelled.Status)
	again, err := buyer.Cancel(t.Context(), held.BookingId)
	require.NoError(t, err)
	require.Equal(t, cancelled.Status, again.Status)

	_, err = buyer.Book(t.Context(), "booking-afterwards", show, "A1")
	require.NoError(t, err)
	_, err = buyer.Pay(t.Context(), "payment-afterwards", held.BookingId, booking.MethodWallet)
	refused(t, err, http.StatusUnprocessableEntity, "INVALID_STATE")
}
