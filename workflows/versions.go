package workflows

import "go.temporal.io/sdk/workflow"

// Flags of changes that old histories do not have. Recorded histories hold their names: never change one.
const (
	// lateMovesAreLookedUp makes a move that comes too late ask whether it was made: a reset begins it again.
	lateMovesAreLookedUp = "late-moves-are-looked-up"
	// movesAreTold makes a move notify the customer at once.
	movesAreTold = "moves-are-told"
)

// has says whether this run was started by code that has a change.
func has(ctx workflow.Context, change string) bool {
	return workflow.GetVersion(ctx, change, workflow.DefaultVersion, 1) == 1
}
