package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/crowd"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/measure"
	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	cascadeShow = "sh_cascade"
	// warmUp is how long the buyers buy before anything is measured.
	warmUp = 5 * time.Second
	// settlePatience bounds how long it takes until nothing is under way after a pause, and until a command is answered.
	settlePatience = 2 * time.Minute
	// aloneLeast is how many bookings must be left for the rate without buyers to mean something.
	aloneLeast = 50
	// tick is how often the cascade is looked at.
	tick = 200 * time.Millisecond
)

// cascadeFindings are what the subject has found. Ratios compare the rounds with the cascade to those without; memory is the worker's, in bytes.
type cascadeFindings struct {
	Bookings        int            `json:"bookings"`
	Buyers          int            `json:"buyers"`
	ThinkSeconds    float64        `json:"thinkSeconds"`
	FillSeconds     float64        `json:"fillSeconds"`
	Rounds          []pairOfRounds `json:"rounds"`
	HoldP50Ratio    float64        `json:"holdP50Ratio"`
	HoldP99Ratio    float64        `json:"holdP99Ratio"`
	ThroughputRatio float64        `json:"throughputRatio"`
	// Alone is how fast the cascade was without buyers; nil when too little was left for that.
	Alone        *cascadeRate `json:"alone,omitempty"`
	Runs         []int64      `json:"eventsOfRuns"`
	LargestRun   int64        `json:"eventsOfLargestRun"`
	MemoryBefore int64        `json:"memoryBefore"`
	MemoryPeak   int64        `json:"memoryPeak"`
}

// pairOfRounds is a round without the cascade and the next one, with it.
type pairOfRounds struct {
	Without buyersRound `json:"without"`
	With    buyersRound `json:"with"`
	Cascade cascadeRate `json:"cascade"`
}

// buyersRound is what buyers of other shows met with. Latencies are in milliseconds.
type buyersRound struct {
	HoldP50           float64 `json:"holdP50"`
	HoldP99           float64 `json:"holdP99"`
	BookingP50        float64 `json:"bookingP50"`
	BookingP99        float64 `json:"bookingP99"`
	BookingsPerSecond float64 `json:"bookingsPerSecond"`
	Failed            int64   `json:"failed"`
	// Failure is what a busy system said to the first that failed.
	Failure string `json:"failure,omitempty"`
}

// cascadeRate is how fast the cascade was.
type cascadeRate struct {
	CancelledPerSecond float64 `json:"cancelledPerSecond"`
	RefundsPerSecond   float64 `json:"refundsPerSecond"`
}

// cascadeOptions are the subject's.
type cascadeOptions struct {
	bookings, buyers int
	round, think     time.Duration
}

func (o *cascadeOptions) flags(flags *flag.FlagSet) {
	flags.IntVar(&o.bookings, "cascade-bookings", 600, "cascade: how many bookings are cancelled")
	flags.IntVar(&o.buyers, "cascade-buyers", 8, "cascade: how many people buy other shows at a time")
	flags.DurationVar(&o.think, "cascade-think", 500*time.Millisecond, "cascade: how long a buyer rests after a booking")
	flags.DurationVar(&o.round, "cascade-round", 10*time.Second, "cascade: how long a round lasts")
}

func (o *cascadeOptions) check() error {
	if o.bookings < 1 || o.buyers < 1 || o.round <= 0 || o.think < 0 {
		return errors.New("bookings, buyers and the length of a round must be positive")
	}
	return nil
}

// cascadeBench is one measurement.
type cascadeBench struct {
	*system

	options *cascadeOptions
	rounds  int
	out     io.Writer
	buyers  *buyers
	id      string
	found   cascadeFindings
}

// measure fills a show, cancels it, and lets people buy other shows while the cascade pauses and while it runs, in turns.
func (o *cascadeOptions) measure(ctx context.Context, s *system, rounds int, out io.Writer) (any, error) {
	b := &cascadeBench{system: s, options: o, rounds: rounds, out: out}
	b.found.Bookings, b.found.Buyers, b.found.ThinkSeconds = o.bookings, o.buyers, o.think.Seconds()
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	b.found.MemoryBefore = measure.Memory(s.Pid(stack.Worker))
	memory := measure.WatchMemory(ctx, func() int { return s.Pid(stack.Worker) })
	defer memory.Stop()
	if err := b.begin(ctx); err != nil {
		return nil, err
	}
	if err := b.play(ctx); err != nil {
		return nil, err
	}
	if err := b.playAlone(ctx); err != nil {
		return nil, err
	}
	b.found.MemoryPeak = memory.Stop()
	var err error
	b.found.Runs, err = measure.Runs(ctx, s.Temporal, booking.CascadeWorkflowID(booking.CascadeShow, cascadeShow))
	if err != nil {
		return nil, err
	}
	b.found.conclude()
	b.found.print(out)
	return &b.found, nil
}

func (b *cascadeBench) prepare(ctx context.Context) (err error) {
	if _, err := b.openShow(ctx, "cascade", cascadeShow, 2*b.options.bookings+10, usualHold); err != nil {
		return err
	}
	began := time.Now()
	if _, err := b.crowd.Fill(ctx, crowd.Order{ShowID: cascadeShow, Bookings: b.options.bookings}); err != nil {
		return err
	}
	b.found.FillSeconds = time.Since(began).Seconds()
	fmt.Fprintf(b.out, "a crowd made %d bookings in %.1f s\n", b.options.bookings, b.found.FillSeconds)
	if b.buyers, err = inviteBuyers(ctx, b.system, b.options.buyers, b.options.think); err != nil {
		return err
	}
	if err := b.analyze(ctx); err != nil {
		return err
	}
	_, err = b.buyers.buy(ctx, warmUp)
	return err
}

// begin cancels the show and holds the cascade.
func (b *cascadeBench) begin(ctx context.Context) error {
	begun, err := b.command(ctx, func() (openapi.CascadeReport, error) { return b.operator.CancelShow(ctx, cascadeShow, "bench") })
	b.id = begun.Cascade.CascadeId
	return errors.Join(err, b.pause(ctx))
}

// play lets the buyers buy while the cascade is paused and while it runs, in turns.
func (b *cascadeBench) play(ctx context.Context) error {
	for n := range b.rounds {
		without, err := b.buyersRound(ctx)
		if err != nil {
			return err
		}
		before, err := b.count(ctx)
		if err != nil {
			return err
		}
		if err := b.resume(ctx); err != nil {
			return err
		}
		began := time.Now()
		with, err := b.buyersRound(ctx)
		if err != nil {
			return err
		}
		after, err := b.count(ctx)
		if err != nil {
			return err
		}
		if after.cancelled == b.options.bookings {
			return fmt.Errorf("the cascade was over in round %d: cancel more bookings, or play fewer or shorter rounds", n+1)
		}
		pair := pairOfRounds{Without: without, With: with, Cascade: after.since(before, time.Since(began))}
		b.found.Rounds = append(b.found.Rounds, pair)
		fmt.Fprintf(b.out, "round %d: %d bookings of %d cancelled\n", n+1, after.cancelled, b.options.bookings)
		if err := b.pause(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (b *cascadeBench) buyersRound(ctx context.Context) (buyersRound, error) {
	began := time.Now()
	result, err := b.buyers.buy(ctx, b.options.round)
	return buyersRound{
		HoldP50: measure.Milliseconds(result.holds.Percentile(50)), HoldP99: measure.Milliseconds(result.holds.Percentile(99)),
		BookingP50: measure.Milliseconds(result.whole.Percentile(50)), BookingP99: measure.Milliseconds(result.whole.Percentile(99)),
		BookingsPerSecond: float64(result.whole.Count()) / time.Since(began).Seconds(), Failed: result.refused.many.Load(), Failure: result.refused.first,
	}, err
}

// playAlone lets the cascade finish. It gives up when nothing has changed for a while; there is no limit for the whole, which depends on how much is
// left.
func (b *cascadeBench) playAlone(ctx context.Context) error {
	before, err := b.count(ctx)
	if err != nil {
		return err
	}
	if err := b.resume(ctx); err != nil {
		return err
	}
	began := time.Now()
	deadline, last := began.Add(settlePatience), before
	var rate cascadeRate
	cancelled := false
	err = wait.Until(ctx, tick, func() (bool, error) {
		now, err := b.count(ctx)
		if err != nil {
			return false, err
		}
		if !cancelled {
			rate.CancelledPerSecond = now.since(before, time.Since(began)).CancelledPerSecond
			cancelled = now.cancelled == b.options.bookings
		}
		switch {
		case cancelled && now.waiting == 0:
			rate.RefundsPerSecond = now.since(before, time.Since(began)).RefundsPerSecond
			return true, nil
		case now != last:
			deadline, last = time.Now().Add(settlePatience), now
		case time.Now().After(deadline):
			return false, fmt.Errorf("the cascade does not come to its end: %d of %d bookings are cancelled, %d refunds wait", now.cancelled, b.options.bookings, now.waiting)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	if b.options.bookings-before.cancelled >= aloneLeast {
		b.found.Alone = &rate
	}
	ctx, cancel := context.WithTimeout(ctx, 2*settlePatience)
	defer cancel()
	return b.Temporal.GetWorkflow(ctx, booking.CascadeWorkflowID(booking.CascadeShow, cascadeShow), "").Get(ctx, nil)
}

// pause stops the cascade from beginning with other bookings, and waits until those under way are done.
func (b *cascadeBench) pause(ctx context.Context) error {
	_, err := b.command(ctx, func() (openapi.CascadeReport, error) { return b.operator.PauseCascade(ctx, b.id, "bench") })
	if err != nil {
		return fmt.Errorf("pause: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, settlePatience, errors.New("the cascade does not come to rest"))
	defer cancel()
	before := -1
	return wait.Until(ctx, tick, func() (bool, error) {
		now, err := b.count(ctx)
		rests := now.waiting == 0 && now.cancelled == before
		before = now.cancelled
		return rests, err
	})
}

func (b *cascadeBench) resume(ctx context.Context) error {
	_, err := b.command(ctx, func() (openapi.CascadeReport, error) { return b.operator.ResumeCascade(ctx, b.id, "bench") })
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	return nil
}

// command repeats a command while a busy system has no time for it.
func (b *cascadeBench) command(ctx context.Context, send func() (openapi.CascadeReport, error)) (openapi.CascadeReport, error) {
	ctx, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	var report openapi.CascadeReport
	err := wait.Until(ctx, tick, func() (bool, error) {
		var err error
		report, err = send()
		if customer.IsBusy(err) {
			return false, nil
		}
		return true, err
	})
	return report, err
}

// cascadeCount is how far the cascade has come.
type cascadeCount struct{ cancelled, refunded, waiting int }

func (b *cascadeBench) count(ctx context.Context) (n cascadeCount, err error) {
	err = b.Owner.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM bookings b WHERE b.show_id = $1 AND b.status = 'CANCELLED'),
		       count(*) FILTER (WHERE r.status = 'SUCCEEDED'), count(*) FILTER (WHERE r.status IN ('INITIATED', 'FAILED'))
		FROM refunds r JOIN bookings b ON b.id = r.booking_id WHERE b.show_id = $1`, cascadeShow).Scan(&n.cancelled, &n.refunded, &n.waiting)
	if err != nil {
		return n, fmt.Errorf("count: %w", err)
	}
	return n, nil
}

func (n cascadeCount) since(before cascadeCount, took time.Duration) cascadeRate {
	return cascadeRate{
		CancelledPerSecond: float64(n.cancelled-before.cancelled) / took.Seconds(),
		RefundsPerSecond:   float64(n.refunded-before.refunded) / took.Seconds(),
	}
}
