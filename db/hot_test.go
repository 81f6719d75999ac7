package db_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/dev/pgtest"
)

func TestAConnectionHasPlannedWhatCustomersWaitForBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	for role, hot := range map[string][]string{"boxoffice_api": db.HotOfAPI, "boxoffice_worker": db.HotOfWorker} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			pool, err := db.Open(t.Context(), pgtest.NewDB(t)+"&role="+role, db.PoolOptions{MaxConns: 8, StatementTimeout: time.Minute, Hot: hot})
			require.NoError(t, err)
			t.Cleanup(pool.Close)
			require.Eventually(t, func() bool { return pool.Stat().IdleConns() >= 2 }, time.Minute, 5*time.Millisecond, "a quarter of them is made at once")
			rows, err := pool.Query(t.Context(), `SELECT statement FROM pg_prepared_statements WHERE generic_plans > 0`)
			require.NoError(t, err)
			defer rows.Close()
			var planned []string
			for rows.Next() {
				var sql string
				require.NoError(t, rows.Scan(&sql))
				planned = append(planned, sql)
			}
			require.NoError(t, rows.Err())
			require.Subset(t, planned, hot)
		})
	}
}

// pgx forgets other statements that fail, and prepares them once more.
func TestAHotStatementThatIsRefusedIsNotPreparedAgain(t *testing.T) {
	t.Parallel()
	b := newBooks(t, db.HotOfWorker...)
	before := b.RoundTrips()
	for range 2 {
		require.True(t, db.Violates(b.post(db.New(b.pool), "unknown", "tax:INR"), "ledger_entries_account_id_fkey"))
	}
	require.NoError(t, b.grant(db.New(b.pool)))
	require.Equal(t, 3, b.RoundTrips()-before)
}

func TestSessionsWhoseStatementsAMigrationHasChangedAreLeft(t *testing.T) {
	t.Parallel()
	b := newBooks(t, db.HotOfAPI...)
	ask := func() error {
		_, err := db.New(b.pool).UserStanding(t.Context(), "us_none")
		if db.IsNotFound(err) {
			return nil
		}
		return err
	}
	require.NoError(t, ask())
	_, err := b.operator.Exec(t.Context(), `ALTER TABLE users ALTER COLUMN role TYPE varchar`)
	require.NoError(t, err)
	require.ErrorContains(t, ask(), "cached plan must not change result type")
	b.connect()
	require.NoError(t, ask())
}

func TestAConnectionIsUsableBeforeTheFirstMigration(t *testing.T) {
	t.Parallel()
	b := newBooks(t, slices.Concat([]string{"SELECT * FROM missing", "not even SQL"}, db.HotOfAPI)...)
	require.NoError(t, b.pool.Ping(t.Context()))
}
