package db_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/dev/pgtest"
)

func TestOldRefundsAreBookedAsOwedAndPaidBack(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDB(t)
	require.NoError(t, db.MigrateDown(t.Context(), dsn, 7))
	pool, err := pgxpool.New(t.Context(), dsn)
	require.NoError(t, err)
	defer pool.Close()
	_, err = pool.Exec(t.Context(), `
		INSERT INTO refunds (id, intent_id, tender, amount, currency, reason, status, correlation_id) VALUES
			('rf_1', 'pi_1', 'CARD', 100, 'INR', 'test', 'SUCCEEDED', 'test'),
			('rf_2', 'pi_2', 'CARD', 30, 'INR', 'test', 'NEEDS_ATTENTION', 'test'),
			('rf_3', 'pi_3', 'CARD', 7, 'XXX', 'test', 'SUCCEEDED', 'test')`)
	require.NoError(t, err)

	for range 2 {
		require.NoError(t, db.Migrate(t.Context(), dsn))

		var owed, collected, events int
		require.NoError(t, pool.QueryRow(t.Context(), `
			SELECT (SELECT sum(amount) FROM ledger_entries WHERE account_id = 'refunds-payable:INR'),
			       (SELECT -sum(amount) FROM ledger_entries WHERE account_id = 'card-clearing:INR'),
			       (SELECT count(*) FROM refund_events)`).Scan(&owed, &collected, &events))
		require.Equal(t, []int{30, 30, 3}, []int{owed, collected, events})
		require.NoError(t, db.MigrateDown(t.Context(), dsn, 7))
	}
}
