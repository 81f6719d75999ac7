package api_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

const payments = bookings + "/bk_1/payments"

func pay(method string) map[string]any { return map[string]any{"method": method} }

// pays lets the booking's workflow take every payment as the function makes it.
func (b *bundle) pays(answer func(request booking.PayRequest) booking.Payment) {
	b.temporal.onUpdate = func(_ context.Context, options client.UpdateWorkflowOptions) (any, error) {
		require.Equal(b, booking.UpdatePay, options.UpdateName)
		request := asked[booking.PayRequest](b, options.Args)
		require.Equal(b, request.PaymentID, options.UpdateID)
		require.Equal(b, booking.WorkflowID("bk_1"), options.WorkflowID)
		payment := answer(request)
		payment.ID, payment.BookingID, payment.Attempt, payment.Method = request.PaymentID, "bk_1", 1, request.Method
		if payment.RequestHash == "" {
			payment.RequestHash = request.RequestHash
		}
		return payment, nil
	}
}

func TestPayByCard(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	b.pays(func(booking.PayRequest) booking.Payment {
		return booking.Payment{
			Card: booking.Money{Amount: 30000, Currency: "INR"}, Wallet: booking.Money{Currency: "INR"}, Status: booking.PaymentInitiated,
			IntentID: "pi_1", ClientSecret: "pi_1_secret", BookingStatus: booking.StatusPaymentPending,
		}
	})
	var paid openapi.Payment
	b.post(asha, payments, "pay-key-1", pay("CARD")).is(http.StatusCreated, &paid)
	secret := "pi_1_secret"
	require.Equal(t, openapi.Payment{
		PaymentId: booking.PaymentID("bk_1", "pay-key-1"), BookingId: "bk_1", Amount: 30000, Provider: new("stripe"), Status: booking.PaymentInitiated, Method: booking.MethodCard, Attempt: 1, Currency: "INR",
		Tenders: []openapi.Tender{{Tender: booking.TenderCard, Amount: 30000}}, BookingStatus: booking.StatusPaymentPending,
		ProviderPayload: &openapi.ProviderPayload{PaymentIntentId: "pi_1", ClientSecret: &secret, RedirectUrl: paid.ProviderPayload.RedirectUrl},
	}, paid)
	require.Equal(t, "http://127.0.0.1:8080/pay#client_secret=pi_1_secret&key=", *paid.ProviderPayload.RedirectUrl)

	b.pays(func(booking.PayRequest) booking.Payment { return booking.Payment{RequestHash: "another"} })
	b.post(asha, payments, "pay-key-1", pay("WALLET")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
}

func TestPayingAgainTellsHowItIsNow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	id := booking.PaymentID("bk_1", "pay-key-1")
	b.pays(func(request booking.PayRequest) booking.Payment {
		if b.count("SELECT count(*) FROM payments") == 0 {
			b.insertPayment(request.PaymentID, "bk_1", request.RequestHash, booking.PaymentInitiated)
			b.exec("UPDATE bookings SET status = 'PAYMENT_PENDING'")
		}
		return booking.Payment{
			Card: booking.Money{Amount: 30000, Currency: "INR"}, Status: booking.PaymentInitiated,
			IntentID: "pi_" + request.PaymentID, ClientSecret: "secret", BookingStatus: booking.StatusPaymentPending,
		}
	})
	for _, now := range []struct {
		payment booking.PaymentStatus
		booking booking.Status
		payable bool
	}{
		{booking.PaymentInitiated, booking.StatusPaymentPending, true},
		{booking.PaymentDeclined, booking.StatusPaymentPending, true},
		{booking.PaymentProcessing, booking.StatusPaymentPending, true},
		{booking.PaymentCancelled, booking.StatusPaymentPending, false},
		{booking.PaymentSucceeded, booking.StatusConfirmed, false},
		{booking.PaymentDeclined, booking.StatusExpired, false},
	} {
		b.exec("UPDATE payments SET status = $1", now.payment)
		b.exec("UPDATE bookings SET status = $1", now.booking)
		var paid openapi.Payment
		b.post(asha, payments, "pay-key-1", pay("CARD")).is(http.StatusCreated, &paid)
		require.Equal(t, id, paid.PaymentId)
		require.Equal(t, now.payment, paid.Status)
		require.Equal(t, now.booking, paid.BookingStatus)
		require.Equal(t, "pi_"+id, paid.ProviderPayload.PaymentIntentId)
		require.Equal(t, now.payable, paid.ProviderPayload.ClientSecret != nil, now)
	}
	b.post(asha, payments, "pay-key-1", pay("WALLET")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
}

func TestPayByWallet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	b.pays(func(booking.PayRequest) booking.Payment {
		return booking.Payment{
			Wallet: booking.Money{Amount: 30000, Currency: "INR"}, Status: booking.PaymentSucceeded, BookingStatus: booking.StatusConfirmed,
		}
	})
	var paid openapi.Payment
	b.post(asha, payments, "pay-key-1", pay("WALLET")).is(http.StatusCreated, &paid)
	require.Equal(t, []openapi.Tender{{Tender: booking.TenderWallet, Amount: 30000}}, paid.Tenders)
	require.Equal(t, "INR", paid.Currency)
	require.Equal(t, booking.StatusConfirmed, paid.BookingStatus)
	require.Nil(t, paid.ProviderPayload)
}

// The first answer comes from the workflow, without another look at the database; a repeat tells what the database has by then.
func TestOnlyARepeatReadsThePayment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	b.pays(func(request booking.PayRequest) booking.Payment {
		if b.count("SELECT count(*) FROM payments") == 0 {
			b.insertPayment(request.PaymentID, "bk_1", request.RequestHash, booking.PaymentDeclined)
		}
		return booking.Payment{Card: booking.Money{Amount: 30000, Currency: "INR"}, Status: booking.PaymentInitiated, IntentID: "pi_1", ClientSecret: "secret", BookingStatus: booking.StatusPaymentPending}
	})
	for _, want := range []booking.PaymentStatus{booking.PaymentInitiated, booking.PaymentDeclined} {
		var paid openapi.Payment
		b.post(asha, payments, "pay-key-1", pay("CARD")).is(http.StatusCreated, &paid)
		require.Equal(t, want, paid.Status)
	}
}

func TestPaymentIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	b.insert(row{id: "bk_ravi", customer: ravi, seats: []string{"B1"}})
	details := b.post(asha, payments, "pay-key-1", pay("CHEQUE")).refuses(http.StatusBadRequest, booking.CodeValidation)
	require.Equal(t, "method", details["field"])
	details = b.post(asha, payments, "pay-key-1", map[string]any{"method": "CARD", "amount": 5}).refuses(http.StatusBadRequest, booking.CodeValidation)
	require.Equal(t, "amount", details["field"])
	details = b.post(asha, payments, "", pay("CARD")).refuses(http.StatusBadRequest, booking.CodeValidation)
	require.Equal(t, "Idempotency-Key", details["field"])
	b.post("", payments, "pay-key-1", pay("CARD")).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
	b.post(asha, bookings+"/bk_ravi/payments", "pay-key-1", pay("CARD")).refuses(http.StatusForbidden, booking.CodeForbidden)
	b.post(asha, bookings+"/bk_none/payments", "pay-key-1", pay("CARD")).refuses(http.StatusNotFound, booking.CodeNotFound)
	b.post(asha, bookings+"/%00/payments", "pay-key-1", pay("CARD")).refuses(http.StatusNotFound, booking.CodeNotFound)
	require.Empty(t, b.temporal.updates)

	for status, refusal := range map[int]*booking.Refusal{
		http.StatusPaymentRequired: booking.Refuse(booking.CodeInsufficientFunds, "The wallet holds too little."),
		http.StatusGone:            booking.Expired("bk_1"),
		http.StatusConflict:        booking.Refuse(booking.CodePaymentPending, "A payment is under way."),
	} {
		b.temporal.onUpdate = func(context.Context, client.UpdateWorkflowOptions) (any, error) { return nil, refuse(refusal) }
		b.post(asha, payments, "pay-key-1", pay("WALLET")).refuses(status, refusal.Code)
	}
}

func TestRefusalsThatUseTheirKeyUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	for status, code := range map[int]booking.Code{
		http.StatusServiceUnavailable: booking.CodeUnavailable, http.StatusConflict: booking.CodePaymentPending,
	} {
		b.temporal.onUpdate = func(_ context.Context, options client.UpdateWorkflowOptions) (any, error) {
			request := asked[booking.PayRequest](t, options.Args)
			return nil, refuse(booking.Refuse(code, "Not now.").With(booking.DetailNewKey, true).With(booking.DetailRequestHash, request.RequestHash))
		}
		details := b.post(asha, payments, "pay-key-1", pay("CARD")).refuses(status, code)
		require.Equal(t, map[string]any{"newIdempotencyKeyRequired": true}, details)
	}
}

func TestTemporalLimitsUpdates(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	for _, path := range []string{payments, bookings + "/bk_1/cancel"} {
		with := func(err error) answer {
			b.temporal.onUpdate = func(context.Context, client.UpdateWorkflowOptions) (any, error) { return nil, err }
			if path == payments {
				return b.post(asha, path, "pay-key-1", pay("CARD"))
			}
			return b.do(call{method: http.MethodPost, path: path, user: asha})
		}
		with(serviceerror.NewFailedPrecondition("The limit on the total number of distinct updates in this workflow has been reached (2000).")).
			refuses(http.StatusConflict, booking.CodeConflict)
		with(serviceerror.NewFailedPrecondition("something else")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
		with(serviceerror.NewResourceExhausted(0, "limit on number of concurrent in-flight updates has been reached (10)")).
			refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	}
}

func TestPaymentOfAClosedBooking(t *testing.T) {
	t.Parallel()
	for name, closed := range map[string]error{
		"unknown":       errNoWorkflow,
		"ended between": temporal.NewApplicationError("workflow completed", "AcceptedUpdateCompletedWorkflow"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			var hash string
			b.temporal.onUpdate = func(_ context.Context, options client.UpdateWorkflowOptions) (any, error) {
				hash = asked[booking.PayRequest](t, options.Args).RequestHash
				return nil, closed
			}
			b.insert(row{id: "bk_1", status: booking.StatusExpired})
			b.post(asha, payments, "pay-key-1", pay("CARD")).refuses(http.StatusGone, booking.CodeBookingExpired)
			for _, status := range []booking.Status{booking.StatusConfirmed, booking.StatusCompleted, booking.StatusCancelled, booking.StatusFailed} {
				b.exec("UPDATE bookings SET status = $1", status)
				details := b.post(asha, payments, "pay-key-1", pay("CARD")).refuses(http.StatusUnprocessableEntity, booking.CodeInvalidState)
				require.Equal(t, string(status), details["status"])
			}
			b.exec("UPDATE bookings SET status = 'CONFIRMED'")
			b.insertPayment(booking.PaymentID("bk_1", "pay-key-1"), "bk_1", hash, booking.PaymentSucceeded)
			var paid openapi.Payment
			b.post(asha, payments, "pay-key-1", pay("CARD")).is(http.StatusCreated, &paid)
			require.Equal(t, booking.PaymentSucceeded, paid.Status)
			require.Equal(t, booking.StatusConfirmed, paid.BookingStatus)
			require.Nil(t, paid.ProviderPayload.ClientSecret)
			b.post(asha, payments, "pay-key-1", pay("WALLET")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)

			b.exec("UPDATE bookings SET status = 'PAYMENT_PENDING'")
			b.post(asha, payments, "pay-key-2", pay("CARD")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
		})
	}
}

// The workflow was reset after the payment, and does not carry it out again.
func TestAPaymentThatSucceededIsNotRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1", status: booking.StatusConfirmed})
	var hash string
	b.temporal.onUpdate = func(_ context.Context, options client.UpdateWorkflowOptions) (any, error) {
		hash = asked[booking.PayRequest](t, options.Args).RequestHash
		return nil, refuse(booking.WrongState("This booking has ended.", booking.StatusConfirmed))
	}
	b.post(asha, payments, "pay-key-1", pay("CARD")).refuses(http.StatusUnprocessableEntity, booking.CodeInvalidState)
	b.insertPayment(booking.PaymentID("bk_1", "pay-key-1"), "bk_1", hash, booking.PaymentSucceeded)
	var paid openapi.Payment
	b.post(asha, payments, "pay-key-1", pay("CARD")).is(http.StatusCreated, &paid)
	require.Equal(t, booking.PaymentSucceeded, paid.Status)
	b.exec("UPDATE payments SET status = 'CANCELLED'")
	b.post(asha, payments, "pay-key-1", pay("CARD")).refuses(http.StatusUnprocessableEntity, booking.CodeInvalidState)
}

func TestPaymentIsUnavailable(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.WorkflowTimeout = 50 * time.Millisecond })
	b.insert(row{id: "bk_1"})
	b.temporal.onUpdate = func(ctx context.Context, _ client.UpdateWorkflowOptions) (any, error) {
		<-ctx.Done()
		return nil, client.NewWorkflowUpdateServiceTimeoutOrCanceledError(ctx.Err())
	}
	b.post(asha, payments, "pay-key-1", pay("CARD")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	b.temporal.onUpdate = func(context.Context, client.UpdateWorkflowOptions) (any, error) {
		return nil, serviceerror.NewUnavailable("away")
	}
	b.post(asha, payments, "pay-key-1", pay("CARD")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
}

func TestWallet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var wallet openapi.Wallet
	b.exec(`INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('test:1', 'TOP_UP', 'top-up');
	        INSERT INTO ledger_entries VALUES ('test:1', 'wallet:us_asha:INR', 500), ('test:1', 'wallet-reserved:us_asha:INR', 70), ('test:1', 'card-clearing:INR', -570)`)
	b.get(asha, "/api/v1/wallet").is(http.StatusOK, &wallet)
	require.Equal(t, []openapi.Balance{{Currency: "INR", Available: 500, Reserved: 70}}, wallet.Balances)
	b.get(ravi, "/api/v1/wallet").is(http.StatusOK, &wallet)
	require.Empty(t, wallet.Balances)
	b.get("", "/api/v1/wallet").refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
}
