package api_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

const (
	transactions = "/api/v1/wallet/transactions"
	statement    = "/api/v1/wallet/statement"
)

// post writes a transaction between asha's wallet and the cinema, some days ago.
func (b *bundle) postToWallet(reference string, kind booking.LedgerKind, bookingID *string, amount int64, daysAgo int) {
	b.Helper()
	b.exec(`WITH t AS (INSERT INTO ledger_transactions (reference, kind, booking_id, reason, at)
	            VALUES ($1, $2, $3, '=for the staff', $4) RETURNING reference)
	        INSERT INTO ledger_entries (reference, account_id, amount)
	        SELECT reference, unnest(ARRAY['promotions:INR', 'wallet:us_asha:INR']), unnest(ARRAY[-$5::bigint, $5::bigint]) FROM t`,
		reference, kind, bookingID, today.AddDate(0, 0, -daysAgo), amount)
}

// spend gives asha a history of five entries, and a card payment under way that reserves 1000 of what is left.
func (b *bundle) spend() {
	b.Helper()
	b.insert(row{id: "bk_1", status: booking.StatusConfirmed})
	b.insert(row{id: "bk_2", seats: []string{"B1"}})
	one := "bk_1"
	b.postToWallet("gift", booking.LedgerGrant, nil, 5000, 9)
	b.postToWallet("tu_1", booking.LedgerTopUp, nil, 20000, 5)
	b.postToWallet("bk_1:sale", booking.LedgerSale, &one, -15000, 4)
	b.exec(`INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, request_hash, correlation_id)
	        VALUES ('pay_2', 'bk_2', 1, 'WALLET_AND_CARD', 'INR', 1000, 14000, 'INITIATED', 'hash', 'test')`)
	b.postToWallet("rf_1:wallet", booking.LedgerRefund, &one, 7500, 2)
	b.postToWallet("odd", booking.LedgerRefundReturned, nil, -50, 0)
}

func ids(list openapi.WalletTransactionList) string {
	var found []string
	for _, transaction := range list.Transactions {
		found = append(found, transaction.TransactionId)
	}
	return strings.Join(found, " ")
}

// today is the day on which the tests began: for some the next one comes while they run.
var today = time.Now().UTC().Truncate(24 * time.Hour)

func day(daysAgo int) string { return today.AddDate(0, 0, -daysAgo).Format(time.DateOnly) }

func TestWalletTransactions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.spend()
	var list openapi.WalletTransactionList
	b.get(asha, transactions).is(http.StatusOK, &list)
	require.Equal(t, "odd rf_1:wallet bk_1:sale tu_1 gift", ids(list))
	require.Nil(t, list.NextCursor)
	balances := []int64{}
	for _, transaction := range list.Transactions {
		balances = append(balances, transaction.BalanceAfter)
	}
	require.Equal(t, []int64{17450, 17500, 10000, 25000, 5000}, balances, "what is reserved has not gone")
	sale, bookingID := list.Transactions[2], "bk_1"
	require.Equal(t, day(4), sale.At.Format(time.DateOnly))
	sale.At = time.Time{}
	require.Equal(t, openapi.WalletTransaction{
		TransactionId: "bk_1:sale", Type: openapi.WalletPurchase, Amount: -15000, Currency: "INR", BookingId: &bookingID,
		Description: "Tickets for Sholay", BalanceAfter: 10000,
	}, sale)
	require.Equal(t, "Added by card", list.Transactions[3].Description)

	b.get(ravi, transactions).is(http.StatusOK, &list)
	require.Empty(t, list.Transactions)
	b.get("", transactions).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
}

func TestWalletTransactionsAreFiltered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.spend()
	for query, want := range map[string]string{
		"currency=INR":                      "odd rf_1:wallet bk_1:sale tu_1 gift",
		"currency=GBP":                      "",
		"type=TOP_UP":                       "tu_1",
		"type=PURCHASE":                     "bk_1:sale",
		"type=REFUND":                       "rf_1:wallet",
		"type=GIFT":                         "gift",
		"type=CORRECTION":                   "odd",
		"from=" + day(4):                    "odd rf_1:wallet bk_1:sale",
		"to=" + day(4):                      "bk_1:sale tu_1 gift",
		"to=" + day(4) + "T00:00:00Z":       "tu_1 gift",
		"from=" + day(5) + "&to=" + day(4):  "bk_1:sale tu_1",
		"from=" + day(2) + "&type=PURCHASE": "",
		"from=" + url.QueryEscape(day(4)+"T05:30:00+05:30") + "&to=" + day(4): "bk_1:sale",
	} {
		var list openapi.WalletTransactionList
		b.get(asha, transactions+"?"+query).is(http.StatusOK, &list)
		require.Equal(t, want, ids(list), query)
	}
	var list openapi.WalletTransactionList
	b.get(asha, transactions+"?type=TOP_UP").is(http.StatusOK, &list)
	require.EqualValues(t, 25000, list.Transactions[0].BalanceAfter, "also of what was left out")
}

func TestWalletTransactionsArePaged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.spend()
	var found []string
	path := transactions + "?limit=2"
	for range 3 {
		var list openapi.WalletTransactionList
		b.get(asha, path).is(http.StatusOK, &list)
		found = append(found, ids(list))
		if list.NextCursor == nil {
			break
		}
		path = transactions + "?limit=2&cursor=" + *list.NextCursor
		b.postToWallet(fmt.Sprintf("new_%d", len(found)), booking.LedgerTopUp, nil, 100, 0)
	}
	require.Equal(t, []string{"odd rf_1:wallet", "bk_1:sale tu_1", "gift"}, found, "what comes meanwhile does not move the pages")
}

func TestBadQueriesOfTheWallet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for query, field := range map[string]string{
		"currency=XYZ": "currency", "currency=inr": "currency", "currency=%00": "currency", "currency=": "currency",
		"type=SALE": "type", "type=": "type", "from=yesterday": "from", "from=1999-12-31": "from", "to=2026-13-01": "to", "to=9999-01-01": "to",
		"to=": "to", "from=2026-11-20&to=2026-11-18": "to", "from=2026-11-20&to=2026-11-19": "to", "limit=0": "limit", "limit=101": "limit", "limit=x": "limit",
		"cursor=x": "cursor", "cursor=bW92aWVzCjU": "cursor", "cursor=d2FsbGV0Cng": "cursor",
	} {
		details := b.get(asha, transactions+"?"+query).refuses(http.StatusBadRequest, booking.CodeValidation)
		require.Equal(t, field, details["field"], query)
	}
	for query, field := range map[string]string{
		"from=2026-11-20": "currency", "currency=INR": "from", "currency=XYZ&from=2026-11-20": "currency", "currency=INR&from=now": "from",
		"currency=INR&from=2026-11-20&to=2026-11-18": "to",
	} {
		details := b.get(asha, statement+"?"+query).refuses(http.StatusBadRequest, booking.CodeValidation)
		require.Equal(t, field, details["field"], query)
	}
	b.get("", statement+"?currency=INR&from=2026-11-20").refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
}

func TestWalletStatement(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`UPDATE movies SET title = 'Sholay, "uncut";=1+1' WHERE id = 'mv_sholay'`)
	b.spend()
	got := b.get(asha, statement+"?currency=INR&from="+day(5)).is(http.StatusOK, nil)
	require.Equal(t, "text/csv; charset=utf-8", got.header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="wallet-INR-`+day(5)+`.csv"`, got.header.Get("Content-Disposition"))
	content, marked := strings.CutPrefix(string(got.body), "\ufeff")
	require.True(t, marked, "spreadsheets take it for UTF-8")
	lines, err := csv.NewReader(strings.NewReader(content)).ReadAll()
	require.NoError(t, err)
	midnight := func(daysAgo int) string { return day(daysAgo) + "T00:00:00Z" }
	require.Equal(t, [][]string{
		{"date", "type", "booking", "description", "amount", "currency", "balance after"},
		{midnight(5), "TOP_UP", "", "Added by card", "200.00", "INR", "250.00"},
		{midnight(4), "PURCHASE", "bk_1", `Tickets for Sholay, "uncut";'=1+1`, "-150.00", "INR", "100.00"},
		{midnight(2), "REFUND", "bk_1", `Refund for Sholay, "uncut";'=1+1`, "75.00", "INR", "175.00"},
		{midnight(0), "CORRECTION", "", "Correction", "-0.50", "INR", "174.50"},
	}, lines)
	var wallet openapi.Wallet
	b.get(asha, "/api/v1/wallet").is(http.StatusOK, &wallet)
	balance := wallet.Balances[0]
	require.Positive(t, balance.Reserved)
	require.EqualValues(t, 17450, balance.Available+balance.Reserved, "the last line says what is in the wallet")

	empty := b.get(asha, statement+"?currency=GBP&from="+day(5)+"&to="+day(0)).is(http.StatusOK, nil)
	require.Equal(t, "\ufeffdate,type,booking,description,amount,currency,balance after\r\n", string(empty.body))
}

// A currency may be added that has no decimals, or the wallet would seem to hold a hundredth.
func TestAStatementHasAsManyDecimalsAsItsCurrency(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`
		INSERT INTO currencies (code) VALUES ('JPY');
		INSERT INTO ledger_accounts (id, kind, user_id, currency) VALUES ('wallet:us_asha:JPY', 'WALLET', 'us_asha', 'JPY');
		INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('yen', 'GRANT', 'test');
		INSERT INTO ledger_entries (reference, account_id, amount) SELECT 'yen', unnest(ARRAY['promotions:JPY', 'wallet:us_asha:JPY']), unnest(ARRAY[-1800, 1800])`)

	got := b.get(asha, statement+"?currency=JPY&from="+day(1)).is(http.StatusOK, nil)

	require.Contains(t, string(got.body), ",1800,JPY,1800\r\n")
}

func TestAStatementIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	details := b.get(asha, statement+"?currency=INR&from="+day(367)).refuses(http.StatusBadRequest, booking.CodeValidation)
	require.EqualValues(t, 366, details["maxDays"])
	b.get(asha, statement+"?currency=INR&from=2024-01-01&to=2024-12-31").is(http.StatusOK, nil)
	b.get(asha, statement+"?currency=INR&from=2024-01-01&to=2025-01-01").refuses(http.StatusBadRequest, booking.CodeValidation)

	b.exec(`INSERT INTO ledger_transactions (reference, kind, reason) SELECT 'many:' || n, 'GRANT', 'test' FROM generate_series(1, 10000) n;
	        INSERT INTO ledger_entries (reference, account_id, amount)
	        SELECT 'many:' || n, unnest(ARRAY['promotions:INR', 'wallet:us_asha:INR']), unnest(ARRAY[-1, 1]) FROM generate_series(1, 10000) n`)
	whole := b.get(asha, statement+"?currency=INR&from="+day(1)).is(http.StatusOK, nil)
	require.Equal(t, 10001, strings.Count(string(whole.body), "\n"))
	require.True(t, strings.HasSuffix(string(whole.body), ",INR,100.00\r\n"))
	b.postToWallet("one more", booking.LedgerGrant, nil, 1, 0)
	details = b.get(asha, statement+"?currency=INR&from="+day(1)).refuses(http.StatusBadRequest, booking.CodeValidation)
	require.EqualValues(t, 10000, details["maxLines"])
}
