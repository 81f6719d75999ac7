package pgtest

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/localpg"
)

func TestDatabasesAreMigratedAndSeparate(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"one", "two", "three", "four"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := NewPool(t)
			var version int64
			require.NoError(t, pool.QueryRow(t.Context(), "SELECT max(version_id) FROM goose_db_version").Scan(&version))
			require.Positive(t, version)
			_, err := pool.Exec(t.Context(), "CREATE TABLE mine (n int)")
			require.NoError(t, err, "no other test has made it")
		})
	}
}

// When tests run on another day than the machine's (dev/today), the server has to know.
func TestTheServerHasTheTimeOfItsTests(t *testing.T) {
	t.Parallel()
	pool := NewPool(t)
	var told time.Time
	before := time.Now()
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&told))
	after := time.Now()
	require.False(t, told.Before(before.Truncate(time.Microsecond)), "%s is before %s", told, before)
	require.False(t, told.After(after), "%s is after %s", told, after)
}

func TestDatabaseIsDroppedWhenItsTestEnds(t *testing.T) { //nolint:tparallel // looks at what the inner test leaves
	t.Parallel()
	var dsn string
	t.Run("inner", func(t *testing.T) {
		pool := NewPool(t)
		dsn = pool.Config().ConnString()
		conn, err := pgx.Connect(t.Context(), dsn)
		require.NoError(t, err)
		require.NoError(t, conn.Ping(t.Context())) // left open on purpose
	})
	_, err := pgx.Connect(t.Context(), dsn)
	require.ErrorContains(t, err, "does not exist")
}

func TestHashFollowsTheFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("1.sql", "a")
	first, err := hashOf(os.DirFS(dir))
	require.NoError(t, err)
	write("1.sql", "b")
	second, err := hashOf(os.DirFS(dir))
	require.NoError(t, err)
	require.NotEqual(t, first, second)
}

// TestNothingIsLeftBehind runs this test binary again: once to share a given server, and once killed.
func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	if os.Getenv("PGTEST_INNER") != "" {
		_, err := os.Stdout.WriteString("dsn " + NewDB(t) + "\n")
		require.NoError(t, err)
		<-t.Context().Done()
		return
	}
	scratch := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(scratch), 0o755))
	inner := exec.Command(os.Args[0], "-test.run=^TestNothingIsLeftBehind$")
	inner.Env = append(os.Environ(), "PGTEST_INNER=1", "TMPDIR="+scratch, ServerVariable+"=")
	output, err := inner.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, inner.Start())
	lines := bufio.NewScanner(output)
	var dsn string
	for dsn == "" && lines.Scan() {
		dsn, _ = strings.CutPrefix(lines.Text(), "dsn ")
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	require.NoError(t, conn.Ping(t.Context()))
	made, err := os.ReadDir(scratch)
	require.NoError(t, err)
	require.NotEmpty(t, made)

	require.NoError(t, inner.Process.Kill())
	_ = inner.Wait()
	require.Eventually(t, func() bool {
		left, err := os.ReadDir(scratch)
		return err == nil && len(left) == 0
	}, time.Minute, 20*time.Millisecond)
	require.Error(t, conn.Ping(t.Context()), "the server is gone")
}

func TestProcessesShareAGivenServer(t *testing.T) {
	t.Parallel()
	scratch := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(scratch), 0o755))
	server, err := localpg.Start(t.Context(), localpg.Options{DataDir: filepath.Join(scratch, "cluster"), Test: true})
	require.NoError(t, err)
	t.Cleanup(server.Kill)

	names, errs := make(chan string, 4), make(chan error, 4)
	for range cap(names) {
		go func() {
			name, err := ensureTemplate(t.Context(), server.DSN("postgres"))
			names <- name
			errs <- err
		}()
	}
	first := <-names
	require.NoError(t, <-errs)
	for range cap(names) - 1 {
		require.Equal(t, first, <-names)
		require.NoError(t, <-errs)
	}
}
