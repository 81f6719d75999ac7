// Chaos runs the whole system while everything goes wrong, and proves that nothing was lost. It starts a system of its own in a temporary folder, lets
// customers and an operator loose on it, kills its parts, has the payment provider misbehave, lets everything settle, and then compares three accounts of
// what happened: the product's own books (boxoffice audit), the provider's, and what the customers were told.
//
// One seed decides everything that is thrown: when which part is killed and for how long, each fault of the provider, each action of the operator, and of every
// customer every story with all its choices. What the operating system makes of it, which of two requests is first and in which statement a process dies, is the
// machine's own: the same seed throws the same things, and does not promise the same fall.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/boxoffice/boxoffice/dev/tool"
)

// errBroken says that the run has found something that must not be.
var errBroken = errors.New("something was broken")

func main() { tool.Main("chaos", run) }

// options are the command line.
type options struct {
	seed      uint64
	duration  time.Duration
	customers int
	// settle is how long everything may take to come to its end, and patience how long a customer waits for one answer.
	settle, patience time.Duration
	json             string
	// only are the kinds of stories that customers have; all when it is empty.
	only []string
	// busy leaves out what depends on how much of the machine the system gets.
	busy, keep bool
}

const (
	shortestRun, longestRun = 5 * time.Second, 2 * time.Hour
	mostCustomers           = 500
)

func parse(args []string, out io.Writer) (options, error) {
	var o options
	flags := tool.Flags("chaos", out)
	flags.Uint64Var(&o.seed, "seed", rand.Uint64N(1_000_000), "decides everything that is thrown; by default another one each time") //nolint:gosec // it guards nothing
	flags.DurationVar(&o.duration, "duration", 5*time.Minute, "how long things are thrown")
	flags.IntVar(&o.customers, "customers", 16, "how many customers act at a time")
	flags.DurationVar(&o.settle, "settle", 5*time.Minute, "how long everything may take to come to its end afterwards")
	flags.DurationVar(&o.patience, "patience", 2*time.Minute, "how long a customer tries to get one answer")
	flags.BoolVar(&o.busy, "busy", false, "the machine has other things to do: do not judge how often the system has no time")
	flags.StringVar(&o.json, "json", "", "a file for the report and the plan; none by default")
	flags.BoolVar(&o.keep, "keep", false, "keep the folder with data and logs also when nothing was broken")
	chosen, err := storyKinds.Parse(flags, args)
	if err != nil {
		return o, err
	}
	if len(chosen) < len(storyKinds) {
		o.only = chosen.Names()
	}
	switch {
	case o.duration < shortestRun || o.duration > longestRun:
		return o, fmt.Errorf("a run takes %s to %s", shortestRun, longestRun)
	case o.customers < 1 || o.customers > mostCustomers:
		return o, fmt.Errorf("there are 1 to %d customers", mostCustomers)
	case o.settle <= 0 || o.patience <= 0:
		return o, errors.New("patience must be positive")
	}
	return o, nil
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args, out)
	if err != nil {
		return err
	}
	r, err := carryOut(ctx, o, out)
	if err != nil {
		if r.Folder != "" {
			err = fmt.Errorf("%w (seed %d; logs: %s)", err, o.seed, r.Folder)
		}
		return err
	}
	r.print(out)
	if r.Folder != "" {
		_, _ = fmt.Fprintln(out, "Logs and data are kept in", r.Folder)
	}
	if o.json != "" {
		if err := tool.WriteJSON(o.json, r); err != nil {
			return err
		}
	}
	if r.Broken > 0 {
		return errBroken
	}
	return nil
}
