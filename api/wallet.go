package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// GetWallet tells the caller's balances.
func (h *handlers) GetWallet(c echo.Context, _ openapi.GetWalletParams) error {
	rows, err := h.queries.WalletBalances(c.Request().Context(), principalOf(c).id)
	if err != nil {
		return err
	}
	wallet := openapi.Wallet{Balances: make([]openapi.Balance, len(rows))}
	for i, row := range rows {
		wallet.Balances[i] = openapi.Balance{Currency: row.Currency, Available: row.Available, Reserved: row.Reserved, Frozen: row.Frozen}
	}
	return c.JSON(http.StatusOK, wallet)
}

// ListWalletTransactions lists a page of what came into the caller's wallets and what went.
func (h *handlers) ListWalletTransactions(c echo.Context, params openapi.ListWalletTransactionsParams) error {
	size, err := pageSize(params.Limit)
	if err != nil {
		return err
	}
	before, err := numberPosition(walletList, params.Cursor)
	if err != nil {
		return err
	}
	kinds, err := kindsOf(params.Type)
	if err != nil {
		return err
	}
	during, err := readPeriod(params.From, params.To)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if params.Currency != nil {
		if err := h.checkCurrency(ctx, *params.Currency); err != nil {
			return err
		}
	}
	rows, err := db.Search(ctx, h.pool, (*db.Queries).WalletTransactions, db.WalletTransactionsParams{
		UserID: principalOf(c).id, Currency: params.Currency, BeforeSeq: before, Kinds: kinds,
		FromTime: during.from, ToTime: during.to, PageSize: size + 1,
	})
	if err != nil {
		return err
	}
	var list openapi.WalletTransactionList
	rows, list.NextCursor = cut(rows, size, func(last db.WalletTransactionsRow) *string {
		return encodeCursor(walletList, strconv.FormatInt(last.Seq, 10))
	})
	list.Transactions = make([]openapi.WalletTransaction, len(rows))
	for i, row := range rows {
		list.Transactions[i] = walletTransactionView(row)
	}
	return c.JSON(http.StatusOK, list)
}

// checkCurrency refuses a parameter that names no currency of this house.
func (h *handlers) checkCurrency(ctx context.Context, code string) error {
	known := false
	if booking.IsCurrencyCode(code) {
		var err error
		if known, err = h.queries.CurrencyKnown(ctx, code); err != nil {
			return err
		}
	}
	if !known {
		return malformed("currency", "currency must be the code of a currency that is used here, such as INR.")
	}
	return nil
}
