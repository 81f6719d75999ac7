#!/usr/bin/env bash
# Temporal server 1.32.1 with sdk-go 1.50.0: an update that a reset brings again and that its validator rejects makes its id unusable.
# Expected by a good engineer: a rejected update leaves no trace, so the same id can be sent again and is judged anew. Seen: after a
# reset the update stands in the new run's history as admitted, the rejection removes it from memory alone, and whoever sends that id
# again gets an internal error ("update has not completed", masked by default), while the run lasts and afterwards; another id is rejected.
# Exits with 1 if that changes.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
cat > go.mod <<'MOD'
module finding

go 1.26

require (
	go.temporal.io/sdk v1.50.0
	go.temporal.io/server v1.32.1
)
MOD
cat > main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.temporal.io/server/temporaltest"
)

// Run takes updates until it is told to end. A run that is a reset rejects what comes.
func Run(ctx workflow.Context) error {
	reset := func() bool {
		info := workflow.GetInfo(ctx)
		return info.OriginalRunID != info.WorkflowExecution.RunID
	}
	err := workflow.SetUpdateHandlerWithOptions(ctx, "ask", func(workflow.Context) (string, error) { return "yes", nil },
		workflow.UpdateHandlerOptions{Validator: func() error {
			if reset() {
				return errors.New("this run rejects")
			}
			return nil
		}})
	workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
	return err
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	server := temporaltest.NewServer(temporaltest.WithBaseClientOptions(client.Options{
		Logger: log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
	}))
	defer server.Stop()
	server.NewWorker("queue", func(registry worker.Registry) { registry.RegisterWorkflow(Run) })
	c := server.GetDefaultClient()
	ask := func(id string) error {
		handle, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
			WorkflowID: "w", UpdateID: id, UpdateName: "ask", WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		if err != nil {
			return err
		}
		return handle.Get(ctx, nil)
	}

	must(c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "w", TaskQueue: "queue"}, Run))
	fmt.Println("first run,  id 1:", ask("1"))
	first := int64(0)
	for events := c.GetWorkflowHistory(ctx, "w", "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); first == 0; {
		if event := must(events.Next()); event.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			first = event.GetEventId()
		}
	}
	must(c.WorkflowService().ResetWorkflowExecution(ctx, &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: server.GetDefaultNamespace(), WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: "w"},
		RequestId: "reset", WorkflowTaskFinishEventId: first,
	}))
	other := ask("2")
	same := ask("1")
	fmt.Printf("reset run,  id 2: %T %v\n", other, other)
	fmt.Printf("reset run,  id 1: %T %v\n", same, same)
	if err := c.SignalWorkflow(ctx, "w", "", "end", nil); err != nil {
		panic(err)
	}
	if err := c.GetWorkflow(ctx, "w", "").Get(ctx, nil); err != nil {
		panic(err)
	}
	ended := ask("1")
	fmt.Printf("run is over, id 1: %T %v\n", ended, ended)
	_, rejected := errors.AsType[*temporal.ApplicationError](other)
	_, internal := errors.AsType[*serviceerror.Internal](same)
	_, stays := errors.AsType[*serviceerror.Internal](ended)
	if !rejected || !internal || !stays {
		fmt.Println("changed: this finding no longer holds as described")
		os.Exit(1)
	}
}
GO
export GOFLAGS=-mod=mod
go mod tidy >/dev/null 2>&1
go run .
