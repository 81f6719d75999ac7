package api

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// PauseCascade has a cascade begin with no other booking.
func (h *handlers) PauseCascade(c echo.Context, cascadeID openapi.CascadeId, _ openapi.PauseCascadeParams) error {
	return h.commandCascade(c, cascadeID, true)
}

// ResumeCascade has a cascade go on.
func (h *handlers) ResumeCascade(c echo.Context, cascadeID openapi.CascadeId, _ openapi.ResumeCascadeParams) error {
	return h.commandCascade(c, cascadeID, false)
}

// commandCascade has the workflow of a cascade pause or go on, unless the cascade is as wanted already.
func (h *handlers) commandCascade(c echo.Context, cascadeID string, pause bool) error {
	reason, err := adminReason(c)
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), principalOf(c)
	row, err := cascadeOf(ctx, h.queries, who, cascadeID)
	if err != nil {
		return err
	}
	switch {
	case row.Status == booking.CascadeFinished:
		return booking.CascadeIsFinished()
	case row.Paused != pause:
		command := booking.CascadeCommand{Actor: who.id, Reason: reason, CorrelationID: correlationID(c)}
		if err := h.sendCascadeCommand(ctx, who, row, pause, command); err != nil {
			return err
		}
	}
	return h.answerCascade(c, http.StatusOK, cascadeID)
}

// sendCascadeCommand sends a command to the workflow of a cascade. Should that be gone, the same cascade goes on in a new one.
func (h *handlers) sendCascadeCommand(ctx context.Context, who principal, row db.Cascade, pause bool, command booking.CascadeCommand) error {
	subject, err := h.cascadeSubject(ctx, who, row.Kind, cascadeSubjectID(row))
	if err != nil {
		return err
	}
	cascade := subject.cascade(booking.CascadeRequest{
		CascadeID: row.ID, Kind: row.Kind, SubjectID: subject.id, Actor: row.Actor, Reason: row.Reason, CorrelationID: row.CorrelationID,
	})
	if pause {
		return h.engine.PauseCascade(ctx, cascade, command)
	}
	return h.engine.ResumeCascade(ctx, cascade, command)
}
