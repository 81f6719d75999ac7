// Package webhooks is the face for those who tell us something without having been asked: the payment provider.
package webhooks

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/inbox"
)

const (
	stripe          = "stripe"
	signatureHeader = "Stripe-Signature"
)

// Handlers implement the provider's operations of openapi.ServerInterface.
type Handlers struct{ inbox *inbox.Inbox }

// New makes the handlers.
func New(of *inbox.Inbox) *Handlers { return &Handlers{of} }

// ReceivePaymentEvent accepts an event of the payment provider. It answers 200 only when the event need not come again.
func (h *Handlers) ReceivePaymentEvent(c echo.Context, provider string, _ openapi.ReceivePaymentEventParams) error {
	if provider != stripe {
		return booking.NotFound("payment provider")
	}
	ctx := c.Request().Context()
	body, err := request.ReadBody(c, inbox.MaxEvent)
	if failed, ok := errors.AsType[*answer.Failure](err); ok && failed.Status == http.StatusRequestEntityTooLarge {
		h.inbox.NoteTooLarge(ctx)
	}
	if err != nil {
		return err
	}
	outcome, err := h.inbox.Receive(ctx, body, c.Request().Header.Get(signatureHeader), request.CorrelationID(c))
	switch {
	case errors.Is(err, inbox.ErrOldSignature):
		return answer.Malformed(signatureHeader, "The signature is too old.")
	case errors.Is(err, inbox.ErrBadSignature):
		return answer.Malformed(signatureHeader, "The signature is missing or does not fit the body.")
	case err != nil:
		return err
	}
	return c.JSON(http.StatusOK, openapi.WebhookReceipt{Status: string(outcome)})
}
