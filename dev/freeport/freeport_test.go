package freeport_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
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

// askVariable makes this test's program ask for ports, say which it was given, and wait for the end of its input.
const askVariable = "BOXOFFICE_TEST_ASK_FOR_PORTS"

func TestMain(m *testing.M) {
	if os.Getenv(askVariable) == "" {
		os.Exit(m.Run())
	}
	for range 100 {
		listener, err := freeport.Listen(context.Background())
		if err != nil {
			panic(err)
		}
		_ = listener.Close()
		fmt.Print(listener.Addr(), " ")
	}
	fmt.Println()
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
}

// A server that is killed starts again on its port: nobody else may have been given it meanwhile, though nothing listens.
func TestProcessesAreGivenDifferentPorts(t *testing.T) {
	t.Parallel()
	given := map[string]bool{}
	for range 8 {
		asking := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0]) // the end of its input ends it
		asking.Env = append(os.Environ(), askVariable+"=yes")
		asking.Stderr = os.Stderr
		in, err := asking.StdinPipe()
		require.NoError(t, err)
		out, err := asking.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, asking.Start())
		t.Cleanup(func() {
			require.NoError(t, in.Close())
			require.NoError(t, asking.Wait())
		})
		line, err := bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err)
		for address := range strings.FieldsSeq(line) {
			require.False(t, given[address], "%s was given twice", address)
			given[address] = true
		}
	}
	require.Len(t, given, 800)
}
