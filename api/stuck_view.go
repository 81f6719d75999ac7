package api

import (
	"net/url"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

// stuckWorkflow says what Temporal knows of a workflow.
func stuckWorkflow(w engine.Workflow, namespace string) *stuckItem {
	path := "/namespaces/" + url.PathEscape(namespace) + "/workflows/" + url.PathEscape(w.ID) + "/" + url.PathEscape(w.RunID) + "/history"
	item := &stuckItem{StuckItem: openapi.StuckItem{
		Since: w.Since, WorkflowType: optional(w.Type), WorkflowId: &w.ID, RunId: &w.RunID, TemporalPath: &path, Pause: stuckPause(w.Pause),
		PendingActivities: make([]openapi.StuckActivity, len(w.Steps)),
	}}
	for i, step := range w.Steps {
		item.PendingActivities[i] = openapi.StuckActivity{
			Name: step.Name, Attempt: step.Attempt, LastFailure: optional(step.LastFailure), NextAttemptAt: step.NextAttemptAt, Pause: stuckPause(step.Pause),
		}
	}
	if w.Task != nil {
		item.WorkflowTask = &openapi.StuckTask{Attempt: w.Task.Attempt, Since: w.Task.Since}
	}
	return item
}

// stuckPause tells who has paused something, and why; nil when nobody has.
func stuckPause(pause *engine.Pause) *openapi.StuckPause {
	if pause == nil {
		return nil
	}
	return &openapi.StuckPause{By: pause.By, Reason: optional(pause.Reason), Since: pause.Since}
}

// about says what a workflow is about: what its own id says, and what the database adds.
func (i *stuckItem) about(does, subject string, row db.StuckSubjectsRow) {
	i.BookingId, i.ShowId, i.Status = optional(row.BookingID), optional(row.ShowID), optional(row.Status)
	switch does {
	case "refund":
		i.RefundId = &subject
	case "booking":
		if row.BookingID != "" {
			i.Deadline = inUTC(row.ExpiresAt)
		}
	case "cancel-show":
		i.ShowId = &subject
	}
}
