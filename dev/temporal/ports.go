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
// connections: one of those can be taken before its service listens on it. They
// are dealt in blocks: one is that of the process which listens on its first
// port, as long as it lives. The product's dev/freeport deals in the same way.
const lowestFree, blockSize, blocks = 10000, 25, 800

// dealer deals ports, and keeps their blocks.
type dealer struct {
	next, end int
	held      []net.Listener
}

// listen opens the given port, or a free one for zero.
func (d *dealer) listen(ctx context.Context, addr func(port int) string, port int) (listener net.Listener, err error) {
	if port != 0 {
		return (&net.ListenConfig{}).Listen(ctx, "tcp", addr(port))
	}
	err = errors.New("all blocks of ports are taken")
	for range 200 {
		if d.next == d.end {
			first := lowestFree + blockSize*rand.IntN(blocks) //nolint:gosec // a port is no secret
			keeper, taken := (&net.ListenConfig{}).Listen(ctx, "tcp", addr(first))
			if taken != nil {
				continue
			}
			d.held = append(d.held, keeper)
			d.next, d.end = first+1, first+blockSize
		}
		d.next++
		if listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", addr(d.next-1)); err == nil {
			return listener, nil
		}
	}
	return nil, err
}

// ports deals this process's.
var ports dealer

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
		listener, err := ports.listen(ctx, o.addr, *want.port)
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
