package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/boxoffice/boxoffice/dev/measure"
)

// conclude computes the ratios.
func (f *cascadeFindings) conclude() {
	without := func(p pairOfRounds) buyersRound { return p.Without }
	with := func(p pairOfRounds) buyersRound { return p.With }
	f.LargestRun = slices.Max(f.Runs)
	f.HoldP50Ratio = ratio(f.median(with, buyersRound.holdP50), f.median(without, buyersRound.holdP50))
	f.HoldP99Ratio = ratio(f.median(with, buyersRound.holdP99), f.median(without, buyersRound.holdP99))
	f.ThroughputRatio = ratio(f.median(with, buyersRound.bookingsPerSecond), f.median(without, buyersRound.bookingsPerSecond))
}

// print says in a few lines what was found.
func (f *cascadeFindings) print(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "buyers of other shows\thold p50\thold p99\tbooking p50\tbooking p99\tbookings/s\tfailed\t")
	for i, pair := range f.Rounds {
		fmt.Fprintf(table, "round %d without\t%s", i+1, pair.Without.line())
		fmt.Fprintf(table, "with\t%s", pair.With.line())
	}
	fmt.Fprintf(table, "with to without, of the medians\t%.2f\t%.2f\t\t\t%.2f\t\t\n", f.HoldP50Ratio, f.HoldP99Ratio, f.ThroughputRatio)
	_ = table.Flush()
	if _, said := f.failures(); said != "" {
		fmt.Fprintf(out, "a failure: %s\n", said)
	}
	for i, pair := range f.Rounds {
		fmt.Fprintf(out, "round %d: %.1f bookings cancelled and %.1f refunds a second beside the buyers\n",
			i+1, pair.Cascade.CancelledPerSecond, pair.Cascade.RefundsPerSecond)
	}
	if f.Alone != nil {
		fmt.Fprintf(out, "alone: %.1f bookings cancelled and %.1f refunds a second\n", f.Alone.CancelledPerSecond, f.Alone.RefundsPerSecond)
	}
	fmt.Fprintf(out, "%d runs of the cascade, the largest of %d events\n", len(f.Runs), f.LargestRun)
	fmt.Fprintf(out, "the worker had %d MB in memory before, and %d MB at most\n", f.MemoryBefore>>20, f.MemoryPeak>>20)
}

// summary is one line.
func (f *cascadeFindings) summary() []conclusion {
	line := conclusion{
		What: fmt.Sprintf("%d bookings", f.Bookings),
		Figures: fmt.Sprintf("with ÷ without it, for buyers: rate %.2f, p50 %.2f, p99 %.2f; largest run of %d events",
			f.ThroughputRatio, f.HoldP50Ratio, f.HoldP99Ratio, f.LargestRun),
	}
	failed, _ := f.failures()
	if failed > 0 {
		line.Figures += fmt.Sprintf("; %d failed", failed)
	}
	line.Aims = []aim{{What: wantNoFailure().short(), Met: failed == 0}}
	return []conclusion{line}
}

func (r buyersRound) line() string {
	return fmt.Sprintf("%.0f ms\t%.0f ms\t%.0f ms\t%.0f ms\t%.1f\t%d\t\n", r.HoldP50, r.HoldP99, r.BookingP50, r.BookingP99, r.BookingsPerSecond, r.Failed)
}

func (r buyersRound) holdP50() float64           { return r.HoldP50 }
func (r buyersRound) holdP99() float64           { return r.HoldP99 }
func (r buyersRound) bookingsPerSecond() float64 { return r.BookingsPerSecond }

// failures is how many of the buyers' actions have failed, and what was said to one of the first.
func (f *cascadeFindings) failures() (failed int64, said string) {
	for _, pair := range f.Rounds {
		failed += pair.Without.Failed + pair.With.Failed
		said = cmp.Or(said, pair.Without.Failure, pair.With.Failure)
	}
	return failed, said
}

// median is that of one figure over all rounds of one kind.
func (f *cascadeFindings) median(kind func(pairOfRounds) buyersRound, figure func(buyersRound) float64) float64 {
	figures := make([]float64, len(f.Rounds))
	for i, pair := range f.Rounds {
		figures[i] = figure(kind(pair))
	}
	return measure.Median(figures)
}
