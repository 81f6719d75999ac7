package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/sheet"
)

const (
	// maxStatementDays is a leap year.
	maxStatementDays = 366
	// maxStatementLines bounds the memory of a statement to a few megabytes.
	maxStatementLines = 10_000
)

var statementHeader = []string{"date", "type", "booking", "description", "amount", "currency", "balance after"}

// GetWalletStatement gives one wallet's history as a file for spreadsheets.
//
// The whole of it is there before its first byte goes out: a statement must not end early and look complete, nor a slow reader
// keep a connection to the database.
func (h *handlers) GetWalletStatement(c echo.Context, params openapi.GetWalletStatementParams) error {
	during, err := readPeriod(&params.From, params.To)
	if err != nil {
		return err
	}
	end := during.to
	if params.To == nil {
		end = h.now()
	}
	if end.Sub(during.from) > maxStatementDays*24*time.Hour {
		return booking.InvalidField("from", fmt.Sprintf("A statement has at most %d days.", maxStatementDays)).With("maxDays", maxStatementDays)
	}
	ctx := c.Request().Context()
	if err := h.checkCurrency(ctx, params.Currency); err != nil {
		return err
	}
	rows, err := db.Search(ctx, h.pool, (*db.Queries).WalletStatement, db.WalletStatementParams{
		AccountID: booking.WalletID(principalOf(c).id, params.Currency), FromTime: during.from, ToTime: during.to, RowLimit: maxStatementLines + 1,
	})
	if err != nil {
		return err
	}
	if len(rows) > maxStatementLines {
		return booking.InvalidField("from", fmt.Sprintf("A statement has at most %d lines. Ask for less at a time.", maxStatementLines)).
			With("maxLines", maxStatementLines)
	}
	file, err := statementFile(rows, params.Currency)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("wallet-%s-%s.csv", params.Currency, during.from.Format(time.DateOnly))
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	return c.Blob(http.StatusOK, sheet.ContentType, file)
}

func statementFile(rows []db.WalletStatementRow, currency string) ([]byte, error) {
	lines := make([][]sheet.Cell, len(rows))
	for i, row := range rows {
		lines[i] = statementLine(row, currency)
	}
	return sheet.CSV(statementHeader, lines)
}

func statementLine(row db.WalletStatementRow, currency string) []sheet.Cell {
	name := walletType(row.Kind)
	bookingID := ""
	if row.BookingID != nil {
		bookingID = *row.BookingID
	}
	return []sheet.Cell{
		sheet.Text(row.At.UTC().Format(time.RFC3339)), sheet.Text(string(name)), sheet.Text(bookingID),
		sheet.Text(walletDescription(name, row.MovieTitle)),
		sheet.Number(booking.Money{Amount: row.Amount, Currency: currency}.Decimal()), sheet.Text(currency),
		sheet.Number(booking.Money{Amount: row.BalanceAfter, Currency: currency}.Decimal()),
	}
}
