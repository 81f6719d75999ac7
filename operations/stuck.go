package operations

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

// maxStuckRows bounds each list of cases that the database knows.
const maxStuckRows = 200

// StuckList is what is stuck, longest first.
type StuckList struct {
	Items     []StuckItem
	OpenFlags int
	// Complete says that everything has been examined. At is when, in UTC.
	Complete bool
	At       time.Time
}

// StuckItem is something that makes no progress by itself. Fields that are not known are empty.
type StuckItem struct {
	// Why it is stuck, and since when.
	Reasons []booking.StuckReason
	Since   time.Time
	// Workflow is what Temporal knows of it; nil if it has no workflow. TemporalPath is where Temporal's web UI shows it.
	Workflow     *engine.Workflow
	TemporalPath string
	// What it is about.
	BookingID, ShowID, RefundID, Status, FailureCode string
	// Deadline is until when a booking's seats are held; nil for everything else.
	Deadline *time.Time
}

// Stuck finds what is stuck, for one reason, or for any if it is empty. Refused refunds are listed even while Temporal is unreachable.
func (o *Operations) Stuck(ctx context.Context, reason booking.StuckReason) (list StuckList, err error) {
	look := stuckLook{Operations: o, at: o.options.Now().UTC(), complete: true, items: map[string]*StuckItem{}}
	if reason != booking.StuckRefundRefused && reason != booking.StuckRefundDisputed {
		if err := look.workflows(ctx); err != nil {
			return list, err
		}
	}
	if err := look.refunds(ctx); err != nil {
		return list, err
	}
	flags, err := o.queries.FlagsOpenCount(ctx)
	if err != nil {
		return list, fmt.Errorf("count flags: %w", err)
	}
	return StuckList{Items: look.list(reason), OpenFlags: int(flags), Complete: look.complete, At: look.at}, nil
}

// stuckLook collects everything that may be stuck.
type stuckLook struct {
	*Operations

	at time.Time
	// complete becomes false when something could not be examined.
	complete bool
	// items are by the id of the workflow that they are about, or that they should have.
	items map[string]*StuckItem
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
	survey, err := l.options.Engine.Survey(ctx, l.at, ids)
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

// withoutWorkflow is a booking that waits for money, but has lost its workflow.
func withoutWorkflow(bookingID, showID, status string, deadline, since time.Time) *StuckItem {
	deadline = deadline.UTC()
	return &StuckItem{
		Reasons: []booking.StuckReason{booking.StuckNoWorkflow}, Since: since.UTC(), BookingID: bookingID, ShowID: showID, Status: status, Deadline: &deadline,
	}
}

// judge keeps those workflows that are stuck, and says what they are about.
func (l *stuckLook) judge(ctx context.Context, seen map[string]engine.Workflow) error {
	var subjects []string
	for id, workflow := range seen {
		if _, subject := engine.Subject(id); (!workflow.Gone || workflow.LostAt != nil) && booking.IsID(subject) {
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
			if row := about[subject]; workflow.LostAt != nil && l.items[id] == nil && booking.Status(row.Status).Unpaid() {
				l.items[id] = withoutWorkflow(subject, row.ShowID, row.Status, row.ExpiresAt, *workflow.LostAt)
			}
			continue
		}
		item := l.ofWorkflow(workflow)
		item.about(does, subject, about[subject])
		if item.Reasons = workflow.Reasons(l.at, item.Deadline); len(item.Reasons) > 0 {
			l.items[id] = item
		}
	}
	return nil
}

func (l *stuckLook) ofWorkflow(w engine.Workflow) *StuckItem {
	return &StuckItem{
		Since: w.Since, Workflow: &w,
		TemporalPath: "/namespaces/" + url.PathEscape(l.options.TemporalNamespace) + "/workflows/" + url.PathEscape(w.ID) + "/" + url.PathEscape(w.RunID) + "/history",
	}
}

// about says what a workflow is about: what its own id says, and what the database adds.
func (i *StuckItem) about(does, subject string, row db.StuckSubjectsRow) {
	i.BookingID, i.ShowID, i.Status = row.BookingID, row.ShowID, row.Status
	switch does {
	case "refund":
		i.RefundID = subject
	case "booking":
		if row.BookingID != "" {
			deadline := row.ExpiresAt.UTC()
			i.Deadline = &deadline
		}
	case "cancel-show":
		i.ShowID = subject
	}
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
			if l.items[id] == nil {
				l.items[id] = &StuckItem{Since: row.Since.UTC()}
			}
			l.items[id].ofRefund(row)
		}
	}
	return nil
}

func (i *StuckItem) ofRefund(row db.StuckRefundsRow) {
	why := booking.StuckRefundRefused
	if row.Dispute == booking.DisputeOpen {
		// However long it takes: a bank may need months.
		why = booking.StuckRefundDisputed
		i.Reasons = slices.DeleteFunc(i.Reasons, func(reason booking.StuckReason) bool { return reason == booking.StuckOverdue })
	}
	i.Reasons = append(i.Reasons, why)
	i.RefundID, i.BookingID, i.ShowID = row.ID, text(row.BookingID), text(row.ShowID)
	i.Status, i.FailureCode = string(row.Status), text(row.FailureCode)
}

// text is a text that may be null, or an empty one.
func text(of *string) string {
	if of == nil {
		return ""
	}
	return *of
}

// list returns what is stuck for a reason, or for any, longest first.
func (l *stuckLook) list(reason booking.StuckReason) []StuckItem {
	items := make([]StuckItem, 0, len(l.items))
	for _, item := range l.items {
		if reason == "" || slices.Contains(item.Reasons, reason) {
			items = append(items, *item)
		}
	}
	slices.SortFunc(items, func(a, b StuckItem) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(stuckID(a), stuckID(b)))
	})
	return items
}

// stuckID orders items of the same moment.
func stuckID(item StuckItem) string {
	if item.Workflow != nil {
		return item.Workflow.ID
	}
	return cmp.Or(item.BookingID, item.RefundID)
}
