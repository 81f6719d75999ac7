package api

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

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
		said := h.engine.BeginCascade(ctx, subject.cascade(booking.CascadeRequest{
			CascadeID: booking.CascadeID(kind, id), Kind: kind, SubjectID: id, Actor: who.id, Reason: reason, CorrelationID: correlationID(c),
		}))
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
