package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

var stuckReasons = []booking.StuckReason{
	booking.StuckRetrying, booking.StuckOverdue, booking.StuckDefect, booking.StuckNoWorker, booking.StuckNoWorkflow, booking.StuckPaused,
	booking.StuckRefundRefused, booking.StuckRefundDisputed,
}

// maxStuckRows bounds each list of cases that the database knows.
const maxStuckRows = 200

// ListStuck lists what is stuck, and why. Refused refunds are told while Temporal is away.
func (h *handlers) ListStuck(c echo.Context, params openapi.ListStuckParams) error {
	size, err := pageSize(params.Limit)
	if err != nil {
		return err
	}
	reason := (*booking.StuckReason)(params.Reason)
	if reason != nil && !slices.Contains(stuckReasons, *reason) {
		return malformed("reason", "reason must be RETRYING, OVERDUE, DEFECT, NO_WORKER, NO_WORKFLOW, PAUSED, REFUND_REFUSED or REFUND_DISPUTED.")
	}
	ctx := c.Request().Context()
	look := stuckLook{handlers: h, at: h.now().UTC(), complete: true, items: map[string]*stuckItem{}}
	if reason == nil || *reason != booking.StuckRefundRefused && *reason != booking.StuckRefundDisputed {
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
	items := look.list(reason)
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
	// items are by the id of what they are about: a workflow's, or a refund's without one.
	items map[string]*stuckItem
}

// stuckItem is an item while it is being filled, with why it is stuck.
type stuckItem struct {
	openapi.StuckItem

	why []booking.StuckReason
}

// workflows finds running workflows that are stuck, and bookings that should have one.
func (l *stuckLook) workflows(ctx context.Context) error {
	overdue, err := l.queries.StuckBookings(ctx, db.StuckBookingsParams{AfterSeconds: engine.BookingOverdueAfter.Seconds(), Most: maxStuckRows})
	if err != nil {
		return fmt.Errorf("find overdue bookings: %w", err)
	}
	ids := make([]string, len(overdue))
	for i, row := range overdue {
		ids[i] = row.ID
	}
	survey, err := l.engine.Survey(ctx, l.at, ids)
	if err != nil {
		return err
	}
	l.complete = survey.Complete && len(overdue) < maxStuckRows
	for _, row := range overdue {
		if id := booking.WorkflowID(row.ID); survey.Seen[id].Gone {
			l.items[id] = withoutWorkflow(row.ID, row.ShowID, string(row.Status), row.ExpiresAt, row.ExpiresAt)
		}
	}
	return l.judge(ctx, survey.Seen)
}

// withoutWorkflow is a booking that waits for money, and has lost its workflow at some time.
func withoutWorkflow(bookingID, showID, status string, deadline, since time.Time) *stuckItem {
	return &stuckItem{why: []booking.StuckReason{booking.StuckNoWorkflow}, StuckItem: openapi.StuckItem{
		Since: since.UTC(), BookingId: &bookingID, ShowId: &showID, Status: optional(status), Deadline: inUTC(deadline),
		PendingActivities: []openapi.StuckActivity{},
	}}
}

// judge keeps those workflows that are stuck, and says what they are about.
func (l *stuckLook) judge(ctx context.Context, seen map[string]engine.Workflow) error {
	var subjects []string
	for id, workflow := range seen {
		if _, subject := engine.Subject(id); (!workflow.Gone || workflow.LostAt != nil) && isID(subject) {
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
	for id, workflow := range seen {
		does, subject := engine.Subject(id)
		if workflow.Gone {
			if row := about[subject]; workflow.LostAt != nil && l.items[id] == nil && isUnpaid(booking.Status(row.Status)) {
				l.items[id] = withoutWorkflow(subject, row.ShowID, row.Status, row.ExpiresAt, *workflow.LostAt)
			}
			continue
		}
		item := stuckWorkflow(workflow, l.config.TemporalNamespace)
		item.about(does, subject, about[subject])
		if item.why = workflow.Reasons(l.at, item.Deadline); len(item.why) > 0 {
			l.items[id] = item
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
				item = &stuckItem{StuckItem: openapi.StuckItem{Since: row.Since.UTC(), PendingActivities: []openapi.StuckActivity{}}}
				l.items[id] = item
			}
			why := booking.StuckRefundRefused
			if row.Dispute == disputeOpen {
				// However long it runs: a bank takes months.
				why = booking.StuckRefundDisputed
				item.why = slices.DeleteFunc(item.why, func(reason booking.StuckReason) bool { return reason == booking.StuckOverdue })
			}
			item.why = append(item.why, why)
			item.RefundId, item.BookingId, item.ShowId = &row.ID, row.BookingID, row.ShowID
			item.Status, item.FailureCode = optional(string(row.Status)), row.FailureCode
		}
	}
	return nil
}

// list gives what is stuck for a reason, or for any, longest first.
func (l *stuckLook) list(reason *booking.StuckReason) []openapi.StuckItem {
	items := make([]openapi.StuckItem, 0, len(l.items))
	for _, item := range l.items {
		if reason == nil || slices.Contains(item.why, *reason) {
			for _, why := range item.why {
				item.Reasons = append(item.Reasons, string(why))
			}
			items = append(items, item.StuckItem)
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
