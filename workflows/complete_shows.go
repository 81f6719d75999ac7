package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// Time limits of one attempt at a completion. It heartbeats after each batch, and a retry goes on where the attempt was cut off.
const (
	completionTry       = 30 * time.Minute
	completionHeartbeat = 30 * time.Second
)

// CompleteShows completes the bookings of shows that are over. A schedule starts it, and its result is how many.
func CompleteShows(ctx workflow.Context) (booking.CompletedShows, error) {
	workflow.SetCurrentDetails(ctx, "Completing the bookings of shows that are over.")
	done, err := completeShows(ctx)
	if err == nil {
		workflow.SetCurrentDetails(ctx, done.String())
	}
	return done, err
}

func completeShows(ctx workflow.Context) (done booking.CompletedShows, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           booking.TaskQueue,
		StartToCloseTimeout: completionTry,
		HeartbeatTimeout:    completionHeartbeat,
		RetryPolicy:         endlessRetry(time.Second, time.Minute),
		Summary:             "complete the bookings of shows that are over",
	})
	err = workflow.ExecuteActivity(ctx, booking.StepCompleteShows).Get(ctx, &done)
	return done, err
}
