package api_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// buyBody is the body of a request for seats that are paid at once.
func buyBody(pay map[string]any, seats ...string) map[string]any {
	body := holdBody("sh_hindi", seats...)
	body["pay"] = pay
	return body
}

func TestABookingIsHeldAndPaidInOneRequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sells(booking.StatusConfirmed, nil)
	var bought openapi.Booking
	b.post(asha, bookings, "buy-key-1", buyBody(map[string]any{"method": "WALLET"}, "A1", "A2")).is(http.StatusCreated, &bought)
	require.Equal(t, booking.StatusConfirmed, bought.Status)
	require.NotNil(t, bought.Ticket)
	require.Nil(t, bought.PayRefusal)

	require.Len(t, b.temporal.requests, 1)
	pay := b.temporal.requests[0].Pay
	require.NotNil(t, pay)
	require.Equal(t, booking.PaymentID(bought.BookingId, "buy-key-1"), pay.PaymentID)
	require.Equal(t, booking.MethodWallet, pay.Method)
	require.False(t, pay.KeepSeats)

	b.post(asha, bookings, "buy-key-1", buyBody(map[string]any{"method": "WALLET"}, "A1", "A2")).is(http.StatusCreated, &bought)
	require.Len(t, b.temporal.requests, 1, "the row answers")
	b.post(asha, bookings, "buy-key-1", holdBody("sh_hindi", "A1", "A2")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
	b.post(asha, bookings, "buy-key-1", buyBody(map[string]any{"method": "WALLET", "onRefusal": "HOLD"}, "A1", "A2")).
		refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
}

func TestAWalletThatIsTooShortToPayInOneRequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	short := booking.Refuse(booking.CodeInsufficientFunds, "The wallet does not hold enough.").With("required", 30000)
	b.temporal.onHold = func(context.Context, booking.Request) (booking.Hold, error) { return booking.Hold{}, short }
	details := b.post(asha, bookings, "buy-key-1", buyBody(map[string]any{"method": "WALLET", "onRefusal": "RELEASE"}, "A1")).
		refuses(http.StatusPaymentRequired, booking.CodeInsufficientFunds)
	require.EqualValues(t, 30000, details["required"])

	b.sells(booking.StatusSeatsLocked, short)
	keep := buyBody(map[string]any{"method": "WALLET", "onRefusal": "HOLD"}, "A1")
	for range 2 {
		var held openapi.Booking
		b.post(asha, bookings, "buy-key-2", keep).is(http.StatusCreated, &held)
		require.Equal(t, booking.StatusSeatsLocked, held.Status)
		require.NotNil(t, held.PayRefusal, "a repeat is told as well")
		require.Equal(t, booking.CodeInsufficientFunds, held.PayRefusal.Code)
		require.EqualValues(t, 30000, (*held.PayRefusal.Details)["required"])
	}
}

func TestWhatCannotBePaidInOneRequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		pay   any
		field string
	}{
		"by card":            {map[string]any{"method": "CARD"}, "pay.method"},
		"by both":            {map[string]any{"method": "WALLET_AND_CARD"}, "pay.method"},
		"without a method":   {map[string]any{}, "pay.method"},
		"with another wish":  {map[string]any{"method": "WALLET", "onRefusal": "KEEP"}, "pay.onRefusal"},
		"with its own price": {map[string]any{"method": "WALLET", "amount": 1}, "pay.amount"},
		"no object":          {"WALLET", "pay"},
	} {
		body := holdBody("sh_hindi", "A1")
		body["pay"] = c.pay
		details := b.post(asha, bookings, "buy-key-1", body).refuses(http.StatusBadRequest, booking.CodeValidation)
		require.Equal(t, c.field, details["field"], name)
	}
	forAnother := buyBody(map[string]any{"method": "WALLET"}, "A1")
	forAnother["userId"] = asha
	details := b.post(sam, bookings, "buy-key-1", forAnother).refuses(http.StatusForbidden, booking.CodeForbidden)
	require.Equal(t, "pay", details["field"], "nobody spends from somebody else's wallet")
	require.Empty(t, b.temporal.requests)
}

// Between its check and its reading of the row the seats have gone back: its twin was refused.
func TestARepeatIsToldWhyTheSeatsWentBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	short := booking.Refuse(booking.CodeInsufficientFunds, "The wallet does not hold enough.")
	refused := buyBody(map[string]any{"method": "WALLET"}, "A1")
	b.temporal.onHold = func(_ context.Context, request booking.Request) (booking.Hold, error) {
		if len(b.temporal.requests) == 1 {
			b.insert(row{ //nolint:contextcheck // the row outlives the request
				id: request.BookingID, customer: request.CustomerID, show: request.ShowID, seats: request.Seats, hash: request.RequestHash, status: booking.StatusCancelled,
			})
		}
		return booking.Hold{}, short
	}
	for range 2 {
		b.post(asha, bookings, "buy-key-1", refused).refuses(http.StatusPaymentRequired, booking.CodeInsufficientFunds)
	}
	require.Len(t, b.temporal.requests, 2, "the row alone does not say why")
}

// Its worker is older, or it was reset.
func TestABookingThatWasNotPaidAtOnceSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sells(booking.StatusSeatsLocked, nil)
	var held openapi.Booking
	b.post(asha, bookings, "buy-key-1", buyBody(map[string]any{"method": "WALLET"}, "A1")).is(http.StatusCreated, &held)
	require.Equal(t, booking.StatusSeatsLocked, held.Status)
	require.Equal(t, booking.CodeConflict, held.PayRefusal.Code)
}

// Its workflow was terminated, or Temporal has forgotten it.
func TestAPurchaseThatEndedUnpaidIsNotAnsweredAsABooking(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sells(booking.StatusCancelled, nil)
	details := b.post(asha, bookings, "buy-key-1", buyBody(map[string]any{"method": "WALLET"}, "A1")).refuses(http.StatusConflict, booking.CodeConflict)
	require.Equal(t, true, details[booking.DetailNewKey])
}
