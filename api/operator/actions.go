package operator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/db"
)

// ListActions lists a page of everything that operators did.
func (h *Handlers) ListActions(c echo.Context, params openapi.ListActionsParams) error {
	page, err := request.NewestFirst("actions", params.Limit, params.Cursor)
	if err != nil {
		return err
	}
	if err := errors.Join(request.CheckID("subject", params.Subject), request.CheckID("actor", params.Actor)); err != nil {
		return err
	}
	rows, err := db.Search(c.Request().Context(), h.Pool, (*db.Queries).OperatorTrailBefore, db.OperatorTrailBeforeParams{
		BeforeTime: page.Before, BeforeID: page.BeforeID, Subject: params.Subject, Actor: params.Actor, PageSize: page.Fetch(),
	})
	if err != nil {
		return fmt.Errorf("read the operators' trail: %w", err)
	}
	var list openapi.ActionList
	rows, list.NextCursor = request.CutTime(page, rows, func(last db.OperatorTrailBeforeRow) (time.Time, string) { return last.At, last.ID })
	list.Actions = make([]openapi.Action, len(rows))
	for i, row := range rows {
		if list.Actions[i], err = actionView(row); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, list)
}

func actionView(row db.OperatorTrailBeforeRow) (openapi.Action, error) {
	view := openapi.Action{
		ActionId: row.ID, At: row.At.UTC(), Actor: row.Actor, Action: row.Action, Subject: row.Subject, BookingId: row.BookingID, Reason: row.Reason,
		CorrelationId: answer.Optional(row.CorrelationID),
	}
	var details map[string]any
	if err := json.Unmarshal(row.Details, &details); err != nil {
		return view, fmt.Errorf("read the details of %s: %w", row.ID, err)
	}
	if len(details) > 0 {
		view.Details = &details
	}
	return view, nil
}
