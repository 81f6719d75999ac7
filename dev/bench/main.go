// The bench measures the whole system: it starts one of its own in a temporary folder, plays its subjects there, prints what it has found
// and writes it as JSON. Latencies and rates are those of this machine, on which customers, product, Temporal and PostgreSQL share the
// processors, and of this hour; so every subject has a floor beside it, the least that the same machine could do in the same minute. Their
// ratio, and counts, are what can be compared.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/tool"
)

func main() {
	if name := os.Getenv(errandVariable); name != "" {
		if err := carryOut(name); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", name, err)
			os.Exit(1)
		}
		return
	}
	tool.Main("bench", run)
}

// findings are what is written as JSON.
type findings struct {
	StartedAt time.Time      `json:"startedAt"`
	Seconds   float64        `json:"seconds"`
	Machine   machine        `json:"machine"`
	Summary   []conclusion   `json:"summary"`
	Subjects  map[string]any `json:"subjects"`
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	order, err := parse(args, out)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "starting a system of its own")
	s, err := openSystem(ctx, order.postgres...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	found := findings{StartedAt: time.Now().UTC(), Subjects: map[string]any{}}
	if found.Machine, err = s.machine(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, found.Machine)
	// A subject that fails says nothing about the others: they are measured all the same.
	var failures []error
	for _, subject := range order.subjects {
		began := time.Now()
		fmt.Fprintf(out, "\n%s: %s\n", subject.Name, subject.About)
		result, failure := measureProfiled(ctx, s, subject, order, out)
		fmt.Fprintf(out, "(%.0f s)\n", time.Since(began).Seconds())
		if failure != nil {
			failure = fmt.Errorf("%s: %w", subject.Name, failure)
			if ctx.Err() != nil {
				return failure
			}
			fmt.Fprintln(out, failure)
			failures = append(failures, failure)
		}
		if result == nil {
			found.Summary = append(found.Summary, conclusion{Subject: subject.Name, Aims: []aim{{What: "measured"}}})
			continue
		}
		found.Subjects[subject.Name] = result
		if result, ok := result.(summarised); ok {
			for _, line := range result.summary() {
				line.Subject = subject.Name
				found.Summary = append(found.Summary, line)
			}
		}
		if order.statements {
			if err := s.printStatements(ctx, out); err != nil {
				return err
			}
		}
	}
	found.Seconds = time.Since(found.StartedAt).Seconds()
	fmt.Fprintln(out)
	printSummary(out, found.Summary)
	fmt.Fprintf(out, "%.0f s in all; written to %s\n", found.Seconds, order.json)
	return errors.Join(append(failures, tool.WriteJSON(order.json, found))...)
}

// measureProfiled measures a subject, and writes its profile if that is wanted.
func measureProfiled(ctx context.Context, s *system, subject tool.Scenario[subject], order order, out io.Writer) (result any, err error) {
	if order.profile != "" {
		profiling, end := context.WithCancel(ctx)
		written := make(chan error, 1)
		go func() { written <- writeProfiles(profiling, s.profiles, order.profile, subject.Name) }()
		defer func() {
			end()
			err = errors.Join(err, <-written)
		}()
	}
	return subject.Play.measure(ctx, s, order.rounds, out)
}

// order is the command line, but for what single subjects are told.
type order struct {
	subjects tool.Scenarios[subject]
	rounds   int
	json     string
	// statements asks for those that PostgreSQL spent its time with.
	statements bool
	// postgres are settings ("name=value") for PostgreSQL.
	postgres []string
	// profile is the folder for profiles; empty for none.
	profile string
}

func parse(args []string, out io.Writer) (order, error) {
	var o order
	all := subjects()
	flags := tool.Flags("bench", out)
	for _, subject := range all {
		subject.Play.flags(flags)
	}
	flags.Func("subjects", "the older name of -only", func(names string) error { return flags.Set("only", names) })
	flags.StringVar(&o.json, "json", "bench.json", "the file to write")
	flags.IntVar(&o.rounds, "rounds", 3, "how many rounds are played with each side, in turns")
	flags.StringVar(&o.profile, "profile", "", "a `folder` for what api, worker and Temporal spend their processor time with in each subject")
	flags.Func("postgres", "a `setting` for PostgreSQL, such as wal_compression=on; may be repeated", func(setting string) error {
		if name, _, ok := strings.Cut(setting, "="); !ok || name == "" {
			return errors.New("want name=value")
		}
		o.postgres = append(o.postgres, setting)
		return nil
	})
	flags.BoolVar(&o.statements, "statements", false, "print after each subject which SQL statements took how long; needs PostgreSQL's pg_stat_statements, and costs time itself")
	chosen, err := all.Parse(flags, args)
	if err != nil {
		return o, err
	}
	if o.rounds < 1 {
		return o, errors.New("there must be a round")
	}
	if o.statements {
		o.postgres = append(o.postgres, statementSettings...)
	}
	for _, subject := range chosen {
		if err := subject.Play.check(); err != nil {
			return o, fmt.Errorf("%s: %w", subject.Name, err)
		}
	}
	o.subjects = chosen
	return o, nil
}

// machine is what affects the figures: the machine and the code. It does not name the host.
type machine struct {
	CPUs       int    `json:"cpus"`
	Platform   string `json:"platform"`
	Go         string `json:"go"`
	PostgreSQL string `json:"postgreSQL"`
	// Commit is that of the code, with "-dirty" when it was changed since; empty where there is no git.
	Commit string `json:"commit,omitempty"`
}

func (s *system) machine(ctx context.Context) (m machine, err error) {
	m = machine{CPUs: runtime.NumCPU(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Commit: commit(ctx)}
	if err := s.Owner.QueryRow(ctx, "SHOW server_version").Scan(&m.PostgreSQL); err != nil {
		return m, fmt.Errorf("ask for PostgreSQL's version: %w", err)
	}
	return m, nil
}

func commit(ctx context.Context) string {
	root, err := stack.FindRoot()
	if err != nil {
		return ""
	}
	described, err := exec.CommandContext(ctx, "git", "-C", root, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(described))
}

// String names it all on one line.
func (m machine) String() string {
	return fmt.Sprintf("%d CPUs, %s, %s, PostgreSQL %s, commit %s", m.CPUs, m.Platform, m.Go, m.PostgreSQL, m.Commit)
}
