package customer

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/sales"
)

// ListNotices lists a page of what the caller has been told.
func (h *Handlers) ListNotices(c echo.Context, params openapi.ListNoticesParams) error {
	page, err := request.NewestFirst("notices", params.Limit, params.Cursor)
	if err != nil {
		return err
	}
	notices, err := h.Sales.Notices(c.Request().Context(), identity.Caller(c).ID, page.Before, page.BeforeID, page.Fetch())
	if err != nil {
		return err
	}
	var list openapi.NoticeList
	notices, list.NextCursor = request.CutTime(page, notices, func(last sales.Notice) (time.Time, string) { return last.CreatedAt, last.ID })
	list.Notices = make([]openapi.Notice, len(notices))
	for i, n := range notices {
		list.Notices[i] = openapi.Notice{
			NoticeId: n.ID, Kind: n.Kind, ShowId: n.ShowID, BookingId: n.BookingID, Subject: n.Subject, Text: n.Text, CreatedAt: n.CreatedAt, MailedAt: n.MailedAt,
		}
	}
	return c.JSON(http.StatusOK, list)
}
