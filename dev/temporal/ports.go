package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// claimPorts picks the ports that are free to choose and makes sure that the
// given ones can be listened on. The server opens them itself a moment later, so
// another process could still be faster; the server then ends with its own error.
func (o *options) claimPorts() error {
	wanted := []struct {
		purpose string
		port    *int
	}{
		{"the Temporal frontend", &o.frontendPort},
		{"the Temporal UI", &o.uiPort},
		{"the history service", &o.historyPort},
		{"the matching service", &o.matchingPort},
		{"the worker service", &o.workerPort},
	}
	// All are held until the last one is chosen, so that no two can be the same.
	for _, want := range wanted {
		if want.port == &o.uiPort && o.uiPort == 0 {
			continue
		}
		listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", o.addr(*want.port))
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("port %d for %s is already in use on %s", *want.port, want.purpose, o.ip)
		}
		if err != nil {
			return fmt.Errorf("port %d for %s: %w", *want.port, want.purpose, err)
		}
		defer func() { _ = listener.Close() }()
		if address, ok := listener.Addr().(*net.TCPAddr); ok {
			*want.port = address.Port
		}
	}
	return nil
}
