package main

import (
	"context"

	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// currency is that of all shows here.
const currency = "INR"

// openSystem starts a private copy of the whole system. What the parts say goes to say.
func openSystem(ctx context.Context, say func(string)) (*private.System, error) {
	return private.Open(ctx, "chaos", stack.Options{
		Log: say,
		Env: map[stack.Part][]string{
			stack.API: stack.Unlimited(),
			// The sweep comes every ten minutes elsewhere.
			stack.Worker: {"BOXOFFICE_AUDIT_SCHEDULE=off", "BOXOFFICE_SWEEP_SCHEDULE=*/15 * * * * * *"},
		},
	})
}
