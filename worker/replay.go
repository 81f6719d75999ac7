package worker

import (
	"context"
	"errors"
	"fmt"
	"io"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
)

// ReplayFile replays a workflow history in JSON, as `temporal workflow show -o json` writes it,
// against this code. The error names the first difference.
func ReplayFile(path string, logger log.Logger) error {
	replayer, err := newReplayer()
	if err != nil {
		return err
	}
	if err := replayer.ReplayWorkflowHistoryFromJSONFile(logger, path); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// ReplayQuery replays every workflow that a visibility query finds, at most limit of them (0 for all),
// and reports each on out. It stops at the first difference and returns how many it has replayed before.
func ReplayQuery(ctx context.Context, c client.Client, query string, limit int, out io.Writer, logger log.Logger) (int, error) {
	replayer, err := newReplayer()
	if err != nil {
		return 0, err
	}
	replayed := 0
	var page []byte
	for {
		found, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, NextPageToken: page})
		if err != nil {
			return replayed, fmt.Errorf("list workflows: %w", err)
		}
		for _, execution := range found.GetExecutions() {
			if limit > 0 && replayed == limit {
				return replayed, nil
			}
			id, run := execution.GetExecution().GetWorkflowId(), execution.GetExecution().GetRunId()
			history, err := readHistory(ctx, c, id, run)
			if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
				continue
			}
			if err != nil {
				return replayed, fmt.Errorf("read history of %s: %w", id, err)
			}
			if err := replayer.ReplayWorkflowHistory(logger, history); err != nil {
				return replayed, fmt.Errorf("%s (run %s): %w", id, run, err)
			}
			replayed++
			_, _ = fmt.Fprintf(out, "same  %s  %d events\n", id, len(history.GetEvents()))
		}
		if page = found.GetNextPageToken(); len(page) == 0 {
			return replayed, nil
		}
	}
}

func newReplayer() (worker.WorkflowReplayer, error) {
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{})
	if err != nil {
		return nil, fmt.Errorf("make replayer: %w", err)
	}
	RegisterWorkflows(replayer)
	return replayer, nil
}

func readHistory(ctx context.Context, c client.Client, workflowID, runID string) (*historypb.History, error) {
	history := &historypb.History{}
	events := c.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return nil, err
		}
		history.Events = append(history.Events, event)
	}
	return history, nil
}
