package operator

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/engine"
	"github.com/boxoffice/boxoffice/operations"
)

// ListStuck lists what is stuck, and why.
func (h *Handlers) ListStuck(c echo.Context, params openapi.ListStuckParams) error {
	most, reason := request.Limit(params.Limit), booking.StuckReason("")
	if params.Reason != nil {
		reason = booking.StuckReason(*params.Reason)
	}
	stuck, err := h.Operations.Stuck(c.Request().Context(), reason)
	if err != nil {
		return err
	}
	shown := stuck.Items[:min(len(stuck.Items), most)]
	list := openapi.StuckList{
		Items: make([]openapi.StuckItem, len(shown)), OpenFlags: stuck.OpenFlags, Complete: stuck.Complete && len(stuck.Items) <= most, At: stuck.At,
	}
	for i, item := range shown {
		list.Items[i] = stuckView(item)
	}
	return c.JSON(http.StatusOK, list)
}

func stuckView(item operations.StuckItem) openapi.StuckItem {
	view := openapi.StuckItem{
		Reasons: make([]openapi.StuckReason, len(item.Reasons)), Since: item.Since, Deadline: item.Deadline, BookingId: answer.Optional(item.BookingID),
		ShowId: answer.Optional(item.ShowID), RefundId: answer.Optional(item.RefundID), Status: answer.Optional(item.Status),
		FailureCode: answer.Optional(item.FailureCode), TemporalPath: answer.Optional(item.TemporalPath), PendingActivities: []openapi.StuckActivity{},
	}
	for i, reason := range item.Reasons {
		view.Reasons[i] = string(reason)
	}
	if w := item.Workflow; w != nil {
		view.WorkflowType, view.WorkflowId, view.RunId, view.Pause = answer.Optional(w.Type), &w.ID, &w.RunID, pauseView(w.Pause)
		for _, step := range w.Steps {
			view.PendingActivities = append(view.PendingActivities, openapi.StuckActivity{
				Name: step.Name, Attempt: step.Attempt, LastFailure: answer.Optional(step.LastFailure), NextAttemptAt: step.NextAttemptAt,
				Pause: pauseView(step.Pause),
			})
		}
		if w.Task != nil {
			view.WorkflowTask = &openapi.StuckTask{Attempt: w.Task.Attempt, Since: w.Task.Since}
		}
	}
	return view
}

// pauseView tells who has paused something, and why; nil when nobody has.
func pauseView(pause *engine.Pause) *openapi.StuckPause {
	if pause == nil {
		return nil
	}
	return &openapi.StuckPause{By: pause.By, Reason: answer.Optional(pause.Reason), Since: pause.Since}
}
