package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/boxoffice/boxoffice/booking"
)

const (
	// BookingOverdueAfter is how long after its deadline a booking should be over, whatever the provider does with its card.
	BookingOverdueAfter = booking.ProcessingGrace + time.Minute
	// listedAtMost bounds how many workflows each query returns.
	listedAtMost = 200
	// youngUntil is the age below which a workflow is ignored.
	youngUntil = 5 * time.Second
	// lostFor is how long after its end the workflow of a booking is considered that ended without an
	// outcome. Later its booking is overdue.
	lostFor = time.Hour
	// otherPatience is how long a workflow of any other type may run.
	otherPatience = 30 * time.Minute
)

// workflowPatience is how long workflows may run. A booking has its deadline, a refund or a cascade
// waits for the provider, a notice for the mail server.
var workflowPatience = []struct {
	name     string
	patience time.Duration
}{
	{booking.BookingWorkflow, BookingOverdueAfter},
	{booking.TopUpWorkflow, booking.TopUpTime + BookingOverdueAfter},
	{booking.SettlementWorkflow, 10 * time.Minute},
	{booking.CancelBookingWorkflow, 5 * time.Minute},
	{booking.RefundWorkflow, 24 * time.Hour},
	{booking.CascadeWorkflow, 24 * time.Hour},
	{booking.NotifyShowWorkflow, 24 * time.Hour},
}

// patienceWith is how long workflows of a type may run.
func patienceWith(workflowType string) time.Duration {
	for _, known := range workflowPatience {
		if known.name == workflowType {
			return known.patience
		}
	}
	return otherPatience
}

// suspect is a workflow that may be stuck; without a run the latest one is meant.
type suspect struct{ id, run string }

// crowded are types of workflow of which many may be under way at once without anything being wrong:
// in a rush, or in a cascade that waits for money.
var crowded = []string{booking.BookingWorkflow, booking.CancelBookingWorkflow, booking.RefundWorkflow}

// listSuspects lists running workflows in a fair selection: those that report problems, the overdue and the others separately,
// so that many of one kind cannot hide a few of another. By default a server answers ten such queries a second: there are fewer.
func (e *Engine) listSuspects(ctx context.Context, survey *Survey, at time.Time) ([]suspect, error) {
	var found []suspect
	for _, query := range questions(at) {
		page, err := e.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{PageSize: listedAtMost, Query: query})
		if err != nil {
			return nil, fmt.Errorf("list workflows: %w", err)
		}
		survey.Complete = survey.Complete && len(page.GetNextPageToken()) == 0
		for _, listed := range page.GetExecutions() {
			id := listed.GetExecution().GetWorkflowId()
			if isUnderWay(listed.GetStatus()) {
				found = append(found, suspect{id: id, run: listed.GetExecution().GetRunId()})
				continue
			}
			// There may be a later run.
			survey.lost[id] = listed.GetCloseTime().AsTime()
			found = append(found, suspect{id: id})
		}
	}
	return found, nil
}

// underWay is Temporal's filter for workflows that have not ended: a paused one has a status of its own.
const underWay = "ExecutionStatus IN ('Running', 'Paused')"

// questions are the queries of listSuspects, the most urgent first: what reports problems, is paused, or has
// ended without an outcome; what is overdue; and the rest, where a step may still be failing repeatedly.
func questions(at time.Time) []string {
	problems := "TemporalReportedProblems IN ('category=WorkflowTaskFailed', 'category=WorkflowTaskTimedOut') OR TemporalPauseInfo IS NOT NULL"
	lost := "WorkflowType = '" + booking.BookingWorkflow + "' AND ExecutionStatus IN ('Terminated', 'TimedOut', 'Canceled', 'Failed') AND CloseTime > '" +
		at.Add(-lostFor).Format(time.RFC3339) + "'"
	asked := []string{anyOf([]string{underWay + " AND (" + problems + ")", lost})}
	for _, young := range []bool{false, true} {
		var alone, together []string
		names := make([]string, len(workflowPatience))
		for i, known := range workflowPatience {
			names[i] = "'" + known.name + "'"
			question := "WorkflowType = " + names[i] + " AND " + aged(at, known.patience, young)
			if slices.Contains(crowded, known.name) {
				alone = append(alone, question)
			} else {
				together = append(together, question)
			}
		}
		together = append(together, "WorkflowType NOT IN ("+strings.Join(names, ", ")+") AND "+aged(at, otherPatience, young))
		for _, question := range append([]string{anyOf(together)}, alone...) {
			asked = append(asked, underWay+" AND ("+question+")")
		}
	}
	return asked
}

// aged selects workflows that have run for longer than patience, or the young ones that have not.
func aged(at time.Time, patience time.Duration, young bool) string {
	overdue := at.Add(-patience).Format(time.RFC3339)
	if !young {
		return "StartTime < '" + overdue + "'"
	}
	return "StartTime >= '" + overdue + "' AND StartTime < '" + at.Add(-youngUntil).Format(time.RFC3339) + "'"
}

func anyOf(conditions []string) string { return "(" + strings.Join(conditions, ") OR (") + ")" }
