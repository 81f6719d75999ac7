package db_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/dev/pgtest"
)

// A wallet has two unique keys. Opening it several times at once must not violate the one that the statement does not name.
func TestManyMayOpenAWalletAtOnce(t *testing.T) {
	t.Parallel()
	pool := pgtest.NewPool(t)
	_, err := pool.Exec(t.Context(), `INSERT INTO users (id, email, name) VALUES ('us_1', 'asha@example.com', 'Asha')`)
	require.NoError(t, err)
	for _, currency := range []string{"INR", "USD", "EUR", "GBP"} {
		errs := make([]error, 8)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				errs[i] = db.New(pool).WalletOpen(t.Context(), db.WalletOpenParams{ID: "wallet:us_1:" + currency, UserID: "us_1", Currency: currency})
			})
		}
		all.Wait()
		for _, err := range errs {
			require.NoError(t, err)
		}
	}
	var accounts int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM ledger_accounts WHERE user_id = 'us_1'`).Scan(&accounts))
	require.Equal(t, 8, accounts, "four wallets, each with its reserve")
}
