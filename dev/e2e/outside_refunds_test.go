package e2e_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
)

// refundInTheDashboard gives money of a booking's charge back in the provider's dashboard, and returns the id that it has there.
func (sys *system) refundInTheDashboard(t *testing.T, bookingID string, amount int) (id string) {
	t.Helper()
	var intentID string
	require.NoError(t, sys.Owner.QueryRow(t.Context(), `SELECT intent_id FROM payments WHERE booking_id = $1`, bookingID).Scan(&intentID))
	return sys.refundCharge(t, intentID, amount)
}

func (sys *system) refundCharge(t *testing.T, intentID string, amount int) (id string) {
	t.Helper()
	var made struct{ ID string }
	form := url.Values{"payment_intent": {intentID}, "amount": {strconv.Itoa(amount)}}
	require.Equal(t, http.StatusOK, sys.ask(t, http.MethodPost, "/v1/refunds", form, &made))
	return made.ID
}

func (sys *system) outsideRefundOf(t *testing.T, operator *customer.Customer, id string) (found openapi.OutsideRefund) {
	t.Helper()
	eventually(t, "the refund made in the dashboard is noticed", func() bool {
		list, err := operator.OutsideRefunds(t.Context())
		require.NoError(t, err)
		for _, refund := range list {
			if refund.OutsideRefundId == id {
				found = refund
				return true
			}
		}
		return false
	})
	return found
}

// Half of the price of two seats is given back in the dashboard; an operator says that it was for one of them; the other is cancelled to the
// wallet. The customer gets what the policy promises of it, and not a unit more.
func TestMoneyGivenBackInTheDashboardIsNotGivenBackAgain(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	buyer, id := sys.soldByCard(t, "dashboard", sys.show(t, 5*time.Minute), "pm_card_visa", "A1", "A2")
	operator := sys.operator(t)
	total := sys.count(t, `SELECT total FROM bookings WHERE id = $1`, id)

	given := sys.outsideRefundOf(t, operator, sys.refundInTheDashboard(t, id, total/2))
	require.Equal(t, id, *given.BookingId)
	require.EqualValues(t, total/2, given.Left)
	sys.flagOf(t, operator, booking.FlagOutsideRefund, given.OutsideRefundId)
	for range 2 {
		told, err := operator.AssignOutsideRefund(t.Context(), "dashboard-assign", given.OutsideRefundId, "given back by phone", "A1")
		require.NoError(t, err)
		require.Zero(t, told.OutsideRefund.Left)
	}
	rest, err := buyer.CancelSeats(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, booking.StatusCancelled, rest.Status)
	require.Len(t, rest.Refunds, 1)
	sys.awaitRefund(t, rest.Refunds[0].RefundId, booking.RefundSucceeded)

	require.EqualValues(t, (total-total/2)*3/4, rest.Refunds[0].Amount, "what the policy gives back of the other seat")
	sys.requireNothingOwed(t, id)
}

// All of it was given back in the dashboard before the customer cancels to the wallet: nothing is left.
func TestNothingGoesToTheWalletThatWasGivenBackInTheDashboard(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	buyer, id := sys.soldByCard(t, "dashboard-all", sys.show(t, 5*time.Minute), "pm_card_visa", "A1", "A2")
	total := sys.count(t, `SELECT total FROM bookings WHERE id = $1`, id)
	sys.outsideRefundOf(t, sys.operator(t), sys.refundInTheDashboard(t, id, total))

	request := booking.RefundToWallet
	done, err := buyer.CancelWith(t.Context(), id, openapi.CancelBookingRequest{RefundTo: &request})

	require.NoError(t, err)
	require.Equal(t, booking.StatusCancelled, done.Status)
	wallet, err := buyer.Wallet(t.Context())
	require.NoError(t, err)
	for _, balance := range wallet.Balances {
		require.Zero(t, balance.Available)
	}
	sys.requireNothingOwed(t, id)
}

// Half of the money was given back in the dashboard before the show was cancelled. The product sends the other half, whether or not it has been told.
func TestACancelledShowGivesBackWhatTheDashboardHasLeft(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	show := sys.show(t, 5*time.Minute)
	buyer, id := sys.soldByCard(t, "dashboard-show", show, "pm_card_visa", "A1", "A2")
	operator := sys.operator(t)
	total := sys.count(t, `SELECT total FROM bookings WHERE id = $1`, id)
	sys.refundInTheDashboard(t, id, total/2)

	_, err := operator.CancelShow(t.Context(), show, "the projector is broken")
	require.NoError(t, err)
	await(t, buyer, id, booking.StatusCancelled)

	eventually(t, "everything has gone back", func() bool {
		return sys.count(t, `SELECT COALESCE(sum(amount), 0) FROM refunds WHERE booking_id = $1 AND status = 'SUCCEEDED'`, id) == total
	})
	require.Equal(t, total-total/2, sys.count(t, `SELECT COALESCE(sum(amount), 0) FROM refunds WHERE booking_id = $1 AND provider_refund_id IS NOT NULL`, id))
	require.Equal(t, total/2, sys.count(t, `SELECT assigned FROM outside_refunds WHERE booking_id = $1`, id))
	sys.requireNothingOwed(t, id)
}

// A wallet was filled by card, some of it was spent, and all of it is given back in the dashboard: the rest of the wallet is taken, and what is
// missing is a loss.
func TestATopUpThatIsGivenBackInTheDashboardLeavesItsWallet(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	buyer := sys.buyer(t, "dashboard-top-up", 0)
	topUp, err := buyer.TopUp(t.Context(), "dashboard-top-up", rupees(250))
	require.NoError(t, err)
	_, err = buyer.EnterCardForTopUp(t.Context(), topUp, "pm_card_visa")
	require.NoError(t, err)
	awaitTopUp(t, buyer, topUp.TopUpId, booking.TopUpSucceeded)
	held, err := buyer.Book(t.Context(), "dashboard-spend", sys.show(t, 5*time.Minute), "A1")
	require.NoError(t, err)
	_, err = buyer.Pay(t.Context(), "dashboard-spend-pay", held.BookingId, booking.MethodWallet)
	require.NoError(t, err)
	var intentID string
	require.NoError(t, sys.Owner.QueryRow(t.Context(), `SELECT intent_id FROM top_ups WHERE id = $1`, topUp.TopUpId).Scan(&intentID))

	id := sys.refundCharge(t, intentID, 25000)

	eventually(t, "the top-up is taken from its wallet", func() bool {
		wallet, err := buyer.Wallet(t.Context())
		require.NoError(t, err)
		return wallet.Balances[0].Available == 0
	})
	sys.flagOf(t, sys.operator(t), booking.FlagOutsideRefund, id)
	require.Equal(t, 15000, sys.count(t, `SELECT assigned FROM outside_refunds WHERE id = $1`, id))
	require.Equal(t, 10000, sys.count(t, `SELECT written_off FROM outside_refunds WHERE id = $1`, id))
	request := booking.RefundToWallet
	_, err = buyer.CancelWith(t.Context(), held.BookingId, openapi.CancelBookingRequest{RefundTo: &request})
	require.NoError(t, err)
	wallet, err := buyer.Wallet(t.Context())
	require.NoError(t, err)
	require.Zero(t, wallet.Balances[0].Available, "what comes back is taken as well")
	require.Equal(t, 2500, sys.count(t, `SELECT written_off FROM outside_refunds WHERE id = $1`, id), "what the policy has kept is still a loss")
}
