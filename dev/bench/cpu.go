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

// cpuParts are the processes that work for a booking, in the order of the print. The last stands for the provider's machines, so no sum includes it.
var cpuParts = []string{string(stack.API), string(stack.Worker), string(stack.Temporal), string(stack.Postgres), dbosProcess, benchItself, string(stack.Stripesim)}

// cpu is how long each part has kept a processor busy so far.
func (s *system) cpu() map[string]time.Duration {
	spent := map[string]time.Duration{benchItself: measure.OwnCPU(os.Getpid())}
	for _, part := range []stack.Part{stack.API, stack.Worker, stack.Temporal, stack.Postgres, stack.Stripesim} {
		spent[string(part)] = measure.CPU(s.Pid(part))
	}
	if s.dbos != nil {
		spent[dbosProcess] = measure.CPU(s.dbos.pid())
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

// spent is what all parts together have spent on one action, in milliseconds of a processor, without the provider.
func (s side) spent() (sum float64) {
	for part, spent := range s.CPU {
		if part != string(stack.Stripesim) {
			sum += spent
		}
	}
	return sum
}

// printCPU prints what one action of each side costs, in milliseconds of a processor, the medians of the rounds.
func printCPU(out io.Writer, comparisons ...comparison) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "CPU-ms each\t")
	for _, part := range cpuParts {
		fmt.Fprintf(table, "%s\t", part)
	}
	fmt.Fprintf(table, "sum without %s\tratio\t\n", stack.Stripesim)
	for _, c := range comparisons {
		c.printCPULine(table, c.What, func(p pair) side { return p.Product })
		fmt.Fprintf(table, "%.2f%s\t\n", c.CPURatio, c.mark(figureCPU))
		c.printCPULine(table, "floor", func(p pair) side { return p.Floor })
		fmt.Fprintln(table, "\t")
	}
	_ = table.Flush()
}

func (c comparison) printCPULine(table io.Writer, what string, which func(pair) side) {
	fmt.Fprintf(table, "%s\t", what)
	for _, part := range cpuParts {
		fmt.Fprintf(table, "%.1f\t", c.median(func(p pair) float64 { return which(p).CPU[part] }))
	}
	fmt.Fprintf(table, "%.1f\t", c.median(func(p pair) float64 { return which(p).spent() }))
}
