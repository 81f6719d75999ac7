package main

import (
	"flag"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
)

func TestParseOptions(t *testing.T) {
	t.Parallel()

	getenv := func(name string) string {
		require.Equal(t, passwordEnv, name)
		return "from the environment"
	}
	opts, err := parseOptions([]string{
		"--postgres-addr", "127.0.0.1:5433", "--ui-port", "0",
		"--search-attribute", "ShowId=Keyword", "--search-attribute", "Seats=Int",
	}, getenv, io.Discard)
	require.NoError(t, err)
	require.Equal(t, "from the environment", opts.postgresPassword)
	require.Equal(t, "127.0.0.1:7233", opts.frontendAddr())
	require.Equal(t, "boxoffice", opts.namespace)
	require.Equal(t, 168*time.Hour, opts.retention)
	require.Equal(t, map[string]enumspb.IndexedValueType{
		"ShowId": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Seats":  enumspb.INDEXED_VALUE_TYPE_INT,
	}, opts.searchAttributes)
	require.Equal(t, "ready frontend=127.0.0.1:7233", readyLine(opts), "without a UI")

	opts.uiPort = 8233
	require.Equal(t, "ready frontend=127.0.0.1:7233 ui=http://127.0.0.1:8233", readyLine(opts))
}

func TestParseOptionsRefusals(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"open to the network":    {[]string{"--ip", "0.0.0.0"}, `--ip "0.0.0.0" is not a loopback address`},
		"not a port":             {[]string{"--ui-port", "70000"}, "--ui-port 70000 is not a port"},
		"no profile port":        {[]string{"--profile-port", "-1"}, "--profile-port -1 is not a port"},
		"no PostgreSQL port":     {[]string{"--postgres-addr", "localhost"}, "is not host:port"},
		"unknown attribute type": {[]string{"--search-attribute", "ShowId=Word"}, `unknown type "Word"`},
		"attribute without type": {[]string{"--search-attribute", "ShowId"}, "want Name=Type"},
		"short retention":        {[]string{"--retention", "1h"}, "minimum of 24h"},
		"unknown log level":      {[]string{"--log-level", "loud"}, `--log-level "loud"`},
		"no namespace":           {[]string{"--namespace", ""}, "--namespace is empty"},
		"no updates":             {[]string{"--max-updates", "0"}, "--max-updates 0 is no number of updates"},
		"stray argument":         {[]string{"start"}, `unexpected argument "start"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var stderr strings.Builder
			_, err := parseOptions(test.args, func(string) string { return "" }, &stderr)
			require.ErrorIs(t, err, errUsage)
			require.Contains(t, stderr.String(), test.says)
		})
	}

	_, err := parseOptions([]string{"--help"}, func(string) string { return "" }, io.Discard)
	require.ErrorIs(t, err, flag.ErrHelp)
}

func TestPortInUseIsNamed(t *testing.T) {
	t.Parallel()

	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	_, port, err := net.SplitHostPort(taken.Addr().String())
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)

	opts := options{ip: "127.0.0.1", uiPort: number}
	require.EqualError(t, opts.claimPorts(t.Context()), "port "+port+" for the Temporal UI is already in use on 127.0.0.1")
}
