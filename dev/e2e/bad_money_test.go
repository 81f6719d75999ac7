package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/private"
)

// Amounts that cannot be paid, topped up, cancelled or paid back get a clear refusal, and no money moves.
//
//nolint:paralleltest,tparallel // the ledger is looked at after the last of them
func TestBadMoneyIsRefusedAndTheLedgerStaysAsItIs(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	buyer := sys.guest(t, private.Guests{Name: "buyer", Money: 35000})
	show := sys.show(t, 5*time.Minute)
	unpaid, err := buyer.Book(t.Context(), "bad-money-unpaid", show, "A1", "A2", "A3")
	require.NoError(t, err)
	paid, err := buyer.Book(t.Context(), "bad-money-paid", show, "B1", "B2")
	require.NoError(t, err)
	_, err = buyer.Pay(t.Context(), "bad-money-paid-pay", paid.BookingId, booking.MethodWallet)
	require.NoError(t, err)
	cancelled, err := buyer.Book(t.Context(), "bad-money-cancelled", show, "C1")
	require.NoError(t, err)
	_, err = buyer.Cancel(t.Context(), cancelled.BookingId)
	require.NoError(t, err)
	soon, err := buyer.Book(t.Context(), "bad-money-soon", sys.showInAnHour(t, show), "A1")
	require.NoError(t, err)
	_, err = buyer.Pay(t.Context(), "bad-money-soon-pay", soon.BookingId, booking.MethodWallet)
	require.NoError(t, err)
	before := sys.ledgerOf(t, buyer.ID)

	const payments, cancel, topUps = "/payments", "/cancel", "/wallet/top-ups"
	for name, test := range map[string]struct {
		path, body string
		status     int
		code       openapi.ErrorCode
		field      string
	}{
		"a negative part of the wallet":    {unpaid.BookingId + payments, `{"method":"WALLET_AND_CARD","walletAmount":-1}`, 400, "VALIDATION_ERROR", "walletAmount"},
		"nothing of the wallet":            {unpaid.BookingId + payments, `{"method":"WALLET_AND_CARD","walletAmount":0}`, 400, "VALIDATION_ERROR", "walletAmount"},
		"a fraction of a paisa":            {unpaid.BookingId + payments, `{"method":"WALLET_AND_CARD","walletAmount":0.5}`, 400, "VALIDATION_ERROR", "walletAmount"},
		"more than any number":             {unpaid.BookingId + payments, `{"method":"WALLET_AND_CARD","walletAmount":1e30}`, 400, "VALIDATION_ERROR", "walletAmount"},
		"more than the wallet holds":       {unpaid.BookingId + payments, `{"method":"WALLET_AND_CARD","walletAmount":5001}`, 402, "INSUFFICIENT_FUNDS", ""},
		"more than it costs":               {unpaid.BookingId + payments, `{"method":"WALLET_AND_CARD","walletAmount":30001}`, 400, "VALIDATION_ERROR", "walletAmount"},
		"all from a wallet that is short":  {unpaid.BookingId + payments, `{"method":"WALLET"}`, 402, "INSUFFICIENT_FUNDS", ""},
		"a part of the wallet, by card":    {unpaid.BookingId + payments, `{"method":"CARD","walletAmount":5}`, 400, "VALIDATION_ERROR", "walletAmount"},
		"another currency":                 {unpaid.BookingId + payments, `{"method":"WALLET","currency":"USD"}`, 400, "VALIDATION_ERROR", "currency"},
		"paying twice":                     {paid.BookingId + payments, `{"method":"WALLET"}`, 422, "INVALID_STATE", ""},
		"paying a cancelled booking":       {cancelled.BookingId + payments, `{"method":"WALLET"}`, 422, "INVALID_STATE", ""},
		"cancelling seats of an unpaid":    {unpaid.BookingId + cancel, `{"seatIds":["A1"]}`, 400, "VALIDATION_ERROR", "seatIds"},
		"cancelling somebody's seats":      {paid.BookingId + cancel, `{"seatIds":["A1"]}`, 400, "VALIDATION_ERROR", "seatIds"},
		"cancelling a seat twice":          {paid.BookingId + cancel, `{"seatIds":["B1","B1"]}`, 400, "VALIDATION_ERROR", "seatIds"},
		"paying back more than was paid":   {paid.BookingId + cancel, `{"expectedRefund":20001}`, 409, "CONFLICT", "expectedRefund"},
		"paying back less than nothing":    {paid.BookingId + cancel, `{"expectedRefund":-1}`, 400, "VALIDATION_ERROR", "expectedRefund"},
		"paying back to nowhere":           {paid.BookingId + cancel, `{"refundTo":"CASH"}`, 400, "VALIDATION_ERROR", "refundTo"},
		"cancelling after the cut-off":     {soon.BookingId + cancel, `{}`, 409, "CONFLICT", ""},
		"putting in a negative amount":     {topUps, `{"amount":-100,"currency":"INR"}`, 400, "VALIDATION_ERROR", "amount"},
		"putting in nothing":               {topUps, `{"amount":0,"currency":"INR"}`, 400, "VALIDATION_ERROR", "amount"},
		"putting in a fraction":            {topUps, `{"amount":100.5,"currency":"INR"}`, 400, "VALIDATION_ERROR", "amount"},
		"putting in more than the limit":   {topUps, `{"amount":1000001,"currency":"INR"}`, 400, "VALIDATION_ERROR", "amount"},
		"putting in more than any number":  {topUps, `{"amount":92233720368547758080,"currency":"INR"}`, 400, "VALIDATION_ERROR", "amount"},
		"putting in money of the moon":     {topUps, `{"amount":1000,"currency":"XMN"}`, 400, "VALIDATION_ERROR", "currency"},
		"putting in money of no currency":  {topUps, `{"amount":1000}`, 400, "VALIDATION_ERROR", "currency"},
		"a coupon that there never was":    {"/bookings", `{"showId":"` + show + `","seatIds":["D1"],"couponCode":"NEVER"}`, 400, "VALIDATION_ERROR", "couponCode"},
		"a coupon that is an SQL fragment": {"/bookings", `{"showId":"` + show + `","seatIds":["D1"],"couponCode":"' OR 1=1"}`, 400, "VALIDATION_ERROR", "couponCode"},
	} {
		t.Run(name, func(t *testing.T) {
			path := test.path
			if !strings.HasPrefix(path, "/") {
				path = "/bookings/" + path
			}
			status, body := sys.raw(t, buyer.Token, http.MethodPost, path, "bad-money-"+booking.UserID("key", name), test.body)
			require.Equal(t, test.status, status, "%+v", body)
			require.Equal(t, test.code, body.Code, "%+v", body)
			require.NotEmpty(t, body.Message)
			if test.field != "" {
				require.Equal(t, test.field, (*body.Details)["field"], "%+v", body)
			}
		})
	}
	require.Equal(t, before, sys.ledgerOf(t, buyer.ID), "the ledger has changed")
}

// showInAnHour is another show on the screen of one: so soon that nobody can cancel any more.
func (sys *system) showInAnHour(t *testing.T, like string) (id string) {
	t.Helper()
	id = like + "-soon"
	_, err := sys.Owner.Exec(t.Context(), `
		INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format, hold_seconds)
		SELECT $1, movie_id, screen_id, layout_id, now() + interval '1 hour', now() + interval '2 hours', language, format, hold_seconds
		FROM shows WHERE id = $2`, id, like)
	require.NoError(t, err)
	_, err = sys.Owner.Exec(t.Context(), `INSERT INTO show_prices VALUES ($1, 'STANDARD', 10000)`, id)
	require.NoError(t, err)
	return id
}

// ledgerOf is all that the ledger says about a user.
func (sys *system) ledgerOf(t *testing.T, userID string) (entries string) {
	t.Helper()
	require.NoError(t, sys.Owner.QueryRow(t.Context(), `
		SELECT COALESCE(string_agg(e.reference || ' ' || e.account_id || ' ' || e.amount, E'\n' ORDER BY e.seq), '')
		FROM ledger_entries e
		WHERE e.reference IN (SELECT reference FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id WHERE a.user_id = $1)
		   OR e.reference IN (SELECT reference FROM ledger_transactions t JOIN bookings b ON b.id = t.booking_id WHERE b.customer_id = $1)`,
		userID).Scan(&entries))
	return entries
}

// raw sends a body as it is, and decodes the error of its answer.
func (sys *system) raw(t *testing.T, token, method, path, key, body string) (int, openapi.ErrorBody) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, sys.APIURL()+"/api/v1"+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	content, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	var answer openapi.Error
	require.NoError(t, json.Unmarshal(content, &answer), "%s", content)
	return res.StatusCode, answer.Error
}
