package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// ListOutsideRefunds lists a page of the refunds that somebody made at the provider by hand.
func (h *handlers) ListOutsideRefunds(c echo.Context, params openapi.ListOutsideRefundsParams) error {
	size, err := pageSize(params.Limit)
	if err != nil {
		return err
	}
	before, beforeID, err := timePosition(outsideList, params.Cursor)
	if err != nil {
		return err
	}
	page, err := h.queries.OutsideRefundsBefore(c.Request().Context(), db.OutsideRefundsBeforeParams{
		BeforeTime: before, BeforeID: beforeID, Open: params.Open != nil && *params.Open, PageSize: size + 1,
	})
	if err != nil {
		return fmt.Errorf("read the refunds made outside: %w", err)
	}
	var list openapi.OutsideRefundList
	page, list.NextCursor = cut(page, size, func(last db.OutsideRefund) *string {
		return timeCursor(outsideList, last.RecordedAt, last.ID)
	})
	list.OutsideRefunds = make([]openapi.OutsideRefund, len(page))
	for i, row := range page {
		list.OutsideRefunds[i] = outsideRefundView(row)
	}
	return c.JSON(http.StatusOK, list)
}

// GetOutsideRefund tells all about a refund made outside.
func (h *handlers) GetOutsideRefund(c echo.Context, id openapi.OutsideRefundId, _ openapi.GetOutsideRefundParams) error {
	history, err := h.outsideRefundHistory(c.Request().Context(), id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, history)
}

// AssignOutsideRefund says for which seats a refund made outside was.
func (h *handlers) AssignOutsideRefund(c echo.Context, id openapi.OutsideRefundId, params openapi.AssignOutsideRefundParams) error {
	if err := checkIdempotencyKey(params.IdempotencyKey); err != nil {
		return err
	}
	var body openapi.AssignOutsideRefundRequest
	if err := decode(c, &body); err != nil {
		return err
	}
	reason, err := checkReason(body.Reason)
	if err != nil {
		return err
	}
	seats, err := cancelSeatsWish(body.SeatIds)
	if err != nil {
		return err
	}
	return h.commandOutsideRefund(c, booking.UpdateAssign, h.engine.AssignOutsideRefund, params.IdempotencyKey, booking.OutsideRefundCommand{
		OutsideRefundID: id, Seats: seats, Reason: reason,
	})
}

// WriteOffOutsideRefund says that a refund made outside was for nothing that was owed.
func (h *handlers) WriteOffOutsideRefund(c echo.Context, id openapi.OutsideRefundId, params openapi.WriteOffOutsideRefundParams) error {
	if err := checkIdempotencyKey(params.IdempotencyKey); err != nil {
		return err
	}
	reason, err := adminReason(c)
	if err != nil {
		return err
	}
	return h.commandOutsideRefund(c, booking.UpdateWriteOff, h.engine.WriteOffOutsideRefund, params.IdempotencyKey, booking.OutsideRefundCommand{
		OutsideRefundID: id, Reason: reason,
	})
}

// commandOutsideRefund has the workflow of the charge carry an administrator's command out: once for each key, however often it comes.
func (h *handlers) commandOutsideRefund(
	c echo.Context, name string, send func(context.Context, string, booking.OutsideRefundCommand) error, key string, command booking.OutsideRefundCommand,
) error {
	ctx := c.Request().Context()
	history, err := h.outsideRefundHistory(ctx, command.OutsideRefundID)
	if err != nil {
		return err
	}
	command.CommandID = booking.OutsideRefundCommandID(command.OutsideRefundID, name, principalOf(c).id, key)
	command.Actor, command.CorrelationID, command.At = principalOf(c).id, correlationID(c), h.now().UTC()
	done, err := h.outsideCommandDone(ctx, command)
	if err == nil && !done {
		if err = send(ctx, history.OutsideRefund.PaymentIntentId, command); err == nil {
			// Somebody may have sent another reason under the same key at the same moment.
			_, err = h.outsideCommandDone(ctx, command)
		}
	}
	if err != nil {
		return err
	}
	if history, err = h.outsideRefundHistory(ctx, command.OutsideRefundID); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, history)
}

// outsideCommandDone says whether a command has been carried out; another reason, or other seats, under its key are refused.
func (h *handlers) outsideCommandDone(ctx context.Context, command booking.OutsideRefundCommand) (done bool, err error) {
	row, err := h.queries.OutsideRefundCommandCarriedOut(ctx, db.OutsideRefundCommandCarriedOutParams{
		OutsideRefundID: command.OutsideRefundID, CommandID: command.CommandID,
	})
	switch {
	case db.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read the commands of %s: %w", command.OutsideRefundID, err)
	case row.Reason != command.Reason || row.CancellationID != nil && *row.CancellationID != booking.CancellationID(*row.BookingID, command.Seats):
		return false, booking.KeyReused()
	}
	return true, nil
}

// outsideRefundHistory reads a refund made outside with what became of it.
func (h *handlers) outsideRefundHistory(ctx context.Context, id string) (openapi.OutsideRefundHistory, error) {
	if !isID(id) {
		return openapi.OutsideRefundHistory{}, notFound("refund")
	}
	row, err := h.queries.OutsideRefundByID(ctx, id)
	if db.IsNotFound(err) {
		return openapi.OutsideRefundHistory{}, notFound("refund")
	}
	if err != nil {
		return openapi.OutsideRefundHistory{}, fmt.Errorf("read the refund made outside: %w", err)
	}
	events, err := h.queries.OutsideRefundEventsToShow(ctx, id)
	if err != nil {
		return openapi.OutsideRefundHistory{}, fmt.Errorf("read the events of %s: %w", id, err)
	}
	history := openapi.OutsideRefundHistory{OutsideRefund: outsideRefundView(row), Events: make([]openapi.OutsideRefundChange, len(events))}
	for i, event := range events {
		history.Events[i] = openapi.OutsideRefundChange{
			Event: event.Event, Amount: event.Amount, RefundId: event.RefundID, Actor: event.Actor, Reason: event.Reason, At: event.At.UTC(),
		}
	}
	return history, nil
}

func outsideRefundView(row db.OutsideRefund) openapi.OutsideRefund {
	view := openapi.OutsideRefund{
		Id: row.ID, PaymentIntentId: row.IntentID, BookingId: row.BookingID, TopUpId: row.TopUpID, Amount: row.Amount, Currency: row.Currency,
		Status: row.Status, Assigned: row.Assigned, WrittenOff: row.WrittenOff, MadeAt: row.MadeAt.UTC(), RecordedAt: row.RecordedAt.UTC(),
	}
	if row.Status == booking.OutsideRefundStanding {
		view.Left = row.Amount - row.Assigned - row.WrittenOff
	}
	return view
}
