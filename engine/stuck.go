package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"github.com/boxoffice/boxoffice/booking"
)

const (
	// describedAtOnce is how many workflows are described concurrently.
	describedAtOnce = 16
	// taskWaits is how long a workflow task may wait for a worker, and stepWaits a step: the provider's
	// calls are rate-limited, and it is normal that many of them queue.
	taskWaits = 15 * time.Second
	stepWaits = 5 * time.Minute
)

// Survey is a snapshot of the workflows that may be stuck.
type Survey struct {
	// Seen has every workflow that has been examined, by its id.
	Seen map[string]Workflow
	// Complete becomes false when something could not be examined.
	Complete bool

	// lost are workflows of bookings that have ended without an outcome, and when.
	lost map[string]time.Time
}

// Workflow is what Temporal knows of a workflow.
type Workflow struct {
	// Gone: it is not running, or Temporal does not know it.
	Gone bool
	// LostAt is when the workflow of a booking ended without an outcome; nil unless it is gone and had none.
	LostAt *time.Time

	// ID, RunID and Type are those of its latest run, and Since is when that began, in UTC. These and the
	// following fields are empty for a workflow that is gone.
	ID, RunID, Type string
	Since           time.Time
	// Pause is set when somebody has paused the workflow.
	Pause *Pause
	// Steps are those that wait or run.
	Steps []Step
	// Task is the workflow task that waits for a worker; nil when there is none.
	Task *Task

	described *workflowservice.DescribeWorkflowExecutionResponse
}

// Pause says who has paused something, and why.
type Pause struct {
	By     string
	Reason string
	// Since is in UTC; nil when it is not known.
	Since *time.Time
}

// Step is a step of a workflow that has not ended.
type Step struct {
	Name string
	// Attempt counts from 1.
	Attempt int
	// LastFailure says why the previous attempt failed, without internal details; empty when none has failed.
	LastFailure string
	// NextAttemptAt is in UTC; nil when no attempt is due.
	NextAttemptAt *time.Time
	// Pause is set when somebody has paused the step.
	Pause *Pause
}

// Task is a workflow task that waits for a worker, or is being carried out.
type Task struct {
	// Attempt counts from 1.
	Attempt int
	Since   time.Time
}

// Survey examines the workflows that may be stuck at this time, which is in UTC, and those of the
// named bookings. What cannot be examined in time is left out. Any failure is ErrUnavailable.
func (e *Engine) Survey(ctx context.Context, at time.Time, bookingIDs []string) (Survey, error) {
	asking, cancel := context.WithTimeout(ctx, e.patience.Survey)
	defer cancel()
	survey := Survey{Seen: map[string]Workflow{}, Complete: true, lost: map[string]time.Time{}}
	listed, err := e.listSuspects(asking, &survey, at)
	if err != nil {
		return Survey{}, unavailable(err)
	}
	suspects := make([]suspect, len(bookingIDs), len(bookingIDs)+len(listed))
	for i, id := range bookingIDs {
		suspects[i] = suspect{id: booking.WorkflowID(id)}
	}
	if err := e.describe(asking, &survey, append(suspects, listed...)); err != nil {
		return Survey{}, unavailable(err)
	}
	return survey, nil
}

// describe asks for each workflow, as far as the time allows.
func (e *Engine) describe(ctx context.Context, survey *Survey, suspects []suspect) error {
	var (
		mu     sync.Mutex
		asking errgroup.Group
	)
	asking.SetLimit(describedAtOnce)
	asked := make(map[string]bool, len(suspects))
	for _, workflow := range suspects {
		if asked[workflow.id] {
			continue
		}
		asked[workflow.id] = true
		asking.Go(func() error {
			answer, err := e.temporal.DescribeWorkflowExecution(ctx, workflow.id, workflow.run)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && isUnderWay(answer.GetWorkflowExecutionInfo().GetStatus()):
				survey.Seen[workflow.id] = workflowOf(answer)
			case err == nil || isUnknown(err):
				survey.Seen[workflow.id] = survey.gone(workflow.id)
			case ctx.Err() != nil || isBusy(err):
				survey.Complete = false
			default:
				return fmt.Errorf("describe %s: %w", workflow.id, err)
			}
			return nil
		})
	}
	return asking.Wait()
}

func (s *Survey) gone(workflowID string) Workflow {
	workflow := Workflow{Gone: true}
	if at, lost := s.lost[workflowID]; lost {
		workflow.LostAt = &at
	}
	return workflow
}

func isUnderWay(status enumspb.WorkflowExecutionStatus) bool {
	return status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || status == enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED
}

func workflowOf(described *workflowservice.DescribeWorkflowExecutionResponse) Workflow {
	info := described.GetWorkflowExecutionInfo()
	workflow := Workflow{
		ID: info.GetExecution().GetWorkflowId(), RunID: info.GetExecution().GetRunId(), Type: info.GetType().GetName(),
		Since: info.GetStartTime().AsTime(), described: described,
	}
	if pause := described.GetWorkflowExtendedInfo().GetPauseInfo(); pause != nil {
		workflow.Pause = &Pause{By: oneLine(pause.GetIdentity()), Reason: oneLine(pause.GetReason())}
		if at := pause.GetPausedTime(); at != nil {
			workflow.Pause.Since = new(at.AsTime())
		}
	}
	for _, pending := range described.GetPendingActivities() {
		workflow.Steps = append(workflow.Steps, stepOf(pending))
	}
	if task := described.GetPendingWorkflowTask(); task != nil {
		workflow.Task = &Task{Attempt: int(task.GetAttempt()), Since: taskSince(task)}
	}
	return workflow
}

func stepOf(pending *workflowpb.PendingActivityInfo) Step {
	step := Step{Name: pending.GetActivityType().GetName(), Attempt: int(pending.GetAttempt())}
	if pending.GetLastFailure() != nil {
		step.LastFailure = failureText(pending.GetLastFailure())
	}
	if next := pending.GetNextAttemptScheduleTime(); next != nil {
		step.NextAttemptAt = new(next.AsTime())
	}
	if pause := pending.GetPauseInfo(); pause != nil {
		step.Pause = &Pause{
			By:     oneLine(cmp.Or(pause.GetManual().GetIdentity(), pause.GetRule().GetIdentity())),
			Reason: oneLine(cmp.Or(pause.GetManual().GetReason(), pause.GetRule().GetReason())),
		}
		if at := pause.GetPauseTime(); at != nil {
			step.Pause.Since = new(at.AsTime())
		}
	}
	return step
}

// Subject splits the id of a workflow into what it does, such as "refund", and what it does that to: the id of a refund, for example.
func Subject(workflowID string) (does, id string) {
	does, id, _ = strings.Cut(workflowID, "/")
	return does, id
}

// Reasons says why a workflow is stuck; none when it is not. The workflow must not be gone. The
// deadline is that of the booking that it is about; nil when there is none.
func (w Workflow) Reasons(now time.Time, deadline *time.Time) []booking.StuckReason {
	var reasons []booking.StuckReason
	if w.isPaused() {
		reasons = append(reasons, booking.StuckPaused)
	}
	noWorker := false
	for _, pending := range w.described.GetPendingActivities() {
		if isPausedStep(pending) {
			continue
		}
		if pending.GetAttempt() > 1 && !slices.Contains(reasons, booking.StuckRetrying) {
			reasons = append(reasons, booking.StuckRetrying)
		}
		waits := pending.GetState() == enumspb.PENDING_ACTIVITY_STATE_SCHEDULED && pending.GetAttempt() <= 1
		noWorker = noWorker || waits && now.Sub(pending.GetScheduledTime().AsTime()) > stepWaits
	}
	if w.isOverdue(now, deadline) {
		reasons = append(reasons, booking.StuckOverdue)
	}
	if task := w.described.GetPendingWorkflowTask(); task.GetAttempt() > 1 {
		reasons = append(reasons, booking.StuckDefect)
	} else if task != nil && task.GetState() == enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED && now.Sub(taskSince(task)) > taskWaits {
		noWorker = true
	}
	if noWorker {
		reasons = append(reasons, booking.StuckNoWorker)
	}
	return reasons
}

// isPaused says whether somebody has paused the workflow, or one of its steps.
func (w Workflow) isPaused() bool {
	return w.described.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED ||
		slices.ContainsFunc(w.described.GetPendingActivities(), isPausedStep)
}

func isPausedStep(pending *workflowpb.PendingActivityInfo) bool {
	return pending.GetPaused() || pending.GetPauseInfo() != nil
}

// isOverdue says that a workflow has run longer than it should: a booking by its deadline, any other since it began.
func (w Workflow) isOverdue(now time.Time, deadline *time.Time) bool {
	if deadline != nil {
		return now.Sub(*deadline) > BookingOverdueAfter
	}
	info := w.described.GetWorkflowExecutionInfo()
	began := info.GetStartTime()
	if execution := info.GetExecutionTime(); execution != nil {
		began = execution
	}
	return now.Sub(began.AsTime()) > patienceWith(w.Type)
}

// taskSince is when a workflow task began to wait, even if a heartbeat has postponed it.
func taskSince(task *workflowpb.PendingWorkflowTaskInfo) time.Time {
	if original := task.GetOriginalScheduledTime(); original != nil {
		return original.AsTime()
	}
	return task.GetScheduledTime().AsTime()
}
