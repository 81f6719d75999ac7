package customer

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/sales"
)

// topUpsPath is where top-ups are.
const topUpsPath = "/api/v1/wallet/top-ups/"

// CreateTopUp opens a top-up of the caller's wallet.
func (h *Handlers) CreateTopUp(c echo.Context, params openapi.CreateTopUpParams) error {
	if err := request.CheckIdempotencyKey(params.IdempotencyKey); err != nil {
		return err
	}
	var body openapi.CreateTopUpRequest
	if err := request.Decode(c, &body); err != nil {
		return err
	}
	topUp, err := h.Sales.TopUp(c.Request().Context(), sales.TopUpRequest{
		UserID: identity.Caller(c).ID, IdempotencyKey: params.IdempotencyKey, Amount: booking.Money{Amount: body.Amount, Currency: body.Currency},
		CorrelationID: request.CorrelationID(c),
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, topUpsPath+topUp.ID)
	return c.JSON(http.StatusCreated, h.topUpView(topUp))
}

// GetTopUp tells about one of the caller's top-ups.
func (h *Handlers) GetTopUp(c echo.Context, topUpID openapi.TopUpId, _ openapi.GetTopUpParams) error {
	topUp, err := h.Sales.OwnTopUp(c.Request().Context(), identity.Caller(c).ID, topUpID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, h.topUpView(topUp))
}

// topUpView draws a top-up.
func (h *Handlers) topUpView(topUp sales.TopUp) openapi.TopUp {
	view := openapi.TopUp{
		TopUpId: topUp.ID, Status: topUp.Status, Amount: topUp.Amount.Amount, Currency: topUp.Amount.Currency, DeclineCode: topUp.DeclineCode,
		CreatedAt: topUp.CreatedAt, ExpiresAt: topUp.ExpiresAt,
	}
	view.Provider, view.ProviderPayload = h.providerView(topUp.IntentID, topUp.ClientSecret)
	return view
}
