package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

func TestCancellationIsQuoted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1", status: booking.StatusConfirmed})
	b.exec(`INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, intent_id, request_hash, correlation_id)
	        VALUES ('pay_1', 'bk_1', 1, 'WALLET_AND_CARD', 'INR', 10000, 20000, 'SUCCEEDED', 'pi_1', 'hash', 'test')`)
	const path = bookings + "/bk_1/cancellation"
	var mine openapi.Booking
	b.get(asha, bookings+"/bk_1").is(http.StatusOK, &mine)
	starts, currency := mine.Show.StartTime, "INR"
	until := func(hours int) time.Time { return starts.Add(-time.Duration(hours) * time.Hour) }

	var quote openapi.CancellationQuote
	b.get(asha, path).is(http.StatusOK, &quote)
	cutOff := until(2)
	require.WithinDuration(t, cutOff, *quote.CutOffAt, 0)
	require.Equal(t, starts.Format("-07:00"), quote.CutOffAt.Format("-07:00"), "in the theatre's own time")
	require.Len(t, quote.Tiers, 3)
	for i, want := range []openapi.RefundTier{{HoursBefore: 48, Percent: 100}, {HoursBefore: 24, Percent: 75}, {HoursBefore: 2, Percent: 50}} {
		require.WithinDuration(t, until(want.HoursBefore), quote.Tiers[i].Until, 0)
		quote.Tiers[i].Until = time.Time{}
		require.Equal(t, want, quote.Tiers[i])
	}
	quote.Tiers, quote.CutOffAt = nil, nil
	require.Equal(t, openapi.CancellationQuote{
		BookingId: "bk_1", Status: booking.StatusConfirmed, SeatIds: []string{"A1", "A2"}, Currency: &currency, Percent: 50, Paid: 30000, Refund: 15000,
		RefundTo: booking.RefundToOriginal,
		Tenders:  []openapi.Tender{{Tender: booking.TenderWallet, Amount: 5000}, {Tender: booking.TenderCard, Amount: 10000}},
	}, quote)

	b.get(asha, path+"?seatIds=A2&refundTo=WALLET").is(http.StatusOK, &quote)
	require.Equal(t, []string{"A2"}, quote.SeatIds)
	require.EqualValues(t, 7500, quote.Refund)
	require.Equal(t, []openapi.Tender{{Tender: booking.TenderWallet, Amount: 7500}}, quote.Tenders)
	b.get(asha, path+"?seatIds=A2,A1").is(http.StatusOK, &quote)
	require.EqualValues(t, 15000, quote.Refund)
	require.Equal(t, 0, b.count("SELECT count(*) FROM cancellations"))
	require.Empty(t, b.temporal.starts)

	for query, status := range map[string]int{
		"?seatIds=A3": 400, "?seatIds=A1,A1": 400, "?seatIds=": 400, "?seatIds=a1": 400, "?seatIds=A1,%00": 400,
		"?refundTo=CARD": 400, "?refundTo=": 400,
	} {
		b.get(asha, path+query).refuses(status, booking.CodeValidation)
	}
	b.writeCancellation(booking.CancelSeatsRequest{BookingID: "bk_1", Seats: []string{"A2"}, RefundTo: booking.RefundToWallet})
	require.Equal(t, []any{"A2"}, b.get(asha, path+"?seatIds=A2").refuses(http.StatusBadRequest, booking.CodeValidation)["cancelledSeatIds"])
	b.get(asha, path).is(http.StatusOK, &quote)
	require.Equal(t, []string{"A1"}, quote.SeatIds)
}

func TestAnUnpaidBookingHasNothingToGiveBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	var quote openapi.CancellationQuote
	b.get(asha, bookings+"/bk_1/cancellation?refundTo=WALLET").is(http.StatusOK, &quote)
	currency := "INR"
	require.Equal(t, openapi.CancellationQuote{
		BookingId: "bk_1", Status: booking.StatusSeatsLocked, SeatIds: []string{"A1", "A2"}, Currency: &currency, RefundTo: booking.RefundToWallet,
		Tenders: []openapi.Tender{}, Tiers: []openapi.RefundTier{},
	}, quote)
	b.get(asha, bookings+"/bk_1/cancellation?seatIds=A1").refuses(http.StatusBadRequest, booking.CodeValidation)
}

func TestWhatCannotBeCancelledIsNotQuoted(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	const path = bookings + "/bk_1/cancellation"
	b.get("", path).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
	b.get(ravi, path).refuses(http.StatusForbidden, booking.CodeForbidden)
	b.get(asha, bookings+"/bk_none/cancellation").refuses(http.StatusNotFound, booking.CodeNotFound)
	for status, want := range map[booking.Status]int{
		booking.StatusCancelled: 409, booking.StatusFailed: 409, booking.StatusCompleted: 409, booking.StatusExpired: 410,
	} {
		b.exec("UPDATE bookings SET status = $1 WHERE id = 'bk_1'", status)
		require.Equal(t, want, b.get(asha, path).status, status)
	}
	b.exec("UPDATE bookings SET status = 'CONFIRMED' WHERE id = 'bk_1'")
	b.showIn("1 h")
	require.EqualValues(t, 2, b.get(asha, path).refuses(http.StatusConflict, booking.CodeConflict)["hoursBeforeShow"])
	b.showIn("-1 h")
	b.get(asha, path).refuses(http.StatusConflict, booking.CodeConflict)

	b.exec("UPDATE shows SET status = 'CANCELLED' WHERE id = 'sh_hindi'")
	var quote openapi.CancellationQuote
	b.get(asha, path).is(http.StatusOK, &quote)
	require.Equal(t, 100, quote.Percent, "a show that does not take place is given back in full")
	require.Nil(t, quote.CutOffAt)
}
