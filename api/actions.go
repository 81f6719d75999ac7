package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/db"
)

// ListActions lists a page of everything that operators did.
func (h *handlers) ListActions(c echo.Context, params openapi.ListActionsParams) error {
	size, err := pageSize(params.Limit)
	if err != nil {
		return err
	}
	before, beforeID, err := timePosition(actionList, params.Cursor)
	if err != nil {
		return err
	}
	if err := errors.Join(checkFilter("subject", params.Subject), checkFilter("actor", params.Actor)); err != nil {
		return err
	}
	page, err := db.Search(c.Request().Context(), h.pool, (*db.Queries).OperatorTrailBefore, db.OperatorTrailBeforeParams{
		BeforeTime: before, BeforeID: beforeID, Subject: params.Subject, Actor: params.Actor, PageSize: size + 1,
	})
	if err != nil {
		return fmt.Errorf("read the operators' trail: %w", err)
	}
	var list openapi.ActionList
	page, list.NextCursor = cut(page, size, func(last db.OperatorTrailBeforeRow) *string { return timeCursor(actionList, last.At, last.ID) })
	list.Actions = make([]openapi.Action, len(page))
	for i, row := range page {
		if list.Actions[i], err = actionView(row); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, list)
}

// checkFilter refuses the id of nothing.
func checkFilter(name string, value *string) error {
	if value != nil && !isID(*value) {
		return malformed(name, name+" must be an id.")
	}
	return nil
}

func actionView(row db.OperatorTrailBeforeRow) (openapi.Action, error) {
	view := openapi.Action{
		Id: row.ID, At: row.At.UTC(), Actor: row.Actor, Action: row.Action, Subject: row.Subject, BookingId: row.BookingID, Reason: row.Reason,
		CorrelationId: optional(row.CorrelationID),
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

// Acts of operators that have no trail of their own.
const (
	actionExpireBooking = "EXPIRE_BOOKING"
	actionReplayWebhook = "REPLAY_WEBHOOK"
	actionAdmitDisputed = "ADMIT_DISPUTED"
)

// act is what an operator does, for the trail.
type act struct {
	action, subject, actor, reason, correlationID string
	bookingID                                     *string
}

// toTheEnd is for an act that goes on although its operator has left, so that the trail tells what came of it.
func toTheEnd(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), timeout)
}

// note writes an act down, with what came of it.
func (a act) note(ctx context.Context, q *db.Queries, outcome map[string]string) error {
	details, err := json.Marshal(outcome)
	if err != nil {
		return err
	}
	err = q.OperatorActionWrite(ctx, db.OperatorActionWriteParams{
		Actor: a.actor, Action: a.action, Subject: a.subject, BookingID: a.bookingID, Reason: a.reason, Details: details,
		CorrelationID: a.correlationID,
	})
	if err != nil {
		return fmt.Errorf("write down what was done: %w", err)
	}
	return nil
}
