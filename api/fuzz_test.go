package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76/webhook"

	"github.com/boxoffice/boxoffice/api/openapi"
)

// What meets the outside is fed with whatever the fuzzer thinks of: go test ./api -fuzz FuzzWebhook. An ordinary run of the tests tries the
// examples. Whatever comes is read, or refused as the caller's mistake; nothing panics.

// requireCallersMistake wants an error to be a 4xx that tells nothing of the inside.
func requireCallersMistake(t *testing.T, err error) {
	t.Helper()
	f := toFailure(err)
	require.True(t, f.status >= 400 && f.status < 500, "%d %v", f.status, err)
	text, err := json.Marshal(f.refusal)
	require.NoError(t, err)
	require.NotContains(t, string(text), "goroutine")
}

func FuzzBody(f *testing.F) {
	for _, body := range []string{
		`{"showId":"sh_1","seatIds":["A1","A2"],"couponCode":"WELCOME10"}`, `{"method":"WALLET_AND_CARD","walletAmount":1000}`,
		`{"reason":"The projector is broken."}`, `{"email":"asha@example.com","password":"Opening-Night-1"}`, `{"seatIds":["A1"],"expectedRefund":5}`,
		`null`, `[]`, `{}`, `{} {}`, `{"seatIds":"A1"}`, `{"seatIds":[1]}`, `{"walletAmount":1e400}`, `{"\u0000":1}`, "\xff", strings.Repeat("[", 10000),
	} {
		f.Add([]byte(body), echo.MIMEApplicationJSON)
	}
	f.Add([]byte(`{}`), "text/plain; charset")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		for _, target := range []any{
			&openapi.CreateBookingRequest{}, &openapi.CreatePaymentRequest{}, &openapi.CancelBookingRequest{}, &openapi.CreateTopUpRequest{},
			&openapi.LoginRequest{}, &openapi.RegisterRequest{}, &openapi.CreateCheckInRequest{}, &openapi.MoveBookingRequest{}, &openapi.AdminReason{},
		} {
			request := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
			request.Header.Set(echo.HeaderContentType, contentType)
			if err := decode(echo.New().NewContext(request, httptest.NewRecorder()), target); err != nil {
				requireCallersMistake(t, err)
			}
		}
	})
}

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
	h := &handlers{config: Config{StripeWebhookSecret: "whsec_fuzz", Deployment: "boxoffice"}}
	f.Fuzz(func(t *testing.T, body []byte) {
		signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: h.config.StripeWebhookSecret, Timestamp: time.Now()})
		require.NoError(t, h.config.verifySignature(body, signed.Header))
		require.Error(t, h.config.verifySignature(append([]byte(" "), body...), signed.Header), "a signature fits one body")
		received := readEvent(body, time.Now())
		require.True(t, isID(received.id), "it can be kept")
		require.True(t, utf8.ValidString(received.kind) && !strings.Contains(received.kind, "\x00"))
		require.Positive(t, farFuture.Compare(received.created))
		event, err := h.paymentEvent(received, "fuzz")
		if err != nil {
			requireCallersMistake(t, err)
		}
		if event != nil {
			stored, err := json.Marshal(event)
			require.NoError(t, err)
			require.NotContains(t, string(stored), `\u0000`, "PostgreSQL keeps no NUL")
		}
		if _, _, err := h.readRefund(received); err != nil {
			requireCallersMistake(t, err)
		}
		if _, err := readDispute(received); err != nil {
			requireCallersMistake(t, err)
		}
	})
}

func FuzzToken(f *testing.F) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	issuer := &localIssuer{secret: bytes.Repeat([]byte("k"), 32), issuer: "boxoffice", audience: "boxoffice", lifetime: time.Hour, now: func() time.Time { return at }}
	good, _, err := issuer.issue("us_asha", string(openapi.CUSTOMER))
	require.NoError(f, err)
	f.Add(good)
	f.Add("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c19hc2hhIn0.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		who, err := issuer.check(t.Context(), token)
		if err != nil {
			requireCallersMistake(t, err)
			return
		}
		require.Equal(t, good, token, "nobody else can make a token")
		require.Equal(t, "us_asha", who.id)
	})
}

func FuzzTicket(f *testing.F) {
	signer := ticketSigner{key: bytes.Repeat([]byte("k"), 32)}
	good, err := signer.sign("bk_1", "sh_1", []string{"A1", "A2"})
	require.NoError(f, err)
	f.Add(good)
	f.Add("BOX1..")
	f.Add(strings.ToUpper(good))
	f.Fuzz(func(t *testing.T, code string) {
		said, err := VerifyTicket(signer.key, code)
		if err != nil {
			require.ErrorIs(t, err, ErrTicketForged)
			return
		}
		require.Equal(t, good, code, "nobody else can make a ticket")
		require.Equal(t, "bk_1", said.BookingID)
	})
}

func FuzzCursor(f *testing.F) {
	f.Add(*timeCursor(bookingList, time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), "bk_1"))
	f.Add(*encodeCursor(cascadeList, "a", "b"))
	f.Add("")
	f.Fuzz(func(t *testing.T, cursor string) {
		if parts, err := decodeCursor(bookingList, cursor, 2); err == nil {
			again, err := decodeCursor(bookingList, *encodeCursor(bookingList, parts...), 2)
			require.NoError(t, err)
			require.Equal(t, parts, again)
		} else {
			requireCallersMistake(t, err)
		}
		if _, _, err := timePosition(bookingList, &cursor); err != nil {
			var refused *failure
			require.ErrorAs(t, err, &refused)
			requireCallersMistake(t, err)
		}
	})
}
