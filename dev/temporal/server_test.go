package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/server/common/dynamicconfig"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// TestStartTwice starts the whole server on an empty PostgreSQL and again on the
// data of the first run.
func TestStartTwice(t *testing.T) {
	t.Parallel()

	postgresAddr := startPostgres(t)
	for range 2 {
		frontendAddr, stop := startServer(t, postgresAddr)
		conn, err := grpc.NewClient(frontendAddr, grpc.WithTransportCredentials(insecure.NewCredentials()))
		require.NoError(t, err)
		answer, err := workflowservice.NewWorkflowServiceClient(conn).CountWorkflowExecutions(t.Context(),
			&workflowservice.CountWorkflowExecutionsRequest{Namespace: "boxoffice", Query: "ShowId = 'sh_1'"})
		require.NoError(t, err, "the namespace and its search attribute are usable when the ready line is out")
		require.Zero(t, answer.GetCount())
		require.NoError(t, conn.Close())
		requireUsefulIndexes(t, postgresAddr)
		stop()
	}
}

// requireUsefulIndexes checks that of the schema's indexes those are left that are asked by, that of ShowId included.
func requireUsefulIndexes(t *testing.T, postgresAddr string) {
	t.Helper()

	conn, err := connect(t.Context(), options{postgresAddr: postgresAddr, postgresUser: "boxoffice"}, visibilityDatabase)
	require.NoError(t, err)
	rows, err := conn.Query(t.Context(), `SELECT indexname FROM pg_indexes WHERE tablename = 'executions_visibility'`)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	require.Subset(t, names, usefulIndexes)
	require.Len(t, names, len(usefulIndexes)+1)
}

func TestIndexesAreNamedAsInTheSchema(t *testing.T) {
	t.Parallel()

	for column, index := range map[string]string{"Keyword01": "by_keyword_01", "KeywordList03": "by_keyword_list_03", "Int02": "by_int_02"} {
		require.Equal(t, index, indexOf(column))
	}
}

func TestNewNamesAreReadAnewUntilEveryServiceKnowsThem(t *testing.T) {
	t.Parallel()

	force := dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key()
	c := newDynamicConfig(options{})
	require.Equal(t, true, c.GetValue(force)[0].Value)
	c.settleNames(t.Context(), true)
	require.Equal(t, true, c.GetValue(force)[0].Value, "for a while")
	c.settleNames(t.Context(), false)
	require.Equal(t, false, c.GetValue(force)[0].Value, "nothing was new")
}

// startServer runs the program until it is ready; stop waits for its end.
func startServer(t *testing.T, postgresAddr string) (frontendAddr string, stop func()) {
	t.Helper()

	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, []string{
			"--postgres-addr", postgresAddr, "--postgres-user", "boxoffice", "--frontend-port", "0", "--ui-port", "0",
			"--search-attribute", "ShowId=Keyword",
		}, func(string) string { return "" }, writer, os.Stderr)
		_ = writer.CloseWithError(err)
		done <- err
	}()

	line, err := bufio.NewReader(reader).ReadString('\n')
	require.NoError(t, err)
	addr, found := strings.CutPrefix(strings.TrimSpace(line), "ready frontend=")
	require.True(t, found, line)
	return addr, func() {
		cancel()
		select {
		case err := <-done:
			require.NoError(t, err)
		case <-time.After(stopTimeout + time.Minute):
			require.FailNow(t, "the server does not stop")
		}
	}
}

// startPostgres runs an empty PostgreSQL for one test and returns its address.
func startPostgres(t *testing.T) string {
	t.Helper()

	bin := postgresBinaries(t)
	//nolint:usetesting // t.TempDir lies in a folder that is closed to the user that PostgreSQL runs as
	dir, err := os.MkdirTemp("", "temporal-postgres-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	data := filepath.Join(dir, "data")

	// PostgreSQL refuses to run as root.
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		nobody, err := user.Lookup("nobody")
		require.NoError(t, err)
		uid, err := strconv.Atoi(nobody.Uid)
		require.NoError(t, err)
		gid, err := strconv.Atoi(nobody.Gid)
		require.NoError(t, err)
		require.NoError(t, os.Chown(dir, uid, gid))
		attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}

	initdb := exec.CommandContext(t.Context(), filepath.Join(bin, "initdb"), "-D", data, "-U", "boxoffice", "-A", "trust", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attributes, dir
	output, err := initdb.CombinedOutput()
	require.NoError(t, err, string(output))

	ports := options{ip: "127.0.0.1"}
	require.NoError(t, ports.claimPorts(t.Context()))
	addr := ports.frontendAddr()
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(ports.frontendPort),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=300", "-c", "fsync=off")
	server.SysProcAttr, server.Dir = attributes, dir
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT)
		_ = server.Wait()
	})

	opts := options{postgresAddr: addr, postgresUser: "boxoffice"}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	require.NoError(t, until(ctx, func(ctx context.Context) error { return reachPostgres(ctx, opts) }))
	return addr
}

// postgresBinaries finds the newest installed PostgreSQL, or skips the test.
func postgresBinaries(t *testing.T) string {
	t.Helper()

	if path, err := exec.LookPath("initdb"); err == nil {
		resolved, err := filepath.EvalSymlinks(path)
		require.NoError(t, err)
		return filepath.Dir(resolved)
	}
	installed, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	require.NoError(t, err)
	if len(installed) == 0 {
		t.Skip("no PostgreSQL binaries are installed")
	}
	return filepath.Dir(installed[len(installed)-1])
}
