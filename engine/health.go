package engine

import (
	"context"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/booking"
)

// Reach says whether Temporal answers: nil when it does. Any failure is ErrUnavailable.
func (e *Engine) Reach(ctx context.Context) error {
	if _, err := e.temporal.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return unavailable(err)
	}
	return nil
}

// WorkerSeen says when a worker last asked for work; zero when Temporal remembers none. Any failure is ErrUnavailable.
func (e *Engine) WorkerSeen(ctx context.Context) (last time.Time, err error) {
	queue, err := e.temporal.DescribeTaskQueue(ctx, booking.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return last, unavailable(err)
	}
	for _, poller := range queue.GetPollers() {
		if at := poller.GetLastAccessTime().AsTime(); at.After(last) {
			last = at
		}
	}
	return last, nil
}
