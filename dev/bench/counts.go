package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/boxoffice/boxoffice/dev/measure"
	"github.com/boxoffice/boxoffice/dev/stack"
)

const (
	countsShow      = "sh_counts"
	countsShortShow = "sh_counts_short"
	// countsSeats is how many seats a show of the journeys has, in one row.
	countsSeats = 20
	// countsHold is how long a hold lasts that is abandoned.
	countsHold = 2 * time.Second
)

// countsOptions are the subject's: there is nothing to tell it.
type countsOptions struct{}

func (*countsOptions) flags(*flag.FlagSet) {}
func (*countsOptions) check() error        { return nil }

// countsFindings are the subject's.
type countsFindings struct {
	Journeys []measure.Journey `json:"journeys"`
	// Paid is a bare workflow that holds and is paid, and Waiting one that holds and is told of a payment by a signal.
	Paid    measure.Counts `json:"bareWorkflow"`
	Waiting measure.Counts `json:"bareWorkflowThatWaits"`
	// Card is one that opens an intent before it is told.
	Card measure.Counts `json:"bareWorkflowPaidByCard"`
}

// measure plays each journey once: a repeat would count the same.
func (*countsOptions) measure(ctx context.Context, s *system, _ int, out io.Writer) (_ any, err error) {
	for show, hold := range map[string]time.Duration{countsShow: usualHold, countsShortShow: countsHold} {
		if _, err := s.openShow(ctx, "counts", show, countsSeats, hold); err != nil {
			return nil, err
		}
	}
	buyers, err := s.newBuyers(ctx, "counts", 1)
	if err != nil {
		return nil, err
	}
	statements, err := measure.LogStatements(ctx, s.SuperuserDSN("postgres"), s.LogFile(stack.Postgres))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, statements.Stop(context.WithoutCancel(ctx))) }()
	found := &countsFindings{}
	found.Journeys, err = (&measure.Journeys{
		Temporal: s.Temporal, Statements: statements, Buyer: buyers[0].Customer, Simulator: s.Simulator(), ShowID: countsShow, ShortShowID: countsShortShow,
	}).Play(ctx)
	if err != nil {
		return nil, err
	}
	if err := found.countFloor(ctx, s); err != nil {
		return nil, err
	}
	found.print(out)
	return found, nil
}

func (f *countsFindings) countFloor(ctx context.Context, s *system) (err error) {
	bare, err := startBareCards(s)
	if err != nil {
		return err
	}
	defer bare.stop()
	// The product knows nothing of the intent.
	if err := s.crowd.Mute(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.crowd.Unmute(context.WithoutCancel(ctx))) }()
	card, _, err := bare.play(ctx)
	if err != nil {
		return err
	}
	paid, _, err := bare.bareWorkflows.play(ctx)
	if err != nil {
		return err
	}
	waiting, err := bare.startWaiting(ctx)
	if err != nil {
		return err
	}
	if err := s.Temporal.SignalWorkflow(ctx, waiting, "", barePaid, nil); err != nil {
		return err
	}
	for _, one := range []struct {
		id   string
		into *measure.Counts
	}{{paid, &f.Paid}, {waiting, &f.Waiting}, {card, &f.Card}} {
		if err := s.Temporal.GetWorkflow(ctx, one.id, "").Get(ctx, nil); err != nil {
			return err
		}
		if *one.into, err = measure.CountHistory(ctx, s.Temporal, one.id); err != nil {
			return err
		}
	}
	f.Card.ProviderCalls = 1
	return nil
}

// print writes a line for each journey, and names those that cost more than their limits.
func (f *countsFindings) print(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\thistory events\tworkflow tasks\tbytes of history\tSQL, API\tSQL, worker\tprovider calls\t")
	line := func(what string, c measure.Counts) {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", what, c.Events, c.WorkflowTasks, c.Bytes, c.API, c.Worker, c.ProviderCalls)
	}
	for _, j := range f.Journeys {
		line(j.What, j.Counts)
	}
	line("a bare workflow, paid by update", f.Paid)
	line("a bare workflow, paid by signal", f.Waiting)
	line("a bare workflow, paid by card", f.Card)
	_ = table.Flush()
	for _, j := range f.Journeys {
		if !j.Counts.Within(j.Limits) {
			fmt.Fprintf(out, "missed: %s costs more than %s\n", j.What, j.Limits)
		}
	}
}

// summary is a line for each journey.
func (f *countsFindings) summary() []conclusion {
	lines := make([]conclusion, len(f.Journeys))
	for i, j := range f.Journeys {
		lines[i] = conclusion{
			What: j.What,
			Figures: fmt.Sprintf("%d events, %d workflow tasks, %d bytes, %d SQL, %d provider calls",
				j.Counts.Events, j.Counts.WorkflowTasks, j.Counts.Bytes, j.Counts.API+j.Counts.Worker, j.Counts.ProviderCalls),
			Aims: []aim{{What: "limits", Met: j.Counts.Within(j.Limits)}},
		}
	}
	return lines
}
