package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

const (
	// stuckListed bounds how many workflows each question is answered with.
	stuckListed = 200
	// stuckAtOnce is how many workflows Temporal is asked about at once.
	stuckAtOnce = 16
	// stuckYoung is the age below which a workflow is left alone.
	stuckYoung = 5 * time.Second
	// stuckTaskAfter is how long a workflow task may wait for a worker, and stuckActivityAfter a step: the provider's calls are
	// rate-limited, and many of them may rightly queue.
	stuckTaskAfter     = 15 * time.Second
	stuckActivityAfter = 5 * time.Minute
	// stuckLostFor is for how long after its end a booking's workflow is looked at that ended without an outcome. Later its booking is overdue.
	stuckLostFor = time.Hour
	// stuckWhatever is how long a workflow may run of which nothing else is known.
	stuckWhatever = 30 * time.Minute
)

// workflowPatience is how long workflows may run. A booking has its deadline, a refund or a cascade waits for the provider, a notice for
// the mail server.
var workflowPatience = []struct {
	name     string
	patience time.Duration
}{
	{booking.BookingWorkflow, bookingOverdueAfter},
	{booking.TopUpWorkflow, booking.TopUpTime + bookingOverdueAfter},
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
	return stuckWhatever
}

// runningWorkflow is a workflow that may be stuck; without a run it is the latest that is meant.
type runningWorkflow struct{ id, run string }

// crowded are kinds of workflow of which many may rightly be under way at once: a rush, or a cascade that waits for money.
var crowded = []string{booking.BookingWorkflow, booking.CancelBookingWorkflow, booking.RefundWorkflow}

// running lists running workflows in a fair choice: those that report problems, and the overdue and the others apart, so that the many of
// one kind cannot hide the few of another. Unless it is told otherwise, a server answers ten such questions a second: there are fewer.
func (l *stuckLook) running(ctx context.Context) ([]runningWorkflow, error) {
	var found []runningWorkflow
	for _, query := range l.questions() {
		page, err := l.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			PageSize: stuckListed, Query: query,
		})
		if err != nil {
			return nil, fmt.Errorf("list workflows: %w", err)
		}
		l.complete = l.complete && len(page.GetNextPageToken()) == 0
		for _, listed := range page.GetExecutions() {
			id := listed.GetExecution().GetWorkflowId()
			if isUnderWay(listed.GetStatus()) {
				found = append(found, runningWorkflow{id: id, run: listed.GetExecution().GetRunId()})
				continue
			}
			// There may be a later run.
			l.lost[id] = listed.GetCloseTime().AsTime()
			found = append(found, runningWorkflow{id: id})
		}
	}
	return found, nil
}

// underWay is Temporal's filter for workflows that have not ended: a paused one has a status of its own.
const underWay = "ExecutionStatus IN ('Running', 'Paused')"

func isUnderWay(status enumspb.WorkflowExecutionStatus) bool {
	return status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || status == enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED
}

// questions are those that running asks, the most urgent first: what reports problems, is paused, or has ended without an outcome, what is
// overdue, and what is not, in which a step may be repeated all the same.
func (l *stuckLook) questions() []string {
	problems := "TemporalReportedProblems IN ('category=WorkflowTaskFailed', 'category=WorkflowTaskTimedOut') OR TemporalPauseInfo IS NOT NULL"
	lost := "WorkflowType = '" + booking.BookingWorkflow + "' AND ExecutionStatus IN ('Terminated', 'TimedOut', 'Canceled', 'Failed') AND CloseTime > '" +
		l.at.Add(-stuckLostFor).Format(time.RFC3339) + "'"
	questions := []string{anyOf([]string{underWay + " AND (" + problems + ")", lost})}
	for _, young := range []bool{false, true} {
		var alone, together []string
		names := make([]string, len(workflowPatience))
		for i, known := range workflowPatience {
			names[i] = "'" + known.name + "'"
			question := "WorkflowType = " + names[i] + " AND " + l.aged(known.patience, young)
			if slices.Contains(crowded, known.name) {
				alone = append(alone, question)
			} else {
				together = append(together, question)
			}
		}
		together = append(together, "WorkflowType NOT IN ("+strings.Join(names, ", ")+") AND "+l.aged(stuckWhatever, young))
		for _, question := range append([]string{anyOf(together)}, alone...) {
			questions = append(questions, underWay+" AND ("+question+")")
		}
	}
	return questions
}

// aged are workflows that have run longer than so long, or the young ones that have not.
func (l *stuckLook) aged(patience time.Duration, young bool) string {
	overdue := l.at.Add(-patience).Format(time.RFC3339)
	if !young {
		return "StartTime < '" + overdue + "'"
	}
	return "StartTime >= '" + overdue + "' AND StartTime < '" + l.at.Add(-stuckYoung).Format(time.RFC3339) + "'"
}

func anyOf(conditions []string) string { return "(" + strings.Join(conditions, ") OR (") + ")" }

// describedWorkflow is what Temporal knows of a workflow; gone when it is not running.
type describedWorkflow struct {
	*workflowservice.DescribeWorkflowExecutionResponse

	gone bool
}

// describe asks for each workflow, as far as the time goes.
func (l *stuckLook) describe(ctx context.Context, running []runningWorkflow) (map[string]describedWorkflow, error) {
	var (
		mu        sync.Mutex
		wait      sync.WaitGroup
		failed    error
		described = make(map[string]describedWorkflow, len(running))
		places    = make(chan struct{}, stuckAtOnce)
	)
	asked := make(map[string]bool, len(running))
	for _, workflow := range running {
		if asked[workflow.id] {
			continue
		}
		asked[workflow.id] = true
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			answer, err := l.temporal.DescribeWorkflowExecution(ctx, workflow.id, workflow.run)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				described[workflow.id] = describedWorkflow{answer, !isUnderWay(answer.GetWorkflowExecutionInfo().GetStatus())}
			case isGone(err):
				described[workflow.id] = describedWorkflow{gone: true}
			case ctx.Err() != nil || isBusy(err):
				l.complete = false
			default:
				failed = errors.Join(failed, fmt.Errorf("describe %s: %w", workflow.id, err))
			}
		})
	}
	wait.Wait()
	return described, failed
}

// isBusy says that Temporal has had enough questions for now.
func isBusy(err error) bool {
	_, busy := errors.AsType[*serviceerror.ResourceExhausted](err)
	return busy
}

// stuckItem is an item while it is being filled.
type stuckItem struct{ openapi.StuckItem }

// item says what Temporal knows of a workflow.
func (d describedWorkflow) item(namespace string) stuckItem {
	info := d.GetWorkflowExecutionInfo()
	id, run := info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()
	path := "/namespaces/" + url.PathEscape(namespace) + "/workflows/" + url.PathEscape(id) + "/" + url.PathEscape(run) + "/history"
	item := stuckItem{openapi.StuckItem{
		Since: info.GetStartTime().AsTime(), WorkflowType: optional(info.GetType().GetName()), WorkflowId: &id, RunId: &run, TemporalPath: &path,
		PendingActivities: []openapi.StuckActivity{},
	}}
	if pause := d.GetWorkflowExtendedInfo().GetPauseInfo(); pause != nil {
		item.Pause = stuckPause(pause.GetIdentity(), pause.GetReason(), pause.GetPausedTime())
	}
	for _, pending := range d.GetPendingActivities() {
		item.PendingActivities = append(item.PendingActivities, stuckActivity(pending))
	}
	if task := d.GetPendingWorkflowTask(); task != nil {
		item.WorkflowTask = &openapi.StuckTask{Attempt: int(task.GetAttempt()), Since: taskSince(task)}
	}
	return item
}

func stuckActivity(pending *workflowpb.PendingActivityInfo) openapi.StuckActivity {
	activity := openapi.StuckActivity{Name: pending.GetActivityType().GetName(), Attempt: int(pending.GetAttempt())}
	if pending.GetLastFailure() != nil {
		activity.LastFailure = optional(failureText(pending.GetLastFailure()))
	}
	if next := pending.GetNextAttemptScheduleTime(); next != nil {
		activity.NextAttemptAt = inUTC(next.AsTime())
	}
	if pause := pending.GetPauseInfo(); pause != nil {
		by := cmp.Or(pause.GetManual().GetIdentity(), pause.GetRule().GetIdentity())
		activity.Pause = stuckPause(by, cmp.Or(pause.GetManual().GetReason(), pause.GetRule().GetReason()), pause.GetPauseTime())
	}
	return activity
}

// stuckPause tells who has paused something, and why.
func stuckPause(by, reason string, at *timestamppb.Timestamp) *openapi.StuckPause {
	pause := openapi.StuckPause{By: oneLine(by), Reason: optional(oneLine(reason))}
	if at != nil {
		pause.Since = inUTC(at.AsTime())
	}
	return &pause
}

// isPaused says whether somebody has paused the workflow, or one of its steps.
func (d describedWorkflow) isPaused() bool {
	return d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED ||
		slices.ContainsFunc(d.GetPendingActivities(), isPausedStep)
}

func isPausedStep(pending *workflowpb.PendingActivityInfo) bool {
	return pending.GetPaused() || pending.GetPauseInfo() != nil
}

// taskSince is when a workflow task began to wait, also one that was put off while a heartbeat went on.
func taskSince(task *workflowpb.PendingWorkflowTaskInfo) time.Time {
	if original := task.GetOriginalScheduledTime(); original != nil {
		return original.AsTime()
	}
	return task.GetScheduledTime().AsTime()
}

// reasons says why a workflow is stuck; none when it is not.
func (d describedWorkflow) reasons(now time.Time, deadline *time.Time) []string {
	var reasons []string
	if d.isPaused() {
		reasons = append(reasons, stuckPaused)
	}
	noWorker := false
	for _, pending := range d.GetPendingActivities() {
		if isPausedStep(pending) {
			continue
		}
		if pending.GetAttempt() > 1 && !slices.Contains(reasons, stuckRetrying) {
			reasons = append(reasons, stuckRetrying)
		}
		waits := pending.GetState() == enumspb.PENDING_ACTIVITY_STATE_SCHEDULED && pending.GetAttempt() <= 1
		noWorker = noWorker || waits && now.Sub(pending.GetScheduledTime().AsTime()) > stuckActivityAfter
	}
	if d.overdue(now, deadline) {
		reasons = append(reasons, stuckOverdue)
	}
	if task := d.GetPendingWorkflowTask(); task.GetAttempt() > 1 {
		reasons = append(reasons, stuckDefect)
	} else if task != nil && task.GetState() == enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED && now.Sub(taskSince(task)) > stuckTaskAfter {
		noWorker = true
	}
	if noWorker {
		reasons = append(reasons, stuckNoWorker)
	}
	return reasons
}

// overdue says that a workflow has run longer than it should: a booking by its deadline, anything else since it began.
func (d describedWorkflow) overdue(now time.Time, deadline *time.Time) bool {
	if deadline != nil {
		return now.Sub(*deadline) > bookingOverdueAfter
	}
	info := d.GetWorkflowExecutionInfo()
	began := info.GetStartTime()
	if execution := info.GetExecutionTime(); execution != nil {
		began = execution
	}
	return now.Sub(began.AsTime()) > patienceWith(info.GetType().GetName())
}

// subjectOf splits a workflow's id into what it does and to what.
func subjectOf(workflowID string) (prefix, id string) {
	prefix, id, _ = strings.Cut(workflowID, "/")
	return prefix, id
}

// about says what a workflow is about: what its own id says, and what the database adds.
func (i *stuckItem) about(prefix, subject string, row db.StuckSubjectsRow) {
	i.BookingId, i.ShowId, i.Status = optional(row.BookingID), optional(row.ShowID), optional(row.Status)
	switch prefix {
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
