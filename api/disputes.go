package api

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/db"
)

// Why money of a charge is not paid out, as openapi.DisputeHold has it.
const (
	disputeOpen = "OPEN"
	disputeLost = "LOST"
)

// ListDisputes lists a page of the disputes.
func (h *handlers) ListDisputes(c echo.Context, params openapi.ListDisputesParams) error {
	size, err := pageSize(params.Limit)
	if err != nil {
		return err
	}
	before, beforeID, err := timePosition(disputeList, params.Cursor)
	if err != nil {
		return err
	}
	page, err := h.queries.DisputesBefore(c.Request().Context(), db.DisputesBeforeParams{
		BeforeTime: before, BeforeID: beforeID, PageSize: size + 1,
	})
	if err != nil {
		return fmt.Errorf("read disputes: %w", err)
	}
	var list openapi.DisputeList
	page, list.NextCursor = cut(page, size, func(last db.Dispute) *string { return timeCursor(disputeList, last.OpenedAt, last.ID) })
	list.Disputes = make([]openapi.Dispute, len(page))
	for i, row := range page {
		list.Disputes[i] = disputeView(row)
	}
	return c.JSON(http.StatusOK, list)
}

func disputeView(row db.Dispute) openapi.Dispute {
	return openapi.Dispute{
		Id: row.ID, PaymentIntentId: row.IntentID, BookingId: row.BookingID, PaymentId: row.PaymentID, TopUpId: row.TopUpID, Amount: row.Amount,
		Currency: row.Currency, Reason: row.Reason, Status: row.Status,
		Outcome: optional(row.Outcome), Withdrawn: &row.Withdrawn, Frozen: &row.Frozen, OpenedAt: row.OpenedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
}
