package stripesim_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"

	"github.com/boxoffice/boxoffice/dev/stripesim"
)

func TestPaymentMethods(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		method, number string
		status         stripe.PaymentIntentStatus
		code           stripe.ErrorCode
		decline        stripe.DeclineCode
	}{
		{method: "pm_card_visa", number: "4242424242424242", status: "succeeded"},
		{method: "pm_card_mastercard", number: "5555555555554444", status: "succeeded"},
		{method: "pm_card_visa_chargeDeclined", number: "4000000000000002", code: "card_declined", decline: "generic_decline"},
		{method: "pm_card_visa_chargeDeclinedInsufficientFunds", number: "4000000000009995", code: "card_declined", decline: "insufficient_funds"},
		{method: "pm_card_chargeDeclinedExpiredCard", number: "4000000000000069", code: "expired_card"},
		{method: "pm_card_threeDSecure2Required", number: "4000000000003220", status: "requires_action"},
		{method: "pm_card_authenticationRequired", number: "4000002760003184", status: "requires_action"},
		{method: "pm_card_authenticationRequiredOnSetup", number: "4000002500003155", status: "requires_action"},
		{method: "pm_card_processing", status: "processing"},
	} {
		t.Run(tc.method, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stripesim.Config{})
			check := func(id string, in *stripe.PaymentIntent, err error) {
				t.Helper()
				if tc.code == "" {
					require.NoError(t, err)
					require.Equal(t, tc.status, in.Status)
					require.Equal(t, tc.status == "succeeded", in.AmountReceived == in.Amount)
					require.Equal(t, tc.status == "requires_action", in.NextAction != nil)
					return
				}
				e := stripeError(t, err)
				require.Equal(t, http.StatusPaymentRequired, e.HTTPStatusCode)
				require.Equal(t, stripe.ErrorTypeCard, e.Type)
				require.Equal(t, tc.code, e.Code)
				require.Equal(t, tc.decline, e.DeclineCode)
				require.Equal(t, stripe.PaymentIntentStatusRequiresPaymentMethod, e.PaymentIntent.Status)
				again, err := r.intents.Get(id, nil)
				require.NoError(t, err)
				require.Equal(t, tc.code, again.LastPaymentError.Code)
				require.Zero(t, again.AmountReceived)
			}
			id := r.create(t).ID
			in, err := r.confirm(id, tc.method)
			check(id, in, err)
			if tc.number == "" {
				return
			}
			created := r.create(t)
			got := r.post(t, "/v1/payment_intents/"+created.ID+"/confirm", publicKey, url.Values{
				"client_secret":                       {created.ClientSecret},
				"payment_method_data[type]":           {"card"},
				"payment_method_data[card][number]":   {tc.number},
				"payment_method_data[card][exp_year]": {"2040"},
			})
			if tc.code == "" {
				require.Equal(t, http.StatusOK, got.status)
				require.EqualValues(t, tc.status, got.body["status"])
				require.Nil(t, got.body["metadata"], "a browser does not see the metadata")
			} else {
				require.Equal(t, http.StatusPaymentRequired, got.status)
				require.EqualValues(t, tc.code, got.errorField("code"))
			}
		})
	}
}

func TestDeclinedIntentCanBePaidWithAnotherCard(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	id := r.create(t).ID
	_, err := r.confirm(id, "pm_card_visa_chargeDeclined")
	require.Error(t, err)
	in, err := r.confirm(id, "pm_card_visa")
	require.NoError(t, err)
	require.Equal(t, stripe.PaymentIntentStatusSucceeded, in.Status)
	require.Nil(t, in.LastPaymentError)
}

func TestAuthenticationAndProcessingEndFromOutside(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, method, path string
		outcome            string
		status             stripe.PaymentIntentStatus
		code               stripe.ErrorCode
	}{
		{"authenticated", "pm_card_threeDSecure2Required", "authenticate", "succeed", "succeeded", ""},
		{"not authenticated", "pm_card_threeDSecure2Required", "authenticate", "fail", "requires_payment_method", "payment_intent_authentication_failure"},
		{"settled", "pm_card_processing", "settle", "succeed", "succeeded", ""},
		{"not settled", "pm_card_processing", "settle", "fail", "requires_payment_method", "card_declined"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stripesim.Config{})
			id := r.create(t).ID
			_, err := r.confirm(id, tc.method)
			require.NoError(t, err)
			path := "/_sim/payment_intents/" + id + "/" + tc.path
			require.Equal(t, http.StatusOK, r.control(t, http.MethodPost, path, `{"outcome":"`+tc.outcome+`"}`).status)
			in, err := r.intents.Get(id, nil)
			require.NoError(t, err)
			require.Equal(t, tc.status, in.Status)
			if tc.code != "" {
				require.Equal(t, tc.code, in.LastPaymentError.Code)
			}
			require.Equal(t, http.StatusBadRequest, r.control(t, http.MethodPost, path, `{}`).status, "it has ended")
		})
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, method string
		status       stripe.PaymentIntentStatus // after the try
		refused      bool
	}{
		{name: "new", status: "canceled"},
		{name: "in 3-D Secure", method: "pm_card_threeDSecure2Required", status: "canceled"},
		{name: "succeeded", method: "pm_card_visa", status: "succeeded", refused: true},
		{name: "processing", method: "pm_card_processing", status: "processing", refused: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stripesim.Config{})
			id := r.create(t).ID
			if tc.method != "" {
				_, err := r.confirm(id, tc.method)
				require.NoError(t, err)
			}
			in, err := r.intents.Cancel(id, &stripe.PaymentIntentCancelParams{CancellationReason: stripe.String("abandoned")})
			if tc.refused {
				e := stripeError(t, err)
				require.Equal(t, stripe.ErrorCodePaymentIntentUnexpectedState, e.Code)
				require.Equal(t, http.StatusBadRequest, e.HTTPStatusCode)
				require.Equal(t, tc.status, e.PaymentIntent.Status)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.status, in.Status)
			require.NotZero(t, in.CanceledAt)
			_, err = r.confirm(id, "pm_card_visa")
			require.Equal(t, stripe.ErrorCodePaymentIntentUnexpectedState, stripeError(t, err).Code)
			_, err = r.intents.Cancel(id, nil)
			require.Equal(t, stripe.ErrorCodePaymentIntentUnexpectedState, stripeError(t, err).Code)
		})
	}
}

func TestWhatCreateRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	for _, tc := range []struct {
		name, code, param string
		form              url.Values
	}{
		{"no amount", "parameter_missing", "amount", url.Values{"currency": {"inr"}}},
		{"no currency", "parameter_missing", "currency", url.Values{"amount": {"100"}}},
		{"odd currency", "", "currency", url.Values{"amount": {"100"}, "currency": {"rupees"}}},
		{"no number", "parameter_invalid_integer", "amount", url.Values{"amount": {"1.5"}, "currency": {"inr"}}},
		{"negative", "parameter_invalid_integer", "amount", url.Values{"amount": {"-5"}, "currency": {"inr"}}},
		{"49 paise", "amount_too_small", "amount", url.Values{"amount": {"49"}, "currency": {"inr"}}},
		{"29 pence", "amount_too_small", "amount", url.Values{"amount": {"29"}, "currency": {"gbp"}}},
		{"49 cents", "amount_too_small", "amount", url.Values{"amount": {"49"}, "currency": {"USD"}}},
		{"nine digits", "amount_too_large", "amount", url.Values{"amount": {"100000000"}, "currency": {"inr"}}},
		{"unknown parameter", "parameter_unknown", "colour", url.Values{"amount": {"100"}, "currency": {"inr"}, "colour": {"red"}}},
		{"unknown method", "resource_missing", "payment_method", url.Values{"amount": {"100"}, "currency": {"inr"}, "payment_method": {"pm_x"}}},
		{"manual capture", "", "capture_method", url.Values{"amount": {"100"}, "currency": {"inr"}, "capture_method": {"manual"}}},
	} {
		got := r.post(t, "/v1/payment_intents", secretKey, tc.form)
		require.Equal(t, http.StatusBadRequest, got.status, tc.name)
		require.Equal(t, "invalid_request_error", got.errorField("type"), tc.name)
		require.Equal(t, tc.param, got.errorField("param"), tc.name)
		if tc.code != "" {
			require.Equal(t, tc.code, got.errorField("code"), tc.name)
		}
	}
	for currency, least := range map[string]string{"inr": "50", "gbp": "30", "usd": "50", "jpy": "50"} {
		got := r.post(t, "/v1/payment_intents", secretKey, url.Values{"amount": {least}, "currency": {currency}})
		require.Equal(t, http.StatusOK, got.status, currency)
	}
}

func TestCreateAndConfirmAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	p := intentParams("once")
	p.Confirm, p.PaymentMethod = stripe.Bool(true), stripe.String("pm_card_visa")
	in, err := r.intents.New(p)
	require.NoError(t, err)
	require.Equal(t, stripe.PaymentIntentStatusSucceeded, in.Status)

	p = intentParams("")
	p.Confirm, p.PaymentMethod = stripe.Bool(true), stripe.String("pm_card_visa_chargeDeclined")
	_, err = r.intents.New(p)
	require.Equal(t, "bk_1", stripeError(t, err).PaymentIntent.Metadata["booking_id"])

	got := r.post(t, "/v1/payment_intents", secretKey, url.Values{
		"amount": {"100"}, "currency": {"inr"}, "confirm": {"true"}, "payment_method": {"pm_card_visa"},
	})
	require.Equal(t, "return_url", got.errorField("param"), "redirects are allowed unless the request forbids them")
}

func TestKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.create(t)
	path := "/v1/payment_intents/" + in.ID
	require.Equal(t, http.StatusUnauthorized, r.get(t, path, "").status)
	wrong := r.get(t, path, "sk_test_somebodyelses0000000")
	require.Equal(t, http.StatusUnauthorized, wrong.status)
	require.NotContains(t, wrong.errorField("message"), "somebodyelses")
	require.Equal(t, "secret_key_required", r.post(t, "/v1/refunds", publicKey, nil).errorField("code"))
	require.Equal(t, "client_secret", r.get(t, path, publicKey).errorField("param"))
	require.Equal(t, http.StatusBadRequest, r.get(t, path+"?client_secret=pi_wrong", publicKey).status)
	require.Equal(t, http.StatusOK, r.get(t, path+"?client_secret="+in.ClientSecret, publicKey).status)

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+path, nil)
	require.NoError(t, err)
	req.SetBasicAuth(secretKey, "")
	got := r.send(t, req, "", "Stripe-Version", "2020-01-01")
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "2020-01-01", got.header.Get("Stripe-Version"))
	require.NotEmpty(t, got.header.Get("Request-Id"))
}

func TestUnknownThings(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	_, err := r.intents.Get("pi_unknown", nil)
	e := stripeError(t, err)
	require.Equal(t, http.StatusNotFound, e.HTTPStatusCode)
	require.Equal(t, stripe.ErrorCodeResourceMissing, e.Code)
	require.Equal(t, http.StatusNotFound, r.get(t, "/v1/customers", secretKey).status)
	require.Equal(t, http.StatusOK, r.get(t, "/healthz", "").status)

	number := func(n string) reply {
		return r.post(t, "/v1/payment_intents", secretKey, url.Values{
			"amount": {"100"}, "currency": {"inr"},
			"payment_method_data[type]": {"card"}, "payment_method_data[card][number]": {n},
		})
	}
	require.Equal(t, "incorrect_number", number("4242424242424241").errorField("code"))
	require.Equal(t, "test_mode_live_card", number("4111111111111111").errorField("decline_code"))
}

func TestListPages(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{MaxObjects: 7})
	forgotten := r.create(t).ID
	var made []string
	for range 7 {
		made = append([]string{r.create(t).ID}, made...)
	}
	p := &stripe.PaymentIntentListParams{}
	p.Limit = stripe.Int64(3)
	var seen []string
	for list := r.intents.List(p); list.Next(); {
		seen = append(seen, list.PaymentIntent().ID)
	}
	require.Equal(t, made, seen, "newest first, over all pages")

	back := r.get(t, "/v1/payment_intents?limit=2&ending_before="+made[4], secretKey)
	require.Equal(t, true, back.body["has_more"])
	require.Equal(t, made[2], back.page(t)[0]["id"])
	require.Equal(t, made[3], back.page(t)[1]["id"])

	none := r.get(t, "/v1/payment_intents?created[lt]=1000", secretKey)
	require.Empty(t, none.body["data"])
	require.Equal(t, http.StatusBadRequest, r.get(t, "/v1/payment_intents?limit=101", secretKey).status)
	require.Equal(t, http.StatusBadRequest, r.get(t, "/v1/payment_intents?starting_after=pi_x", secretKey).status)
	require.Equal(t, http.StatusBadRequest, r.get(t, "/v1/payment_intents?starting_after="+forgotten, secretKey).status)
}
