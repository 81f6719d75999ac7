package operator

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/db"
)

// ListDisputes lists a page of the disputes.
func (h *Handlers) ListDisputes(c echo.Context, params openapi.ListDisputesParams) error {
	page, err := request.NewestFirst("disputes", params.Limit, params.Cursor)
	if err != nil {
		return err
	}
	rows, err := h.queries.DisputesBefore(c.Request().Context(), db.DisputesBeforeParams{
		BeforeTime: page.Before, BeforeID: page.BeforeID, PageSize: page.Fetch(),
	})
	if err != nil {
		return fmt.Errorf("read disputes: %w", err)
	}
	var list openapi.DisputeList
	rows, list.NextCursor = request.CutTime(page, rows, func(last db.Dispute) (time.Time, string) { return last.OpenedAt, last.ID })
	list.Disputes = make([]openapi.Dispute, len(rows))
	for i, row := range rows {
		list.Disputes[i] = openapi.Dispute{
			DisputeId: row.ID, PaymentIntentId: row.IntentID, BookingId: row.BookingID, PaymentId: row.PaymentID, TopUpId: row.TopUpID, Amount: row.Amount,
			Currency: row.Currency, Reason: row.Reason, Status: row.Status, Outcome: answer.Optional(row.Outcome),
			Withdrawn: &row.Withdrawn, Frozen: &row.Frozen, OpenedAt: row.OpenedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
		}
	}
	return c.JSON(http.StatusOK, list)
}
