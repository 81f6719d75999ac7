package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// asked is a request that the API received.
type asked struct{ method, path, key, token, body string }

// fakeAPI answers every request with a status and a body.
func fakeAPI(t *testing.T, status int, answer string) *[]asked {
	t.Helper()
	var got []asked
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && r.URL.Path == "/api/v1/auth/login" {
			_, _ = io.WriteString(w, `{"accessToken":"from login"}`)
			return
		}
		got = append(got, asked{r.Method, r.URL.RequestURI(), r.Header.Get("Idempotency-Key"), r.Header.Get("Authorization"), string(body)})
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	t.Setenv("BOXOFFICE_API_URL", server.URL)
	t.Setenv("BOXOFFICE_TOKEN", "tok")
	return &got
}

func runOps(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := command()
	cmd.SetArgs(append([]string{"ops"}, args...))
	cmd.SetOut(&out)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

//nolint:paralleltest // the environment is the process's
func TestACommandThatIsTypedTwiceIsOne(t *testing.T) {
	got := fakeAPI(t, http.StatusOK, `{"refund":{"id":"rf_1","status":"SUCCEEDED"},"events":[]}`)
	for _, args := range [][]string{
		{"refund", "divert", "rf_1", "--reason", "closed"},
		{"refund", "divert", "rf_1", "--reason", "closed"},
		{"refund", "retry", "rf_1", "--reason", "closed"},
		{"refund", "divert", "rf_1", "--reason", "other"},
		{"refund", "divert", "rf_1", "--reason", "closed", "--key", "once-more"},
	} {
		_, err := runOps(t, args...)
		require.NoError(t, err)
	}
	keys := map[string]bool{}
	for _, request := range *got {
		require.Regexp(t, `^[A-Za-z0-9._:-]{8,64}$`, request.key)
		keys[request.key] = true
	}
	require.Equal(t, (*got)[0], (*got)[1])
	require.Len(t, keys, 4)
	require.Equal(t, asked{http.MethodPost, "/api/v1/admin/refunds/rf_1/divert", "once-more", "Bearer tok", `{"reason":"closed"}`}, (*got)[4])
}

//nolint:paralleltest // the environment is the process's
func TestTheBenchAsksForTheRightThing(t *testing.T) {
	got := fakeAPI(t, http.StatusOK, `{}`)
	for _, test := range []struct {
		args         []string
		method, path string
		body         string
	}{
		{[]string{"stuck", "--why", "RETRYING", "--limit", "5"}, "GET", "/api/v1/admin/stuck?limit=5&reason=RETRYING", ""},
		{[]string{"expire", "bk_1", "--reason", "x"}, "POST", "/api/v1/admin/bookings/bk_1/expire", `{"reason":"x"}`},
		{[]string{"move", "bk_1", "--to", "A1,A2", "--reason", "x"}, "POST", "/api/v1/admin/bookings/bk_1/move", `{"reason":"x","toSeats":["A1","A2"]}`},
		{[]string{"move", "bk_1", "--from", "B1", "--to", "A1", "--reason", "x"}, "POST", "/api/v1/admin/bookings/bk_1/move", `{"fromSeats":["B1"],"reason":"x","toSeats":["A1"]}`},
		{[]string{"webhook", "replay", "evt_1", "--reason", "x"}, "POST", "/api/v1/admin/webhooks/evt_1/replay", `{"reason":"x"}`},
		{[]string{"webhook", "list", "--booking", "bk_1"}, "GET", "/api/v1/admin/webhooks?bookingId=bk_1&limit=100", ""},
		{[]string{"actions", "--subject", "bk_1", "--actor", "us_1"}, "GET", "/api/v1/admin/actions?actor=us_1&limit=100&subject=bk_1", ""},
		{[]string{"cancel-show", "sh_1", "--reason", "x"}, "POST", "/api/v1/admin/shows/sh_1/cancel", `{"reason":"x"}`},
		{[]string{"deactivate-theatre", "th_1", "--reason", "x"}, "POST", "/api/v1/admin/theatres/th_1/deactivate", `{"reason":"x"}`},
		{[]string{"withdraw-movie", "mv_1", "--reason", "x"}, "POST", "/api/v1/admin/movies/mv_1/withdraw", `{"reason":"x"}`},
		{[]string{"cascade", "cs_1"}, "GET", "/api/v1/admin/cascades/cs_1", ""},
		{[]string{"pause", "cs_1", "--reason", "x"}, "POST", "/api/v1/admin/cascades/cs_1/pause", `{"reason":"x"}`},
		{[]string{"resume", "../cs_1", "--reason", "x"}, "POST", "/api/v1/admin/cascades/..%2Fcs_1/resume", `{"reason":"x"}`},
	} {
		_, err := runOps(t, test.args...)
		require.NoError(t, err, "%v", test.args)
		last := (*got)[len(*got)-1]
		require.Equal(t, []string{test.method, test.path, test.body}, []string{last.method, last.path, last.body})
	}
}

//nolint:paralleltest // the environment is the process's
func TestARefusalIsToldInFull(t *testing.T) {
	fakeAPI(t, http.StatusConflict, `{"error":{"code":"INVALID_STATE","message":"No.","details":{"status":"CONFIRMED","field":"x"},"correlationId":"c1"}}`)
	_, err := runOps(t, "expire", "bk_1", "--reason", "x")
	require.EqualError(t, err, "INVALID_STATE: No. (field: x; status: CONFIRMED; correlation id c1)")
	require.Equal(t, 1, exitCode(err))
	fakeAPI(t, http.StatusBadGateway, `<html>`)
	_, err = runOps(t, "stuck")
	require.EqualError(t, err, "the answer is 502 Bad Gateway, and not from the API")
}

// A script that reads the exit code repeats a refused command only after changing it, but has to repeat one that got no answer.
func TestACommandWithoutAnAnswerIsNoRefusedOne(t *testing.T) {
	expire := []string{"expire", "bk_1", "--reason", "x"}
	for status, code := range map[int]int{
		http.StatusConflict: 1, http.StatusTooManyRequests: 1, http.StatusInternalServerError: 2, http.StatusServiceUnavailable: 2,
	} {
		fakeAPI(t, status, `{"error":{"code":"UNAVAILABLE","message":"No.","correlationId":"c1"}}`)
		_, err := runOps(t, expire...)
		require.Equal(t, code, exitCode(err), status)
	}
	for _, answer := range []string{"", "<html>"} {
		fakeAPI(t, http.StatusOK, answer)
		_, err := runOps(t, expire...)
		require.Equal(t, 2, exitCode(err), answer)
	}
	t.Setenv("BOXOFFICE_API_URL", "http://127.0.0.1:1")
	_, err := runOps(t, expire...)
	require.Equal(t, 2, exitCode(err), "nobody there")
}

func TestOneLoginServesManyCommands(t *testing.T) {
	got := fakeAPI(t, http.StatusOK, `{}`)
	t.Setenv("BOXOFFICE_EMAIL", "admin@example.com")
	t.Setenv("BOXOFFICE_PASSWORD", "secret")
	t.Setenv("BOXOFFICE_TOKEN", "an old one")
	out, err := runOps(t, "login")
	require.NoError(t, err)
	require.Equal(t, "from login\n", out)
	require.Empty(t, *got)
}

func TestNothingIsAskedWithoutAReasonOrAnAccount(t *testing.T) {
	got := fakeAPI(t, http.StatusOK, `{}`)
	for _, args := range [][]string{{"expire", "bk_1"}, {"move", "bk_1", "--reason", "x"}, {"expire", "--reason", "x"}, {"refund", "retry", "rf_1"}} {
		_, err := runOps(t, args...)
		require.Error(t, err, "%v", args)
	}
	t.Setenv("BOXOFFICE_TOKEN", "")
	_, err := runOps(t, "stuck")
	require.ErrorContains(t, err, "BOXOFFICE_TOKEN")
	require.Empty(t, *got)
	t.Setenv("BOXOFFICE_EMAIL", "admin@example.com")
	t.Setenv("BOXOFFICE_PASSWORD", "secret")
	_, err = runOps(t, "stuck")
	require.NoError(t, err)
	require.Equal(t, "Bearer from login", (*got)[0].token)
}

//nolint:paralleltest // the environment is the process's
func TestWhatIsStuckIsReadable(t *testing.T) {
	answer := `{"items":[{"reasons":["RETRYING"],"since":"2026-11-20T10:00:00Z","workflowId":"booking/bk_1","status":"PAYMENT_PENDING","pendingActivities":[
		{"name":"CloseIntent","attempt":7,"lastFailure":"still processing","nextAttemptAt":"2026-11-20T10:09:00Z"},{"name":"Other","attempt":1}]},
		{"reasons":["REFUND_REFUSED"],"since":"2026-11-20T10:00:01Z","refundId":"rf_1","status":"FAILED","failureCode":"insufficient_funds","pendingActivities":[]}],
		"openFlags":2,"complete":false,"at":"2026-11-20T11:00:00Z"}`
	fakeAPI(t, http.StatusOK, answer)
	out, err := runOps(t, "stuck")
	require.NoError(t, err)
	require.Equal(t, `SINCE                 WHY             WHAT          STATUS           STEP            NEXT TRY              LATEST FAILURE
2026-11-20 10:00:00Z  RETRYING        booking/bk_1  PAYMENT_PENDING  CloseIntent #7  2026-11-20 10:09:00Z  still processing
                                                                     Other #1                              
2026-11-20 10:00:01Z  REFUND_REFUSED  refund/rf_1   FAILED                                                 insufficient_funds
2 open flags: GET /api/v1/admin/flags
There is more: ask for one reason at a time with --why.
`, out)
	out, err = runOps(t, "stuck", "--json")
	require.NoError(t, err)
	require.True(t, json.Valid([]byte(out)))
}
