package engine

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// Cascade is the cancellation of a show, or of all shows of a theatre or a movie.
type Cascade struct {
	// Request begins the cascade, or continues it if its workflow is gone.
	Request booking.CascadeRequest
	// TheatreID is the theatre whose shows are cancelled; empty for a movie.
	TheatreID string
	// Summary tells operators what is cancelled. Temporal keeps 200 bytes of it.
	Summary string
}

// The workflow of a cascade is booking.CascadeWorkflowID: one for each show, theatre and movie. If it is running it
// is joined, otherwise it runs again. It has booking.CascadePriority, and is searchable by its show and its theatre.

// BeginCascade begins a cascade, or finds it begun, and waits for the answer. A repeat changes nothing.
//
// Errors: the refusals of the cascade's workflow.
func (e *Engine) BeginCascade(ctx context.Context, cascade Cascade) error {
	return e.commandCascade(ctx, cascade, booking.UpdateBegin)
}

// PauseCascade keeps a cascade from beginning with any other booking. A repeat changes nothing.
//
// Errors: the refusals of the cascade's workflow.
func (e *Engine) PauseCascade(ctx context.Context, cascade Cascade, command booking.CascadeCommand) error {
	return e.commandCascade(ctx, cascade, booking.UpdatePause, command)
}

// ResumeCascade lets a paused cascade go on. A repeat changes nothing.
//
// Errors: the refusals of the cascade's workflow.
func (e *Engine) ResumeCascade(ctx context.Context, cascade Cascade, command booking.CascadeCommand) error {
	return e.commandCascade(ctx, cascade, booking.UpdateResume, command)
}

// commandCascade sends an update without an id of its own: each may be repeated, and one that has
// already taken effect changes nothing.
func (e *Engine) commandCascade(ctx context.Context, cascade Cascade, update string, args ...any) error {
	start := oneAtATime(booking.CascadeWorkflowID(cascade.Request.Kind, cascade.Request.SubjectID))
	start.TypedSearchAttributes = cascade.attributes()
	start.StaticSummary = shortened(cascade.Summary, maxSummary)
	start.Priority = temporal.Priority{PriorityKey: booking.CascadePriority}
	var state booking.CascadeState
	err := explainShort(e.openPatiently(ctx, opening{
		start: start, workflow: booking.CascadeWorkflow, input: cascade.Request, update: update, args: args,
	}, &state))
	if err != nil {
		return fmt.Errorf("%s of %s: %w", update, start.ID, err)
	}
	return nil
}

// attributes make the cascade searchable by its show and theatre.
func (c Cascade) attributes() temporal.SearchAttributes {
	var known []temporal.SearchAttributeUpdate
	if c.Request.Kind == booking.CascadeShow {
		known = append(known, keyword(booking.AttributeShow, c.Request.SubjectID))
	}
	if c.TheatreID != "" {
		known = append(known, keyword(booking.AttributeTheatre, c.TheatreID))
	}
	return temporal.NewSearchAttributes(known...)
}
