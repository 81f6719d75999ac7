package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/stack"
)

func noEnvironment(string) string { return "" }

func TestUpSaysWhichPortIsInUseBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	dir := filepath.Join(t.TempDir(), "data")
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	err = run([]string{"up", "--dir", dir, "--api-port", port, "api"}, noEnvironment, io.Discard, io.Discard, nil)
	require.ErrorContains(t, err, "port "+port+", wanted for the API, is in use")
	require.NoDirExists(t, dir)
}

func TestUpRunsUntilTheSignal(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(parent), 0o755))
	dir := filepath.Join(parent, "data")
	signals := make(chan os.Signal, 1)
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run([]string{"up", "--dir", dir, "--postgres-port", "0", "postgres"}, noEnvironment, writer, io.Discard, signals)
		ended <- err
		_ = writer.Close()
	}()
	var output bytes.Buffer
	buffer := make([]byte, 4096)
	for sent := false; ; {
		n, err := reader.Read(buffer)
		output.Write(buffer[:n])
		if !sent && bytes.Contains(output.Bytes(), []byte("running: postgres")) {
			sent = true
			require.ErrorIs(t, stack.Reset(t.Context(), dir), stack.ErrInUse)
			signals <- syscall.SIGINT
		}
		if err != nil {
			break
		}
	}
	require.NoError(t, <-ended)
	require.Contains(t, output.String(), "stopped; the data is kept in "+dir)

	output.Reset()
	require.NoError(t, run([]string{"reset", "--dir", dir}, noEnvironment, &output, io.Discard, nil))
	require.NoDirExists(t, dir)
}

func TestFlagsWinOverTheEnvironment(t *testing.T) {
	t.Parallel()
	env := map[string]string{"BOXOFFICE_API_PORT": "1111", "POSTGRES_PORT": "2222", "BOXOFFICE_DIR": "elsewhere"}
	opts, err := parseUp([]string{"--api-port", "3333", "worker", "api"}, func(name string) string { return env[name] }, io.Discard)
	require.NoError(t, err)
	require.Equal(t, 3333, opts.Ports.API)
	require.Equal(t, 2222, opts.Ports.Postgres)
	require.Equal(t, []stack.Part{stack.Worker, stack.API}, opts.Parts)
	require.Equal(t, "elsewhere", opts.Dir)
	opts, err = parseUp(nil, noEnvironment, io.Discard)
	require.NoError(t, err)
	require.Equal(t, ".boxoffice", filepath.Base(opts.Dir))
}

func TestBadUsageIsExplained(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	require.ErrorIs(t, run(nil, noEnvironment, io.Discard, &stderr, nil), errUsage)
	require.Contains(t, stderr.String(), "usage: stack up")
	require.ErrorContains(t, run([]string{"up", "mail"}, noEnvironment, io.Discard, &stderr, nil), `no part "mail"`)
}

func TestAuditNeedsARunningSystem(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	err := run([]string{"audit", "--dir", dir}, noEnvironment, io.Discard, io.Discard, nil)
	require.ErrorIs(t, err, stack.ErrNotStarted)
	var status exitStatus
	require.ErrorAs(t, err, &status)
	require.Equal(t, notCarriedOut, status.code, "1 would say that the books are wrong")
	require.NoDirExists(t, dir)

	require.ErrorIs(t, run([]string{"dsn", "--dir", dir}, noEnvironment, io.Discard, io.Discard, nil), stack.ErrNotStarted)

	opts, args, err := parseAudit([]string{"--dir", dir, "--", "--json", "--since", "7d"}, noEnvironment, io.Discard)
	require.NoError(t, err)
	require.Equal(t, dir, opts.Dir)
	require.Equal(t, []string{"--json", "--since", "7d"}, args)
	_, _, err = parseAudit([]string{"--json"}, noEnvironment, io.Discard)
	require.ErrorIs(t, err, errUsage, "what is the audit's goes after --")
}
