package e2e_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
)

func rupees(amount int64) booking.Money { return booking.Money{Amount: amount * 100, Currency: "INR"} }

func awaitTopUp(t *testing.T, c *customer.Customer, id string, want booking.TopUpStatus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := c.AwaitTopUp(ctx, id, want)
	require.NoError(t, err)
}

func TestFromATopUpByCardToATicketAndAStatement(t *testing.T) {
	t.Parallel()
	began := time.Now().UTC().Format(time.DateOnly)
	sys := sharedSystem(t)
	buyer := sys.buyer(t, "buyer", 0)
	topUp, err := buyer.TopUp(t.Context(), "wallet-top-up", rupees(250))
	require.NoError(t, err)
	require.Equal(t, booking.TopUpInitiated, topUp.Status)
	_, err = buyer.EnterCardForTopUp(t.Context(), topUp, "pm_card_visa_chargeDeclined")
	require.Error(t, err)
	awaitTopUp(t, buyer, topUp.TopUpId, booking.TopUpDeclined)
	again, err := buyer.TopUp(t.Context(), "wallet-top-up", rupees(250))
	require.NoError(t, err)
	require.Equal(t, *topUp.ProviderPayload.ClientSecret, *again.ProviderPayload.ClientSecret, "the same key gets the same answer")
	_, err = buyer.EnterCardForTopUp(t.Context(), again, "pm_card_visa")
	require.NoError(t, err)
	awaitTopUp(t, buyer, topUp.TopUpId, booking.TopUpSucceeded)
	over, err := buyer.TopUp(t.Context(), "wallet-top-up", rupees(250))
	require.NoError(t, err)
	require.Equal(t, booking.TopUpSucceeded, over.Status)
	require.Nil(t, over.ProviderPayload.ClientSecret)
	_, err = buyer.TopUp(t.Context(), "wallet-top-up", rupees(251))
	refused(t, err, http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")

	held, err := buyer.Book(t.Context(), "wallet-journey", sys.show(t, 5*time.Minute), "A1", "A2")
	require.NoError(t, err)
	payment, err := buyer.Pay(t.Context(), "wallet-journey-pay", held.BookingId, booking.MethodWallet)
	require.NoError(t, err)
	require.Equal(t, booking.StatusConfirmed, payment.BookingStatus)

	transactions, err := buyer.Transactions(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, transactions, 2)
	require.Equal(t, openapi.WalletPurchase, transactions[0].Type)
	require.Equal(t, held.BookingId, *transactions[0].BookingId)
	require.EqualValues(t, -20000, transactions[0].Amount)
	require.EqualValues(t, 5000, transactions[0].BalanceAfter)
	require.Equal(t, topUp.TopUpId, transactions[1].TransactionId)
	topUps, err := buyer.Transactions(t.Context(), url.Values{"type": {"TOP_UP"}})
	require.NoError(t, err)
	require.Equal(t, transactions[1:], topUps)
	lines, err := buyer.Statement(t.Context(), "INR", began)
	require.NoError(t, err)
	require.Len(t, lines, 3)
	require.Equal(t, []string{"-200.00", "INR", "50.00"}, lines[2][4:])
	wallet, err := buyer.Wallet(t.Context())
	require.NoError(t, err)
	require.Equal(t, []openapi.Balance{{Currency: "INR", Available: 5000}}, wallet.Balances)
}

func TestTopUpsEndAtTheirLimits(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	buyer := sys.buyer(t, "buyer", 0)
	for _, key := range []string{"limit-top-up-1", "limit-top-up-2"} {
		_, err := buyer.TopUp(t.Context(), key, rupees(10_000))
		require.NoError(t, err)
	}

	_, err := buyer.TopUp(t.Context(), "limit-top-up-3", rupees(5_001))

	refusal := refusalOf(t, err, http.StatusBadRequest, "VALIDATION_ERROR")
	require.Equal(t, "amount", refusal.Detail("field"))
	require.EqualValues(t, 500000, refusal.Detail("left"))
}

// An operator cancels a top-up while its customer pays it: the money is in the wallet once, whoever was faster.
func TestATopUpThatIsPaidWhileItIsCancelledIsCreditedOrUnpaid(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	buyer := sys.buyer(t, "buyer", 0)
	topUp, err := buyer.TopUp(t.Context(), "cancelled-top-up", rupees(100))
	require.NoError(t, err)

	require.NoError(t, sys.Temporal.CancelWorkflow(t.Context(), booking.TopUpWorkflowID(topUp.TopUpId), ""))
	_, paid := buyer.EnterCardForTopUp(t.Context(), topUp, "pm_card_visa")

	want, money := booking.TopUpCancelled, int64(0)
	if paid == nil {
		want, money = booking.TopUpSucceeded, 10000
	}
	awaitTopUp(t, buyer, topUp.TopUpId, want)
	wallet, err := buyer.Wallet(t.Context())
	require.NoError(t, err)
	require.Equal(t, money, wallet.Balances[0].Available)
}

// The top-up's workflow is gone, by an operator's hand, when the money comes: a settlement credits it.
func TestMoneyOfATopUpWhoseWorkflowIsGoneIsCredited(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	buyer := sys.buyer(t, "buyer", 0)
	topUp, err := buyer.TopUp(t.Context(), "orphaned-top-up", rupees(100))
	require.NoError(t, err)
	require.NoError(t, sys.Temporal.TerminateWorkflow(t.Context(), booking.TopUpWorkflowID(topUp.TopUpId), "", "test"))

	_, err = buyer.EnterCardForTopUp(t.Context(), topUp, "pm_card_visa")
	require.NoError(t, err)

	awaitTopUp(t, buyer, topUp.TopUpId, booking.TopUpSucceeded)
	wallet, err := buyer.Wallet(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 10000, wallet.Balances[0].Available)
}

// Somebody with the account's key changes the amount of the intent: money of another amount than agreed goes back, and operators are told.
func TestAnotherSumThanTheTopUpsGoesBackAndIsFlagged(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	buyer := sys.buyer(t, "buyer", 0)
	topUp, err := buyer.TopUp(t.Context(), "amended-top-up", rupees(100))
	require.NoError(t, err)
	intentID := topUp.ProviderPayload.PaymentIntentId
	sys.control(t, "payment_intents/"+intentID+"/amend", map[string]any{"amount": 12345})

	_, err = buyer.EnterCardForTopUp(t.Context(), topUp, "pm_card_visa")
	require.NoError(t, err)

	awaitTopUp(t, buyer, topUp.TopUpId, booking.TopUpCancelled)
	eventually(t, "the money has gone back", func() bool {
		sum, _ := sys.refunded(t, intentID)
		return sum == 12345
	})
	require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM flags WHERE kind = 'STRAY_MONEY' AND subject = $1`, intentID))
	transactions, err := buyer.Transactions(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, transactions)
	eventually(t, "the books know it", func() bool {
		return sys.count(t, `SELECT count(*) FROM refunds WHERE intent_id = $1 AND status = 'SUCCEEDED' AND amount = 12345`, intentID) == 1
	})
}
