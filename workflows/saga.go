package workflows

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/workflow"
)

// saga remembers how to undo what has been done. Each compensation is added before its step is tried, so it has to be
// harmless when the step did nothing.
type saga struct {
	compensations []compensation
}

type compensation func(ctx workflow.Context) error

func (s *saga) onFailure(undo compensation) { s.compensations = append(s.compensations, undo) }

// compensate undoes everything, last thing first, and goes on when one cannot be undone. It runs to its end even when
// the workflow is cancelled meanwhile.
func (s *saga) compensate(ctx workflow.Context) error {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	var errs []error
	for _, undo := range slices.Backward(s.compensations) {
		errs = append(errs, undo(ctx))
	}
	return errors.Join(errs...)
}
