package freeport_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/freeport"
)

func TestListenChoosesBelowThePortsOfOutgoingConnections(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for range 50 {
		listener, err := freeport.Listen(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, listener.Close()) })
		address, ok := listener.Addr().(*net.TCPAddr)
		require.True(t, ok)
		require.Less(t, address.Port, 32768)
		require.False(t, seen[address.Port])
		seen[address.Port] = true
	}
}
