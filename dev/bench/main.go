// The bench measures the whole system: it starts one of its own in a temporary folder, plays its subjects there, prints what it has found
// and writes it as JSON. Latencies and rates are those of this machine, on which customers, product, Temporal and PostgreSQL share the
// processors; ratios within one run and counts are what can be compared.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

// subject is something that can be measured.
type subject struct {
	name, about string
	// measure prints what it does and finds; what it returns is written as JSON.
	measure func(ctx context.Context, s *system, options options, out io.Writer) (any, error)
}

func subjects() []subject {
	return []subject{
		{"cascade", "what buyers of other shows notice of a cascade, and how fast it is", measureCascade},
	}
}

// options are the command line.
type options struct {
	subjects string
	json     string

	bookings, buyers, rounds int
	round, think             time.Duration
}

// findings are what is written as JSON.
type findings struct {
	StartedAt time.Time      `json:"startedAt"`
	Seconds   float64        `json:"seconds"`
	Subjects  map[string]any `json:"subjects"`
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	options, err := parse(args, out)
	if err != nil {
		return err
	}
	wanted, err := choose(options.subjects)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "starting a system of its own")
	s, err := openSystem(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(context.WithoutCancel(ctx))) }()
	found := findings{StartedAt: time.Now().UTC(), Subjects: map[string]any{}}
	for _, subject := range wanted {
		fmt.Fprintf(out, "\n%s: %s\n", subject.name, subject.about)
		if found.Subjects[subject.name], err = subject.measure(ctx, s, options, out); err != nil {
			return fmt.Errorf("%s: %w", subject.name, err)
		}
	}
	found.Seconds = time.Since(found.StartedAt).Seconds()
	encoded, err := json.MarshalIndent(found, "", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nwritten to %s\n", options.json)
	return os.WriteFile(options.json, append(encoded, '\n'), 0o600)
}

func parse(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(out)
	var names []string
	for _, subject := range subjects() {
		names = append(names, subject.name)
	}
	flags.StringVar(&o.subjects, "subjects", strings.Join(names, ","), "what to measure, separated by commas")
	flags.StringVar(&o.json, "json", "bench.json", "the file to write")
	flags.IntVar(&o.bookings, "bookings", 1000, "cascade: how many bookings are cancelled")
	flags.IntVar(&o.buyers, "buyers", 8, "cascade: how many people buy other shows at a time")
	flags.DurationVar(&o.think, "think", 500*time.Millisecond, "cascade: how long a buyer rests after a booking")
	flags.IntVar(&o.rounds, "rounds", 3, "cascade: how many rounds are played without and with the cascade")
	flags.DurationVar(&o.round, "round", 10*time.Second, "cascade: how long a round lasts")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.bookings < 1 || o.buyers < 1 || o.rounds < 1 || o.round <= 0 || o.think < 0 {
		return o, errors.New("bookings, buyers, rounds and their length must be positive")
	}
	return o, nil
}

func choose(names string) (wanted []subject, err error) {
	for name := range strings.SplitSeq(names, ",") {
		at := slices.IndexFunc(subjects(), func(s subject) bool { return s.name == name })
		if at < 0 {
			return nil, fmt.Errorf("there is no subject %q", name)
		}
		wanted = append(wanted, subjects()[at])
	}
	return wanted, nil
}
