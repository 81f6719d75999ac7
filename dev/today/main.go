// Today runs a command, and all that the command starts, on another day:
//
//	today 2028-02-29 go test ./...
//	today 2027-03-28T23:50:00Z make run
//
// With a day alone the time of day stays what it is. All clocks are ahead, or behind, by the same: Go programs are built with a runtime whose wall
// clock is shifted (`go build -overlay`), and all others, PostgreSQL and the shell's date among them, ask the C library, before which libfaketime is
// put. So nothing in the product, its tests or its tools has to know of it, and what they would do on that day they do now. Timers and time-outs go by
// the monotonic clock, which nobody touches.
//
// The programs must have been built under the same command: it tells the go command to by GOFLAGS. libfaketime is installed by the distribution's
// package manager when it is missing and you are root.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const usage = "usage: today <2006-01-02 | 2006-01-02T15:04:05Z> command [argument ...]"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(max(ended.ExitCode(), 1))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "today:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) < 2 {
		return errors.New(usage)
	}
	now := time.Now()
	shift, err := shiftTo(args[0], now)
	if err != nil {
		return err
	}
	library, err := findOrInstall(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "boxoffice-today-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	overlay, err := writeOverlay(ctx, dir)
	if err != nil {
		return fmt.Errorf("shift the clock of Go programs: %w", err)
	}
	if err := removeLeftovers(sharedMemory); err != nil {
		return fmt.Errorf("clear away what others have left: %w", err)
	}
	fmt.Fprintf(os.Stderr, "today: it is %s\n", now.Add(shift).Format(time.RFC1123))
	cmd := exec.CommandContext(ctx, args[1], args[2:]...)
	cmd.Env = environment(os.Environ(), shift+shiftOf(os.Environ()), overlay, library)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	return cmd.Run()
}

// shiftTo is how far ahead of the clock the wanted moment is.
func shiftTo(wanted string, now time.Time) (time.Duration, error) {
	if at, err := time.Parse(time.RFC3339, wanted); err == nil {
		return at.Sub(now).Truncate(time.Second), nil
	}
	day, err := time.Parse(time.DateOnly, wanted)
	if err != nil {
		return 0, fmt.Errorf("%q is no day and no moment; %s", wanted, usage)
	}
	return day.Sub(now.UTC().Truncate(24 * time.Hour)), nil
}

// shiftOf is by how much the clocks of an environment are ahead already.
func shiftOf(env []string) time.Duration {
	seconds, err := strconv.ParseInt(valueOf(env, shiftVariable), 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// environment is what shifts the clocks of all programs that are built and started with it.
func environment(base []string, shift time.Duration, overlay, library string) []string {
	seconds := strconv.FormatInt(int64(shift/time.Second), 10)
	set := map[string]string{
		shiftVariable: seconds,
		// The go command remembers the results of tests, whatever the day was: -count=1 has them run.
		"GOFLAGS":                      strings.TrimSpace(valueOf(base, "GOFLAGS") + " -count=1 -overlay=" + overlay),
		"LD_PRELOAD":                   strings.TrimPrefix(valueOf(base, "LD_PRELOAD")+":"+library, ":"),
		"FAKETIME":                     fmt.Sprintf("%+d", int64(shift/time.Second)),
		"FAKETIME_DONT_FAKE_MONOTONIC": "1",
		"NO_FAKE_STAT":                 "1",
	}
	var env []string
	for _, variable := range base {
		if name, _, _ := strings.Cut(variable, "="); set[name] == "" {
			env = append(env, variable)
		}
	}
	for name, value := range set {
		env = append(env, name+"="+value)
	}
	return env
}

func valueOf(env []string, name string) (value string) {
	for _, variable := range env {
		if after, ok := strings.CutPrefix(variable, name+"="); ok {
			value = after
		}
	}
	return value
}

// patterns are where distributions put libfaketime.
var patterns = []string{"/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib*/faketime/libfaketime.so.1", "/usr/local/lib/faketime/libfaketime.so.1"}

func find() (string, bool) {
	for _, pattern := range patterns {
		if found, _ := filepath.Glob(pattern); len(found) > 0 { // the patterns are constants and well formed
			return found[0], true
		}
	}
	return "", false
}

func findOrInstall(ctx context.Context) (string, error) {
	if path, ok := find(); ok {
		return path, nil
	}
	if _, err := exec.LookPath("apt-get"); err == nil && os.Geteuid() == 0 {
		for _, command := range [][]string{{"apt-get", "update", "-q"}, {"apt-get", "install", "-y", "-q", "--no-install-recommends", "libfaketime"}} {
			cmd := exec.CommandContext(ctx, command[0], command[1:]...)
			cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
			if out, err := cmd.CombinedOutput(); err != nil {
				return "", fmt.Errorf("install libfaketime: %w: %s", err, out)
			}
		}
	}
	if path, ok := find(); ok {
		return path, nil
	}
	return "", errors.New("libfaketime is not installed: install the package of that name (apt-get install libfaketime)")
}
