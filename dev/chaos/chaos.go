package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// finishing is how long stories that have begun may take to end, in addition to a customer's patience.
const finishing = 2 * time.Minute

// chaos is one run.
type chaos struct {
	options options
	plan    plan
	system  *private.System
	out     io.Writer

	watcher   *watcher
	record    *record
	outages   *outages
	memory    *memory
	thrown    *thrown
	customers []*actor
	operator  *actor
	// cancelled are the ids of shows that do not take place.
	cancelled sync.Map
	// bank are the decisions that banks are about to make.
	bank sync.WaitGroup

	began time.Time
	// providerBehaves ends the time in which the provider misbehaves.
	providerBehaves func(at time.Time)
}

// carryOut carries a plan out against a system of its own, and judges the result. The error says that the run could not be carried out; what was
// broken is in the report.
func carryOut(ctx context.Context, o options, out io.Writer) (r report, err error) {
	c := &chaos{
		options: o, plan: makePlan(o.seed, o.duration, o.customers, o.only...), out: out,
		record: newRecord(), outages: &outages{}, memory: newMemory(), thrown: newThrown(),
	}
	c.say("seed %d, plan %s: %s of chaos with %d customers", o.seed, c.plan.digest(), o.duration, o.customers)
	if c.system, err = openSystem(ctx, c.sayPart); err != nil {
		return r, err
	}
	defer func() {
		keep := o.keep || err != nil || r.Broken > 0
		if keep {
			c.system.Keep()
			r.Folder = c.system.Dir
		}
		err = errors.Join(err, c.system.Close(ctx))
	}()
	if err := c.prepare(ctx); err != nil {
		return r, fmt.Errorf("prepare: %w", err)
	}
	if err := c.throwAll(ctx); err != nil {
		return r, fmt.Errorf("throw: %w", err)
	}
	return c.conclude(ctx)
}

func (c *chaos) prepare(ctx context.Context) error {
	address := c.system.APIURL()
	transport := &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute}
	c.watcher = &watcher{next: transport, host: address[len("http://"):], outages: c.outages, record: c.record}
	if err := openShows(ctx, c.system.Owner, time.Now()); err != nil {
		return err
	}
	return c.invite(ctx)
}

// throwAll has customers, the operator, kills and faults at work for the time of the plan, and returns when all stories that have begun are over.
func (c *chaos) throwAll(ctx context.Context) error {
	c.began = time.Now()
	c.outages.begun(c.began)
	c.providerBehaves = c.outages.begin(stack.Stripesim, c.began)
	c.say("throwing until %s", c.began.Add(c.options.duration).Format(time.TimeOnly))
	ctx, cancel := context.WithTimeoutCause(ctx, c.options.duration+c.options.patience+finishing, errors.New("the stories do not end"))
	defer cancel()
	stop := make(chan struct{})
	living := c.live(ctx, stop)
	living.Go(func() { c.operate(ctx, stop) })
	var throwing sync.WaitGroup
	throwing.Go(func() { c.misbehave(ctx) })
	err := c.killParts(ctx)
	close(stop)
	throwing.Wait()
	if err != nil {
		cancel()
	} else {
		err = c.calm(ctx)
	}
	living.Wait()
	c.bank.Wait()
	return errors.Join(err, context.Cause(ctx))
}

// calm ends the provider's misbehaviour. What was dropped stays lost.
func (c *chaos) calm(ctx context.Context) error {
	var left stripesim.Faults
	err := c.system.Simulator().Ask(ctx, http.MethodGet, "/_sim/faults", nil, &left)
	err = errors.Join(err, c.system.Simulator().ClearFaults(ctx))
	c.thrown.add(left, -1)
	c.providerBehaves(time.Now())
	c.say("all parts are there, the provider behaves; customers finish what they have begun")
	return err
}

// conclude lets everything settle, and judges it.
func (c *chaos) conclude(ctx context.Context) (report, error) {
	c.say("settling")
	took, err := c.settle(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return report{}, err
		}
		c.record.breach("settling", "%v", err)
	}
	if err := c.revive(ctx); err != nil {
		return report{}, err
	}
	c.say("settled in %s; gathering evidence", took.Round(time.Second))
	e, err := c.gather(ctx)
	if err != nil {
		return report{}, fmt.Errorf("gather evidence: %w", err)
	}
	found := judge(e)
	if !c.options.busy {
		found = append(found, judgeService(c.record.counts().Peace)...)
	}
	for _, wrong := range found {
		c.record.breach("in the end", "%s", wrong)
	}
	for _, part := range []stack.Part{stack.API, stack.Worker} {
		if err := stack.NoPanic(c.system.LogFile(part)); err != nil {
			c.record.breach(string(part), "%v", err)
		}
	}
	r := c.report(e, took)
	for _, wrong := range judgeLife(r) {
		c.record.breach("in all", "%s", wrong)
	}
	r.Breaches, r.Broken = c.record.found()
	return r, nil
}

// say tells people what the run does.
func (c *chaos) say(format string, args ...any) {
	at := ""
	if !c.began.IsZero() {
		at = fmt.Sprintf("%6.1f s  ", time.Since(c.began).Seconds())
	}
	_, _ = fmt.Fprintf(c.out, at+format+"\n", args...)
}

// sayPart prints what the parts say while they start. Later they complain a lot; that stays in their logs.
func (c *chaos) sayPart(line string) {
	if c.began.IsZero() && os.Getenv("LOG_LEVEL") == "debug" {
		c.say("%s", line)
	}
}

// currency is that of all shows here.
const currency = "INR"

// openSystem starts a private copy of the whole system. What the parts say goes to say.
func openSystem(ctx context.Context, say func(string)) (*private.System, error) {
	return private.Open(ctx, "chaos", stack.Options{
		Log: say,
		Env: map[stack.Part][]string{
			stack.API: stack.Unlimited(),
			// The sweep comes every ten minutes elsewhere.
			stack.Worker: {"BOXOFFICE_AUDIT_SCHEDULE=off", "BOXOFFICE_SWEEP_SCHEDULE=*/15 * * * * * *"},
		},
	})
}
