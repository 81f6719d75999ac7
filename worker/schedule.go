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

// DefaultAuditSchedule is when the books are audited, as cron writes it, in UTC: at night in India and in Europe.
const DefaultAuditSchedule = "30 0 * * *"

// auditCatchUp is how late a scheduled audit may begin after Temporal was away.
const auditCatchUp = 6 * time.Hour

// scheduleTimeout bounds setting the schedule up.
const scheduleTimeout = 15 * time.Second

// auditWorkflowID is what the ids of scheduled audits begin with; Temporal appends the time.
const auditWorkflowID = "audit"

// ScheduleAudit has the books audited whenever cron says, or never when it is empty. It may run any number of times and at
// several workers at once: the schedule is made, changed or deleted as needed, and stays paused if operators paused it.
func ScheduleAudit(ctx context.Context, c client.Client, cron string) error {
	ctx, cancel := context.WithTimeout(ctx, scheduleTimeout)
	defer cancel()
	var err error
	if cron == "" {
		err = deleteAuditSchedule(ctx, c)
	} else {
		err = ensureAuditSchedule(ctx, c, cron)
	}
	if err != nil {
		return fmt.Errorf("schedule %s: %w", booking.AuditScheduleID, err)
	}
	return nil
}

func ensureAuditSchedule(ctx context.Context, c client.Client, cron string) error {
	spec := client.ScheduleSpec{CronExpressions: []string{cron}}
	action := &client.ScheduleWorkflowAction{
		ID:            auditWorkflowID,
		Workflow:      booking.AuditWorkflow,
		TaskQueue:     booking.TaskQueue,
		StaticSummary: "audit of the books",
	}
	_, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: booking.AuditScheduleID, Spec: spec, Action: action,
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: auditCatchUp,
	})
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	return c.ScheduleClient().GetHandle(ctx, booking.AuditScheduleID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(now client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			schedule := now.Description.Schedule
			schedule.Spec, schedule.Action = &spec, action
			return &client.ScheduleUpdate{Schedule: &schedule}, nil
		},
	})
}

func deleteAuditSchedule(ctx context.Context, c client.Client) error {
	err := c.ScheduleClient().GetHandle(ctx, booking.AuditScheduleID).Delete(ctx)
	if _, none := errors.AsType[*serviceerror.NotFound](err); none {
		return nil
	}
	return err
}
