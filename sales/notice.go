package sales

import (
	"context"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// Notice is something that a customer was notified of. Its times are in the theatre's own time zone.
type Notice struct {
	ID, ShowID, BookingID string
	Kind                  booking.NoticeKind
	Subject, Text         string
	CreatedAt             time.Time
	// MailedAt is nil for a notice that was not mailed, or not yet.
	MailedAt *time.Time
}

// Notices reads up to a number of a customer's notices, newest first: those before a time and, of the same time, before an id.
func (s *Sales) Notices(ctx context.Context, customerID string, before time.Time, beforeID string, most int32) ([]Notice, error) {
	found, err := s.queries.NoticeIDsOfCustomer(ctx, db.NoticeIDsOfCustomerParams{
		CustomerID: customerID, BeforeTime: before, BeforeID: beforeID, PageSize: most,
	})
	if err != nil {
		return nil, fmt.Errorf("find notices: %w", err)
	}
	ids := make([]string, len(found))
	for i, row := range found {
		ids[i] = row.ID
	}
	rows, err := s.queries.NoticeContents(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read the words of notices: %w", err)
	}
	notices := make([]Notice, len(rows))
	for i, row := range rows {
		if notices[i], err = noticeOf(row); err != nil {
			return nil, err
		}
	}
	return notices, nil
}

// noticeOf shows a notice as it was mailed, or with the text that it would have.
func noticeOf(row db.NoticeContentsRow) (Notice, error) {
	start, err := db.LocalTime(row.StartsAt, row.TimeZone)
	if err != nil {
		return Notice{}, err
	}
	content, err := row.Content(start.Location())
	if err != nil {
		return Notice{}, err
	}
	notice := Notice{
		ID: row.ID, ShowID: row.ShowID, BookingID: row.BookingID, Kind: row.Kind, Subject: content.Subject(), Text: content.Text(),
		CreatedAt: row.CreatedAt.In(start.Location()),
	}
	if row.SentAt != nil {
		at := row.SentAt.In(start.Location())
		notice.MailedAt = &at
	}
	if row.Subject != nil && row.Words != nil {
		notice.Subject, notice.Text = *row.Subject, *row.Words
	}
	return notice, nil
}
