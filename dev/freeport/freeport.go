// Package freeport picks ports for servers that start a moment later.
package freeport

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// The ports to choose from lie below those that systems give to outgoing connections (from 32768 on Linux, from 49152
// elsewhere): a port that the system chooses can be taken by any connection before its server listens on it.
const lowest, count = 10000, 20000

// attempts is how many ports are tried before it is given up.
const attempts = 100

// Listen listens on a free port of 127.0.0.1. Who wants only the port closes the listener.
func Listen(ctx context.Context) (net.Listener, error) {
	var err error
	for range attempts {
		port := lowest + rand.IntN(count) //nolint:gosec // a port is no secret
		var listener net.Listener
		listener, err = new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return listener, nil
		}
	}
	return nil, fmt.Errorf("no free port after %d tries: %w", attempts, err)
}
