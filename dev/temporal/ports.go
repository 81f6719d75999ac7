package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"syscall"
)

// The ports to choose from lie below those that systems give to outgoing
// connections: one of those can be taken before its service listens on it.
const lowestFree, countFree = 10000, 20000

// listen opens the given port, or a free one for zero.
func (o *options) listen(ctx context.Context, port int) (listener net.Listener, err error) {
	if port != 0 {
		return (&net.ListenConfig{}).Listen(ctx, "tcp", o.addr(port))
	}
	for range 100 {
		free := lowestFree + rand.IntN(countFree) //nolint:gosec // a port is no secret
		if listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", o.addr(free)); err == nil {
			return listener, nil
		}
	}
	return nil, err
}

// claimPorts picks the ports that are free to choose and makes sure that the
// given ones can be listened on. The server opens them itself a moment later, so
// another process could still be faster; the server then ends with its own error.
func (o *options) claimPorts(ctx context.Context) error {
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
	var held []net.Listener
	defer func() {
		for _, listener := range held {
			_ = listener.Close()
		}
	}()
	for _, want := range wanted {
		if want.port == &o.uiPort && o.uiPort == 0 {
			continue
		}
		listener, err := o.listen(ctx, *want.port)
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("port %d for %s is already in use on %s", *want.port, want.purpose, o.ip)
		}
		if err != nil {
			return fmt.Errorf("port %d for %s: %w", *want.port, want.purpose, err)
		}
		held = append(held, listener)
		if address, ok := listener.Addr().(*net.TCPAddr); ok {
			*want.port = address.Port
		}
	}
	return nil
}
