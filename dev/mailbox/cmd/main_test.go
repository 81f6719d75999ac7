package main

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func listening(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return listener
}

func TestServeStopsCleanly(t *testing.T) {
	t.Parallel()
	web, mail := listening(t), listening(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, web, mail) }()
	res, err := http.Get("http://" + web.Addr().String() + "/healthz")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
	stop()
	select {
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(2 * time.Minute):
		t.Fatal("it did not stop")
	}
}

func TestAddressInUseIsNamed(t *testing.T) {
	t.Parallel()
	taken := listening(t)
	defer taken.Close()
	require.ErrorContains(t, run(t.Context(), []string{"--addr", taken.Addr().String()}, t.Output()), taken.Addr().String())
	require.ErrorContains(t, run(t.Context(), []string{"--addr", "127.0.0.1:0", "--smtp-addr", taken.Addr().String()}, t.Output()), taken.Addr().String())
}
