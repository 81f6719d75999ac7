package e2e_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// requireStray waits until an intent's money has gone back, once, and operators have been told.
func (sys *system) requireStray(t *testing.T, intentID string, amount int64) {
	t.Helper()
	eventually(t, "the money has gone back", func() bool {
		sum, refunds := sys.refunded(t, intentID)
		return sum == amount && refunds == 1
	})
	sys.awaitRefund(t, booking.RefundID(intentID), booking.RefundSucceeded)
	require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM flags WHERE kind = 'STRAY_MONEY' AND subject = $1`, intentID))
}

func TestAnotherSumThanTheQuotesGoesBackAndTheBookingCanStillBePaid(t *testing.T) {
	t.Parallel()
	for name, amended := range map[string]struct {
		amount   int64
		currency string
	}{
		"amount": {9999, "inr"}, "currency": {10000, "usd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sys := sharedSystem(t)
			buyer := sys.buyer(t, "buyer", 10000)
			held, err := buyer.Book(t.Context(), "another-sum-"+name, sys.show(t, 5*time.Minute), "A1")
			require.NoError(t, err)
			payment, err := buyer.Pay(t.Context(), "another-sum-pay", held.BookingId, booking.MethodCard)
			require.NoError(t, err)
			intentID := payment.ProviderPayload.PaymentIntentId
			sys.control(t, "payment_intents/"+intentID+"/amend", map[string]any{"amount": amended.amount, "currency": amended.currency})

			_, err = buyer.EnterCard(t.Context(), payment, "pm_card_visa")
			require.NoError(t, err)

			sys.requireStray(t, intentID, amended.amount)
			eventually(t, "the same request is answered, with a repeat if the system is busy", func() bool {
				_, err = buyer.Pay(t.Context(), "another-sum-wallet", held.BookingId, booking.MethodWallet)
				return !customer.IsBusy(err)
			})
			require.NoError(t, err)
		})
	}
}

// Somebody charges the customer once more for a booking that has been paid.
func TestASecondChargeForABookingGoesBack(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	show := sys.show(t, 5*time.Minute)
	buyer, bookingID := sys.soldByCard(t, "second-charge", show, "pm_card_visa", "A1")
	b, err := buyer.Booking(t.Context(), bookingID)
	require.NoError(t, err)

	second := sys.charge(t, b.Pricing.Total, bookingID, booking.PaymentID(bookingID, "another"))

	sys.requireStray(t, second, b.Pricing.Total)
	collected, returned := sys.moneyOf(t, bookingID)
	require.Equal(t, b.Pricing.Total, collected-returned, "one ticket, one charge")
	sys.requireSold(t, show, 1)
}

// charge collects money for a booking on an intent that the product does not know.
func (sys *system) charge(t *testing.T, amount int64, bookingID, paymentID string) (intentID string) {
	t.Helper()
	var made intent
	require.Equal(t, http.StatusOK, sys.ask(t, http.MethodPost, "/v1/payment_intents", url.Values{
		"amount": {strconv.FormatInt(amount, 10)}, "currency": {"inr"}, "confirm": {"true"}, "payment_method": {"pm_card_visa"},
		"payment_method_types[]": {"card"}, "metadata[" + booking.MetadataBooking + "]": {bookingID},
		"metadata[" + booking.MetadataPayment + "]": {paymentID}, "metadata[" + booking.MetadataDeployment + "]": {booking.DefaultDeployment},
	}, &made))
	return made.ID
}

// The provider charges the card, and neither the customer nor the product learns of it: there is no answer and no webhook.
func TestAChargeWithoutAnAnswerOrAWebhookBuysTheSeatsAtTheDeadline(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t)
	show := sys.show(t, shortHold)
	buyer := sys.buyer(t, "buyer", 4000)
	held, err := buyer.Book(t.Context(), "silent-charge", show, "A1")
	require.NoError(t, err)
	payment, err := buyer.Pay(t.Context(), "silent-charge-pay", held.BookingId, booking.MethodWalletAndCard)
	require.NoError(t, err)
	sys.control(t, "faults", stripesim.Faults{
		Requests: []stripesim.RequestFault{{Operation: stripesim.OpConfirmIntent, Mode: stripesim.HangAfter, Hang: stripesim.Duration(time.Second)}},
		Webhooks: []stripesim.WebhookFault{{Mode: stripesim.Drop}},
	})
	_, err = buyer.EnterCard(t.Context(), payment, "pm_card_visa")
	require.Error(t, err, "no answer")

	await(t, buyer, held.BookingId, booking.StatusConfirmed)

	sys.requireSold(t, show, 1)
	collected, returned := sys.moneyOf(t, held.BookingId)
	require.EqualValues(t, 6000, collected)
	require.Zero(t, returned)
	sys.audit(t)
}

// The provider makes the refund and does not say so, in each possible way.
//
//nolint:paralleltest,tparallel // the faults are for one at a time
func TestARefundWithoutAnAnswerIsMadeOnce(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t)
	for name, fault := range map[string]stripesim.RequestFault{
		"time-out":                 {Mode: stripesim.HangAfter, Hang: stripesim.Duration(20 * time.Second)},
		"server error":             {Mode: stripesim.FailAfter},
		"server error of its door": {Mode: stripesim.FailAfter, Unstored: true},
	} {
		t.Run(name, func(t *testing.T) {
			buyer, bookingID := sys.soldByCard(t, "silent-refund", sys.show(t, 5*time.Minute), "pm_card_visa", "A1", "A2")
			fault.Operation, fault.Times = stripesim.OpCreateRefund, 2
			sys.requestFault(t, fault)

			cancelled, err := buyer.Cancel(t.Context(), bookingID)

			require.NoError(t, err)
			require.Len(t, cancelled.Refunds, 1)
			sys.awaitRefund(t, cancelled.Refunds[0].RefundId, booking.RefundSucceeded)
			_, returned := sys.moneyOf(t, bookingID)
			require.Equal(t, cancelled.Refunds[0].Amount, returned)
		})
	}
	sys.audit(t)
}

// An operator terminates the workflow of a booking that has just been paid for. A sweep finds it.
func TestASweepFindsTheMoneyOfATerminatedBooking(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t)
	show := sys.show(t, 5*time.Minute)
	buyer := sys.buyer(t, "buyer", 5000)
	held, err := buyer.Book(t.Context(), "terminated-booking", show, "A1", "A2")
	require.NoError(t, err)
	payment, err := buyer.Pay(t.Context(), "terminated-pay", held.BookingId, booking.MethodWalletAndCard)
	require.NoError(t, err)
	unpaid, err := buyer.Book(t.Context(), "terminated-unpaid", show, "B1")
	require.NoError(t, err)
	for _, b := range []openapi.Booking{held, unpaid} {
		require.NoError(t, sys.Temporal.TerminateWorkflow(t.Context(), booking.WorkflowID(b.BookingId), "", "test"))
		_, err = sys.Owner.Exec(t.Context(), `UPDATE bookings SET expires_at = now() - $2::interval WHERE id = $1`, b.BookingId, booking.SweepAfter+time.Minute)
		require.NoError(t, err)
	}
	sys.requestWebhookFault(t, stripesim.WebhookFault{Mode: stripesim.Drop, Types: []string{"payment_intent.succeeded"}, Times: 1})
	_, err = buyer.EnterCard(t.Context(), payment, "pm_card_visa")
	require.NoError(t, err)

	require.NoError(t, sys.Temporal.ScheduleClient().GetHandle(t.Context(), booking.SweepScheduleID).Trigger(t.Context(), client.ScheduleTriggerOptions{}))

	await(t, buyer, unpaid.BookingId, booking.StatusExpired)
	await(t, buyer, held.BookingId, booking.StatusConfirmed)
	sys.requireSold(t, show, 2)
}

func (sys *system) requestWebhookFault(t *testing.T, fault stripesim.WebhookFault) {
	t.Helper()
	sys.control(t, "faults", stripesim.Faults{Webhooks: []stripesim.WebhookFault{fault}})
}
