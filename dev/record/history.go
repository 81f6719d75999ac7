package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/boxoffice/boxoffice/booking"
)

// keepBooking waits until the path's booking workflow has ended, checks its outcome, and keeps its history.
func (s *scene) keepBooking(p path) {
	var outcome booking.Outcome
	id := booking.WorkflowID(s.booking)
	s.must(s.Temporal.GetWorkflow(s.ctx, id, "").Get(s.ctx, &outcome))
	s.expect(outcome.Status == p.want, "the booking is %s (%s), and should be %s", outcome.Status, outcome.Reason, p.want)
	s.expectRefusal(outcome.Refusal, p.refusal)
	s.keep(id, "booking", s.name)
}

// keepSettlement waits until the settlement of an intent has ended, checks its result, and keeps its history.
func (s *scene) keepSettlement(intentID, name string, want booking.SettlementResult) {
	id := booking.SettlementWorkflowID(intentID)
	outcome := ended[booking.SettlementOutcome](s, id, nil)
	s.expect(outcome.Result == want, "the settlement is %s (%s), and should be %s", outcome.Result, outcome.Reason, want)
	s.keep(id, "settlement", name)
}

// ended waits until the latest run of a workflow, which need not have been started yet, has ended with a result that fits; with any when
// fits is nil.
func ended[T any](s *scene, workflowID string, fits func(T) bool) (result T) {
	s.until(workflowID+" has ended", func() (bool, error) {
		var latest T
		err := s.Temporal.GetWorkflow(s.ctx, workflowID, "").Get(s.ctx, &latest)
		if isMissing(err) {
			return false, nil
		}
		result = latest
		return err == nil && (fits == nil || fits(latest)), err
	})
	return result
}

func isMissing(err error) bool {
	_, missing := errors.AsType[*serviceerror.NotFound](err)
	return missing
}

// keep writes the history of a workflow to <workflow>/<name>.json.
func (s *scene) keep(workflowID, workflow, name string) { s.keepRun(workflowID, "", workflow, name) }

// keepRun is keep for one of the runs of a workflow.
func (s *scene) keepRun(workflowID, runID, workflow, name string) {
	content := get(encode(s.historyOf(workflowID, runID)))
	path := filepath.Join(s.out, workflow, name+".json")
	s.must(os.MkdirAll(filepath.Dir(path), 0o750))
	s.must(os.WriteFile(path, content, 0o600))
	s.written.Add(1)
}

// history is that of a workflow's latest run; empty when there is none yet.
func (s *scene) history(workflowID string) *historypb.History { return s.historyOf(workflowID, "") }

func (s *scene) historyOf(workflowID, runID string) *historypb.History {
	history := &historypb.History{}
	events := s.Temporal.GetWorkflowHistory(s.ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if isMissing(err) {
			break
		}
		s.must(err)
		forgetMachine(event)
		history.Events = append(history.Events, event)
	}
	return history
}

// forgetMachine leaves out the name of a worker's own queue, which is that of its host. Replay does not need it.
func forgetMachine(event *historypb.HistoryEvent) {
	queue := event.GetWorkflowTaskScheduledEventAttributes().GetTaskQueue()
	if queue.GetKind() == enumspb.TASK_QUEUE_KIND_STICKY {
		queue.Name = "sticky"
	}
}

// untilEvent waits until the booking's history has an event that fits.
func (s *scene) untilEvent(what string, fits func(*historypb.HistoryEvent) bool) {
	s.untilEventOf(booking.WorkflowID(s.booking), what, fits)
}

// untilEventOf waits until a workflow's history has an event that fits.
func (s *scene) untilEventOf(workflowID, what string, fits func(*historypb.HistoryEvent) bool) {
	s.until(what, func() (bool, error) {
		return slices.ContainsFunc(s.history(workflowID).GetEvents(), fits), nil
	})
}

// asks says that an event asks for an activity.
func asks(activity string) func(*historypb.HistoryEvent) bool {
	return func(event *historypb.HistoryEvent) bool {
		return event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == activity
	}
}

// accepts says that an event is the acceptance of an update.
func accepts(update string) func(*historypb.HistoryEvent) bool {
	return func(event *historypb.HistoryEvent) bool {
		return event.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest().GetInput().GetName() == update
	}
}

// retrying says whether a workflow's activity has failed before and is being repeated. The workflow may not have been
// started yet.
func (s *scene) retrying(workflowID, activity string) bool {
	described, err := s.Temporal.DescribeWorkflowExecution(s.ctx, workflowID, "")
	if isMissing(err) {
		return false
	}
	s.must(err)
	for _, pending := range described.GetPendingActivities() {
		if pending.GetActivityType().GetName() == activity && pending.GetAttempt() > 1 {
			return true
		}
	}
	return false
}

// encode writes a history as `temporal workflow show -o json` does. The indentation is made here, because protojson
// varies its own on purpose.
func encode(history *historypb.History) ([]byte, error) {
	content, err := protojson.Marshal(history)
	if err != nil {
		return nil, fmt.Errorf("encode history: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, content, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
