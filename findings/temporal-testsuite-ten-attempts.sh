#!/usr/bin/env bash
# The test environment of Temporal's Go SDK (v1.50.0) tries an activity ten times at most where its retry policy says "without end".
#
# Expected: MaximumAttempts 0 means no limit, as its documentation says and as the server does; the activity below, which fails once a minute for an
# hour, succeeds at the 61st attempt.
# Seen: the environment gives up after the tenth attempt, nine minutes in, and hands the workflow the activity's error. With a large MaximumAttempts of
# one's own the activity gets as many as it needs. A workflow test in which "the provider is away for an hour" therefore takes the path of a
# step that has failed for good, which no server would take, and a test by elapsed time cannot tell a grace of an hour from one of nine minutes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

func flow(ctx workflow.Context, mostAttempts int32) (took time.Duration, err error) {
	began := workflow.Now(ctx)
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Minute, BackoffCoefficient: 1, MaximumAttempts: mostAttempts},
	})
	err = workflow.ExecuteActivity(ctx, "ask").Get(ctx, nil)
	return workflow.Now(ctx).Sub(began), err
}

func play(mostAttempts int32) (attempts int, failed bool) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.RegisterWorkflow(flow)
	env.RegisterActivityWithOptions(func(context.Context) error {
		if attempts++; attempts <= 60 {
			return errors.New("the provider is away")
		}
		return nil
	}, activity.RegisterOptions{Name: "ask"})
	env.ExecuteWorkflow(flow, mostAttempts)
	return attempts, env.GetWorkflowError() != nil
}

func main() {
	attempts, failed := play(0)
	fmt.Printf("without a limit: %d attempts, failed: %t\n", attempts, failed)
	enough, failedThen := play(1000)
	fmt.Printf("with a limit of 1000: %d attempts, failed: %t\n", enough, failedThen)
	if attempts != 10 || !failed || enough != 61 || failedThen {
		os.Exit(1)
	}
}
GO
go mod init finding >/dev/null 2>&1
go get go.temporal.io/sdk@v1.50.0 >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
go run .
