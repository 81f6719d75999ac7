package main

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/freeport"
)

func TestProfilesAreForThisMachineAlone(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:6060", ":6060", "192.0.2.1:6060", "localhost:6060", "127.0.0.1", "[::]:6060"} {
		require.ErrorContains(t, profileConfig{Address: address}.serve(t.Context()), "BOXOFFICE_PROFILE_ADDR", address)
	}
	require.NoError(t, profileConfig{}.serve(t.Context()), "nowhere")
}

func TestProfilesAreServedUntilTheEnd(t *testing.T) {
	t.Parallel()
	listener, err := freeport.Listen(t.Context())
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	ctx, end := context.WithCancel(t.Context())
	require.NoError(t, profileConfig{Address: address}.serve(ctx))
	look := func() (int, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/debug/pprof/goroutine?debug=1", http.NoBody)
		require.NoError(t, err)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, err
		}
		return res.StatusCode, res.Body.Close()
	}
	status, err := look()
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	require.ErrorContains(t, profileConfig{Address: address}.serve(t.Context()), "in use")
	end()
	require.Eventually(t, func() bool { _, err := look(); return err != nil }, 2*time.Minute, time.Millisecond)
}
