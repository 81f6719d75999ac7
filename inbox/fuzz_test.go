package inbox

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76/webhook"

	"github.com/boxoffice/boxoffice/booking"
)

func FuzzWebhook(f *testing.F) {
	for _, event := range []string{
		`{"id":"evt_1","object":"event","type":"payment_intent.succeeded","created":1795000000,"data":{"object":{"id":"pi_1","amount_received":5,"currency":"inr","metadata":{"boxoffice_deployment":"boxoffice","booking_id":"bk_aaaaaaaaaaaaaaaaaaaaaaaaaa"}}}}`,
		`{"id":"evt_2","type":"payment_intent.payment_failed","created":1,"data":{"object":{"id":"pi_1","last_payment_error":{"code":"card_declined","decline_code":"lost_card"}}}}`,
		`{"id":"evt_3","type":"refund.updated","created":1,"data":{"object":{"id":"re_1","status":"failed","metadata":{"boxoffice_refund":"rf_aaaaaaaaaaaaaaaaaaaaaaaaaa:2"}}}}`,
		`{"id":"evt_4","type":"charge.dispute.created","created":1,"data":{"object":{"id":"dp_1","payment_intent":"pi_1","amount":5,"currency":"inr","reason":"fraudulent","status":"needs_response","created":1}}}`,
		`{"id":"evt_5","type":"payment_intent.succeeded","created":-1,"data":{"object":null}}`, `{"data":{"object":[]}}`,
		`{"id":"evt_6","object":"v2.core.event","type":"v1.payment_intent.succeeded","created":"2026-11-30T08:00:00.000Z","related_object":{"id":"pi_1"}}`, `null`, `{}`, "",
	} {
		f.Add([]byte(event))
	}
	i := &Inbox{options: Options{Secrets: []string{"whsec_fuzz"}, Deployment: "boxoffice"}}
	f.Fuzz(func(t *testing.T, body []byte) {
		signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: i.options.Secrets[0], Timestamp: time.Now()})
		require.NoError(t, i.verify(body, signed.Header))
		require.Error(t, i.verify(append([]byte(" "), body...), signed.Header), "a signature fits one body")
		received := readEvent(body, time.Now())
		require.True(t, booking.IsID(received.id), "it can be kept")
		require.True(t, utf8.ValidString(received.kind) && !strings.Contains(received.kind, "\x00"))
		require.Positive(t, farFuture.Compare(received.created))
		event, err := i.paymentEvent(received, "fuzz")
		if err != nil {
			require.ErrorAs(t, err, new(unreadable))
		}
		if event != nil {
			stored, err := json.Marshal(event)
			require.NoError(t, err)
			require.NotContains(t, string(stored), `\u0000`, "PostgreSQL keeps no NUL")
		}
		if _, _, err := i.readRefund(received); err != nil {
			require.ErrorAs(t, err, new(unreadable))
		}
		if _, err := readDispute(received); err != nil {
			require.ErrorAs(t, err, new(unreadable))
		}
	})
}
