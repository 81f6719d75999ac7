package stack

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/child"
)

const eventually, often = 2 * time.Minute, 10 * time.Millisecond

func startStack(t *testing.T, opts Options) *Stack {
	t.Helper()
	s, err := Start(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop(context.Background())) })
	return s
}

func TestPartsStartInOrderWithTheirEnvironment(t *testing.T) {
	t.Parallel()
	opts, calls := fakeOptions(t, Temporal, Stripesim, Migrate, Seed, Worker, API)
	opts.Env[API] = append(opts.Env[API], "EXTRA=yes")
	s := startStack(t, opts)

	var order []string
	byPart := map[string]fakeCall{}
	for _, call := range calls() {
		name := call.Program
		if name == "boxoffice" {
			name = call.Args[0]
		}
		order = append(order, name)
		byPart[name] = call
	}
	require.Equal(t, []string{"temporal", "stripesim", "migrate", "seed", "worker", "api"}, order)

	require.Equal(t, s.OwnerDSN(), byPart["migrate"].Env["DATABASE_URL"])
	require.Equal(t, s.WorkerDSN(), byPart["worker"].Env["DATABASE_URL"])
	api := byPart["api"].Env
	require.Equal(t, s.APIDSN(), api["DATABASE_URL"])
	require.Equal(t, s.APIURL(), "http://"+api["BOXOFFICE_API_ADDR"])
	require.Equal(t, s.TemporalAddr(), api["TEMPORAL_ADDRESS"])
	require.Equal(t, Namespace, api["TEMPORAL_NAMESPACE"])
	require.Equal(t, s.StripeURL(), api["STRIPE_API_URL"])
	require.Equal(t, "yes", api["EXTRA"])
	require.NotEmpty(t, api["JWT_SECRET"])
	require.NotEmpty(t, api["TICKET_SIGNING_KEY"])
	simulator := byPart["stripesim"]
	require.Equal(t, api["STRIPE_SECRET_KEY"], simulator.Env["STRIPE_SECRET_KEY"])
	require.Equal(t, api["STRIPE_WEBHOOK_SECRET"], simulator.Env["STRIPE_WEBHOOK_SECRET"])
	require.Contains(t, simulator.Args, s.APIURL()+"/api/v1/payments/webhooks/stripe")
	require.NotContains(t, simulator.Env, "DATABASE_URL")
	require.Contains(t, byPart["temporal"].Args, "BookingStatus=Keyword")
}

func TestKilledPartStaysDeadUntilItIsStarted(t *testing.T) {
	t.Parallel()
	opts, calls := fakeOptions(t, Worker, API)
	s := startStack(t, opts)
	pid := s.Pid(Worker)
	require.NoError(t, s.Kill(Worker))
	require.False(t, child.Alive(pid))
	require.False(t, s.Running(Worker))
	require.ErrorIs(t, s.Kill(Worker), ErrNotRunning)
	require.True(t, s.Running(API))

	s.SetEnv(Worker, append(opts.Env[Worker], "SECOND=yes")...)
	require.NoError(t, s.StartPart(t.Context(), Worker))
	require.Equal(t, "yes", calls()[2].Env["SECOND"])
	require.ErrorIs(t, s.StartPart(t.Context(), Worker), ErrPartRunning)
	require.NotEqual(t, pid, s.Pid(Worker))
}

func TestSupervisedPartComesBack(t *testing.T) {
	t.Parallel()
	opts, _ := fakeOptions(t, Worker)
	opts.Supervise = true
	var mu sync.Mutex
	var said []string
	opts.Log = func(line string) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, line)
	}
	s := startStack(t, opts)
	pid := s.Pid(Worker)
	require.NoError(t, s.Kill(Worker))
	require.Eventually(t, func() bool { return s.Pid(Worker) != 0 && s.Pid(Worker) != pid }, eventually, often)
	require.NoError(t, s.Stop(t.Context()))

	mu.Lock()
	defer mu.Unlock()
	all := strings.Join(said, "\n")
	require.Contains(t, all, "worker ended by itself: signal: killed")
	require.Contains(t, all, "worker is back")
	require.Contains(t, all, "a warning of the fake", "warnings are shown")
	require.NotContains(t, all, "worker    | level=INFO", "the rest is not")
}

func TestFailedStepStopsWhatWasStarted(t *testing.T) {
	t.Parallel()
	opts, calls := fakeOptions(t, Temporal, Migrate, Worker)
	opts.Env[Migrate] = append(opts.Env[Migrate], "STACK_TEST_FAIL=migrate")
	_, err := Start(t.Context(), opts)
	require.ErrorContains(t, err, "migrations")
	require.ErrorContains(t, err, "the fake fails as told")
	require.Len(t, calls(), 2, "the worker is not started")
	require.NoError(t, Reset(t.Context(), opts.Dir), "nothing runs any more")
}

func TestWorkerMailsToTheMailbox(t *testing.T) {
	t.Parallel()
	opts, calls := fakeOptions(t, Mailbox, Worker)
	s := startStack(t, opts)
	require.Equal(t, "mailbox", calls()[0].Program)
	smtp := calls()[0].Args[slices.Index(calls()[0].Args, "--smtp-addr")+1]
	require.Equal(t, "smtp://"+smtp, calls()[1].Env["SMTP_URL"])
	require.NotEmpty(t, calls()[1].Env["MAIL_FROM"])
	require.NotContains(t, s.MailboxURL(), smtp)
}

func TestRealProviderReplacesTheSimulator(t *testing.T) {
	t.Parallel()
	opts, calls := fakeOptions(t, Stripesim, Worker)
	opts.StripeSecretKey = "sk_test_real"
	_, err := Start(t.Context(), opts)
	require.ErrorContains(t, err, "set STRIPE_WEBHOOK_SECRET too")

	opts.StripeWebhookSecret = "whsec_real"
	s := startStack(t, opts)
	require.False(t, s.Running(Stripesim))
	require.Len(t, calls(), 1)
	require.Equal(t, "sk_test_real", calls()[0].Env["STRIPE_SECRET_KEY"])
	require.Equal(t, "whsec_real", calls()[0].Env["STRIPE_WEBHOOK_SECRET"])
	require.NotContains(t, calls()[0].Env, "STRIPE_API_URL")
}

func TestResetRefusesWhileRunningAndForgetsAfterwards(t *testing.T) {
	t.Parallel()
	opts, _ := fakeOptions(t, Postgres, Worker)
	s := startStack(t, opts)
	require.ErrorIs(t, Reset(t.Context(), opts.Dir), ErrInUse)
	first := s.Secrets()
	require.NoError(t, s.Stop(t.Context()))

	s = startStack(t, opts)
	require.Equal(t, first, s.Secrets(), "a second start finds the first one's data")
	require.NoError(t, s.Stop(t.Context()))
	require.NoError(t, Reset(t.Context(), opts.Dir))
	require.NoDirExists(t, opts.Dir)
	require.NoError(t, Reset(t.Context(), opts.Dir))
}

func TestDatabaseRolesHaveTheRightsTheyNeedAndNoMore(t *testing.T) {
	t.Parallel()
	opts, _ := fakeOptions(t, Postgres)
	s := startStack(t, opts)
	ctx := t.Context()
	connect := func(dsn string) *pgx.Conn {
		conn, err := pgx.Connect(ctx, dsn)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(ctx)) })
		return conn
	}
	owner := connect(s.OwnerDSN())
	_, err := owner.Exec(ctx, "CREATE TABLE seats (n int); GRANT SELECT ON seats TO boxoffice_api")
	require.NoError(t, err)
	_, err = connect(s.APIDSN()).Exec(ctx, "SELECT FROM seats")
	require.NoError(t, err)
	_, err = connect(s.APIDSN()).Exec(ctx, "DELETE FROM seats")
	require.ErrorContains(t, err, "permission denied")
	_, err = connect(s.WorkerDSN()).Exec(ctx, "SELECT FROM seats")
	require.ErrorContains(t, err, "permission denied")

	// A database that is killed comes back with its data, and its roles are prepared again without harm.
	require.NoError(t, s.Kill(Postgres))
	require.NoError(t, s.StartPart(ctx, Postgres))
	_, err = connect(s.APIDSN()).Exec(ctx, "SELECT FROM seats")
	require.NoError(t, err)
}

func TestLongLogIsSetAside(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "part.log")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Truncate(path, logLimit+1))
	log, err := openLog(path)
	require.NoError(t, err)
	require.NoError(t, log.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Zero(t, info.Size())
	require.FileExists(t, path+".1")
}

func TestSecretsAreMadeOnceAndPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	results := make(chan Secrets, 8)
	for range cap(results) {
		go func() {
			s, err := loadSecrets(dir)
			if err != nil {
				t.Error(err)
			}
			results <- s
		}()
	}
	first := <-results
	for range cap(results) - 1 {
		require.Equal(t, first, <-results)
	}
	info, err := os.Stat(filepath.Join(dir, secretsFile))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.Len(t, first.JWTSecret, 64)
}

func TestParseParts(t *testing.T) {
	t.Parallel()
	parts, err := ParseParts([]string{"api", "postgres"})
	require.NoError(t, err)
	require.Equal(t, []Part{Postgres, API}, parts)
	_, err = ParseParts([]string{"mail"})
	require.ErrorContains(t, err, `no part "mail"`)
}
