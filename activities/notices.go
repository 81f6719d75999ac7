package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/notify"
)

// noticePage is how many notices one statement writes. People who are buying wait for it no longer than that takes.
const noticePage = 1000

// Notifier writes notices and sends them.
type Notifier struct {
	pool   *pgxpool.Pool
	mailer notify.Mailer
	before time.Duration
}

// NewNotifier makes the notifier. Without a mailer nothing is sent; customers then find their notices
// in the API only. Reminders are written this long before a show.
func NewNotifier(pool *pgxpool.Pool, mailer notify.Mailer, before time.Duration) *Notifier {
	return &Notifier{pool: pool, mailer: mailer, before: before}
}

// FindShowsToNotify looks for shows whose customers have to be notified: at most RemindMost.
func (n *Notifier) FindShowsToNotify(ctx context.Context) (booking.ShowsToNotify, error) {
	found := booking.ShowsToNotify{Shows: []booking.ShowNotice{}}
	rows, err := db.New(n.pool).ShowsToNotify(ctx, db.ShowsToNotifyParams{
		BeforeSeconds: n.before.Seconds(), AfterSeconds: booking.NoticeOverdue.Seconds(),
		PatienceSeconds: booking.NoticePatience.Seconds(), Most: booking.RemindMost,
	})
	if err != nil {
		return found, classify(fmt.Errorf("find shows to notify: %w", err))
	}
	for _, row := range rows {
		found.Shows = append(found.Shows, booking.ShowNotice{Kind: booking.NoticeKind(row.Kind), ShowID: row.ShowID})
	}
	return found, nil
}

// WriteNotices writes a notice for every customer concerned who has none. A show that needs no notices gets none.
func (n *Notifier) WriteNotices(ctx context.Context, req booking.NotifyShowRequest) (booking.NoticesWritten, error) {
	var done booking.NoticesWritten
	for after := ""; ; {
		written, last, err := n.writePage(ctx, req, after)
		if err != nil {
			return done, classify(fmt.Errorf("write notices of show %s: %w", req.ShowID, err))
		}
		if written == 0 {
			return done, nil
		}
		done.Written += int(written)
		after = last
	}
}

// writePage writes the next notices after a booking, and says how many, and for which booking the last.
func (n *Notifier) writePage(ctx context.Context, req booking.NotifyShowRequest, after string) (written int32, last string, err error) {
	q := db.New(n.pool)
	switch req.Kind {
	case booking.NoticeReminder:
		row, err := q.RemindersWrite(ctx, db.RemindersWriteParams{
			ShowID: req.ShowID, AfterBooking: after, Most: noticePage, BeforeSeconds: n.before.Seconds(),
		})
		return row.Written, row.Last, err
	case booking.NoticeShowCancelled:
		row, err := q.ShowCancelledWrite(ctx, db.ShowCancelledWriteParams{
			ShowID: req.ShowID, AfterBooking: after, Most: noticePage, Reasons: []string{booking.ReasonShowCancelled, booking.ReasonNotOnSale},
		})
		return row.Written, row.Last, err
	case booking.NoticeShowMoved:
		row, err := q.ShowMovedWrite(ctx, db.ShowMovedWriteParams{ShowID: req.ShowID, AfterBooking: after, Most: noticePage})
		return row.Written, row.Last, err
	case booking.NoticeRefundChanged:
		row, err := q.RefundChangedWrite(ctx, db.RefundChangedWriteParams{
			ShowID: req.ShowID, AfterBooking: after, Most: noticePage, PatienceSeconds: booking.NoticePatience.Seconds(),
		})
		return row.Written, row.Last, err
	case booking.NoticeSeatsMoved:
		row, err := q.SeatsMovedWrite(ctx, db.SeatsMovedWriteParams{
			ShowID: req.ShowID, AfterBooking: after, Most: noticePage, PatienceSeconds: booking.NoticePatience.Seconds(),
		})
		return row.Written, row.Last, err
	}
	return 0, "", booking.InvalidField("kind", "There is no such kind of notice.")
}
