package stack

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func listener(t *testing.T) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	address, err := netip.ParseAddrPort(l.Addr().String())
	require.NoError(t, err)
	return int(address.Port())
}

func TestACommandRunsAsTheWorkerOfASystemThatRunsAlready(t *testing.T) {
	t.Parallel()
	opts, calls := fakeOptions(t, Migrate)
	opts.Ports.Postgres, opts.Ports.Temporal = listener(t), listener(t)
	s := startStack(t, opts)

	attached, err := Attach(t.Context(), opts)
	require.NoError(t, err)
	defer func() { require.NoError(t, attached.Stop(context.Background())) }()
	var out bytes.Buffer
	status, err := attached.RunBoxoffice(t.Context(), &out, io.Discard, "audit")
	require.NoError(t, err)
	require.Zero(t, status)
	require.Equal(t, "the books are what they are\n", out.String())
	status, err = attached.RunBoxoffice(t.Context(), &out, io.Discard, "audit", "--json", "--limit=3")
	require.NoError(t, err)
	require.Equal(t, 2, status)

	last := calls()[2]
	require.Equal(t, []string{"audit", "--json", "--limit=3"}, last.Args)
	require.Equal(t, s.WorkerDSN(), last.Env["DATABASE_URL"])
	require.Equal(t, s.TemporalAddr(), last.Env["TEMPORAL_ADDRESS"])
	require.Equal(t, s.Secrets().StripeSecretKey, last.Env["STRIPE_SECRET_KEY"])
}

func TestNothingIsStartedToAttachTo(t *testing.T) {
	t.Parallel()
	opts, _ := fakeOptions(t)
	_, err := Attach(t.Context(), opts)
	require.ErrorIs(t, err, ErrNotStarted)
	require.NoDirExists(t, opts.Dir)

	opts.Ports.Postgres = listener(t)
	opts.Parts = []Part{Migrate}
	startStack(t, opts)
	_, err = Attach(t.Context(), opts)
	require.ErrorIs(t, err, ErrNotStarted, "PostgreSQL alone does not do")
}
