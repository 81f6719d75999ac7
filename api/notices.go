package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/db"
)

// ListNotices lists a page of what the caller has been told.
func (h *handlers) ListNotices(c echo.Context, params openapi.ListNoticesParams) error {
	size, err := pageSize(params.Limit)
	if err != nil {
		return err
	}
	before, beforeID, err := timePosition(noticeList, params.Cursor)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	page, err := h.queries.NoticeIDsOfCustomer(ctx, db.NoticeIDsOfCustomerParams{
		CustomerID: principalOf(c).id, BeforeTime: before, BeforeID: beforeID, PageSize: size + 1,
	})
	if err != nil {
		return fmt.Errorf("read notices: %w", err)
	}
	var list openapi.NoticeList
	page, list.NextCursor = cut(page, size, func(last db.NoticeIDsOfCustomerRow) *string { return timeCursor(noticeList, last.CreatedAt, last.ID) })
	ids := make([]string, len(page))
	for i, row := range page {
		ids[i] = row.ID
	}
	rows, err := h.queries.NoticeContents(ctx, ids)
	if err != nil {
		return fmt.Errorf("read the words of notices: %w", err)
	}
	list.Notices = make([]openapi.Notice, len(rows))
	for i, row := range rows {
		if list.Notices[i], err = h.noticeView(row); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, list)
}

// noticeView shows a notice as it was mailed, or in the words in which it would be.
func (h *handlers) noticeView(row db.NoticeContentsRow) (openapi.Notice, error) {
	start, err := h.zones.in(row.StartsAt, row.TimeZone)
	if err != nil {
		return openapi.Notice{}, err
	}
	content, err := row.Content(start.Location())
	if err != nil {
		return openapi.Notice{}, err
	}
	var mailedAt *time.Time
	if row.SentAt != nil {
		local := row.SentAt.In(start.Location())
		mailedAt = &local
	}
	subject, text := content.Subject(), content.Text()
	if row.Subject != nil && row.Words != nil {
		subject, text = *row.Subject, *row.Words
	}
	return openapi.Notice{
		Id: row.ID, Kind: row.Kind, ShowId: row.ShowID, BookingId: row.BookingID, Subject: subject, Text: text,
		CreatedAt: row.CreatedAt.In(start.Location()), MailedAt: mailedAt,
	}, nil
}
