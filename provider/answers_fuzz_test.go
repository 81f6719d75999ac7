package provider_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/provider"
)

// Whatever answers in the provider's name, with whatever status: a call returns what the answer says, or an error of a
// known kind that does not show our key. It never panics, and it never takes nonsense for money that has been collected.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"id":"pi_1","object":"payment_intent","status":"succeeded","amount":30000,"amount_received":30000,"currency":"inr","created":1795000000,"metadata":{"boxoffice_deployment":"boxoffice","booking_id":"bk_1"}}`,
		`{"id":"pi_1","status":"canceled","last_payment_error":{"code":"card_declined","decline_code":null}}`,
		`{"object":"list","data":[{"id":"re_1","amount":5,"currency":"inr","status":"failed","payment_intent":"pi_1","metadata":{"refund_id":"rf_1"}}],"has_more":false}`,
		`{"object":"list","data":[{"id":"re_1","payment_intent":{"id":"pi_1"},"metadata":null}],"has_more":true}`,
		`{"object":"list","data":[null],"has_more":false}`, `{"data":null,"has_more":true}`, `{"data":[{}],"has_more":true}`,
		`{"error":{"type":"card_error","code":"card_declined","message":"declined sk_test_fuzz_key","decline_code":"lost_card","payment_intent":null}}`,
		`{"error":null}`, `{"error":"x"}`, `{"error":{"type":5}}`, `null`, `[]`, `""`, "", "<html>502</html>", `{"id":5}`, "\xff", strings.Repeat("[", 20000),
	} {
		for _, status := range []int{200, 400, 402, 404, 409, 429, 500, 503} {
			f.Add([]byte(body), status, "1")
		}
	}
	var body []byte
	var status int
	var retryAfter string
	var asked int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}))
	f.Cleanup(server.Close)
	const key = "sk_test_fuzz_key"
	stripe, err := provider.NewStripe(provider.Config{SecretKey: key, URL: server.URL, Timeout: 5 * time.Second})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, answer []byte, code int, retry string) {
		if code < 200 || code > 599 || code == http.StatusNoContent || code == http.StatusNotModified {
			return
		}
		body, status, retryAfter, asked = answer, code, retry, 0
		check := func(err error) {
			if err == nil {
				return
			}
			failed, ok := errors.AsType[*provider.Error](err)
			require.True(t, ok, "%T %v", err, err)
			require.NotEmpty(t, failed.Kind)
			require.NotContains(t, failed.Error(), key)
			require.LessOrEqual(t, failed.RetryAfter, 10*time.Minute)
			require.GreaterOrEqual(t, failed.RetryAfter, time.Duration(0))
			require.Less(t, len(failed.Message), 1000)
		}
		ctx := t.Context()
		intent, err := stripe.Intent(ctx, "pi_1")
		check(err)
		if code >= http.StatusBadRequest {
			require.Error(t, err)
		}
		if err == nil && intent.Status == provider.IntentSucceeded {
			require.Contains(t, string(answer), "succeeded", "nobody is told of money that the answer does not tell of")
		}
		_, err = stripe.CreateIntent(ctx, intentRequest("key"))
		check(err)
		_, err = stripe.CancelIntent(ctx, "pi_1", "key")
		check(err)
		_, err = stripe.Refund(ctx, refundRequest("pi_1", "rf_1"))
		check(err)
		_, err = stripe.RefundsOf(ctx, "pi_1")
		check(err)
		check(stripe.EachIntent(ctx, time.Unix(1, 0), func([]provider.Intent) error { return nil }))
		check(stripe.EachRefund(ctx, time.Unix(1, 0), func([]provider.Refund) error { return nil }))
		require.Less(t, asked, 100, "nobody asks for ever")
	})
}
