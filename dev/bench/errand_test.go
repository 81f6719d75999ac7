package main

import (
	"bytes"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/pgtest"
	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// TestMain lets the test's program carry out errands, as the bench's own does.
func TestMain(m *testing.M) {
	if name := os.Getenv(errandVariable); name != "" {
		if err := carryOut(name); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

func TestTheFloorServerTakesEvents(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDB(t)
	owner := pgtest.OpenAs(t, dsn, "", 1)
	s := &system{System: &private.System{Owner: owner}}
	require.NoError(t, s.prepareFloorEvents(t.Context()))
	process, err := startErrand("floor", floorOrders{DSN: dsn, WebhookSecret: "whsec_test"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, process.stop()) })
	var ready floorAnswer
	require.NoError(t, process.answer(&ready))
	event := []byte(`{"id":"evt_1","object":"event","type":"customer.created","created":1,"data":{"object":{}}}`)
	send := func(path, signature string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ready.URL+path, bytes.NewReader(event))
		require.NoError(t, err)
		req.Header.Set("Stripe-Signature", signature)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res.StatusCode
	}
	signed := stripesim.Sign(time.Now(), event, "whsec_test")
	require.Equal(t, http.StatusBadRequest, send(floorNewEvent, ""))
	require.Equal(t, http.StatusBadRequest, send(floorKnownEvent, ""))
	require.Equal(t, http.StatusOK, send(floorNewEvent, signed))
	require.Equal(t, http.StatusInternalServerError, send(floorKnownEvent, signed), "the product does not know it")
	_, err = owner.Exec(t.Context(), `INSERT INTO webhook_events (event_id, type, outcome, occurred_at) VALUES ('evt_1', 'customer.created', 'IGNORED', now())`)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, send(floorKnownEvent, signed))
	var rows int
	require.NoError(t, owner.QueryRow(t.Context(), `SELECT count(*) FROM bench_events`).Scan(&rows))
	require.Equal(t, 1, rows)
}

func TestAnErrandThatNobodyKnows(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, carryOut("tea"), `"tea"`)
}
