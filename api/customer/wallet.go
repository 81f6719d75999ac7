package customer

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/sales"
	"github.com/boxoffice/boxoffice/sheet"
)

// GetWallet tells the caller's balances.
func (h *Handlers) GetWallet(c echo.Context, _ openapi.GetWalletParams) error {
	balances, err := h.Sales.Wallet(c.Request().Context(), identity.Caller(c).ID)
	if err != nil {
		return err
	}
	wallet := openapi.Wallet{Balances: make([]openapi.Balance, len(balances))}
	for i, b := range balances {
		wallet.Balances[i] = openapi.Balance{Currency: b.Currency, Available: b.Available, Reserved: b.Reserved, Frozen: b.Frozen}
	}
	return c.JSON(http.StatusOK, wallet)
}

// ListWalletTransactions lists a page of what came into the caller's wallets and what went.
func (h *Handlers) ListWalletTransactions(c echo.Context, params openapi.ListWalletTransactionsParams) error {
	page, err := request.GreatestFirst("wallet", params.Limit, params.Cursor)
	if err != nil {
		return err
	}
	wanted := sales.TransactionFilter{UserID: identity.Caller(c).ID, Before: page.Before, Most: page.Fetch()}
	if params.Type != nil {
		wanted.Type = sales.TransactionType(*params.Type)
	}
	during, err := request.ReadPeriod(params.From, params.To)
	if err != nil {
		return err
	}
	wanted.From, wanted.To = during.From, during.To
	ctx := c.Request().Context()
	if params.Currency != nil {
		if err := h.checkCurrency(ctx, *params.Currency); err != nil {
			return err
		}
		wanted.Currency = *params.Currency
	}
	transactions, err := h.Sales.Transactions(ctx, wanted)
	if err != nil {
		return err
	}
	var list openapi.WalletTransactionList
	transactions, list.NextCursor = request.CutNumber(page, transactions, func(last sales.Transaction) int64 { return last.Number })
	list.Transactions = make([]openapi.WalletTransaction, len(transactions))
	for i, t := range transactions {
		list.Transactions[i] = openapi.WalletTransaction{
			TransactionId: t.ID, Type: openapi.WalletTransactionType(t.Type), Amount: t.Amount, Currency: t.Currency, At: t.At,
			BookingId: answer.Optional(t.BookingID), Description: t.Description, BalanceAfter: t.BalanceAfter,
		}
	}
	return c.JSON(http.StatusOK, list)
}

// checkCurrency refuses a parameter that names no currency which is used here.
func (h *Handlers) checkCurrency(ctx context.Context, code string) error {
	known, err := h.Sales.KnowsCurrency(ctx, code)
	if err == nil && !known {
		err = answer.Malformed("currency", "currency must be the code of a currency that is used here, such as INR.")
	}
	return err
}

// GetWalletStatement gives one wallet's history as a file for spreadsheets.
func (h *Handlers) GetWalletStatement(c echo.Context, params openapi.GetWalletStatementParams) error {
	during, err := request.ReadPeriod(&params.From, params.To)
	if err != nil {
		return err
	}
	if params.To == nil {
		during.To = time.Time{}
	}
	ctx := c.Request().Context()
	if err := h.checkCurrency(ctx, params.Currency); err != nil {
		return err
	}
	file, err := h.Sales.Statement(ctx, identity.Caller(c).ID, params.Currency, during.From, during.To)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("wallet-%s-%s.csv", params.Currency, during.From.Format(time.DateOnly))
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	return c.Blob(http.StatusOK, sheet.ContentType, file)
}
