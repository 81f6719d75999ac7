package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// CreatePayment starts an attempt to collect a booking's quote: the same booking, key and body always mean the same attempt.
func (h *handlers) CreatePayment(c echo.Context, bookingID openapi.BookingId, params openapi.CreatePaymentParams) error {
	if err := checkIdempotencyKey(params.IdempotencyKey); err != nil {
		return err
	}
	var body openapi.CreatePaymentRequest
	if err := decode(c, &body); err != nil {
		return err
	}
	if body.Method != booking.MethodCard && body.Method != booking.MethodWallet {
		return booking.InvalidField("method", "method must be CARD or WALLET.")
	}
	hash, err := requestHash(body.Method)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	waiting, cancel := context.WithTimeout(ctx, h.config.WorkflowTimeout)
	defer cancel()
	if err := h.ownBooking(waiting, principalOf(c), bookingID); err != nil {
		return err
	}
	request := booking.PayRequest{
		PaymentID: booking.PaymentID(bookingID, params.IdempotencyKey), Method: body.Method, RequestHash: hash, CorrelationID: correlationID(c),
	}
	var paid booking.Payment
	err = h.update(ctx, waiting, client.UpdateWorkflowOptions{
		WorkflowID: booking.WorkflowID(bookingID), UpdateID: request.PaymentID, UpdateName: booking.UpdatePay, Args: []any{request},
	}, &paid)
	var view openapi.Payment
	switch {
	case hasNoWorkflow(err):
		if view, err = h.paymentOfClosed(ctx, bookingID, request); err != nil {
			return err
		}
	case err != nil:
		return fromWorkflow(err, hash)
	case paid.RequestHash != hash:
		return booking.KeyReused()
	default:
		view = h.paymentView(paymentRow{
			ID: paid.ID, Status: paid.Status, Method: paid.Method, Attempt: paid.Attempt, Currency: currencyOf(paid),
			Wallet: paid.Wallet.Amount, Card: paid.Card.Amount, IntentID: optional(paid.IntentID),
		}, paid.BookingStatus, paid.ClientSecret)
	}
	return c.JSON(http.StatusCreated, view)
}

// update has a running workflow take an update on while waiting lasts, then waits for its result within the provider's time.
func (h *handlers) update(ctx, waiting context.Context, options client.UpdateWorkflowOptions, result any) error {
	options.WaitForStage = client.WorkflowUpdateStageAccepted
	handle, err := h.temporal.UpdateWorkflow(waiting, options)
	if err != nil {
		return err
	}
	patient, cancel := context.WithTimeout(ctx, h.config.ProviderTimeout)
	defer cancel()
	return handle.Get(patient, result)
}

// paymentOfClosed answers for a booking whose workflow is over: with the payment as it was written down, else by the
// booking's state. The client secret of a closed intent is worthless.
func (h *handlers) paymentOfClosed(ctx context.Context, bookingID string, request booking.PayRequest) (openapi.Payment, error) {
	row, err := h.queries.PaymentOfBooking(ctx, request.PaymentID)
	if err == nil {
		if row.Payment.RequestHash != request.RequestHash {
			return openapi.Payment{}, booking.KeyReused()
		}
		return h.paymentView(paymentRow{
			ID: row.Payment.ID, Status: row.Payment.Status, Method: row.Payment.Method, Attempt: int(row.Payment.Attempt),
			Currency: row.Payment.Currency, Wallet: row.Payment.WalletAmount, Card: row.Payment.CardAmount,
			IntentID: row.Payment.IntentID, DeclineCode: row.Payment.DeclineCode,
		}, row.BookingStatus, ""), nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return openapi.Payment{}, fmt.Errorf("read the payment: %w", err)
	}
	return openapi.Payment{}, h.refuseClosed(ctx, bookingID, "paid for")
}

// refuseClosed says why a booking without a workflow cannot take a step. A booking that should have one is unavailable: Temporal
// may be catching up with PostgreSQL, or the other way round.
func (h *handlers) refuseClosed(ctx context.Context, bookingID, step string) error {
	row, err := h.queries.BookingOwner(ctx, bookingID)
	if err != nil {
		return fmt.Errorf("read the booking: %w", err)
	}
	if refusal := overFor(bookingID, row.Status, step); refusal != nil {
		return refusal
	}
	h.log.ErrorContext(ctx, "an open booking has no workflow", "bookingId", bookingID, "status", row.Status)
	return unavailable()
}

func currencyOf(payment booking.Payment) string {
	if payment.Card.Currency != "" {
		return payment.Card.Currency
	}
	return payment.Wallet.Currency
}
