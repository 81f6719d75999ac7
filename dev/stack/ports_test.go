package stack

import (
	"net"
	"net/netip"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPortInUseIsNamedWithItsPurposeAndItsVariable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	address, err := netip.ParseAddrPort(l.Addr().String())
	require.NoError(t, err)
	taken := int(address.Port())

	ports := Ports{API: taken, Temporal: taken}
	err = ports.claim(t.Context(), []Part{API})
	require.EqualError(t, err, "port "+strconv.Itoa(taken)+", wanted for the API, is in use: stop what uses it (another `make run`?), or set BOXOFFICE_API_PORT to another port")
	err = ports.claim(t.Context(), []Part{API, Temporal})
	require.ErrorContains(t, err, "BOXOFFICE_API_PORT")
	require.ErrorContains(t, err, "TEMPORAL_PORT", "all problems are told at once")
	require.NoError(t, ports.claim(t.Context(), []Part{Worker}), "ports of parts that run elsewhere are in use rightly")
}

func TestOnePortForTwoPurposesIsRefused(t *testing.T) {
	t.Parallel()
	var ports Ports
	require.NoError(t, ports.claim(t.Context(), AllParts()))
	ports.Stripesim = ports.API
	require.ErrorContains(t, ports.claim(t.Context(), AllParts()), "is wanted both for the API and for the payment simulator: set STRIPESIM_PORT")
}

func TestZerosBecomeDifferentFreePorts(t *testing.T) {
	t.Parallel()
	var ports Ports
	require.NoError(t, ports.claim(t.Context(), []Part{API}))
	seen := map[int]bool{}
	for _, use := range ports.uses() {
		require.NotZero(t, *use.port)
		require.False(t, seen[*use.port])
		seen[*use.port] = true
	}
}

func TestPortsFromEnvironment(t *testing.T) {
	t.Parallel()
	ports := DefaultPorts()
	env := map[string]string{"BOXOFFICE_API_PORT": "9090"}
	require.NoError(t, ports.FromEnvironment(func(name string) string { return env[name] }))
	require.Equal(t, 9090, ports.API)
	require.Equal(t, 8233, ports.TemporalUI)
	env["POSTGRES_PORT"] = "many"
	require.ErrorContains(t, ports.FromEnvironment(func(name string) string { return env[name] }), "POSTGRES_PORT=many is not a port for PostgreSQL")
}
