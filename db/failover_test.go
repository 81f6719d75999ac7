package db_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/dev/pgtest"
)

// failover is a database, a pool of the product for it, and a separate connection that acts as the operators.
type failover struct {
	testing.TB
	pool     *pgxpool.Pool
	operator *pgx.Conn
}

const failoverConns = 4

func newFailover(tb testing.TB) *failover {
	tb.Helper()
	dsn := pgtest.NewDB(tb)
	operator, err := pgx.Connect(tb.Context(), dsn)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = operator.Close(context.Background()) })
	pool, err := db.Open(tb.Context(), dsn, db.PoolOptions{Application: "failover", MaxConns: failoverConns, StatementTimeout: time.Minute})
	require.NoError(tb, err)
	tb.Cleanup(pool.Close)
	return &failover{TB: tb, pool: pool, operator: operator}
}

// fill opens all connections of the pool, runs each on every one, and returns them.
func (f *failover) fill(each func(*pgxpool.Conn)) {
	f.Helper()
	var held []*pgxpool.Conn
	for range failoverConns {
		conn, err := f.pool.Acquire(f.Context())
		require.NoError(f, err)
		held = append(held, conn)
		each(conn)
	}
	for _, conn := range held {
		conn.Release()
	}
	require.EqualValues(f, failoverConns, f.pool.Stat().IdleConns())
}

// write changes something.
func (f *failover) write() error {
	return db.New(f.pool).FlagRaise(f.Context(), db.FlagRaiseParams{Kind: "AUDIT", Subject: "test", Message: "test"})
}

// demote makes the server accept no changes from new sessions, like a standby; promote undoes it.
// Neither affects sessions that are open.
func (f *failover) demote()  { f.Helper(); f.configure("SET default_transaction_read_only = on") }
func (f *failover) promote() { f.Helper(); f.configure("RESET default_transaction_read_only") }

func (f *failover) configure(how string) {
	f.Helper()
	_, err := f.operator.Exec(f.Context(), fmt.Sprintf("ALTER DATABASE %s %s", f.operator.Config().Database, how))
	require.NoError(f, err)
}

// readOnly makes an open session one of a standby.
func (f *failover) readOnly(conn *pgxpool.Conn) {
	f.Helper()
	_, err := conn.Exec(f.Context(), "SET default_transaction_read_only = on")
	require.NoError(f, err)
}

func TestSessionsThatTakeNoChangesAreAllLeftAfterOneFailure(t *testing.T) {
	t.Parallel()
	f := newFailover(t)
	f.fill(f.readOnly)

	require.ErrorContains(t, f.write(), "25006")

	for range 2 * failoverConns {
		require.NoError(t, f.write())
	}
}

func TestATransactionThatTakesNoChangesIsLeft(t *testing.T) {
	t.Parallel()
	f := newFailover(t)
	f.fill(f.readOnly)

	err := db.InTx(t.Context(), f.pool, func(q *db.Queries) error {
		return q.FlagRaise(t.Context(), db.FlagRaiseParams{Kind: "AUDIT", Subject: "test", Message: "test"})
	})
	require.ErrorContains(t, err, "25006")

	require.NoError(t, f.write())
}

func TestNoConnectionIsMadeToAServerThatTakesNoChanges(t *testing.T) {
	t.Parallel()
	f := newFailover(t)
	f.demote()

	require.ErrorContains(t, f.write(), "read only connection")
	require.Error(t, db.Writable(t.Context(), f.pool))
	require.Zero(t, f.pool.Stat().TotalConns())

	f.promote()
	require.NoError(t, db.Writable(t.Context(), f.pool))
	require.NoError(t, f.write())
}

func TestReadinessLeavesSessionsThatTakeNoChanges(t *testing.T) {
	t.Parallel()
	f := newFailover(t)
	require.NoError(t, db.Writable(t.Context(), f.pool))
	f.fill(f.readOnly)
	f.demote()

	require.ErrorIs(t, db.Writable(t.Context(), f.pool), db.ErrNoChanges)
	require.Error(t, db.Writable(t.Context(), f.pool), "nor are there others to be had")

	f.promote()
	require.NoError(t, db.Writable(t.Context(), f.pool))
	require.NoError(t, f.write())
}

func TestSessionsThatTheServerEndsAreAllLeftAfterOneFailure(t *testing.T) {
	t.Parallel()
	f := newFailover(t)
	f.fill(func(*pgxpool.Conn) {})
	var ended int
	err := f.operator.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'failover'`).Scan(&ended)
	require.NoError(t, err)
	require.Equal(t, failoverConns, ended)

	failed := 0
	for range 2 * failoverConns {
		if f.write() != nil {
			failed++
		}
	}
	require.LessOrEqual(t, failed, 1)
}
