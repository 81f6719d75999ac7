package api_test

import (
	"maps"
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

const topUps = "/api/v1/wallet/top-ups"

func (f *fakeTemporal) openTopUp(request booking.TopUpRequest, options client.UpdateWorkflowOptions) (any, error) {
	f.mu.Lock()
	f.topUps = append(f.topUps, request)
	f.mu.Unlock()
	if options.UpdateName != booking.UpdateOpen || options.UpdateID != booking.UpdateOpen || options.WorkflowID != booking.TopUpWorkflowID(request.TopUpID) ||
		options.WaitForStage != client.WorkflowUpdateStageAccepted {
		panic("the open update is sent in another way")
	}
	if f.onTopUp == nil {
		return nil, errNoWorkflow
	}
	return f.onTopUp(request)
}

func topUpBody(amount any, currency string) map[string]any {
	return map[string]any{"amount": amount, "currency": currency}
}

// opens lets every top-up's workflow open it, once.
func (b *bundle) opens() {
	b.temporal.onTopUp = func(request booking.TopUpRequest) (booking.TopUp, error) {
		b.exec(`INSERT INTO top_ups (id, user_id, currency, amount, status, intent_id, request_hash, correlation_id, expires_at)
		        VALUES ($1, $2, $3, $4, 'INITIATED', 'pi_' || $1, $5, $6, now() + interval '30 minutes') ON CONFLICT DO NOTHING`,
			request.TopUpID, request.UserID, request.Amount.Currency, request.Amount.Amount, request.RequestHash, request.CorrelationID)
		return booking.TopUp{ID: request.TopUpID, IntentID: "pi_" + request.TopUpID, ClientSecret: "secret", RequestHash: request.RequestHash}, nil
	}
}

func TestTopUp(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.StripePublishableKey = "pk_test" })
	b.opens()
	id := booking.TopUpID(asha, "top-up-1")
	var made openapi.TopUp
	got := b.post(asha, topUps, "top-up-1", topUpBody(50000, "INR")).is(http.StatusCreated, &made)
	require.Equal(t, topUps+"/"+id, got.header.Get("Location"))
	require.WithinDuration(t, time.Now(), made.CreatedAt, time.Minute)
	require.WithinDuration(t, time.Now().Add(booking.TopUpTime), made.ExpiresAt, time.Minute)
	secret, key := "secret", "pk_test"
	require.Equal(t, openapi.TopUp{
		TopUpId: id, Status: booking.TopUpInitiated, Amount: 50000, Currency: "INR", CreatedAt: made.CreatedAt, ExpiresAt: made.ExpiresAt,
		Provider:        new("stripe"),
		ProviderPayload: &openapi.ProviderPayload{PaymentIntentId: "pi_" + id, ClientSecret: &secret, PublishableKey: &key},
	}, made)
	start := b.temporal.starts[0]
	require.Equal(t, "top-up of ₹500.00", start.StaticSummary)
	require.Equal(t, 2, start.Priority.PriorityKey)
	customer, ok := start.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(booking.AttributeCustomer))
	require.True(t, ok)
	require.Equal(t, asha, customer)
	request := b.temporal.topUps[0]
	require.Equal(t, booking.Money{Amount: 50000, Currency: "INR"}, request.Amount)
	require.Equal(t, asha, request.UserID)

	b.post(asha, topUps, "top-up-1", topUpBody(50001, "INR")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
	b.post(asha, topUps, "top-up-1", topUpBody(50000, "GBP")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
	b.post(ravi, topUps, "top-up-1", topUpBody(50001, "INR")).is(http.StatusCreated, &made)
	require.NotEqual(t, id, made.TopUpId, "another user's key is another key")
}

func TestToppingUpAgainTellsHowItIsNow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.opens()
	for _, now := range []struct {
		status  booking.TopUpStatus
		payable bool
	}{
		{booking.TopUpInitiated, true},
		{booking.TopUpDeclined, true},
		{booking.TopUpProcessing, true},
		{booking.TopUpSucceeded, false},
		{booking.TopUpExpired, false},
		{booking.TopUpCancelled, false},
	} {
		b.exec("UPDATE top_ups SET status = $1", now.status)
		var made, read openapi.TopUp
		b.post(asha, topUps, "top-up-1", topUpBody(50000, "INR")).is(http.StatusCreated, &made)
		require.Equal(t, now.payable, made.ProviderPayload.ClientSecret != nil, now.status)
		if !now.payable {
			require.Equal(t, now.status, made.Status)
		}
		b.get(asha, topUps+"/"+made.TopUpId).is(http.StatusOK, &read)
		require.Nil(t, read.ProviderPayload.ClientSecret, "only the top-up itself tells it")
		made.ProviderPayload.ClientSecret = nil
		require.Equal(t, made, read)
	}
	require.Len(t, b.temporal.topUps, 3, "an ended top-up needs no workflow")

	b.exec("UPDATE top_ups SET status = 'DECLINED', decline_code = 'card_declined'")
	b.temporal.onTopUp = nil // the workflow is gone
	var made openapi.TopUp
	b.post(asha, topUps, "top-up-1", topUpBody(50000, "INR")).is(http.StatusCreated, &made)
	require.Nil(t, made.ProviderPayload.ClientSecret)
	require.Equal(t, "card_declined", *made.DeclineCode)
	b.exec("UPDATE top_ups SET status = 'SUCCEEDED'")
	var paid openapi.TopUp
	b.get(asha, topUps+"/"+made.TopUpId).is(http.StatusOK, &paid)
	require.Nil(t, paid.DeclineCode, "the next card was good")
}

func TestTopUpIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec("DELETE FROM top_up_limits WHERE currency = 'EUR'")
	for name, test := range map[string]struct {
		body   any
		status int
		field  string
	}{
		"nothing":           {topUpBody(0, "INR"), http.StatusBadRequest, "amount"},
		"negative":          {topUpBody(-500, "INR"), http.StatusBadRequest, "amount"},
		"too little":        {topUpBody(99, "INR"), http.StatusBadRequest, "amount"},
		"too much":          {topUpBody(1000001, "INR"), http.StatusBadRequest, "amount"},
		"the most there is": {`{"amount":9223372036854775807,"currency":"INR"}`, http.StatusBadRequest, "amount"},
		"more than that":    {`{"amount":9223372036854775808,"currency":"INR"}`, http.StatusBadRequest, "amount"},
		"beyond all":        {`{"amount":1e400,"currency":"INR"}`, http.StatusBadRequest, "amount"},
		"fractional":        {topUpBody(10.5, "INR"), http.StatusBadRequest, "amount"},
		"text":              {topUpBody("500", "INR"), http.StatusBadRequest, "amount"},
		"no amount":         {map[string]any{"currency": "INR"}, http.StatusBadRequest, "amount"},
		"no currency":       {map[string]any{"amount": 500}, http.StatusBadRequest, "currency"},
		"unknown currency":  {topUpBody(500, "XYZ"), http.StatusBadRequest, "currency"},
		"no limits":         {topUpBody(500, "EUR"), http.StatusBadRequest, "currency"},
		"garbled currency":  {topUpBody(500, "in\x00"), http.StatusBadRequest, "currency"},
		"another field":     {map[string]any{"amount": 500, "currency": "INR", "userId": ravi}, http.StatusBadRequest, "userId"},
	} {
		details := b.post(asha, topUps, "top-up-1", test.body).refuses(test.status, booking.CodeValidation)
		require.Equal(t, test.field, details["field"], name)
	}
	details := b.post(asha, topUps, "top-up-1", topUpBody(1000001, "INR")).refuses(http.StatusBadRequest, booking.CodeValidation)
	require.Equal(t, map[string]any{
		"field": "amount", "currency": "INR", "minimum": 100.0, "maximum": 1000000.0, "perDay": 2500000.0, "left": 2500000.0,
	}, details)
	details = b.post(asha, topUps, "", topUpBody(500, "INR")).refuses(http.StatusBadRequest, booking.CodeValidation)
	require.Equal(t, "Idempotency-Key", details["field"])
	b.post("", topUps, "top-up-1", topUpBody(500, "INR")).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
	require.Empty(t, b.temporal.topUps, "no workflow starts for what plainly cannot be")

	b.opens()
	for _, key := range []string{"top-up-1", "top-up-2"} {
		b.post(asha, topUps, key, topUpBody(1000000, "INR")).is(http.StatusCreated, nil)
	}
	details = b.post(asha, topUps, "top-up-3", topUpBody(500001, "INR")).refuses(http.StatusBadRequest, booking.CodeValidation)
	require.EqualValues(t, 500000, details["left"])
	b.post(ravi, topUps, "top-up-3", topUpBody(500001, "INR")).is(http.StatusCreated, nil)
}

func TestTopUpIsRefusedByItsWorkflow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for status, refusal := range map[int]*booking.Refusal{
		http.StatusPaymentRequired:    booking.Refuse(booking.CodePaymentFailed, "refused"),
		http.StatusBadRequest:         booking.InvalidField("amount", "too much"),
		http.StatusServiceUnavailable: booking.Refuse(booking.CodeUnavailable, "not now").With(booking.DetailNewKey, true),
	} {
		b.temporal.onTopUp = func(request booking.TopUpRequest) (booking.TopUp, error) {
			return booking.TopUp{}, refuse(refusal.With(booking.DetailRequestHash, request.RequestHash))
		}
		details := b.post(asha, topUps, "top-up-1", topUpBody(500, "INR")).refuses(status, refusal.Code)
		require.NotContains(t, details, booking.DetailRequestHash)
	}
	b.temporal.onTopUp = func(booking.TopUpRequest) (booking.TopUp, error) {
		return booking.TopUp{}, refuse(booking.InvalidField("amount", "too much").With(booking.DetailRequestHash, "another"))
	}
	b.post(asha, topUps, "top-up-1", topUpBody(500, "INR")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
	b.temporal.onTopUp = func(booking.TopUpRequest) (booking.TopUp, error) { return booking.TopUp{RequestHash: "another"}, nil }
	b.post(asha, topUps, "top-up-1", topUpBody(500, "INR")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
	b.temporal.onTopUp = func(booking.TopUpRequest) (booking.TopUp, error) {
		return booking.TopUp{}, serviceerror.NewUnavailable("away")
	}
	b.post(asha, topUps, "top-up-1", topUpBody(500, "INR")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
}

func TestRefusedTopUpWhoseWorkflowIsOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	refusal := booking.Refuse(booking.CodePaymentFailed, "refused")
	b.temporal.onTopUpResult = func(workflowID string) (booking.TopUpOutcome, error) {
		require.Equal(t, booking.TopUpWorkflowID(booking.TopUpID(asha, "top-up-1")), workflowID)
		return booking.TopUpOutcome{Refusal: refusal, RequestHash: b.temporal.topUps[0].RequestHash}, nil
	}
	b.post(asha, topUps, "top-up-1", topUpBody(500, "INR")).refuses(http.StatusPaymentRequired, booking.CodePaymentFailed)
	b.post(asha, topUps, "top-up-1", topUpBody(501, "INR")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
}

// The row of a top-up that could not be opened outlives what Temporal remembers of it: a repeat is not told that something was created.
func TestATopUpThatCouldNotBeOpenedIsRefusedForGood(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.opens()
	b.post(asha, topUps, "top-up-1", topUpBody(500, "INR")).is(http.StatusCreated, nil)
	b.exec("UPDATE top_ups SET status = 'CANCELLED', intent_id = NULL, decline_code = 'account_closed'")
	details := b.post(asha, topUps, "top-up-1", topUpBody(500, "INR")).refuses(http.StatusPaymentRequired, booking.CodePaymentFailed)
	require.Equal(t, "account_closed", details["reason"])
	b.exec("UPDATE top_ups SET decline_code = NULL")
	details = b.post(asha, topUps, "top-up-1", topUpBody(500, "INR")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	require.Equal(t, true, details[booking.DetailNewKey])
	b.post(asha, topUps, "top-up-1", topUpBody(501, "INR")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
	require.Len(t, b.temporal.topUps, 1)

	b.temporal.onTopUp = func(request booking.TopUpRequest) (booking.TopUp, error) {
		b.exec(`INSERT INTO top_ups (id, user_id, currency, amount, status, request_hash, correlation_id, expires_at)
		        VALUES ($1, $2, 'INR', 500, 'CANCELLED', $3, 'test', now())`, request.TopUpID, request.UserID, request.RequestHash)
		return booking.TopUp{}, errNoWorkflow
	}
	b.temporal.onTopUpResult = func(string) (booking.TopUpOutcome, error) { // it has ended without a refusal
		return booking.TopUpOutcome{Status: booking.TopUpCancelled, RequestHash: b.temporal.topUps[1].RequestHash}, nil
	}
	b.post(asha, topUps, "top-up-2", topUpBody(500, "INR")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
}

func TestTopUpsAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.opens()
	var made openapi.TopUp
	b.post(asha, topUps, "top-up-1", topUpBody(500, "INR")).is(http.StatusCreated, &made)
	b.get(ravi, topUps+"/"+made.TopUpId).refuses(http.StatusForbidden, booking.CodeForbidden)
	b.get("", topUps+"/"+made.TopUpId).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
	for _, id := range []string{"tu_none", "%00", "a%20b"} {
		b.get(asha, topUps+"/"+id).refuses(http.StatusNotFound, booking.CodeNotFound)
	}
}

func TestEventsReachTheirTopUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := booking.TopUpID(asha, "any")
	about := func(more map[string]string) map[string]any {
		metadata := map[string]string{booking.MetadataTopUp: id, booking.MetadataDeployment: booking.DefaultDeployment}
		maps.Copy(metadata, more)
		return map[string]any{"metadata": metadata}
	}
	b.temporal.onSignal = func(workflowID string, _ booking.PaymentEvent) error {
		require.Equal(t, booking.TopUpWorkflowID(id), workflowID)
		return nil
	}
	b.accepted(intentEvent("evt_1", "payment_intent.succeeded", "", about(nil)), "SIGNALLED")
	require.Equal(t, id, b.temporal.signals[0].TopUpID)
	require.Empty(t, b.temporal.signals[0].BookingID)
	require.Equal(t, 1, b.count("SELECT count(*) FROM webhook_events WHERE booking_id IS NULL AND event->>'topUpId' = $1", id))

	b.temporal.onSignal = nil // the workflow is over
	b.accepted(intentEvent("evt_2", "payment_intent.canceled", "", about(nil)), "IGNORED")
	b.accepted(intentEvent("evt_3", "payment_intent.succeeded", "", about(nil)), "SETTLING")
	require.Equal(t, booking.SettlementWorkflowID("pi_1"), b.temporal.starts[0].ID)
	require.Equal(t, "₹300.00 arrived after its top-up was over", b.temporal.starts[0].StaticSummary)

	b.accepted(intentEvent("evt_4", "payment_intent.succeeded", "", about(map[string]string{booking.MetadataTopUp: "tu_7"})), "IGNORED")
	b.accepted(intentEvent("evt_5", "payment_intent.succeeded", "", about(map[string]string{booking.MetadataDeployment: "other"})), "IGNORED")
	b.accepted(intentEvent("evt_6", "payment_intent.succeeded", "", about(map[string]string{booking.MetadataBooking: someBooking})), "IGNORED")
}
