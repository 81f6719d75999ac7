package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// print writes the report for people.
func (r *report) print(out io.Writer) {
	fmt.Fprintf(out, "\n%.1f customers a second for %s", r.Rate, r.Length.Round(time.Second))
	if r.Peak > 0 {
		fmt.Fprintf(out, ", %.0f %% of a peak of %.1f", 100*r.Rate/r.Peak, r.Peak)
	}
	fmt.Fprintf(out, "; %s\n%d came, %d turned away, %d failed:", r.Machine, r.Tally.Arrived, r.Tally.Shed, r.Tally.Failed)
	for _, s := range everybody {
		fmt.Fprintf(out, " %s %d", s.Name, r.Tally.Done[kind(s.Name)])
	}
	fmt.Fprintln(out)
	for _, name := range r.Tally.sortedFailures() {
		fmt.Fprintf(out, "  %d times %s\n", r.Tally.Failures[name], name)
	}
	fmt.Fprintln(out, "\nsince a customer had meant to come:")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tcount\tp50\tp99\tmax\t")
	for _, l := range r.Latencies {
		fmt.Fprintf(table, "%s\t%d\t%.1f ms\t%.0f ms\t%.0f ms\t\n", l.What, l.Count, l.P50, l.P99, l.Max)
	}
	_ = table.Flush()
	r.printSeries(out)
	r.printTables(out)
	r.printVerdicts(out)
}

func (r *report) printSeries(out io.Writer) {
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tstart\tend\tpeak\tan hour\tsurely\t\t")
	for _, l := range r.Series {
		if l.Panel == panelLatency {
			continue
		}
		in := func(n float64) string { return fmt.Sprintf("%.0f", n) }
		if l.Unit == inBytes {
			in = size
		}
		mark := "·"
		switch {
		case !l.verdict.OK:
			mark = "✗"
		case l.verdict.Judged:
			mark = "✓"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", l.Name, in(l.Start), in(l.End), in(l.Peak), in(l.Trend.PerHour), in(max(0, l.Trend.AtLeastPerHour)), mark)
	}
	_ = table.Flush()
	fmt.Fprintf(out, "after a warm-up of %.0f %% of the time; allowed is %.0f %% of the level in an hour, beyond noise (✓, ✗: judged; ·: not)\n", 100*warmUpShare, 100*allowedGrowth)
	if r.Unseen > 0 {
		fmt.Fprintf(out, "%d looks failed, the last with: %s\n", r.Unseen, r.Blind)
	}
}

func (r *report) printTables(out io.Writer) {
	fmt.Fprintln(out, "\nwhat a booking leaves behind:")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\trows\tbytes")
	database, sum := "", map[string]float64{}
	for _, t := range r.Tables {
		sum[t.Database] += t.BytesPerBooking
	}
	for _, t := range r.Tables {
		if t.Database != database {
			database = t.Database
			fmt.Fprintf(table, "%s\t\t%.0f\n", database, sum[database])
		}
		fmt.Fprintf(table, "  %s\t%.2f\t%.0f\n", t.Name, t.RowsPerBooking, t.BytesPerBooking)
	}
	_ = table.Flush()
}

func (r *report) printVerdicts(out io.Writer) {
	fmt.Fprintln(out)
	for _, v := range r.Verdicts {
		switch {
		case !v.OK:
			fmt.Fprintf(out, "✗ %s: %s\n", v.What, v.Why)
		case v.Judged:
			fmt.Fprintf(out, "✓ %s: %s\n", v.What, v.Why)
		}
	}
	switch {
	case !r.OK:
	case r.TooShort > 0:
		fmt.Fprintf(out, "the load was held, but growth was not judged (watched for less than %s after the warm-up: %d)\n", judgedFrom, r.TooShort)
	default:
		fmt.Fprintln(out, "the load was held")
	}
}

// size is a number of bytes for people.
func size(bytes float64) string {
	switch abs := max(bytes, -bytes); {
	case abs >= 10*1024*megabyte:
		return fmt.Sprintf("%.1f GB", bytes/1024/megabyte)
	case abs >= 10*megabyte:
		return fmt.Sprintf("%.0f MB", bytes/megabyte)
	default:
		return fmt.Sprintf("%.1f MB", bytes/megabyte)
	}
}
