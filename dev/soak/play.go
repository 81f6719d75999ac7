package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	// progressEvery is how often it is said how it goes.
	progressEvery = time.Minute
	// peakSeed keeps the customers of the peak apart from those of the load.
	peakSeed = 1 << 32
)

// play measures the peak, holds the load, and lets everything come to rest. When ctx ends under the load, the rest goes on.
func (o order) play(ctx context.Context, s *system, out io.Writer) (*report, error) {
	people, err := s.Invite(ctx, private.Guests{Name: us, Many: o.people, Money: fortune})
	if err != nil {
		return nil, err
	}
	selling, stopSelling := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSelling()
	theatre, err := openTheatre(selling, s.Owner, o.hold)
	if err != nil {
		return nil, err
	}
	if _, err := s.Owner.Exec(ctx, `ANALYZE`); err != nil {
		return nil, fmt.Errorf("have PostgreSQL look at what there is: %w", err)
	}
	found := &report{StartedAt: time.Now().UTC(), Machine: machine(), Hold: o.hold, Rate: o.rate}
	idle := newWatch(s, time.Now())
	idle.look(ctx, idle.often)
	if o.rate == 0 {
		o.findPeak(ctx, &customers{theatre: theatre, people: people, name: "peak"}, found, out)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("interrupted before the load began: %w", err)
	}
	before, err := s.tables(ctx)
	if err != nil {
		return nil, err
	}
	if found.Rate <= 0 {
		return nil, fmt.Errorf("nobody got what he came for at the peak: %v", found.PeakTally.Failures)
	}
	fmt.Fprintf(out, "holding %.1f customers a second for %s\n", found.Rate, o.length)
	o.holdLoad(ctx, s, &customers{theatre: theatre, people: people, name: "load"}, found, out)
	ctx = context.WithoutCancel(ctx)
	now, err := s.tables(ctx)
	if err != nil {
		return nil, err
	}
	found.Tables = grown(before, now)
	fmt.Fprintln(out, "the customers have left; everything comes to rest")
	found.settle(ctx, s, idle)
	found.audit(ctx, s)
	found.judge()
	return found, nil
}

// findPeak has customers come one after another, as fast as they are served.
func (o order) findPeak(ctx context.Context, c *customers, found *report, out io.Writer) {
	// By then as many holds end as begin.
	warmUp := o.hold
	fmt.Fprintf(out, "measuring the peak: %d customers at a time, for %s after %s\n", o.clients, o.peak, warmUp)
	peak, met := closedLoop(ctx, newArrivals(o.mix, o.seed+peakSeed, 1), o.clients, warmUp, o.peak, c.visit)
	found.Peak, found.PeakTally, found.Rate = peak, met.tally(), o.load*peak
	fmt.Fprintf(out, "the peak is %.1f customers a second, hold p50 %s, p99 %s, %d failed\n", peak,
		inWords(met.holds.between(warmUp, warmUp+o.peak).Percentile(50)), inWords(met.holds.between(warmUp, warmUp+o.peak).Percentile(99)), found.PeakTally.Failed)
}

// holdLoad holds the load and watches.
func (o order) holdLoad(ctx context.Context, s *system, c *customers, found *report, out io.Writer) {
	met := newOutcomes()
	w := newWatch(s, met.began)
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	var beside sync.WaitGroup
	beside.Go(func() { w.run(watching, o.every, o.seldom) })
	beside.Go(func() { tell(watching, met, w, out) })
	openLoop(ctx, newArrivals(o.mix, o.seed, found.Rate), o.length, o.most, c.visit, met)
	found.Length = min(time.Since(met.began), o.length)
	stop()
	beside.Wait()
	found.gather(met, w)
}

// tell says once a minute how it goes.
func tell(ctx context.Context, met *outcomes, w *watch, out io.Writer) {
	for wait.For(ctx, progressEvery) {
		now, so := time.Since(met.began), met.tally()
		latest := func(name string) float64 { return w.find(name).latest() }
		holds := met.holds.between(now-progressEvery, now)
		fmt.Fprintf(out, "%6s  %d came, %d turned away, %d failed, %d under way; hold p50 %s, p99 %s; memory of api %s, worker %s, temporal %s, postgres %s; %.0f workflows open\n",
			now.Round(time.Second), so.Arrived, so.Shed, so.Failed, so.UnderWay, inWords(holds.Percentile(50)), inWords(holds.Percentile(99)),
			size(latest("memory of api")), size(latest("memory of worker")), size(latest("memory of temporal")), size(latest("memory of postgres")),
			latest("open workflows"))
	}
}
