package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/boxoffice/boxoffice/dev/measure"
)

// side is what one side met with in one round. Latencies are in milliseconds.
type side struct {
	PerSecond float64 `json:"perSecond"`
	P50       float64 `json:"p50"`
	P99       float64 `json:"p99"`
	Count     int     `json:"count"`
	// Failed counts those without a useful answer, and Failure is what the first of them was told. No other figure includes them.
	Failed  int    `json:"failed"`
	Failure string `json:"failure,omitempty"`
	// CPU is how many milliseconds of a processor each process spent on one of them; nil where that was not asked for.
	CPU map[string]float64 `json:"cpu,omitempty"`
}

// sideOf is what so many latencies within a time come to.
func sideOf(latencies *measure.Latencies, took time.Duration) side {
	return side{
		PerSecond: float64(latencies.Count()) / took.Seconds(),
		P50:       measure.Milliseconds(latencies.Percentile(50)), P99: measure.Milliseconds(latencies.Percentile(99)),
		Count: latencies.Count(),
	}
}

// pair is a round of the product and the round of its floor beside it.
type pair struct {
	Product side `json:"product"`
	Floor   side `json:"floor"`
}

// comparison is the product beside its floor. A ratio is product to floor, the median of the rounds' own.
type comparison struct {
	What   string `json:"what"`
	Rounds []pair `json:"rounds"`

	PerSecondRatio float64 `json:"perSecondRatio"`
	P50Ratio       float64 `json:"p50Ratio"`
	P99Ratio       float64 `json:"p99Ratio"`
	// CPURatio is of the processor time of all that works for it; zero where that was not measured.
	CPURatio float64 `json:"cpuRatio,omitempty"`
	// Targets are what the ratios are meant to be.
	Targets []target `json:"targets,omitempty"`
}

// comparisons are those of one subject.
type comparisons []comparison

// target is what a ratio is meant to be, or that nothing may fail.
type target struct {
	Figure  string  `json:"figure"` // perSecond, p50, cpu or failed
	AtLeast float64 `json:"atLeast,omitempty"`
	AtMost  float64 `json:"atMost,omitempty"`
	Met     bool    `json:"met"`
}

// wantRate is a target for the ratio of rates, and wantP50 for that of median latencies.
func wantRate(atLeast float64) target { return target{Figure: "perSecond", AtLeast: atLeast} }
func wantP50(atMost float64) target   { return target{Figure: "p50", AtMost: atMost} }

// wantCPU is a target for the ratio of processor times.
func wantCPU(atMost float64) target { return target{Figure: figureCPU, AtMost: atMost} }

// wantNoFailure is a target, too: failures are in no rate and no latency, and would make both look better.
func wantNoFailure() target { return target{Figure: figureFailed} }

const (
	// figureFailed names how many have failed, on both sides.
	figureFailed = "failed"
	// figureCPU names the processor time.
	figureCPU = "cpu"
)

// turn plays one side for one round.
type turn func(ctx context.Context) (side, error)

// playPairs plays the product and its floor in turns. Each begins every other round.
func playPairs(ctx context.Context, rounds int, product, floor turn) ([]pair, error) {
	beside, err := playBeside(ctx, rounds, product, floor)
	if err != nil {
		return nil, err
	}
	return beside[0], nil
}

// playBeside plays the product and each of its floors in turns, every other round in the opposite order. It gives the pairs of each floor.
func playBeside(ctx context.Context, rounds int, product turn, floors ...turn) ([][]pair, error) {
	beside := make([][]pair, len(floors))
	for i := range floors {
		beside[i] = make([]pair, rounds)
	}
	for n := range rounds {
		turns := []func() error{func() error {
			met, err := product(ctx)
			for i := range floors {
				beside[i][n].Product = met
			}
			return err
		}}
		for i, floor := range floors {
			turns = append(turns, func() (err error) { beside[i][n].Floor, err = floor(ctx); return err })
		}
		if n%2 == 1 {
			slices.Reverse(turns)
		}
		for _, turn := range turns {
			if err := turn(); err != nil {
				return nil, fmt.Errorf("round %d: %w", n+1, err)
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return beside, nil
}

// warmUpLength is how long each side is played before reads are measured, until connections, caches and the clocks of the processors have settled.
const warmUpLength = time.Second

// play plays one side for so long.
type play func(ctx context.Context, length time.Duration) (side, error)

// playWarm plays both sides for a moment, and then in turns, in rounds of a length.
func playWarm(ctx context.Context, rounds int, length time.Duration, product, floor play) ([]pair, error) {
	for _, warmUp := range []play{product, floor} {
		if _, err := warmUp(ctx, warmUpLength); err != nil {
			return nil, fmt.Errorf("warm up: %w", err)
		}
	}
	return playPairs(ctx, rounds,
		func(ctx context.Context) (side, error) { return product(ctx, length) },
		func(ctx context.Context) (side, error) { return floor(ctx, length) })
}

// compare draws the conclusion.
func compare(what string, rounds []pair, targets ...target) comparison {
	c := comparison{What: what, Rounds: rounds, Targets: slices.Clone(targets)}
	c.PerSecondRatio = c.median(func(p pair) float64 { return ratio(p.Product.PerSecond, p.Floor.PerSecond) })
	c.P50Ratio = c.median(func(p pair) float64 { return ratio(p.Product.P50, p.Floor.P50) })
	c.P99Ratio = c.median(func(p pair) float64 { return ratio(p.Product.P99, p.Floor.P99) })
	c.CPURatio = c.median(func(p pair) float64 { return ratio(p.Product.spent(), p.Floor.spent()) })
	for i, t := range c.Targets {
		switch t.Figure {
		case figureFailed:
			failed, _ := c.failures()
			c.Targets[i].Met = failed == 0
		case figureCPU:
			c.Targets[i].Met = c.CPURatio <= t.AtMost
		case "p50":
			c.Targets[i].Met = c.P50Ratio <= t.AtMost
		default:
			c.Targets[i].Met = c.PerSecondRatio >= t.AtLeast
		}
	}
	return c
}

func (c comparison) median(figure func(pair) float64) float64 {
	figures := make([]float64, len(c.Rounds))
	for i, p := range c.Rounds {
		figures[i] = figure(p)
	}
	return measure.Median(figures)
}

// failures is how many have failed, and what was said to one of the first.
func (c comparison) failures() (failed int, said string) {
	for _, p := range c.Rounds {
		failed += p.Product.Failed + p.Floor.Failed
		said = cmp.Or(said, p.Product.Failure, p.Floor.Failure)
	}
	return failed, said
}

// printComparisons prints a line for each, with the medians of both sides.
func printComparisons(out io.Writer, comparisons ...comparison) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tper second\tfloor\tratio\tp50\tfloor\tratio\tp99\tfloor\tfailed\t")
	for _, c := range comparisons {
		figure := func(of func(pair) float64) float64 { return c.median(of) }
		failed, _ := c.failures()
		fmt.Fprintf(table, "%s\t%.1f\t%.1f\t%.2f%s\t%.1f ms\t%.1f ms\t%.2f%s\t%.0f ms\t%.0f ms\t%d%s\t\n", c.What,
			figure(func(p pair) float64 { return p.Product.PerSecond }), figure(func(p pair) float64 { return p.Floor.PerSecond }), c.PerSecondRatio, c.mark("perSecond"),
			figure(func(p pair) float64 { return p.Product.P50 }), figure(func(p pair) float64 { return p.Floor.P50 }), c.P50Ratio, c.mark("p50"),
			figure(func(p pair) float64 { return p.Product.P99 }), figure(func(p pair) float64 { return p.Floor.P99 }), failed, c.mark(figureFailed))
	}
	_ = table.Flush()
	for _, c := range comparisons {
		for _, t := range c.Targets {
			if !t.Met {
				fmt.Fprintf(out, "missed: %s of %s\n", t, c.What)
			}
		}
		if _, said := c.failures(); said != "" {
			fmt.Fprintf(out, "a failure of %s: %s\n", c.What, said)
		}
	}
}

// mark says beside a ratio whether it is as it should be.
func (c comparison) mark(figure string) string {
	for _, t := range c.Targets {
		switch {
		case t.Figure != figure:
		case t.Met:
			return " ✓"
		default:
			return " ✗"
		}
	}
	return ""
}

// String is the target in words.
func (t target) String() string {
	if t.Figure == figureFailed {
		return "no failure"
	}
	if t.AtMost > 0 {
		return fmt.Sprintf("a ratio of at most %.2f for the %s", t.AtMost, t.Figure)
	}
	return fmt.Sprintf("a ratio of at least %.2f for the rate", t.AtLeast)
}

// short is the target in a few words.
func (t target) short() string {
	if t.Figure == figureFailed {
		return "none failed"
	}
	if t.AtMost > 0 {
		return fmt.Sprintf("%s ≤ %.2f", t.Figure, t.AtMost)
	}
	return fmt.Sprintf("rate ≥ %.2f", t.AtLeast)
}

// ratio is zero where there is none.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
