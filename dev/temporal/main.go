// Command temporal runs a Temporal server with its web UI in one process, for
// development: what the boxoffice stack and its tests start beside PostgreSQL.
//
// It keeps its data in the databases temporal and temporal_visibility of a given
// PostgreSQL, creates and upgrades both by itself, registers one namespace with
// its search attributes and then prints one line to standard output:
//
//	ready frontend=127.0.0.1:7233 ui=http://127.0.0.1:8233
//
// The first SIGINT or SIGTERM stops it, a second one ends it at once. Being
// killed loses nothing: every acknowledged change is committed in PostgreSQL.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.temporal.io/server/temporal"
)

const (
	// readyTimeout bounds the start, from the first connection to the ready line.
	readyTimeout = 90 * time.Second
	// stopTimeout bounds the graceful stop; what is then still open is cut off.
	stopTimeout = 4 * time.Second
)

func main() {
	ctx, restoreSignals := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// With the default handlers back in place a second signal ends the process.
	context.AfterFunc(ctx, restoreSignals)

	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case ctx.Err() != nil:
		// A signal during the start is no failure.
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintf(os.Stderr, "temporal: %v\n", err)
		os.Exit(1)
	}
}

// run starts the server and the UI, prints the ready line to stdout and stays
// until ctx ends. Usage errors have been told on stderr when it returns errUsage.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	opts, err := parseOptions(args, getenv, stderr)
	if err != nil {
		return err
	}
	collectSeldom(getenv)
	if err := opts.claimPorts(ctx); err != nil {
		return err
	}
	logger, level, err := newLogger(opts.logLevel)
	if err != nil {
		return err
	}
	readyCtx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := applySchemas(readyCtx, opts, logger); err != nil {
		return err
	}

	restore := hush(level)
	dynamic := newDynamicConfig(opts)
	server, err := newServer(opts, dynamic, logger)
	if err != nil {
		return fmt.Errorf("configure the server: %w", err)
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	defer func() {
		hush(level)
		stop(server, stderr)
	}()

	registered, err := prepareNamespace(readyCtx, opts)
	if err != nil {
		return err
	}
	dynamic.settleNames(ctx, registered)
	if opts.uiPort != 0 {
		ui := startUI(opts)
		defer ui.Stop()
		if err := waitForUI(readyCtx, opts); err != nil {
			return err
		}
	}

	restore()
	if _, err := fmt.Fprintln(stdout, readyLine(opts)); err != nil {
		return fmt.Errorf("print the ready line: %w", err)
	}
	<-ctx.Done()
	return nil
}

// readyLine tells whoever started the process where to connect.
func readyLine(opts options) string {
	line := "ready frontend=" + opts.frontendAddr()
	if opts.uiPort != 0 {
		line += " ui=" + opts.uiURL()
	}
	return line
}

// stop ends the server in at most stopTimeout. Long polls of connected workers
// may outlast a graceful stop; ending the process cuts them off without harm.
func stop(server temporal.Server, stderr io.Writer) {
	done := make(chan error, 1)
	go func() { done <- server.Stop() }()
	select {
	case err := <-done:
		if err != nil {
			fmt.Fprintf(stderr, "temporal: stop: %v\n", err)
		}
	case <-time.After(stopTimeout):
	}
}
