package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// CancelShow cancels a show with all of its bookings.
func (h *handlers) CancelShow(c echo.Context, showID openapi.ShowId, _ openapi.CancelShowParams) error {
	return h.startCascade(c, booking.CascadeShow, showID)
}

// DeactivateTheatre takes a theatre out of the programme, and cancels its shows to come.
func (h *handlers) DeactivateTheatre(c echo.Context, theatreID openapi.TheatreId, _ openapi.DeactivateTheatreParams) error {
	return h.startCascade(c, booking.CascadeTheatre, theatreID)
}

// WithdrawMovie takes a movie out of the programme, and cancels its shows to come.
func (h *handlers) WithdrawMovie(c echo.Context, movieID openapi.MovieId, _ openapi.WithdrawMovieParams) error {
	return h.startCascade(c, booking.CascadeMovie, movieID)
}

// startCascade answers with the one cascade that a show, theatre or movie has, and begins it when there is none. Whoever is refused may
// have been overtaken by somebody whose wish was the same: then it has come true all the same.
func (h *handlers) startCascade(c echo.Context, kind booking.CascadeKind, id string) error {
	reason, err := adminReason(c)
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), principalOf(c)
	subject, err := h.cascadeSubject(ctx, who, kind, id)
	if err != nil {
		return err
	}
	if subject.cascadeID == "" {
		if subject.played {
			return booking.ShowPlayed(id)
		}
		said := h.sendToCascade(ctx, subject, booking.CascadeRequest{
			CascadeID: booking.CascadeID(kind, id), Kind: kind, SubjectID: id, Actor: who.id, Reason: reason, CorrelationID: correlationID(c),
		}, booking.UpdateBegin)
		if _, refused := errors.AsType[*booking.Refusal](said); said != nil && !refused {
			return said
		}
		if subject, err = h.cascadeSubject(ctx, who, kind, id); err != nil {
			return err
		}
		switch {
		case subject.cascadeID == "" && said != nil:
			return said
		case subject.cascadeID == "":
			return fmt.Errorf("the cascade of %s has begun but has no row", id)
		}
	}
	if subject.cascadeKind == booking.CascadeMovie && who.role != openapi.ADMIN {
		return booking.Refuse(booking.CodeConflict, "The show is cancelled already, with all shows of its movie.").With("showId", id)
	}
	c.Response().Header().Set(echo.HeaderLocation, cascadesPath+subject.cascadeID)
	return h.answerCascade(c, http.StatusAccepted, subject.cascadeID)
}

// sendToCascade sends an update to the workflow of a cascade, which is started with request when there is none, and waits for what comes
// of it. The update has no id of its own: each may be repeated, and one that has come true changes nothing.
func (h *handlers) sendToCascade(ctx context.Context, subject cascadeSubject, request booking.CascadeRequest, name string, args ...any) error {
	options := client.StartWorkflowOptions{
		ID:                       booking.CascadeWorkflowID(subject.kind, subject.id),
		TaskQueue:                booking.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		TypedSearchAttributes:    subject.attributes(),
		StaticSummary:            subject.summary,
		Priority:                 temporal.Priority{PriorityKey: booking.CascadePriority},
	}
	waiting, cancel := context.WithTimeout(ctx, h.config.WorkflowTimeout)
	defer cancel()
	update, err := h.temporal.UpdateWithStartWorkflow(waiting, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: h.temporal.NewWithStartWorkflowOperation(options, booking.CascadeWorkflow, request),
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: options.ID, UpdateName: name, Args: args, WaitForStage: client.WorkflowUpdateStageAccepted,
		},
	})
	var state booking.CascadeState
	if err == nil {
		patient, cancel := context.WithTimeout(ctx, h.config.ProviderTimeout)
		defer cancel()
		err = update.Get(patient, &state)
	}
	if err = fromShortWorkflow(err); err != nil {
		return fmt.Errorf("%s of %s: %w", name, options.ID, err)
	}
	return nil
}
