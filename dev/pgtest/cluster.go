package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/boxoffice/boxoffice/dev/child"
	"github.com/boxoffice/boxoffice/dev/localpg"
)

// ServerVariable names the environment variable that makes tests use a running server instead of their own: the DSN of
// a superuser.
const ServerVariable = "BOXOFFICE_TEST_POSTGRES"

// adminDSN gives the superuser's DSN of the server that this process's tests share; the first call starts it.
var adminDSN = sync.OnceValues(func() (string, error) {
	if dsn := os.Getenv(ServerVariable); dsn != "" {
		return dsn, nil
	}
	return startServer(context.Background())
})

func startServer(ctx context.Context) (string, error) {
	scratch, err := localpg.MakeMemoryScratch("pgtest")
	if err != nil {
		return "", err
	}
	dir, err := localpg.Locate(ctx, filepath.Join(scratch, "cluster"))
	if err != nil {
		return "", err
	}
	if err := startReaper(ctx, dir, scratch); err != nil {
		return "", fmt.Errorf("start the reaper: %w", err)
	}
	server, err := localpg.Start(ctx, localpg.Options{DataDir: filepath.Join(scratch, "cluster"), Test: true})
	if err != nil {
		return "", err
	}
	return server.DSN("postgres"), nil
}

// reaperScript waits for the end of its input, which comes when the test process ends in any way; then it ends the
// server, should the kernel not have done so, and removes the folders.
const reaperScript = `cat >/dev/null
pid=$(head -n 1 "$1/pgdata/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
	kill -QUIT "$pid" 2>/dev/null
	tries=0
	while kill -0 "$pid" 2>/dev/null && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
fi
rm -rf -- "$1" "$2"`

// startReaper starts the process that cleans up after this one: tests may end by os.Exit, a panic, a time-out or a
// kill, and none of these runs a deferred call.
func startReaper(ctx context.Context, dir, scratch string) error {
	input, output, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = input.Close() }()
	reaper := exec.CommandContext(ctx, "/bin/sh", "-c", reaperScript, "pgtest-reaper", dir, scratch)
	reaper.Stdin = input
	if err := child.Start(reaper, 0); err != nil {
		_ = output.Close()
		return err
	}
	go func() { // holds the other end of the input open for as long as this process lives
		_ = reaper.Wait()
		_ = output.Close()
	}()
	return nil
}
