package localpg

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/child"
)

// reachableDir is a temporary folder that the server's account can enter.
func reachableDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	return filepath.Join(dir, "cluster")
}

func start(t *testing.T, opts Options) *Server {
	t.Helper()
	opts.Test = true
	s, err := Start(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(s.Kill)
	return s
}

func query[T any](t *testing.T, s *Server, sql string) (v T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.DSN("postgres"))
	require.NoError(t, err)
	defer conn.Close(context.Background())
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&v))
	return v
}

func TestClusterKeepsItsDataAcrossStopAndKill(t *testing.T) {
	t.Parallel()
	dir := reachableDir(t)
	s := start(t, Options{DataDir: dir})
	require.Equal(t, dir, s.Dir())
	require.Equal(t, "UTF8", query[string](t, s, "SHOW server_encoding"))
	require.Equal(t, "UTC", query[string](t, s, "SHOW timezone"))
	require.Equal(t, "scram-sha-256", query[string](t, s, "SHOW password_encryption"))
	query[int](t, s, "WITH x AS (SELECT 1) SELECT 1 FROM x")
	conn, err := pgx.Connect(t.Context(), s.DSN("postgres"))
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "CREATE TABLE kept AS SELECT 7 AS n")
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	require.NoError(t, s.Stop(t.Context()))
	require.NoError(t, s.Stop(t.Context()), "a second stop is harmless")

	s = start(t, Options{DataDir: dir})
	require.Equal(t, 7, query[int](t, s, "SELECT n FROM kept"))
	s.Kill()
	require.FileExists(t, filepath.Join(dir, dataFolder, "postmaster.pid"))

	s = start(t, Options{DataDir: dir})
	require.Equal(t, 7, query[int](t, s, "SELECT n FROM kept"))
}

func TestSecondServerOnTheSameFolderIsRefused(t *testing.T) {
	t.Parallel()
	dir := reachableDir(t)
	s := start(t, Options{DataDir: dir})
	_, err := Start(t.Context(), Options{DataDir: dir, Test: true})
	require.ErrorIs(t, err, ErrRunning)
	require.ErrorContains(t, err, strconv.Itoa(s.Pid()))
	require.ErrorIs(t, Remove(t.Context(), dir), ErrRunning)

	require.NoError(t, s.Stop(t.Context()))
	require.NoError(t, Remove(t.Context(), dir))
	require.NoDirExists(t, dir)
}

func TestReusedProcessIDDoesNotPreventAStart(t *testing.T) {
	t.Parallel()
	dir := reachableDir(t)
	start(t, Options{DataDir: dir}).Kill()
	// A live process of the server's own account now has the id in the file.
	account, err := findOwner()
	require.NoError(t, err)
	other := exec.Command("sleep", "60")
	account.apply(other)
	require.NoError(t, other.Start())
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	file := filepath.Join(dir, dataFolder, "postmaster.pid")
	require.NoError(t, os.WriteFile(file, []byte(strconv.Itoa(other.Process.Pid)+"\n"), 0o600))

	start(t, Options{DataDir: dir})
}

func TestPasswordIsRequiredAndPrivate(t *testing.T) {
	t.Parallel()
	s := start(t, Options{DataDir: reachableDir(t)})
	_, err := pgx.Connect(t.Context(), s.DSNFor("postgres", "guess", "postgres"))
	require.ErrorContains(t, err, "password")
	info, err := os.Stat(filepath.Join(s.Dir(), passwordFile))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestPortInUseIsReported(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	address, err := netip.ParseAddrPort(l.Addr().String())
	require.NoError(t, err)
	_, err = Start(t.Context(), Options{DataDir: reachableDir(t), Port: int(address.Port()), Test: true})
	require.ErrorContains(t, err, "Address already in use")
}

func TestUnreachableFolderFallsBack(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root starts the server as another account")
	}
	wanted := filepath.Join(t.TempDir(), "cluster") // below a folder that only root may enter
	t.Cleanup(func() { require.NoError(t, Remove(context.WithoutCancel(t.Context()), wanted)) })

	s := start(t, Options{DataDir: wanted})
	require.Equal(t, fallbackFor(wanted), s.Dir())
	where, err := Locate(t.Context(), wanted)
	require.NoError(t, err)
	require.Equal(t, s.Dir(), where)
}

func TestNewestVersionIsFirst(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/9/bin"},
		newestFirst([]string{"/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/9/bin", "/usr/lib/postgresql/16/bin"}))
}

// TestServerEndsWithItsParent runs this test binary again as a parent that is killed.
func TestServerEndsWithItsParent(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv("LOCALPG_TEST_PARENT"); dir != "" {
		s, err := Start(t.Context(), Options{DataDir: dir, Test: true})
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(dir), "pid"), []byte(strconv.Itoa(s.Pid())), 0o600))
		<-t.Context().Done()
		return
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("only Linux tells children that their parent has died")
	}
	dir := reachableDir(t)
	parent := exec.Command(os.Args[0], "-test.run=^TestServerEndsWithItsParent$")
	parent.Env = append(os.Environ(), "LOCALPG_TEST_PARENT="+dir)
	require.NoError(t, parent.Start())
	var pid int
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(dir), "pid"))
		if err != nil {
			return false
		}
		pid, err = strconv.Atoi(string(text))
		return err == nil
	}, 2*time.Minute, 20*time.Millisecond)
	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	require.Eventually(t, func() bool { return !child.Alive(pid) }, 2*time.Minute, 20*time.Millisecond)
}
