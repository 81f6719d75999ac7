package e2e_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
)

// boughtByCard is a confirmed booking of these seats, paid with one of the simulator's cards.
func (sys *system) boughtByCard(t *testing.T, buyer *customer.Customer, showID, card string, seats ...string) (openapi.Booking, openapi.Payment) {
	t.Helper()
	held, err := buyer.Book(t.Context(), "book-"+seats[0]+"-key", showID, seats...)
	require.NoError(t, err)
	payment, err := buyer.Pay(t.Context(), "pay-"+seats[0]+"-key", held.BookingId, booking.MethodCard)
	require.NoError(t, err)
	_, err = buyer.EnterCard(t.Context(), payment, card)
	require.NoError(t, err)
	return await(t, buyer, held.BookingId, booking.StatusConfirmed), payment
}

// refundsAtProvider are the amounts that the provider gave back of an intent, in order of size.
func (sys *system) refundsAtProvider(t *testing.T, payment openapi.Payment) (amounts []int64) {
	t.Helper()
	var list struct {
		Data []struct {
			Amount int64  `json:"amount"`
			Status string `json:"status"`
		} `json:"data"`
	}
	path := "/v1/refunds?payment_intent=" + url.QueryEscape(payment.ProviderPayload.PaymentIntentId)
	require.Equal(t, http.StatusOK, sys.ask(t, http.MethodGet, path, nil, &list))
	for _, refund := range list.Data {
		if refund.Status == "succeeded" {
			amounts = append(amounts, refund.Amount)
		}
	}
	slices.Sort(amounts)
	return amounts
}

func TestAConfirmedBookingIsGivenBackInTwoSteps(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	showID := sys.show(t, 5*time.Minute)
	asha, ravi := sys.buyer(t, "asha", 0), sys.buyer(t, "ravi", 50000)
	bought, payment := sys.boughtByCard(t, asha, showID, "pm_card_visa", "A1", "A2", "A3")

	one, err := asha.QuoteCancellation(t.Context(), bought.BookingId, "A2")
	require.NoError(t, err)
	require.EqualValues(t, 10000, one.Paid)
	require.Equal(t, one.Paid*int64(one.Percent)/100, one.Refund)
	wrong := one.Refund + 1
	request := openapi.CancelBookingRequest{SeatIds: &[]string{"A2"}, ExpectedRefund: &wrong}
	_, err = asha.CancelWith(t.Context(), bought.BookingId, request)
	require.EqualValues(t, one.Refund, refusalOf(t, err, http.StatusConflict, booking.CodeConflict).Detail("refund"))
	request.ExpectedRefund = &one.Refund
	some, err := asha.CancelWith(t.Context(), bought.BookingId, request)
	require.NoError(t, err)
	require.Equal(t, booking.StatusConfirmed, some.Status)
	require.Equal(t, []string{"A2"}, some.SeatIds)
	require.Len(t, some.Refunds, 1)

	taken, err := ravi.Book(t.Context(), "ravi-takes-a2", showID, "A2")
	require.NoError(t, err, "the seat is on sale at once")
	_, err = ravi.Pay(t.Context(), "ravi-pays-a2", taken.BookingId, booking.MethodWallet)
	require.NoError(t, err)

	rest, err := asha.Cancel(t.Context(), bought.BookingId)
	require.NoError(t, err)
	require.Equal(t, booking.StatusCancelled, rest.Status)
	require.Equal(t, []string{"A1", "A3"}, rest.SeatIds)
	again, err := asha.Cancel(t.Context(), bought.BookingId)
	require.NoError(t, err)
	require.Equal(t, rest.SeatIds, again.SeatIds)

	eventually(t, "both refunds succeed", func() bool {
		mine, err := asha.Booking(t.Context(), bought.BookingId)
		require.NoError(t, err)
		require.Nil(t, mine.Ticket)
		return len(mine.Refunds) == 2 && mine.Refunds[0].Status == booking.RefundSucceeded && mine.Refunds[1].Status == booking.RefundSucceeded
	})
	require.Equal(t, []int64{one.Refund, rest.Refunds[0].Amount}, sys.refundsAtProvider(t, payment))
	require.Equal(t, one.Refund*2, rest.Refunds[0].Amount)
	await(t, ravi, taken.BookingId, booking.StatusConfirmed)
	_, err = ravi.Book(t.Context(), "ravi-takes-the-rest", showID, "A1", "A3")
	require.NoError(t, err)
}

func TestTwentyCancellationsAtOnceGiveBackOnce(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	asha := sys.buyer(t, "asha", 0)
	bought, payment := sys.boughtByCard(t, asha, sys.show(t, 5*time.Minute), "pm_card_visa", "A1", "A2")
	answers := make(chan openapi.Cancellation, 20)
	failures := make(chan error, 20)
	for range cap(answers) {
		go func() {
			done, err := asha.Cancel(t.Context(), bought.BookingId)
			failures <- err
			answers <- done
		}()
	}
	for range cap(answers) {
		require.NoError(t, <-failures)
		done := <-answers
		require.Equal(t, booking.StatusCancelled, done.Status)
		require.Equal(t, []string{"A1", "A2"}, done.SeatIds)
	}
	eventually(t, "the refund succeeds", func() bool { return len(sys.refundsAtProvider(t, payment)) == 1 })
	require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM cancellations WHERE booking_id = $1`, bought.BookingId))
	require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM ledger_transactions WHERE booking_id = $1 AND kind = 'CANCELLATION'`, bought.BookingId))
}

func TestARefundThatComesBackIsDivertedToTheWallet(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	asha, operator := sys.buyer(t, "asha", 0), sys.operator(t)
	bought, _ := sys.boughtByCard(t, asha, sys.show(t, 5*time.Minute), "pm_card_visa", "A1")
	done, err := asha.Cancel(t.Context(), bought.BookingId)
	require.NoError(t, err)
	refundID, amount := done.Refunds[0].RefundId, done.Refunds[0].Amount

	sys.settleRefund(t, refundID, "fail")
	eventually(t, "a webhook tells that the bank has sent the money back", func() bool {
		told, err := operator.Refund(t.Context(), refundID)
		require.NoError(t, err)
		return told.Refund.Status == booking.RefundNeedsAttention
	})
	flag := sys.flagOf(t, operator, booking.FlagRefund, refundID)
	_, err = asha.DivertRefund(t.Context(), "divert-key-1", refundID, "mine")
	refused(t, err, http.StatusForbidden, booking.CodeForbidden)

	told, err := operator.DivertRefund(t.Context(), "divert-key-1", refundID, "the card is closed")
	require.NoError(t, err)
	require.Equal(t, booking.RefundSucceeded, told.Refund.Status)
	require.Equal(t, booking.TenderWallet, told.Refund.Tender)
	require.Equal(t, "the card is closed", told.Events[len(told.Events)-1].Reason)
	again, err := operator.DivertRefund(t.Context(), "divert-key-1", refundID, "the card is closed")
	require.NoError(t, err)
	require.Equal(t, told, again)
	_, err = operator.DivertRefund(t.Context(), "divert-key-2", refundID, "once more")
	refused(t, err, http.StatusConflict, booking.CodeInvalidState)
	_, err = operator.RetryRefund(t.Context(), "retry-key-1", refundID, "once more")
	refused(t, err, http.StatusConflict, booking.CodeInvalidState)

	wallet, err := asha.Wallet(t.Context())
	require.NoError(t, err)
	require.Equal(t, []openapi.Balance{{Currency: "INR", Available: amount}}, wallet.Balances)
	_, err = operator.ResolveFlag(t.Context(), flag.FlagId, "diverted")
	require.NoError(t, err)
	_, err = operator.ResolveFlag(t.Context(), flag.FlagId, "diverted")
	refused(t, err, http.StatusConflict, booking.CodeInvalidState)
}

// flagOf waits for an open flag about a subject.
func (sys *system) flagOf(t *testing.T, operator *customer.Customer, kind booking.FlagKind, subject string) (found openapi.Flag) {
	t.Helper()
	eventually(t, "a flag about "+subject, func() bool {
		flags, err := operator.Flags(t.Context(), kind)
		require.NoError(t, err)
		n := slices.IndexFunc(flags, func(f openapi.Flag) bool { return f.Subject == subject })
		if n >= 0 {
			found = flags[n]
		}
		return n >= 0
	})
	return found
}
