package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

func TestAWebhookDeliveredFiveTimesConfirmsOnce(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	buyer := sys.buyer(t, "buyer", 0)
	held, err := buyer.Book(t.Context(), "five-webhooks", sys.show(t, 5*time.Minute), "A1")
	require.NoError(t, err)
	payment, err := buyer.Pay(t.Context(), "five-webhooks-pay", held.BookingId, booking.MethodCard)
	require.NoError(t, err)
	_, err = buyer.EnterCard(t.Context(), payment, "pm_card_visa")
	require.NoError(t, err)
	intentID := payment.ProviderPayload.PaymentIntentId
	var event string
	eventually(t, "the provider has an event", func() bool {
		event = sys.eventID(t, "payment_intent.succeeded", intentID)
		return event != ""
	})

	var deliveries sync.WaitGroup
	for range 4 {
		deliveries.Go(func() { sys.control(t, "events/"+event+"/redeliver", nil) })
	}
	deliveries.Wait()

	await(t, buyer, held.BookingId, booking.StatusConfirmed)
	eventually(t, "all deliveries have been answered", func() bool {
		var tries []struct {
			Status int `json:"status"`
		}
		require.Equal(t, http.StatusOK, sys.ask(t, http.MethodGet, "/_sim/deliveries?event="+event, nil, &tries))
		answered := 0
		for _, try := range tries {
			if try.Status == http.StatusOK {
				answered++
			}
		}
		return answered >= 5
	})
	require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM booking_events WHERE booking_id = $1 AND to_status = 'CONFIRMED'`, held.BookingId))
	require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM ledger_transactions WHERE booking_id = $1`, held.BookingId))
	require.Equal(t, 0, sys.count(t, `SELECT count(*) FROM refunds WHERE booking_id = $1`, held.BookingId))
}

// The provider is slow to answer the request for the intent, and meanwhile the intent is paid: the webhook arrives before
// the customer's own answer.
func TestAWebhookBeforeTheAnswerToPayConfirmsOnce(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	buyer := sys.buyer(t, "buyer", 0)
	held, err := buyer.Book(t.Context(), "early-webhook", sys.show(t, 5*time.Minute), "A1")
	require.NoError(t, err)
	// Another test's request may use this fault up. Then the answer is simply fast, and the race goes the other way.
	sys.requestFault(t, stripesim.RequestFault{Operation: "create_intent", Mode: stripesim.Slow, Times: 1, Latency: stripesim.Duration(3 * time.Second)})

	var paying sync.WaitGroup
	var payment openapi.Payment
	var payErr error
	paying.Go(func() {
		payment, payErr = buyer.Pay(t.Context(), "early-webhook-pay", held.BookingId, booking.MethodCard)
	})
	var intents []intent
	eventually(t, "the provider has made the intent", func() bool {
		intents = sys.intentsOf(t, held.BookingId)
		return len(intents) == 1
	})
	sys.ask(t, http.MethodPost, "/v1/payment_intents/"+intents[0].ID+"/confirm", url.Values{"payment_method": {"pm_card_visa"}}, nil)
	paying.Wait()

	require.NoError(t, payErr)
	require.Equal(t, intents[0].ID, payment.ProviderPayload.PaymentIntentId)
	await(t, buyer, held.BookingId, booking.StatusConfirmed)
	require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM ledger_transactions WHERE booking_id = $1`, held.BookingId))
}

// Thirty customers enter their cards around the moment in which their holds end. Whoever is faster, money and seat go together.
func TestPaymentsInTheInstantOfTheDeadlineAreConfirmedOrRefunded(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	show := sys.show(t, shortHold)
	const people = 30
	var crowd sync.WaitGroup
	ids := make([]string, people)
	buyers := make([]*customer.Customer, people)
	for i := range people {
		buyers[i] = sys.buyer(t, fmt.Sprintf("buyer-%d", i), 0)
	}
	for i, buyer := range buyers {
		crowd.Go(func() {
			held, err := obtain(t.Context(), "last-instant", func(key string) (openapi.Booking, error) {
				return buyer.Book(t.Context(), key, show, fmt.Sprintf("%c%d", 'A'+i/10, i%10+1))
			})
			if err != nil {
				t.Errorf("book: %v", err)
				return
			}
			ids[i] = held.BookingId
			payment, err := buyer.Pay(t.Context(), "last-instant-pay", held.BookingId, booking.MethodCard)
			if err != nil {
				return
			}
			around := time.Duration(i-people/2) * 10 * time.Millisecond
			select {
			case <-time.After(time.Until(held.ExpiresAt.Add(around))):
				_, _ = buyer.EnterCard(t.Context(), payment, "pm_card_visa")
			case <-t.Context().Done():
			}
		})
	}
	crowd.Wait()

	confirmed, refunds := 0, 0
	for i, id := range ids {
		require.NotEmpty(t, id)
		var got openapi.Booking
		eventually(t, "the booking has ended and the money is where it belongs", func() bool {
			var err error
			got, err = buyers[i].Booking(t.Context(), id)
			if err != nil || got.Status.Payable() {
				return false
			}
			collected, returned := sys.moneyOf(t, id)
			if got.Status == booking.StatusConfirmed {
				return collected-returned == got.Pricing.Total
			}
			return collected == returned
		})
		if got.Status == booking.StatusConfirmed {
			confirmed++
		}
		if len(got.Refunds) > 0 {
			refunds++
		}
	}
	require.Equal(t, confirmed, sys.count(t, `SELECT count(*) FROM claims WHERE show_id = $1 AND state = 'SOLD'`, show))
	t.Logf("%d customers paid around the deadline: %d confirmed, %d refunded, %d never charged", people, confirmed, refunds, people-confirmed-refunds)
}

// moneyOf is what the provider has collected for a booking, and what it has given back.
func (sys *system) moneyOf(t *testing.T, bookingID string) (collected, returned int64) {
	t.Helper()
	for _, in := range sys.intentsOf(t, bookingID) {
		collected += in.Received
		if in.Received > 0 {
			sum, _ := sys.refunded(t, in.ID)
			returned += sum
		}
	}
	return collected, returned
}

func TestMoneyWhoseWebhookIsLateBuysTheSameSeatsOrGoesBack(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t)
	show := sys.show(t, shortHold)
	lucky, unlucky, third := sys.buyer(t, "lucky", 0), sys.buyer(t, "unlucky", 0), sys.buyer(t, "third", 50000)
	pay := func(c *customer.Customer, seat string) openapi.Payment {
		held, err := c.Book(t.Context(), "late-booking-"+seat, show, seat)
		require.NoError(t, err)
		payment, err := c.Pay(t.Context(), "late-pay-"+seat, held.BookingId, booking.MethodCard)
		require.NoError(t, err)
		return payment
	}
	// The charge is still being processed when the hold ends, and an operator cancels both bookings.
	payments := []openapi.Payment{pay(lucky, "A1"), pay(unlucky, "A2")}
	bookings := make([]string, 2)
	for i, buyer := range []*customer.Customer{lucky, unlucky} {
		status, err := buyer.EnterCard(t.Context(), payments[i], "pm_card_processing")
		require.NoError(t, err)
		require.Equal(t, "processing", status)
		bookings[i] = sys.intent(t, payments[i]).Metadata["booking_id"]
		_, err = sys.Owner.Exec(t.Context(), `UPDATE bookings SET status = 'EXPIRED' WHERE id = $1`, bookings[i])
		require.NoError(t, err)
		_, err = sys.Owner.Exec(t.Context(), `DELETE FROM claims WHERE booking_id = $1`, bookings[i])
		require.NoError(t, err)
		require.NoError(t, sys.Temporal.TerminateWorkflow(t.Context(), booking.WorkflowID(bookings[i]), "", "test"))
	}
	taken, err := third.Book(t.Context(), "third-booking", show, "A2")
	require.NoError(t, err)
	_, err = third.Pay(t.Context(), "third-payment", taken.BookingId, booking.MethodWallet)
	require.NoError(t, err)

	for _, payment := range payments {
		sys.control(t, "payment_intents/"+payment.ProviderPayload.PaymentIntentId+"/settle", map[string]string{"outcome": "succeed"})
	}

	await(t, lucky, bookings[0], booking.StatusConfirmed)
	eventually(t, "the money went back", func() bool {
		b, err := unlucky.Booking(t.Context(), bookings[1])
		return err == nil && len(b.Refunds) == 1 && b.Refunds[0].Status == booking.RefundSucceeded
	})
	collected, returned := sys.moneyOf(t, bookings[1])
	require.Equal(t, collected, returned)
	require.Positive(t, returned)
}

func (sys *system) intent(t *testing.T, payment openapi.Payment) intent {
	t.Helper()
	var in intent
	require.Equal(t, http.StatusOK, sys.ask(t, http.MethodGet, "/v1/payment_intents/"+payment.ProviderPayload.PaymentIntentId, nil, &in))
	return in
}

// Whoever has the webhook's secret can say that anything was paid; only the provider knows.
func TestASignedEventOfAnIntentThatIsNotPaidGivesNoTicket(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	buyer := sys.buyer(t, "buyer", 0)
	held, err := buyer.Book(t.Context(), "believed", sys.show(t, 5*time.Minute), "A1")
	require.NoError(t, err)
	payment, err := buyer.Pay(t.Context(), "believed-pay", held.BookingId, booking.MethodCard)
	require.NoError(t, err)
	intentID := payment.ProviderPayload.PaymentIntentId
	event, err := json.Marshal(map[string]any{
		"id": "evt_believed", "object": "event", "type": "payment_intent.succeeded", "created": time.Now().Unix(),
		"data": map[string]any{"object": map[string]any{
			"id": intentID, "amount_received": held.Pricing.Total, "currency": "inr", "status": "succeeded",
			"metadata": map[string]string{booking.MetadataBooking: held.BookingId, booking.MetadataDeployment: booking.DefaultDeployment},
		}},
	})
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, sys.APIURL()+"/api/v1/payments/webhooks/stripe", bytes.NewReader(event))
	require.NoError(t, err)
	req.Header.Set("Stripe-Signature", stripesim.Sign(time.Now(), event, sys.Secrets().StripeWebhookSecret))
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)

	eventually(t, "operators are told", func() bool {
		return sys.count(t, `SELECT count(*) FROM flags WHERE kind = 'PROVIDER' AND subject = $1`, intentID) == 1
	})
	now, err := buyer.Booking(t.Context(), held.BookingId)
	require.NoError(t, err)
	require.Equal(t, booking.StatusPaymentPending, now.Status)
	_, err = buyer.EnterCard(t.Context(), payment, "pm_card_visa")
	require.NoError(t, err)
	await(t, buyer, held.BookingId, booking.StatusConfirmed)
}
