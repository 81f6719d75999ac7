package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// Schedules say when the system looks after itself, as cron expressions in UTC; "off" means never.
type Schedules struct {
	// Audit is when the books are audited: while it is night in India and in Europe.
	Audit string `env:"BOXOFFICE_AUDIT_SCHEDULE" envDefault:"30 0 * * *"`
	// Sweep is when bookings and refunds that have lost their workflow are given another one.
	Sweep string `env:"BOXOFFICE_SWEEP_SCHEDULE" envDefault:"*/10 * * * *"`
	// Reminders is when to look for customers whose show begins soon, or who have not been notified of something yet.
	Reminders string `env:"BOXOFFICE_REMINDER_SCHEDULE" envDefault:"*/10 * * * *"`
	// Complete is when the bookings of shows that are over are completed: midway between two sweeps.
	Complete string `env:"BOXOFFICE_COMPLETE_SCHEDULE" envDefault:"5-59/10 * * * *"`
}

const (
	scheduleOff = "off"
	// scheduleTimeout bounds the setting up of a schedule.
	scheduleTimeout = 15 * time.Second
)

// schedule starts a workflow again and again, one run at a time.
type schedule struct {
	id, cron string
	workflow string
	// workflowID is the prefix of the workflows' ids; Temporal appends the time.
	workflowID string
	summary    string
	// catchUp is how late a run may start after Temporal was down.
	catchUp time.Duration
}

// Ensure makes, changes or deletes the schedules as needed. It may run any number of times and at several workers at once; a
// schedule that operators have paused stays paused.
func (s Schedules) Ensure(ctx context.Context, c client.Client) error {
	for _, wanted := range []schedule{
		{
			id: booking.AuditScheduleID, cron: s.Audit, workflow: booking.AuditWorkflow, workflowID: "audit",
			summary: "audit of the books", catchUp: 6 * time.Hour,
		},
		{
			id: booking.SweepScheduleID, cron: s.Sweep, workflow: booking.SweepWorkflow, workflowID: "sweep",
			summary: "look for what lost its workflow", catchUp: time.Minute,
		},
		{
			id: booking.RemindersScheduleID, cron: s.Reminders, workflow: booking.RemindShowsWorkflow, workflowID: "remind-shows",
			summary: "look for customers to be told something", catchUp: time.Minute,
		},
		{
			id: booking.CompleteShowsScheduleID, cron: s.Complete, workflow: booking.CompleteShowsWorkflow, workflowID: "complete-shows",
			summary: "complete the bookings of shows that are over", catchUp: time.Minute,
		},
	} {
		if err := wanted.ensure(ctx, c); err != nil {
			return fmt.Errorf("schedule %s: %w", wanted.id, err)
		}
	}
	return nil
}

func (s schedule) ensure(ctx context.Context, c client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, scheduleTimeout)
	defer cancel()
	if s.cron == scheduleOff {
		return s.delete(ctx, c)
	}
	spec := client.ScheduleSpec{CronExpressions: []string{s.cron}}
	action := &client.ScheduleWorkflowAction{
		ID: s.workflowID, Workflow: s.workflow, TaskQueue: booking.TaskQueue, StaticSummary: s.summary,
	}
	_, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: s.id, Spec: spec, Action: action, Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: s.catchUp,
	})
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	return c.ScheduleClient().GetHandle(ctx, s.id).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(now client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			changed := now.Description.Schedule
			changed.Spec, changed.Action = &spec, action
			return &client.ScheduleUpdate{Schedule: &changed}, nil
		},
	})
}

func (s schedule) delete(ctx context.Context, c client.Client) error {
	err := c.ScheduleClient().GetHandle(ctx, s.id).Delete(ctx)
	if _, none := errors.AsType[*serviceerror.NotFound](err); none {
		return nil
	}
	return err
}
