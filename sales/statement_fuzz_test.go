package sales

import (
	"encoding/csv"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

func FuzzStatement(f *testing.F) {
	for _, title := range []string{
		"Sholay", `=HYPERLINK("http://evil.test")`, "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", `"; "a",b`, "", "é\x00", "\ufeff=1", "=1+1\";=1", " =1", "＝1", "'", "'=1", "Foo;=1+1",
	} {
		f.Add(title, title, int64(-30200), int64(0), true)
	}
	f.Add("Sholay", "bk_1", int64(-1<<63), int64(1<<63-1), false)
	decimal := regexp.MustCompile(`^-?[0-9]+\.[0-9]{2}$`)
	f.Fuzz(func(t *testing.T, title, bookingID string, amount, balance int64, ofBooking bool) {
		row := db.WalletStatementRow{At: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), Kind: "SALE", Amount: amount, BalanceAfter: balance, MovieTitle: &title}
		if ofBooking && booking.IsID(bookingID) {
			row.BookingID = &bookingID
		}
		file, err := statementFile([]db.WalletStatementRow{row, row}, "INR")
		require.NoError(t, err)
		lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(file), "\ufeff"))).ReadAll()
		require.NoError(t, err)
		require.Len(t, lines, 3)
		require.Equal(t, statementHeader, lines[0])
		require.Equal(t, lines[1], lines[2])
		for i, field := range lines[1] {
			if i == 4 || i == 6 {
				require.Regexp(t, decimal, field, "a number")
			} else if field != "" {
				require.NotContains(t, "=+-@\t\r\n", field[:1], "a formula")
			}
		}
	})
}
