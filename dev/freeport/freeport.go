// Package freeport picks ports for servers that start a moment later, or that are killed and start again.
package freeport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// The ports to choose from lie below those that systems give to outgoing connections (from 32768 on Linux, from 49152
// elsewhere): a port that the system chooses can be taken by any connection before its server listens on it.
//
// They are dealt in blocks, so that many processes may choose at once: a block is that of the process which listens on its first port,
// as long as it lives, and no port of it is dealt twice. dev/temporal, a module of its own, deals in the same way.
const lowest, blockSize, blocks = 10000, 25, 800

// attempts is how many ports are tried before it is given up.
const attempts = 200

// dealt are this process's ports that are left.
var dealt struct {
	sync.Mutex

	next, end int
	// held keep the blocks.
	held []net.Listener
}

// Listen listens on a free port of 127.0.0.1. While this process lives, no other process that asks this package gets the port. A caller who wants
// only the port closes the listener.
func Listen(ctx context.Context) (net.Listener, error) {
	dealt.Lock()
	defer dealt.Unlock()
	err := errors.New("all blocks are taken")
	for range attempts {
		if dealt.next == dealt.end {
			first := lowest + blockSize*rand.IntN(blocks) //nolint:gosec // a port is no secret
			keeper, taken := listen(ctx, first)
			if taken != nil {
				continue
			}
			dealt.held = append(dealt.held, keeper)
			dealt.next, dealt.end = first+1, first+blockSize
		}
		var listener net.Listener
		listener, err = listen(ctx, dealt.next)
		dealt.next++
		if err == nil {
			return listener, nil
		}
	}
	return nil, fmt.Errorf("no free port after %d tries: %w", attempts, err)
}

func listen(ctx context.Context, port int) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}
