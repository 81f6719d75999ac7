package audit

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Print writes the report for people: a line for each check, and below it what the check has found.
func (r Report) Print(w io.Writer) {
	width := 0
	for _, c := range r.Checks {
		width = max(width, len(c.Name))
	}
	for _, c := range r.Checks {
		_, _ = fmt.Fprintf(w, "%s %-*s  %s (%s)\n", c.mark(), width, c.Name, c.Description, c.effort())
		for _, f := range c.Findings {
			_, _ = fmt.Fprintf(w, "    %s %s\n", f.ID, f.Message)
		}
		if c.More {
			_, _ = fmt.Fprintln(w, "    and more")
		}
	}
	_, _ = fmt.Fprintf(w, "%s in %s\n", r.verdict(), r.Duration)
}

func (c Check) mark() string {
	switch {
	case c.Broken():
		return "✗"
	case len(c.Findings) > 0:
		return "!"
	default:
		return "✓"
	}
}

// effort is what was checked, and how long it took.
func (c Check) effort() string {
	parts := make([]string, 0, len(c.Looked)+1)
	for _, what := range slices.Sorted(maps.Keys(c.Looked)) {
		parts = append(parts, thousands(c.Looked[what])+" "+what)
	}
	return strings.Join(append(parts, c.Duration.String()), ", ")
}

func (r Report) verdict() string {
	broken, waiting := len(r.Broken()), 0
	for _, c := range r.Checks {
		if c.Waiting && len(c.Findings) > 0 {
			waiting++
		}
	}
	verdict := "The books are right"
	if broken > 0 {
		verdict = fmt.Sprintf("The books are wrong: %d of %d checks are broken", broken, len(r.Checks))
	}
	if waiting > 0 {
		verdict += "; something waits for an operator"
	}
	return verdict
}

// Broken are the checks whose invariant does not hold.
func (r Report) Broken() []Check {
	return slices.DeleteFunc(slices.Clone(r.Checks), func(c Check) bool { return !c.Broken() })
}

func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
