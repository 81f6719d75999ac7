package sales

import (
	"context"
	"fmt"
	"time"

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

// farFuture is later than anything that is in a wallet.
var farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

var statementHeader = []string{"date", "type", "booking", "description", "amount", "currency", "balance after"}

// Statement returns the history of one wallet as a file for spreadsheets, in the format of package
// sheet. From is included; to is not, and may be zero for everything.
//
// All of it is ready before the first byte is sent: a statement must not end early and look complete,
// and a slow reader must not keep a connection to the database.
//
// Errors: VALIDATION_ERROR with the field from when it has too many days or lines.
func (s *Sales) Statement(ctx context.Context, userID, currency string, from, to time.Time) ([]byte, error) {
	now := s.options.Now()
	end := to
	if to.IsZero() {
		end, to = now, farFuture
	}
	if end.Sub(from) > maxStatementDays*24*time.Hour {
		return nil, booking.InvalidField("from", fmt.Sprintf("A statement has at most %d days.", maxStatementDays)).With("maxDays", maxStatementDays)
	}
	rows, err := db.Search(ctx, s.options.Pool, (*db.Queries).WalletStatement, db.WalletStatementParams{
		AccountID: booking.WalletID(userID, currency), FromTime: from, ToTime: to, RowLimit: maxStatementLines + 1,
	})
	if err != nil {
		return nil, fmt.Errorf("read the statement: %w", err)
	}
	if len(rows) > maxStatementLines {
		return nil, booking.InvalidField("from", fmt.Sprintf("A statement has at most %d lines. Ask for less at a time.", maxStatementLines)).
			With("maxLines", maxStatementLines)
	}
	return statementFile(rows, currency)
}

func statementFile(rows []db.WalletStatementRow, currency string) ([]byte, error) {
	lines := make([][]sheet.Cell, len(rows))
	for i, row := range rows {
		lines[i] = statementLine(row, currency)
	}
	return sheet.CSV(statementHeader, lines)
}

func statementLine(row db.WalletStatementRow, currency string) []sheet.Cell {
	named := typeOf(row.Kind)
	bookingID := ""
	if row.BookingID != nil {
		bookingID = *row.BookingID
	}
	return []sheet.Cell{
		sheet.Text(row.At.UTC().Format(time.RFC3339)), sheet.Text(string(named)), sheet.Text(bookingID), sheet.Text(named.describe(row.MovieTitle)),
		sheet.Number(booking.Money{Amount: row.Amount, Currency: currency}.Decimal()), sheet.Text(currency),
		sheet.Number(booking.Money{Amount: row.BalanceAfter, Currency: currency}.Decimal()),
	}
}
