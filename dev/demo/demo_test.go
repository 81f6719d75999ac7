package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func variables(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestAddressesFollowTheEnvironment(t *testing.T) {
	t.Parallel()
	where, err := addressesFrom(variables(nil))
	require.NoError(t, err)
	require.Equal(t, addresses{"http://127.0.0.1:8080", "http://127.0.0.1:12111", "http://127.0.0.1:8233"}, where)
	require.Equal(t, "http://127.0.0.1:8233/namespaces/boxoffice/workflows/booking%2Fbk_1", where.workflow("bk_1"))

	where, err = addressesFrom(variables(map[string]string{
		"BOXOFFICE_URL": "http://example.com/", "STRIPESIM_PORT": "1", "TEMPORAL_UI_PORT": "2",
	}))
	require.NoError(t, err)
	require.Equal(t, addresses{"http://example.com", "http://127.0.0.1:1", "http://127.0.0.1:2"}, where)

	_, err = addressesFrom(variables(map[string]string{"BOXOFFICE_API_PORT": "many"}))
	require.ErrorContains(t, err, "BOXOFFICE_API_PORT")
}

func TestSaysWhatIsNotRunning(t *testing.T) {
	t.Parallel()
	absent := httptest.NewServer(nil)
	absent.Close()
	ready := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(ready.Close)

	err := run(t.Context(), nil, &bytes.Buffer{}, variables(map[string]string{"BOXOFFICE_URL": absent.URL}))
	require.ErrorContains(t, err, "make run")

	err = run(t.Context(), nil, &bytes.Buffer{}, variables(map[string]string{"BOXOFFICE_URL": ready.URL, "BOXOFFICE_SIMULATOR_URL": absent.URL}))
	require.ErrorContains(t, err, "payment simulator")
}

func TestTellerPrintsRequestsAndFindings(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	var out bytes.Buffer
	say := newTeller(&out, addresses{api: server.URL})
	ask := func() error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/wallet", nil)
		if err != nil {
			return err
		}
		res, err := (&http.Client{Transport: say}).Do(req)
		if err != nil {
			return err
		}
		return res.Body.Close()
	}

	require.NoError(t, say.step("Asha looks", ask, func() string { return "balance ₹1.00" }))
	require.Regexp(t, `\n   Asha looks\n     GET /api/v1/wallet → 200 in \d+m?s\n       balance ₹1.00\n`, out.String())

	failure := errors.New("something else")
	require.ErrorIs(t, say.step("Asha looks again", func() error { return failure }, func() string { return "a finding" }), failure)
	require.NotContains(t, out.String(), "a finding", "nothing is claimed after a failure")
}

func TestRepeatedRequestsAreOneLine(t *testing.T) {
	t.Parallel()
	look := call{http.MethodGet, "/api/v1/bookings/bk_1", http.StatusOK, 2 * time.Millisecond, 1}
	other := call{http.MethodGet, "/api/v1/wallet", http.StatusOK, time.Millisecond, 1}
	calls := record(record(record(nil, look), look), other)
	require.Len(t, calls, 2)
	require.Equal(t, "GET /api/v1/bookings/bk_1 → 200, 2 times in 4ms", calls[0].String())
	require.Equal(t, "GET /api/v1/wallet → 200 in 1ms", calls[1].String())
}
