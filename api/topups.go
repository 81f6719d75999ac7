package api

import (
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

// topUpsPath is where top-ups are.
const topUpsPath = "/api/v1/wallet/top-ups/"

// CreateTopUp opens a top-up of the caller's wallet: the same user, key and body always mean the same top-up.
func (h *handlers) CreateTopUp(c echo.Context, params openapi.CreateTopUpParams) error {
	if err := checkIdempotencyKey(params.IdempotencyKey); err != nil {
		return err
	}
	var body openapi.CreateTopUpRequest
	if err := decode(c, &body); err != nil {
		return err
	}
	if !booking.IsCurrencyCode(body.Currency) {
		return booking.InvalidField("currency", "currency must be the code of a currency, such as INR.")
	}
	hash, err := requestHash(body.Amount, body.Currency)
	if err != nil {
		return err
	}
	userID := principalOf(c).id
	row, clientSecret, err := h.topUp(c.Request().Context(), booking.TopUpRequest{
		TopUpID: booking.TopUpID(userID, params.IdempotencyKey), UserID: userID,
		Amount: booking.Money{Amount: body.Amount, Currency: body.Currency}, RequestHash: hash, CorrelationID: correlationID(c),
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, topUpsPath+row.ID)
	return c.JSON(http.StatusCreated, h.topUpView(row, clientSecret))
}

// topUp finds the top-up that a request stands for, or has its workflow open it. It gives the row as it is now, and the client secret
// while that may be of use.
func (h *handlers) topUp(ctx context.Context, request booking.TopUpRequest) (row db.TopUp, clientSecret string, err error) {
	waiting, cancel := context.WithTimeout(ctx, h.config.WorkflowTimeout)
	defer cancel()
	row, known, err := h.topUpRow(waiting, request)
	switch {
	case err != nil:
		return db.TopUp{}, "", err
	case known && !row.Status.Open():
		return row, "", neverOpened(row)
	case !known:
		if err := h.checkTopUp(waiting, request); err != nil {
			return db.TopUp{}, "", err
		}
	}
	opened, err := h.engine.TopUp(ctx, request)
	if errors.Is(err, engine.ErrNoWorkflow) {
		err = nil
		if !known {
			reading, cancelReading := context.WithTimeout(ctx, h.config.WorkflowTimeout)
			defer cancelReading()
			err = h.topUpOfClosed(reading, request)
		}
	}
	if err != nil {
		return db.TopUp{}, "", err
	}
	row, known, err = h.topUpRow(ctx, request)
	switch {
	case err != nil:
		return db.TopUp{}, "", err
	case !known:
		return db.TopUp{}, "", fmt.Errorf("top-up %s was opened but has no row", request.TopUpID)
	case !row.Status.Open():
		return row, "", neverOpened(row)
	}
	return row, opened.ClientSecret, nil
}

// topUpOfClosed answers when the workflow is over and its update forgotten. Nil means that there is a top-up to read.
func (h *handlers) topUpOfClosed(ctx context.Context, request booking.TopUpRequest) error {
	err := h.engine.TopUpEnded(ctx, request)
	if !errors.Is(err, engine.ErrCutShort) {
		return err
	}
	_, known, err := h.topUpRow(ctx, request)
	if err == nil && !known {
		err = booking.TopUpCutShort()
	}
	return err
}

// neverOpened refuses a top-up that has ended without an intent, as its workflow did: nobody could ever pay it.
func neverOpened(row db.TopUp) error {
	switch {
	case row.IntentID != nil:
		return nil
	case row.DeclineCode != nil:
		return booking.TopUpRefused(*row.DeclineCode)
	default:
		return booking.TopUpNotServed("The top-up could not be opened and nothing was charged. Send it again with a new Idempotency-Key.")
	}
}

// topUpRow reads the top-up of a request; another request under the same key is refused.
func (h *handlers) topUpRow(ctx context.Context, request booking.TopUpRequest) (row db.TopUp, known bool, err error) {
	row, err = h.queries.TopUpByID(ctx, request.TopUpID)
	switch {
	case db.IsNotFound(err):
		return db.TopUp{}, false, nil
	case err != nil:
		return db.TopUp{}, false, fmt.Errorf("read the top-up: %w", err)
	case row.RequestHash != request.RequestHash:
		return db.TopUp{}, false, booking.KeyReused()
	}
	return row, true, nil
}

// checkTopUp refuses what is plainly outside of the limits, so that no workflow starts for it. It grants nothing.
func (h *handlers) checkTopUp(ctx context.Context, request booking.TopUpRequest) error {
	currency := request.Amount.Currency
	allowance, err := h.queries.TopUpAllowance(ctx, db.TopUpAllowanceParams{UserID: request.UserID, Currency: currency})
	if db.IsNotFound(err) {
		return booking.NoTopUps(currency)
	}
	if err != nil {
		return fmt.Errorf("read the limits of top-ups: %w", err)
	}
	limits := booking.TopUpLimits{Currency: currency, Minimum: allowance.Minimum, Maximum: allowance.Maximum, PerDay: allowance.PerDay}
	if refusal := limits.Refuse(request.Amount.Amount, allowance.LastDay); refusal != nil {
		return refusal
	}
	return nil
}

// GetTopUp tells about one of the caller's top-ups.
func (h *handlers) GetTopUp(c echo.Context, topUpID openapi.TopUpId, _ openapi.GetTopUpParams) error {
	if !isID(topUpID) {
		return notFound("top-up")
	}
	row, err := h.queries.TopUpByID(c.Request().Context(), topUpID)
	switch {
	case db.IsNotFound(err):
		return notFound("top-up")
	case err != nil:
		return err
	case row.UserID != principalOf(c).id:
		return booking.Refuse(booking.CodeForbidden, "This top-up is somebody else's.")
	}
	return c.JSON(http.StatusOK, h.topUpView(row, ""))
}

// topUpView is the one place that makes a top-up's answer of its row; the client secret is empty when it is not known any more.
func (h *handlers) topUpView(row db.TopUp, clientSecret string) openapi.TopUp {
	view := openapi.TopUp{
		Id: row.ID, Status: row.Status, Amount: row.Amount, Currency: row.Currency,
		CreatedAt: row.CreatedAt.UTC(), ExpiresAt: row.ExpiresAt.UTC(),
	}
	if row.Status != booking.TopUpSucceeded {
		view.DeclineCode = row.DeclineCode
	}
	if row.IntentID != nil {
		view.Provider = &openapi.ProviderPayment{
			Name: providerName, PaymentIntentId: *row.IntentID, ClientSecret: optional(clientSecret),
			PublishableKey: optional(h.config.StripePublishableKey),
		}
	}
	return view
}
