// Command withdb runs a command with DATABASE_URL naming a fresh, migrated database on a private PostgreSQL, and throws
// both away afterwards: `go run ./dev/withdb sqlc vet`.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/dev/localpg"
)

func main() {
	err := run(context.Background(), os.Args[1:])
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(failed.ExitCode())
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "withdb:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, command []string) (err error) {
	if len(command) == 0 {
		return errors.New("which command?")
	}
	scratch, err := localpg.MakeMemoryScratch("withdb")
	if err != nil {
		return err
	}
	server, err := localpg.Start(ctx, localpg.Options{DataDir: filepath.Join(scratch, "cluster"), Test: true})
	if err != nil {
		return err
	}
	defer func() {
		stop, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		err = errors.Join(err, server.Stop(stop), os.RemoveAll(server.Dir()), os.RemoveAll(scratch))
	}()
	dsn := server.DSN("postgres")
	if err := db.Migrate(ctx, dsn); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "DATABASE_URL="+dsn)
	return cmd.Run()
}
