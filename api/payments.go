package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
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
	if err := checkTenders(body); err != nil {
		return err
	}
	hash, err := tendersHash(body)
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
		PaymentID: booking.PaymentID(bookingID, params.IdempotencyKey), Method: body.Method, WalletAmount: body.WalletAmount,
		RequestHash: hash, CorrelationID: correlationID(c), At: h.now().UTC(),
	}
	paid, err := h.engine.Pay(ctx, bookingID, request)
	if err != nil && !errors.Is(err, engine.ErrNoWorkflow) && !h.hasSucceeded(ctx, request) {
		return err
	}
	view, known, rowErr := h.payment(ctx, request, paid.ClientSecret)
	switch {
	case rowErr != nil:
		return rowErr
	case err != nil && !known:
		return h.refuseEnded(ctx, bookingID, notPayable)
	case !known:
		if paid.RequestHash != hash {
			return booking.KeyReused()
		}
		view = h.paymentView(rowOf(paid), paid.BookingStatus, paid.ClientSecret)
	}
	return c.JSON(http.StatusCreated, view)
}

// checkTenders refuses what no booking can be paid with.
func checkTenders(body openapi.CreatePaymentRequest) error {
	switch body.Method {
	case booking.MethodWalletAndCard:
		if body.WalletAmount != nil && *body.WalletAmount < 1 {
			return booking.InvalidField("walletAmount", "walletAmount must be a positive amount in minor units.")
		}
		return nil
	case booking.MethodCard, booking.MethodWallet:
		if body.WalletAmount != nil {
			return booking.InvalidField("walletAmount", "walletAmount goes with the method WALLET_AND_CARD only.")
		}
		return nil
	default:
		return booking.InvalidField("method", "method must be CARD, WALLET or WALLET_AND_CARD.")
	}
}

func tendersHash(body openapi.CreatePaymentRequest) (string, error) {
	if body.WalletAmount == nil {
		return requestHash(body.Method)
	}
	return requestHash(body.Method, *body.WalletAmount)
}

// payment answers with a payment as it is now, which a repeat wants to know: the update's own answer tells how it was at first. The
// client secret is kept with that answer alone, and passed on while it is of any use. known is false when there is no row.
func (h *handlers) payment(ctx context.Context, request booking.PayRequest, clientSecret string) (view openapi.Payment, known bool, err error) {
	row, err := h.queries.PaymentOfBooking(ctx, request.PaymentID)
	switch {
	case db.IsNotFound(err):
		return openapi.Payment{}, false, nil
	case err != nil:
		return openapi.Payment{}, false, fmt.Errorf("read the payment: %w", err)
	case row.Payment.RequestHash != request.RequestHash:
		return openapi.Payment{}, false, booking.KeyReused()
	}
	if !isOpen(row.Payment.Status, row.BookingStatus) {
		clientSecret = ""
	}
	return h.paymentView(row.Payment, row.BookingStatus, clientSecret), true, nil
}

// hasSucceeded says whether a payment was made of which its workflow does not know any more, because an operator has reset it.
func (h *handlers) hasSucceeded(ctx context.Context, request booking.PayRequest) bool {
	row, err := h.queries.PaymentOfBooking(ctx, request.PaymentID)
	return err == nil && row.Payment.Status == booking.PaymentSucceeded && row.Payment.RequestHash == request.RequestHash
}

// rowOf is what the row of a payment will say, as far as its customer sees it.
func rowOf(paid booking.Payment) db.Payment {
	return db.Payment{
		ID: paid.ID, Status: paid.Status, Method: paid.Method, Attempt: int32(paid.Attempt), //nolint:gosec // booking.MaxCommands at most
		Currency: cmp.Or(paid.Card.Currency, paid.Wallet.Currency), WalletAmount: paid.Wallet.Amount, CardAmount: paid.Card.Amount,
		IntentID: optional(paid.IntentID),
	}
}

// refuseEnded says why a booking without a workflow cannot take a step. A booking that should have one is unavailable: Temporal
// may be catching up with PostgreSQL, or the other way round.
func (h *handlers) refuseEnded(ctx context.Context, bookingID string, why endedMessages) error {
	row, err := h.queries.BookingOwner(ctx, bookingID)
	if err != nil {
		return fmt.Errorf("read the booking: %w", err)
	}
	if refusal := why.refuse(bookingID, row.Status); refusal != nil {
		return refusal
	}
	h.log.ErrorContext(ctx, "an open booking has no workflow", "bookingId", bookingID, "status", row.Status)
	return unavailable()
}
