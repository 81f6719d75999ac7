// Command boxoffice is the whole product in one binary: the API, the worker, and the tools of operators and testers.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // theatres have time zones, and the image has no files for them

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "boxoffice:", err)
		stop()
		os.Exit(exitCode(err)) //nolint:gocritic // stop has been called
	}
}

// exitError is an error that has an exit code of its own.
type exitError struct {
	code int
	err  error
}

// Error is that of the wrapped error.
func (e exitError) Error() string { return e.err.Error() }

// Unwrap returns the wrapped error.
func (e exitError) Unwrap() error { return e.err }

func exitCode(err error) int {
	if coded, ok := errors.AsType[exitError](err); ok {
		return coded.code
	}
	return 1
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "boxoffice",
		Short:         "A seat-booking engine on durable workflows",
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRun: func(*cobra.Command, []string) {
			slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: logLevel()})))
		},
	}
	root.AddCommand(apiCommand(), workerCommand(), migrateCommand(), seedCommand(), replayCommand(), auditCommand(), opsCommand(), usersCommand())
	return root
}

// logLevel is LOG_LEVEL (debug, info, warn or error), or info.
func logLevel() slog.Level {
	var level slog.Level
	if level.UnmarshalText([]byte(os.Getenv("LOG_LEVEL"))) != nil {
		return slog.LevelInfo
	}
	return level
}
