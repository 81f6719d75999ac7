package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
)

// GetWallet tells the caller's balances.
func (h *handlers) GetWallet(c echo.Context, _ openapi.GetWalletParams) error {
	rows, err := h.queries.WalletBalances(c.Request().Context(), principalOf(c).id)
	if err != nil {
		return err
	}
	wallet := openapi.Wallet{Balances: make([]openapi.Balance, len(rows))}
	for i, row := range rows {
		wallet.Balances[i] = openapi.Balance{Currency: row.Currency, Available: row.Available, Reserved: row.Reserved}
	}
	return c.JSON(http.StatusOK, wallet)
}
