package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"
	"go.temporal.io/api/serviceerror"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// Why something is stuck.
const (
	stuckRetrying      = "RETRYING"
	stuckOverdue       = "OVERDUE"
	stuckDefect        = "DEFECT"
	stuckNoWorker      = "NO_WORKER"
	stuckNoWorkflow    = "NO_WORKFLOW"
	stuckPaused        = "PAUSED"
	stuckRefundRefused = "REFUND_REFUSED"
	// stuckRefundDisputed waits for nobody here.
	stuckRefundDisputed = "REFUND_DISPUTED"
)

var stuckReasons = []string{stuckRetrying, stuckOverdue, stuckDefect, stuckNoWorker, stuckNoWorkflow, stuckPaused, stuckRefundRefused, stuckRefundDisputed}

const (
	// stuckPatience bounds how long Temporal is asked what is stuck; what it has said until then is told.
	stuckPatience = 8 * time.Second
	// bookingOverdueAfter is how long after its deadline a booking should be over, whatever the provider makes of its card.
	bookingOverdueAfter = booking.ProcessingGrace + time.Minute
	// maxStuckRows bounds each list of cases that the database knows.
	maxStuckRows = 200
)

// ListStuck lists what is stuck, and why. Refused refunds are told while Temporal is away.
func (h *handlers) ListStuck(c echo.Context, params openapi.ListStuckParams) error {
	size, err := pageSize(params.Limit)
	if err != nil {
		return err
	}
	if params.Reason != nil && !slices.Contains(stuckReasons, *params.Reason) {
		return malformed("reason", "reason must be RETRYING, OVERDUE, DEFECT, NO_WORKER, NO_WORKFLOW, PAUSED, REFUND_REFUSED or REFUND_DISPUTED.")
	}
	ctx := c.Request().Context()
	look := stuckLook{handlers: h, at: h.now().UTC(), complete: true, lost: map[string]time.Time{}, items: map[string]*openapi.StuckItem{}}
	if params.Reason == nil || *params.Reason != stuckRefundRefused && *params.Reason != stuckRefundDisputed {
		if err := look.workflows(ctx); err != nil {
			return err
		}
	}
	if err := look.refunds(ctx); err != nil {
		return err
	}
	flags, err := h.queries.FlagsOpenCount(ctx)
	if err != nil {
		return fmt.Errorf("count flags: %w", err)
	}
	items := look.list(params.Reason)
	complete := look.complete && len(items) <= int(size)
	return c.JSON(http.StatusOK, openapi.StuckList{
		Items: items[:min(len(items), int(size))], OpenFlags: int(flags), Complete: complete, At: look.at,
	})
}

// stuckLook is one look at everything that may be stuck.
type stuckLook struct {
	*handlers

	at time.Time
	// complete turns false when something has not been looked at.
	complete bool
	// lost are bookings' workflows that have ended without an outcome, and when.
	lost map[string]time.Time
	// items are by the id of what they are about: a workflow's, or a refund's without one.
	items map[string]*openapi.StuckItem
}

// workflows finds running workflows that are stuck, and bookings that should have one.
func (l *stuckLook) workflows(ctx context.Context) error {
	overdue, err := l.queries.StuckBookings(ctx, db.StuckBookingsParams{AfterSeconds: bookingOverdueAfter.Seconds(), Most: maxStuckRows})
	if err != nil {
		return fmt.Errorf("find overdue bookings: %w", err)
	}
	l.complete = len(overdue) < maxStuckRows
	asking, cancel := context.WithTimeout(ctx, min(stuckPatience, l.config.ProviderTimeout))
	defer cancel()
	listed, err := l.running(asking)
	if err != nil {
		return temporalFailed(err)
	}
	ids, running := make([]string, len(overdue)), make([]runningWorkflow, len(overdue), len(overdue)+len(listed))
	for i, row := range overdue {
		ids[i] = booking.WorkflowID(row.ID)
		running[i] = runningWorkflow{id: ids[i]}
	}
	described, err := l.describe(asking, append(running, listed...))
	if err != nil {
		return temporalFailed(err)
	}
	for i, row := range overdue {
		if seen := described[ids[i]]; seen.gone {
			l.items[ids[i]] = withoutWorkflow(row.ID, row.ShowID, string(row.Status), row.ExpiresAt, row.ExpiresAt)
		}
	}
	return l.judge(ctx, described)
}

// withoutWorkflow is a booking that waits for money, and has lost its workflow at some time.
func withoutWorkflow(bookingID, showID, status string, deadline, since time.Time) *openapi.StuckItem {
	return &openapi.StuckItem{
		Reasons: []string{stuckNoWorkflow}, Since: since.UTC(), BookingId: &bookingID, ShowId: &showID,
		Status: optional(status), Deadline: inUTC(deadline), PendingActivities: []openapi.StuckActivity{},
	}
}

// judge keeps those workflows that are stuck, and says what they are about.
func (l *stuckLook) judge(ctx context.Context, described map[string]describedWorkflow) error {
	var subjects []string
	for id, seen := range described {
		_, lost := l.lost[id]
		if _, subject := subjectOf(id); (!seen.gone || lost) && isID(subject) {
			subjects = append(subjects, subject)
		}
	}
	rows, err := l.queries.StuckSubjects(ctx, subjects)
	if err != nil {
		return fmt.Errorf("read what the workflows are about: %w", err)
	}
	about := make(map[string]db.StuckSubjectsRow, len(rows))
	for _, row := range rows {
		about[row.ID] = row
	}
	for id, seen := range described {
		prefix, subject := subjectOf(id)
		if seen.gone {
			since, lost := l.lost[id]
			if row := about[subject]; lost && l.items[id] == nil && isUnpaid(booking.Status(row.Status)) {
				l.items[id] = withoutWorkflow(subject, row.ShowID, row.Status, row.ExpiresAt, since)
			}
			continue
		}
		item := seen.item(l.config.TemporalNamespace)
		item.about(prefix, subject, about[subject])
		item.Reasons = seen.reasons(l.at, item.Deadline)
		if len(item.Reasons) > 0 {
			l.items[id] = &item.StuckItem
		}
	}
	return nil
}

// refunds finds refunds that the provider has refused, or that wait for a bank. One whose workflow is stuck is listed once.
func (l *stuckLook) refunds(ctx context.Context) error {
	for _, status := range []booking.RefundStatus{booking.RefundNeedsAttention, booking.RefundFailed} {
		rows, err := l.queries.StuckRefunds(ctx, db.StuckRefundsParams{Status: status, Most: maxStuckRows})
		if err != nil {
			return fmt.Errorf("find refused refunds: %w", err)
		}
		l.complete = l.complete && len(rows) < maxStuckRows
		for _, row := range rows {
			id := booking.RefundWorkflowID(row.ID)
			item := l.items[id]
			if item == nil {
				item = &openapi.StuckItem{Since: row.Since.UTC(), PendingActivities: []openapi.StuckActivity{}}
				l.items[id] = item
			}
			why := stuckRefundRefused
			if row.Dispute == disputeOpen {
				// However long it runs: a bank takes months.
				why, item.Reasons = stuckRefundDisputed, slices.DeleteFunc(item.Reasons, func(reason string) bool { return reason == stuckOverdue })
			}
			item.Reasons = append(item.Reasons, why)
			item.RefundId, item.BookingId, item.ShowId = &row.ID, row.BookingID, row.ShowID
			item.Status, item.FailureCode = optional(string(row.Status)), row.FailureCode
		}
	}
	return nil
}

// list gives what is stuck for a reason, or for any, longest first.
func (l *stuckLook) list(reason *string) []openapi.StuckItem {
	items := make([]openapi.StuckItem, 0, len(l.items))
	for _, item := range l.items {
		if reason == nil || slices.Contains(item.Reasons, *reason) {
			items = append(items, *item)
		}
	}
	slices.SortFunc(items, func(a, b openapi.StuckItem) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(stuckID(a), stuckID(b)))
	})
	return items
}

// stuckID orders items of the same moment.
func stuckID(item openapi.StuckItem) string {
	for _, id := range []*string{item.WorkflowId, item.BookingId, item.RefundId} {
		if id != nil {
			return *id
		}
	}
	return ""
}

func inUTC(at time.Time) *time.Time {
	at = at.UTC()
	return &at
}

// isGone says that Temporal knows no such workflow.
func isGone(err error) bool {
	_, gone := errors.AsType[*serviceerror.NotFound](err)
	return gone
}
