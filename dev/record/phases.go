package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/dev/tool"
	"github.com/boxoffice/boxoffice/dev/wait"
)

// phase is a time in which the outside world behaves in one way. Its paths are played at the same time.
type phase struct {
	name   string
	faults stripesim.Faults
	// workerAway stops the worker while the paths begin, until it is too late for them.
	workerAway bool
	// slow paths are recorded only when they are asked for by name.
	slow  bool
	paths []path
}

// path is one way through a workflow. If that is the workflow of the path's booking, its history is kept when the path has ended; a path of any other
// workflow keeps the history itself.
type path struct {
	name string
	// holdSeconds is how long the path's show holds unpaid seats; zero for five minutes.
	holdSeconds int
	// want is the expected outcome of the booking whose history is kept, and refusal the code of the expected refusal, if any.
	want    booking.Status
	refusal booking.Code
	play    func(*scene)
}

func phases() []phase {
	lost := []stripesim.WebhookFault{{Mode: stripesim.Drop, Types: []string{"payment_intent.succeeded"}}}
	away := stripesim.Faults{
		Webhooks: toldOnce(),
		Requests: []stripesim.RequestFault{{Operation: stripesim.OpCreateRefund, Mode: stripesim.FailBefore, Unstored: true}},
	}
	return []phase{
		{name: "all is well", paths: slices.Concat(holdPaths(), payPaths(), hybridPaths(), endPaths(), settlePaths(), operatorPaths())},
		{
			name: "all is well with refunds and top-ups", paths: slices.Concat(cancelPaths(), refundPaths(), disputePaths(), topUpPaths()),
			faults: stripesim.Faults{Webhooks: toldOnce()},
		},
		{name: "the provider's good news is lost", paths: slices.Concat(silentPaths(), silentTopUpPaths(), silentOperatorPaths()), faults: stripesim.Faults{Webhooks: lost}},
		{name: "and the provider's first answer about a refund", paths: refundAwayPaths(), faults: stripesim.Faults{
			Webhooks: lost,
			Requests: []stripesim.RequestFault{{Operation: stripesim.OpCreateRefund, Mode: stripesim.FailAfter, Times: 1, Unstored: true}},
		}},
		{name: "and the provider makes no refund for a while", paths: refundLatePaths(), faults: stripesim.Faults{
			Webhooks: lost,
			Requests: []stripesim.RequestFault{{Operation: stripesim.OpCreateRefund, Mode: stripesim.FailBefore}},
		}},
		{name: "and the provider refuses to refund", paths: refundRefusedPaths(), faults: stripesim.Faults{
			Webhooks: lost,
			Requests: []stripesim.RequestFault{{Operation: stripesim.OpCreateRefund, Mode: stripesim.Refuse}},
		}},
		{name: "the provider refuses single refunds", paths: refusedRefundPaths(), faults: stripesim.Faults{Webhooks: toldOnce()}},
		{name: "and somebody makes one by hand", paths: refundByHandPaths(), faults: stripesim.Faults{Webhooks: toldOnce()}},
		{name: "somebody gives money back by hand", paths: outsideRefundPaths(), faults: stripesim.Faults{Webhooks: toldOnce()}},
		{name: "the provider speaks of a dispute", paths: untoldDisputePaths(), faults: stripesim.Faults{Webhooks: toldOnce()}},
		{name: "the provider has too little money", paths: poorRefundPaths(), faults: stripesim.Faults{Webhooks: toldOnce()}},
		{name: "the provider answers no refund", paths: awayRefundPaths(), faults: away},
		{name: "the provider answers no refund, and tells of it", paths: toldWhileAwayPaths(), faults: away},
		{name: "the provider opens no intents", paths: slices.Concat(providerAwayPaths(), topUpAwayPaths()), faults: stripesim.Faults{
			Requests: []stripesim.RequestFault{{Operation: stripesim.OpCreateIntent, Mode: stripesim.FailBefore, Unstored: true}},
		}},
		{name: "the provider refuses an intent", paths: providerRefusesPaths(), faults: stripesim.Faults{
			Requests: []stripesim.RequestFault{{Operation: stripesim.OpCreateIntent, Mode: stripesim.Refuse, Times: 1}},
		}},
		{name: "the provider refuses the intent of a top-up", paths: topUpRefusedPaths(), faults: stripesim.Faults{
			Requests: []stripesim.RequestFault{{Operation: stripesim.OpCreateIntent, Mode: stripesim.Refuse, Times: 1}},
		}},
		{name: "the provider is away at the deadline", paths: providerLatePaths(), faults: stripesim.Faults{
			Requests: []stripesim.RequestFault{{Operation: stripesim.OpCancelIntent, Mode: stripesim.FailBefore, Times: 2, Unstored: true}},
		}},
		{name: "the worker is away", paths: stalePaths(), workerAway: true},
		{name: "the provider decides nothing", paths: slices.Concat(slowPaths(), topUpSlowPaths()), slow: true},
		{name: "the provider tells of no refund", paths: slices.Concat(untoldRefundPaths(), idleCancelPaths()), slow: true, faults: stripesim.Faults{
			Webhooks: append(toldOnce(), stripesim.WebhookFault{Mode: stripesim.Drop, Types: []string{"refund.updated"}}),
		}},
		{
			name: "the provider has too little money for a minute", paths: poorRefundSlowPaths(), slow: true,
			faults: stripesim.Faults{Webhooks: toldOnce()},
		},
		{name: "workflows are reset", paths: resetPaths(), faults: stripesim.Faults{Webhooks: toldOnce()}},
		{name: "shows do not take place", paths: cascadePaths(), faults: stripesim.Faults{Webhooks: toldOnce()}},
		{name: "workflows are lost", paths: sweepPaths()},
		{name: "shows are over", paths: completionPaths()},
		{name: "customers are told", paths: noticePaths()},
		{name: "the mail server puts a notice off", paths: lateNoticePaths(), slow: true},
		{name: "the books are audited", paths: auditPaths()},
	}
}

// scenarios are the paths of all phases, as the command line names them.
func scenarios(phases []phase) (all tool.Scenarios[path]) {
	for _, p := range phases {
		for _, one := range p.paths {
			about := strings.TrimSpace(fmt.Sprintf("%s: %s %s", p.name, one.want, one.refusal))
			all = append(all, tool.Scenario[path]{Name: one.name, About: strings.TrimSuffix(about, ":"), Slow: p.slow, Play: one})
		}
	}
	return all
}

// keep leaves the phases with those of their paths that were chosen.
func keep(all []phase, chosen []string) (kept []phase) {
	for _, p := range all {
		p.paths = slices.DeleteFunc(slices.Clone(p.paths), func(path path) bool { return !slices.Contains(chosen, path.name) })
		if len(p.paths) > 0 {
			kept = append(kept, p)
		}
	}
	return kept
}

const (
	// pathPatience bounds a phase, and slowPatience a slow one.
	pathPatience = 90 * time.Second
	slowPatience = booking.ProcessingGrace + 2*time.Minute
)

// record plays the paths of a phase.
func (s *studio) record(ctx context.Context, p phase) (err error) {
	began := time.Now()
	if err := s.begin(ctx, p); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	patience := pathPatience
	if p.slow {
		patience = slowPatience
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	results := make([]error, len(p.paths))
	var playing sync.WaitGroup
	for i, path := range p.paths {
		playing.Go(func() { results[i] = s.play(ctx, path) })
	}
	if p.workerAway {
		err = s.returnLate(ctx)
	}
	playing.Wait()
	err = errors.Join(err, errors.Join(results...))
	fmt.Printf("%s: %d paths in %s\n", p.name, len(p.paths), time.Since(began).Round(time.Second))
	return errors.Join(err, s.Simulator().ClearFaults(context.WithoutCancel(ctx)))
}

func (s *studio) begin(ctx context.Context, p phase) error {
	if p.workerAway {
		if err := s.StopPart(ctx, stack.Worker); err != nil {
			return err
		}
	}
	return s.Simulator().AddFaults(ctx, p.faults)
}

// returnLate starts the worker again when all requests made in its absence are too old.
func (s *studio) returnLate(ctx context.Context) error {
	if !wait.For(ctx, booking.MaxRequestAge+3*time.Second) {
		return ctx.Err()
	}
	return s.StartPart(ctx, stack.Worker)
}
