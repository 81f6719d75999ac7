package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/caarlos0/env/v11"
	"github.com/stretchr/testify/require"
)

// The answer to an operator's command may come from a proxy, or from something else altogether.
func FuzzAPIError(f *testing.F) {
	f.Add(409, []byte(`{"error":{"code":"CONFLICT","message":"no","details":{"field":"x","n":[1,{"a":null}]},"correlationId":"c"}}`))
	f.Add(502, []byte("<html>Bad gateway</html>"))
	f.Add(500, []byte(`{"error":null}`))
	f.Add(0, []byte(`{"error":{"code":5}}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		err := readAPIError(status, body)
		require.Error(t, err)
		require.NotEmpty(t, err.Error())
		if said, ok := errors.AsType[*apiError](err); ok {
			require.NotEmpty(t, said.body.Code)
			require.Contains(t, err.Error(), string(said.body.Code))
			return
		}
		require.Less(t, len(err.Error()), 200, "what is not from the API is not repeated")
	})
}

// Whatever an answer contains, it is only shown.
func FuzzShown(f *testing.F) {
	for _, body := range []string{
		`{"items":[{"reasons":["RETRYING"],"since":"2026-11-20T10:00:00Z","pendingActivities":[{"name":"CloseIntent","attempt":7,"lastFailure":"x"}]}],"openFlags":1,"complete":false}`,
		`{"bookingId":"bk_1","status":"EXPIRED"}`, `{"refund":{"id":"rf_1","amount":-9223372036854775808,"currency":"INR"},"events":[{}]}`,
		`{"webhooks":[{"eventId":"e"}]}`, `{"cascade":{"id":"cs_1"},"progress":{"refunds":[{}]},"events":[{}]}`, `{"actions":[{"details":{"a":[1]}}]}`, `{}`, `null`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var out bytes.Buffer
		shown(&out, body, showStuck)
		shown(&out, body, showExpiry)
		shown(&out, body, showMove)
		shown(&out, body, showRefund)
		shown(&out, body, showWebhooks)
		shown(&out, body, showReplay)
		shown(&out, body, showActions)
		shown(&out, body, showCascade)
		require.NotContains(t, out.String(), "%!", "a format that does not fit what it shows")
	})
}

func shown[T any](out *bytes.Buffer, body []byte, show func(io.Writer, T)) {
	var answer T
	if json.Unmarshal(body, &answer) == nil && !bytes.Contains(body, []byte("%!")) {
		show(out, answer)
	}
}

// A configuration is read, or refused by the names of its variables; a secret value is never shown.
func FuzzEnvironment(f *testing.F) {
	for _, value := range []string{"", "0", "-1", "5s", "1e400", "x", "a,b", "\x00", "99999999999999999999", "💥"} {
		f.Add("API_RATE_PER_SECOND", value)
		f.Add("DATABASE_MAX_CONNS", value)
		f.Add("JWT_LIFETIME", value)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		environment := map[string]string{"DATABASE_URL": "postgres://u:secret-word@h/d", "STRIPE_SECRET_KEY": "secret-word", name: value}
		read := env.Options{Environment: environment}
		for _, parse := range []func() error{
			func() error { _, err := env.ParseAsWithOptions[databaseConfig](read); return err },
			func() error { _, err := env.ParseAsWithOptions[opsConfig](read); return err },
		} {
			if err := parse(); err != nil {
				require.NotContains(t, err.Error(), "secret-word")
			}
		}
	})
}

// The key of a command as it was typed is one that the API accepts, and differs for other words.
func FuzzOpsKey(f *testing.F) {
	f.Add("move", "bk_1", "reason")
	f.Add("a\x00b", "", "\xff")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		key := opsKey(a, b, c)
		require.Regexp(t, `^[A-Za-z0-9._:-]{8,64}$`, key)
		require.Equal(t, key, opsKey(a, b, c))
		if !strings.Contains(a+b+c, "\x00") {
			require.NotEqual(t, key, opsKey(a, b+c+"x", ""))
		}
	})
}
