package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// summarised is a result that has lines for the table at the end.
type summarised interface{ summary() []conclusion }

// conclusion is one line of the table at the end.
type conclusion struct {
	Subject string `json:"subject"`
	What    string `json:"what"`
	// Figures are those that can be compared: ratios and counts.
	Figures string `json:"figures"`
	// Aims are what was aimed at; a line may have none.
	Aims []aim `json:"aims,omitempty"`
}

// aim is a target in words, and whether it was met.
type aim struct {
	What string `json:"what"`
	Met  bool   `json:"met"`
}

// summary is a line for each.
func (c comparisons) summary() []conclusion {
	lines := make([]conclusion, len(c))
	for i, one := range c {
		lines[i] = one.conclusion()
	}
	return lines
}

func (c comparison) conclusion() conclusion {
	line := conclusion{
		What:    c.What,
		Figures: fmt.Sprintf("÷ floor: rate %.2f, p50 %.2f, p99 %.2f", c.PerSecondRatio, c.P50Ratio, c.P99Ratio),
	}
	if c.CPURatio > 0 {
		line.Figures += fmt.Sprintf(", CPU %.2f", c.CPURatio)
	}
	if failed, _ := c.failures(); failed > 0 {
		line.Figures += fmt.Sprintf("; %d failed", failed)
	}
	for _, t := range c.Targets {
		line.Aims = append(line.Aims, aim{What: t.short(), Met: t.Met})
	}
	return line
}

// printSummary prints all conclusions as one table.
func printSummary(out io.Writer, lines []conclusion) {
	missed := 0
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range lines {
		aims := make([]string, len(line.Aims))
		for i, a := range line.Aims {
			verdict := "met"
			if !a.Met {
				verdict = "MISSED"
				missed++
			}
			aims[i] = a.What + " " + verdict
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", line.Subject, line.What, line.Figures, strings.Join(aims, ", "))
	}
	_ = table.Flush()
	switch missed {
	case 0:
		fmt.Fprintln(out, "no target is missed")
	case 1:
		fmt.Fprintln(out, "1 target is missed")
	default:
		fmt.Fprintf(out, "%d targets are missed\n", missed)
	}
}
