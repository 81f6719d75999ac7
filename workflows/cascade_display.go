package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"
)

// show says in a few sentences what the cascade has done and what it is waiting for.
func (c *cascadeRun) show() {
	p := c.progress
	lines := []string{fmt.Sprintf("**%s** %d of %d bookings are done: %d cancelled, %d released before they were paid. %d are left, %d of them unpaid.",
		p.Status, p.Cancelled+p.Released, p.Found, p.Cancelled, p.Released, p.Left(), p.Unpaid)}
	if c.paused {
		lines = append(lines, "Paused: no other booking is begun with until the update `resume`.")
	}
	if p.AlreadyCancelled > 0 {
		lines = append(lines, fmt.Sprintf("%d had been cancelled before.", p.AlreadyCancelled))
	}
	for _, r := range p.Refunds {
		lines = append(lines, fmt.Sprintf("- to the %s, %s: %d refunds of %s", strings.ToLower(string(r.Tender)), r.Status, r.Count, r.Amount))
	}
	if p.Undecided > 0 {
		lines = append(lines, fmt.Sprintf("%d attempts to pay may still bring money, which then goes back.", p.Undecided))
	}
	if p.NeedsAttention() > 0 {
		lines = append(lines, fmt.Sprintf("%d refunds need an operator.", p.NeedsAttention()))
	}
	if c.defects > 0 {
		lines = append(lines, fmt.Sprintf("%d cancellations of this run have failed: look for failed workflows.", c.defects))
	}
	workflow.SetCurrentDetails(c.ctx, strings.Join(lines, "\n\n"))
}
