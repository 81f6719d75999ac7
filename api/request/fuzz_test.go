package request

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/openapi"
)

// What meets the outside is fed with whatever the fuzzer thinks of: go test ./api/request -fuzz FuzzBody. An ordinary run of the tests tries the
// examples. Whatever comes is read, or refused as the caller's mistake; nothing panics.

// requireCallersMistake wants an error to be a 4xx that tells nothing of the inside.
func requireCallersMistake(t *testing.T, err error) {
	t.Helper()
	f := answer.From(err)
	require.True(t, f.Status >= 400 && f.Status < 500, "%d %v", f.Status, err)
	text, err := json.Marshal(f.Refusal)
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
			if err := Decode(echo.New().NewContext(request, httptest.NewRecorder()), target); err != nil {
				requireCallersMistake(t, err)
			}
		}
	})
}

func FuzzFields(f *testing.F) {
	for _, body := range []string{
		`{"showId":"sh_1","seatIds":["A1"]}`, `{"showId":"sh_1","SHOWID":"sh_2"}`, `{"showId":"a","showId":"b"}`, `{"showId":null}`, `{"seatIds":[null]}`, `{"\u0073howId":"x"}`,
		`{"showId":"x"`, `{"showId":"x"}{}`, `{"showId":}`, `{5:1}`, "{\"showId\":\"\xff\"}", `[]`, `{`, `{"seatIds":[[null]]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
		request.Header.Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
		var wanted openapi.CreateBookingRequest
		if err := Decode(echo.New().NewContext(request, httptest.NewRecorder()), &wanted); err != nil {
			requireCallersMistake(t, err)
			return
		}
		require.True(t, utf8.Valid(body))
		var fields map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(body, &fields))
		for name, value := range fields {
			require.Contains(t, []string{"showId", "seatIds", "couponCode"}, name)
			require.NotEqual(t, "null", string(value))
		}
		require.Equal(t, fields["couponCode"] != nil, wanted.CouponCode != nil)
		require.Equal(t, fields["seatIds"] != nil, wanted.SeatIds != nil)
		again, err := json.Marshal(wanted)
		require.NoError(t, err)
		require.LessOrEqual(t, len(fields), strings.Count(string(again), `":`))
		_, err = io.Copy(io.Discard, request.Body)
		require.NoError(t, err)
	})
}

func FuzzCursor(f *testing.F) {
	f.Add(encodeCursor("bookings", time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC).Format(time.RFC3339Nano), "bk_1"))
	f.Add(encodeCursor("cascades", "a", "b"))
	f.Add("")
	f.Fuzz(func(t *testing.T, cursor string) {
		if parts, err := decodeCursor("bookings", cursor, 2); err == nil {
			again, err := decodeCursor("bookings", encodeCursor("bookings", parts...), 2)
			require.NoError(t, err)
			require.Equal(t, parts, again)
		} else {
			requireCallersMistake(t, err)
		}
		if _, err := NewestFirst("bookings", nil, &cursor); err != nil {
			var refused *answer.Failure
			require.ErrorAs(t, err, &refused)
			requireCallersMistake(t, err)
		}
	})
}

func FuzzPeriod(f *testing.F) {
	for _, text := range []string{
		"2026-11-01", "2026-11-30", "2026-11-20T10:00:00Z", "2026-11-20T10:00:00.5+05:30", "2026-02-30", "9999-12-31", "1999-12-31T23:59:59-12:00", "2026-11-20 10:00", "",
		"2026-11-20T10:00:00+24:00", "2026-11-20T10:00:60Z", "2000-01-01T00:00:00+14:00", "9998-12-31T23:59:59-23:59",
	} {
		f.Add(text, "2026-11-30")
		f.Add("2026-11-01", text)
	}
	f.Fuzz(func(t *testing.T, from, to string) {
		during, err := ReadPeriod(&from, &to)
		if err != nil {
			requireCallersMistake(t, err)
			return
		}
		require.True(t, during.From.Before(during.To))
		require.Equal(t, time.UTC, during.From.Location())
		require.False(t, during.From.Before(farPast))
		require.False(t, during.To.After(farFuture.AddDate(0, 0, 1)), "PostgreSQL and JSON know no later times")
		for _, at := range []time.Time{during.From, during.To} {
			again, isDay, err := readMoment("from", at.Format(time.RFC3339Nano))
			if at.Before(farFuture) {
				require.NoError(t, err)
				require.False(t, isDay)
				require.True(t, at.Equal(again))
			}
		}
		all, err := ReadPeriod(&from, nil)
		require.NoError(t, err)
		require.True(t, all.From.Equal(during.From))
	})
}
