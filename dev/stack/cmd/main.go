// Command stack runs the whole system for development:
//
//	stack up [flags] [part ...]   starts parts, all by default, and supervises them until Ctrl-C
//	stack audit [flags] [-- audit's flags]
//	                              proves the books of the system that `stack up` has started
//	stack dsn [flags]             prints where its database is, for psql
//	stack reset [flags]           forgets all data
//
// Parts that are started alone, each in its own terminal, find each other by the same data folder and ports.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/boxoffice/boxoffice/dev/stack"
)

// errUsage has been explained to the user already.
var errUsage = errors.New("usage")

// notCarriedOut is the exit status when the audit could not be carried out.
const notCarriedOut = 2

// exitStatus is an error that wants an exit status of its own; without a cause, everything has been said.
type exitStatus struct {
	code  int
	cause error
}

// Error is that of the cause.
func (s exitStatus) Error() string {
	if s.cause == nil {
		return fmt.Sprintf("exit status %d", s.code)
	}
	return s.cause.Error()
}

// Unwrap gives the cause.
func (s exitStatus) Unwrap() error { return s.cause }

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(os.Args[1:], os.Getenv, os.Stdout, os.Stderr, signals)
	var status exitStatus
	switch {
	case errors.Is(err, errUsage):
		os.Exit(2)
	case errors.As(err, &status):
		if status.cause != nil {
			fmt.Fprintf(os.Stderr, "\n%v\n", status.cause)
		}
		os.Exit(status.code)
	case err != nil:
		fmt.Fprintf(os.Stderr, "\n%v\n", err)
		os.Exit(1)
	}
}

func run(args []string, getenv func(string) string, stdout, stderr io.Writer, signals <-chan os.Signal) error {
	verb := ""
	if len(args) > 0 {
		verb, args = args[0], args[1:]
	}
	switch verb {
	case "up":
		opts, err := parseUp(args, getenv, stderr)
		if err != nil {
			return err
		}
		return up(*opts, stdout, signals)
	case "audit":
		opts, args, err := parseAudit(args, getenv, stderr)
		if err != nil {
			return err
		}
		return runAudit(*opts, args, stdout, stderr, signals)
	case "dsn":
		opts, err := parseDSN(args, getenv, stderr)
		if err != nil {
			return err
		}
		return printDSN(*opts, stdout)
	case "reset":
		flags := newFlags("reset", stderr)
		dir := flags.String("dir", getenv("BOXOFFICE_DIR"), "data `folder` (BOXOFFICE_DIR); .boxoffice under the repository's root by default")
		if err := flags.Parse(args); err != nil {
			return errUsage
		}
		return reset(*dir, stdout)
	}
	fmt.Fprintln(stderr, "usage: stack up [flags] [part ...] | stack audit [flags] [-- audit's flags] | stack dsn [flags] | stack reset [flags]")
	return errUsage
}

func newFlags(name string, stderr io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet("stack "+name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	return flags
}

func parseUp(args []string, getenv func(string) string, stderr io.Writer) (*stack.Options, error) {
	opts, flags, err := newOptions("up", getenv, stderr)
	if err != nil {
		return opts, err
	}
	opts.Supervise = true
	flags.BoolVar(&opts.Verbose, "verbose", false, "show every part's whole log here, not only warnings")
	if err := flags.Parse(args); err != nil {
		return opts, errUsage
	}
	if opts.Parts, err = stack.ParseParts(flags.Args()); err != nil {
		return opts, err
	}
	opts.Dir, err = dataFolder(opts.Dir)
	return opts, err
}

// parseAudit also gives the arguments that are the audit's own.
func parseAudit(args []string, getenv func(string) string, stderr io.Writer) (*stack.Options, []string, error) {
	opts, flags, err := newOptions("audit", getenv, stderr)
	if err != nil {
		return opts, nil, err
	}
	if err := flags.Parse(args); err != nil {
		return opts, nil, errUsage
	}
	opts.Dir, err = dataFolder(opts.Dir)
	return opts, flags.Args(), err
}

func parseDSN(args []string, getenv func(string) string, stderr io.Writer) (*stack.Options, error) {
	opts, flags, err := newOptions("dsn", getenv, stderr)
	if err != nil {
		return opts, err
	}
	if err := flags.Parse(args); err != nil {
		return opts, errUsage
	}
	opts.Dir, err = dataFolder(opts.Dir)
	return opts, err
}

// newOptions are those that say which system is meant, with their flags.
func newOptions(verb string, getenv func(string) string, stderr io.Writer) (*stack.Options, *flag.FlagSet, error) {
	opts := &stack.Options{
		Ports:               stack.DefaultPorts(),
		Dir:                 getenv("BOXOFFICE_DIR"),
		StripeSecretKey:     getenv("STRIPE_SECRET_KEY"),
		StripeWebhookSecret: getenv("STRIPE_WEBHOOK_SECRET"),
	}
	if err := opts.Ports.FromEnvironment(getenv); err != nil {
		return opts, nil, err
	}
	flags := newFlags(verb, stderr)
	flags.StringVar(&opts.Dir, "dir", opts.Dir, "data `folder` (BOXOFFICE_DIR); .boxoffice under the repository's root by default")
	flags.IntVar(&opts.Ports.API, "api-port", opts.Ports.API, "`port` of the API (BOXOFFICE_API_PORT)")
	flags.IntVar(&opts.Ports.TemporalUI, "temporal-ui-port", opts.Ports.TemporalUI, "`port` of the Temporal UI (TEMPORAL_UI_PORT)")
	flags.IntVar(&opts.Ports.Temporal, "temporal-port", opts.Ports.Temporal, "`port` of the Temporal server (TEMPORAL_PORT)")
	flags.IntVar(&opts.Ports.Stripesim, "stripesim-port", opts.Ports.Stripesim, "`port` of the payment simulator (STRIPESIM_PORT)")
	flags.IntVar(&opts.Ports.Mailbox, "mailbox-port", opts.Ports.Mailbox, "`port` of the mailbox's page (MAILBOX_PORT)")
	flags.IntVar(&opts.Ports.MailboxSMTP, "mailbox-smtp-port", opts.Ports.MailboxSMTP, "`port` of the mailbox's SMTP (MAILBOX_SMTP_PORT)")
	flags.IntVar(&opts.Ports.Postgres, "postgres-port", opts.Ports.Postgres, "`port` of PostgreSQL (POSTGRES_PORT)")
	return opts, flags, nil
}

func dataFolder(wanted string) (string, error) {
	if wanted != "" {
		return wanted, nil
	}
	root, err := stack.FindRoot()
	return filepath.Join(root, ".boxoffice"), err
}

// runAudit proves the books of what `stack up` has started, until the first signal.
func runAudit(opts stack.Options, args []string, stdout, stderr io.Writer, signals <-chan os.Signal) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		select {
		case <-signals:
			stop()
		case <-ctx.Done():
		}
	}()
	s, err := stack.Attach(ctx, opts)
	if err != nil {
		return exitStatus{notCarriedOut, err}
	}
	status, err := s.RunBoxoffice(ctx, stdout, stderr, append([]string{"audit"}, args...)...)
	err = errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	switch {
	case err != nil:
		return exitStatus{notCarriedOut, err}
	case status != 0:
		return exitStatus{code: status}
	}
	return nil
}

// printDSN says where the database of a running system is, for psql, with the rights of its owner.
func printDSN(opts stack.Options, stdout io.Writer) error {
	s, err := stack.Attach(context.Background(), opts)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, s.OwnerDSN())
	return s.Stop(context.Background())
}

func reset(wanted string, stdout io.Writer) error {
	dir, err := dataFolder(wanted)
	if err != nil {
		return err
	}
	switch err := stack.Reset(context.Background(), dir); {
	case errors.Is(err, stack.ErrInUse):
		return fmt.Errorf("%w: stop what runs on it (Ctrl-C in its terminal), then reset", err)
	case err != nil:
		return err
	}
	fmt.Fprintln(stdout, "forgot everything in", dir)
	return nil
}

// killPatience is how long a kill may take.
const killPatience = 10 * time.Second

// up runs the stack until the first signal, then stops it; a second signal kills it.
func up(opts stack.Options, stdout io.Writer, signals <-chan os.Signal) error {
	opts.Log = func(line string) { fmt.Fprintln(stdout, line) }
	run, stop := context.WithCancel(context.Background())
	defer stop()
	patient, kill := context.WithCancel(context.Background())
	defer kill()
	done := make(chan error, 1)
	go func() { done <- serve(run, patient, opts, stdout) }()
	select {
	case err := <-done:
		return err
	case <-signals:
		fmt.Fprintln(stdout, "\nstopping; press Ctrl-C again to kill")
		stop()
	}
	select {
	case err := <-done:
		return err
	case <-signals:
		kill()
	}
	select {
	case err := <-done:
		return err
	case <-time.After(killPatience): // the kernel kills what is left when this process ends
		return errors.New("did not stop even when killed; the next start recovers")
	}
}

// serve starts the stack and stops it when run ends, or at once when all of its parts are commands. What has not stopped when
// patient ends is killed.
func serve(run, patient context.Context, opts stack.Options, stdout io.Writer) error {
	s, err := stack.Start(run, opts)
	if err != nil {
		if run.Err() != nil {
			return nil //nolint:nilerr // interrupted while starting, and stopped again
		}
		return err
	}
	if slices.ContainsFunc(opts.Parts, func(p stack.Part) bool { return !p.RunsToItsEnd() }) {
		printBanner(stdout, s, opts.Parts)
		<-run.Done()
	}
	if err := s.Stop(patient); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	fmt.Fprintln(stdout, "stopped; the data is kept in", opts.Dir)
	return nil
}
