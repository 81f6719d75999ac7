package workflows

import "go.temporal.io/sdk/workflow"

// Flags of changes that old histories have not made. Recorded histories hold the names: never change one.
const (
	// lateMovesAreLookedUp has a move that comes too late ask whether it was made: a reset begins it again.
	lateMovesAreLookedUp = "late-moves-are-looked-up"
	// movesAreTold has the customer of a moved seat told at once.
	movesAreTold = "moves-are-told"
)

// has says whether this run was recorded, or is being run, by code that knows a change.
func has(ctx workflow.Context, change string) bool {
	return workflow.GetVersion(ctx, change, workflow.DefaultVersion, 1) == 1
}
