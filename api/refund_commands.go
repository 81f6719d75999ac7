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

// RetryRefund has a refused refund sent once more.
func (h *handlers) RetryRefund(c echo.Context, refundID openapi.RefundId, params openapi.RetryRefundParams) error {
	return h.commandRefund(c, refundID, booking.UpdateRetry, h.engine.RetryRefund, params.IdempotencyKey)
}

// DivertRefund has a refused refund paid into the wallet.
func (h *handlers) DivertRefund(c echo.Context, refundID openapi.RefundId, params openapi.DivertRefundParams) error {
	return h.commandRefund(c, refundID, booking.UpdateDivert, h.engine.DivertRefund, params.IdempotencyKey)
}

// SettleRefund has a refused refund ended as given back by hand.
func (h *handlers) SettleRefund(c echo.Context, refundID openapi.RefundId, params openapi.SettleRefundParams) error {
	return h.commandRefund(c, refundID, booking.UpdateSettle, h.engine.SettleRefund, params.IdempotencyKey)
}

// CloseRefund has a refund ended whose money the customer's bank has given back.
func (h *handlers) CloseRefund(c echo.Context, refundID openapi.RefundId, params openapi.CloseRefundParams) error {
	return h.commandRefund(c, refundID, booking.UpdateClose, h.engine.CloseRefund, params.IdempotencyKey)
}

// commandRefund has a refund's workflow carry an administrator's command out: once for each key, however often it comes.
func (h *handlers) commandRefund(
	c echo.Context, refundID, name string, send func(context.Context, booking.RefundCommand) error, key string,
) error {
	if err := checkIdempotencyKey(key); err != nil {
		return err
	}
	reason, err := adminReason(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if _, err := h.refundHistory(ctx, refundID); err != nil {
		return err
	}
	command := booking.RefundCommand{
		RefundID: refundID, CommandID: booking.RefundCommandID(refundID, name, principalOf(c).id, key),
		Actor: principalOf(c).id, Reason: reason, CorrelationID: correlationID(c), At: h.now().UTC(),
	}
	done, err := h.commandDone(ctx, command)
	if err == nil && !done {
		if err = send(ctx, command); err == nil {
			// Somebody may have sent another reason under the same key at the same moment.
			_, err = h.commandDone(ctx, command)
		}
	}
	if err != nil {
		return err
	}
	history, err := h.refundHistory(ctx, refundID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, history)
}

// commandDone says whether a command has been carried out; another reason under its key is refused.
func (h *handlers) commandDone(ctx context.Context, command booking.RefundCommand) (done bool, err error) {
	reason, err := h.queries.RefundCommandReason(ctx, db.RefundCommandReasonParams{RefundID: command.RefundID, CommandID: command.CommandID})
	switch {
	case db.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read the commands of refund %s: %w", command.RefundID, err)
	case reason != command.Reason:
		return false, booking.KeyReused()
	}
	return true, nil
}
