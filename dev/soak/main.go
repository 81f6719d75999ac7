// A soak test: a system of its own holds a load for as long as you like, and everything that could grow is watched. Customers of every kind come at a
// fixed rate, whether or not those before have left. Then they stop, everything comes to rest, and the test says what has grown, what is left over,
// and whether the books are right.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/boxoffice/boxoffice/dev/tool"
)

func main() { tool.Main("soak", run) }

// errNotHeld says that a verdict was bad.
var errNotHeld = errors.New("the load was not held")

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	o, err := parse(args, out)
	if err != nil {
		return err
	}
	// The first Ctrl-C ends the load, and the report follows; a second one ends everything.
	context.AfterFunc(ctx, func() { signal.Reset(os.Interrupt) })
	fmt.Fprintln(out, "starting a system of its own")
	s, err := openSystem(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	found, err := o.play(ctx, s, out)
	if err != nil {
		return err
	}
	found.print(out)
	if err := o.write(found); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nwritten to %s and %s\n", o.json, o.chart)
	if !found.OK {
		return errNotHeld
	}
	return nil
}

func (o order) write(found *report) error {
	return errors.Join(tool.WriteJSON(o.json, found), os.WriteFile(o.chart, []byte(found.draw()), 0o600))
}

// order is the command line.
type order struct {
	mix                               mix
	length, peak, hold, every, seldom time.Duration
	clients, most, people             int
	load, rate                        float64
	seed                              uint64
	json, chart                       string
}

func parse(args []string, out io.Writer) (order, error) {
	var o order
	flags := tool.Flags("soak", out)
	flags.DurationVar(&o.length, "duration", 30*time.Minute, "how long the load is held")
	flags.Float64Var(&o.load, "load", 0.7, "the load, as a part of the peak")
	flags.Float64Var(&o.rate, "rate", 0, "customers a second, instead of a part of a measured peak")
	flags.DurationVar(&o.peak, "peak", 20*time.Second, "how long the peak is measured")
	flags.IntVar(&o.clients, "clients", 32, "how many customers at a time make the peak")
	flags.DurationVar(&o.hold, "hold", 30*time.Second, "how long a booking may stay unpaid, in whole seconds")
	flags.IntVar(&o.most, "most", 256, "how many customers may be under way at once; others are turned away")
	flags.IntVar(&o.people, "people", 2000, "how many people there are, who come again and again")
	flags.DurationVar(&o.every, "every", 5*time.Second, "how often memory, goroutines, connections and the like are looked at")
	flags.DurationVar(&o.seldom, "seldom", 3*time.Minute, "how often live memory and the databases are looked at, which costs something: all parts collect their garbage")
	flags.Uint64Var(&o.seed, "seed", 1, "decides who comes when")
	flags.StringVar(&o.json, "json", "soak.json", "the file to write")
	flags.StringVar(&o.chart, "chart", "soak.svg", "the chart to draw")
	var err error
	if o.mix, err = everybody.Parse(flags, args); err != nil {
		return o, err
	}
	for _, length := range []time.Duration{o.length, o.peak, o.every, o.seldom} {
		if length <= 0 {
			return o, errors.New("a length of time must be positive")
		}
	}
	if o.hold < time.Second || o.hold%time.Second != 0 || o.hold > 30*time.Minute {
		return o, errors.New("a hold lasts whole seconds, up to 30 minutes")
	}
	if o.load <= 0 || o.rate < 0 || o.clients < 1 || o.most < 1 || o.people < 1 {
		return o, errors.New("there must be customers")
	}
	return o, nil
}

// machine is where all this was measured.
func machine() string {
	return fmt.Sprintf("%d processors, %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
}
