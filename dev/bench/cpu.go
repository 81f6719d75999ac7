package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/boxoffice/boxoffice/dev/measure"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// benchItself is this process: its customers, and the worker of bare workflows.
const benchItself = "bench"

// cpuParts are the processes that work for a booking, in the order of the print.
var cpuParts = []string{string(stack.API), string(stack.Worker), string(stack.Temporal), string(stack.Postgres), string(stack.Stripesim), benchItself}

// cpu is how long each part has kept a processor busy so far.
func (s *system) cpu() map[string]time.Duration {
	spent := map[string]time.Duration{benchItself: measure.OwnCPU(os.Getpid())}
	for _, part := range []stack.Part{stack.API, stack.Worker, stack.Temporal, stack.Postgres, stack.Stripesim} {
		spent[string(part)] = measure.CPU(s.Pid(part))
	}
	return spent
}

// withCPU plays a side and notes what each part has spent on one of its actions.
func (s *system) withCPU(play func() (side, error)) (side, error) {
	before := s.cpu()
	met, err := play()
	after := s.cpu()
	met.CPU = map[string]float64{}
	for part, spent := range after {
		met.CPU[part] = ratio(measure.Milliseconds(spent-before[part]), float64(met.Count))
	}
	return met, err
}

// printCPU prints what one action of each side costs, in milliseconds of a processor, the median of the rounds.
func printCPU(out io.Writer, comparisons ...comparison) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "CPU-ms each\t")
	for _, part := range cpuParts {
		fmt.Fprintf(table, "%s\t", part)
	}
	fmt.Fprintln(table, "sum\t")
	for _, c := range comparisons {
		printCPULine(table, c.What, c.Rounds, func(p pair) side { return p.Product })
		printCPULine(table, "floor", c.Rounds, func(p pair) side { return p.Floor })
	}
	_ = table.Flush()
}

func printCPULine(table io.Writer, what string, rounds []pair, which func(pair) side) {
	fmt.Fprintf(table, "%s\t", what)
	sum := 0.0
	for _, part := range cpuParts {
		figures := make([]float64, len(rounds))
		for i, round := range rounds {
			figures[i] = which(round).CPU[part]
		}
		sum += measure.Median(figures)
		fmt.Fprintf(table, "%.1f\t", measure.Median(figures))
	}
	fmt.Fprintf(table, "%.1f\t\n", sum)
}
