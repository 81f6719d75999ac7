package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/boxoffice/boxoffice/activities"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/crowd"
	"github.com/boxoffice/boxoffice/dev/pgtest"
	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

func TestABookingIsHeldAndPaid(t *testing.T) {
	t.Parallel()
	product := pgtest.NewPool(t)
	office := openOffice(t, product)
	require.NoError(t, crowd.OpenShow(t.Context(), product, crowd.Show{
		ID: "sh_1", TheatreID: "th_1", MovieID: "mv_1", Seats: 4, StartsAt: time.Now().Add(time.Hour), Hold: time.Minute,
	}))
	seats, err := crowd.FreeSeats(t.Context(), product, "sh_1")
	require.NoError(t, err)
	for _, statement := range []string{
		`INSERT INTO users (id, email, name, role) VALUES ('us_1', 'us_1@example.com', 'Somebody', 'CUSTOMER')`,
		`INSERT INTO ledger_accounts (id, kind, user_id, currency) VALUES ('wallet:us_1:INR', 'WALLET', 'us_1', 'INR')`,
		`WITH posted AS (INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('grant', 'GRANT', 'test') RETURNING reference)
		 INSERT INTO ledger_entries (reference, account_id, amount)
		 SELECT reference, account, amount FROM posted, (VALUES ('wallet:us_1:INR', 1000000), ('promotions:INR', -1000000)) AS line (account, amount)`,
	} {
		_, err := product.Exec(t.Context(), statement)
		require.NoError(t, err)
	}

	held := booking.Request{BookingID: "bk_1", CustomerID: "us_1", ShowID: "sh_1", Seats: seats[:1], RequestHash: "hash", CorrelationID: "co_1"}
	var due booking.Money
	require.Equal(t, http.StatusOK, ask(t, office, "/hold", held, &due))
	require.Positive(t, due.Amount)
	payment := booking.Payment{
		ID: "pay_1", BookingID: "bk_1", Attempt: 1, Method: booking.MethodWallet, Wallet: due, Card: booking.Money{Currency: due.Currency}, RequestHash: "hash",
	}
	var status booking.Status
	require.Equal(t, http.StatusOK, ask(t, office, "/pay", payment, &status))
	require.Equal(t, booking.StatusConfirmed, status)
	require.NoError(t, product.QueryRow(t.Context(), `SELECT status FROM bookings WHERE id = 'bk_1'`).Scan(&status))
	require.Equal(t, booking.StatusConfirmed, status)

	require.Equal(t, http.StatusInternalServerError, ask(t, office, "/pay", payment, nil), "nothing waits any more")

	held.BookingID, held.Seats = "bk_2", seats[1:2]
	require.Equal(t, http.StatusOK, ask(t, office, "/buy", held, &status))
	require.Equal(t, booking.StatusConfirmed, status)
	var sold int
	require.NoError(t, product.QueryRow(t.Context(), `SELECT count(*) FROM claims WHERE state = 'SOLD'`).Scan(&sold))
	require.Equal(t, 2, sold)
}

func openOffice(t *testing.T, product *pgxpool.Pool) http.Handler {
	t.Helper()
	engine, err := dbos.NewContext(t.Context(), dbos.Config{AppName: "boxoffice-test", DatabaseURL: pgtest.NewDB(t)})
	require.NoError(t, err)
	office := &office{engine: engine, steps: activities.New(product, nil)}
	dbos.RegisterWorkflow(engine, office.book)
	dbos.RegisterWorkflow(engine, office.buy)
	require.NoError(t, dbos.Launch(engine))
	t.Cleanup(func() { require.NoError(t, dbos.Shutdown(engine, patience)) })
	return office.routes()
}

func ask(t *testing.T, office http.Handler, path string, body, into any) (status int) {
	t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	office.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(encoded)))
	if into != nil {
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), into), answer.Body)
	}
	return answer.Code
}
