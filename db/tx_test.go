package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/dev/pgtest"
)

// books is a database with a pool of the product, whose connections go through a proxy.
type books struct {
	testing.TB
	*pgtest.Proxy
	pool     *pgxpool.Pool
	operator *pgx.Conn
}

func newBooks(tb testing.TB, hot ...string) *books {
	tb.Helper()
	dsn := pgtest.NewDB(tb)
	b := &books{TB: tb, Proxy: pgtest.NewProxy(tb, dsn)}
	var err error
	b.operator, err = pgx.Connect(tb.Context(), dsn)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = b.operator.Close(context.Background()) })
	b.pool, err = db.Open(tb.Context(), b.DSN(), db.PoolOptions{Application: "books", MaxConns: 1, StatementTimeout: time.Minute, Hot: hot})
	require.NoError(tb, err)
	tb.Cleanup(b.pool.Close)
	b.connect()
	return b
}

// connect makes the connection of the pool, however long the machine takes. It has no statements prepared.
func (b *books) connect() {
	b.Helper()
	require.Eventually(b, func() bool { return b.pool.Ping(b.Context()) == nil }, time.Minute, time.Millisecond)
}

// flag is a change that always succeeds.
func (b *books) flag(q *db.Queries) error {
	return q.FlagRaise(b.Context(), db.FlagRaiseParams{Kind: "AUDIT", Subject: "test", Message: "test"})
}

// post is a change that fails if an account is unknown, and at COMMIT if there is no account.
func (b *books) post(q *db.Queries, accounts ...string) error {
	amounts := []int64{-1, 1}
	_, err := q.LedgerPost(b.Context(), db.LedgerPostParams{
		Reference: "test", Kind: booking.LedgerGrant, Reason: "test", Accounts: accounts, Amounts: amounts[:len(accounts)],
	})
	return err
}

func (b *books) grant(q *db.Queries) error { return b.post(q, "promotions:INR", "tax:INR") }

// written is how much of either has been committed.
func (b *books) written() (flags, postings int) {
	b.Helper()
	err := b.operator.QueryRow(b.Context(), `SELECT (SELECT count(*) FROM flags), (SELECT count(*) FROM ledger_transactions)`).Scan(&flags, &postings)
	require.NoError(b, err)
	return flags, postings
}

func (b *books) requireWritten(flags, postings int) {
	b.Helper()
	f, p := b.written()
	require.Equal(b, [2]int{flags, postings}, [2]int{f, p}, "flags and postings that were committed")
}

// requireUsable says that the pool has kept its connection, as if nothing had happened.
func (b *books) requireUsable() {
	b.Helper()
	require.EqualValues(b, 1, b.pool.Stat().IdleConns())
}

// Everything is played twice: a connection waits once more to prepare what it has never sent before.
func TestBeginAndCommitTravelWithTheFirstAndTheLastStatement(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		waits int
		do    func(*books) error
	}{
		"no statement": {0, func(b *books) error {
			return db.InTx(b.Context(), b.pool, func(*db.Queries) error { return nil })
		}},
		"two statements": {3, func(b *books) error {
			return db.InTx(b.Context(), b.pool, func(q *db.Queries) error { return errors.Join(b.flag(q), b.grant(q)) })
		}},
		"two, of which the last is known": {2, func(b *books) error {
			return db.InTxWithLast(b.Context(), b.pool, func(q, last *db.Queries) error { return errors.Join(b.flag(q), b.grant(last)) })
		}},
		"only a last one": {1, func(b *books) error {
			return db.InTxWithLast(b.Context(), b.pool, func(_, last *db.Queries) error { return b.grant(last) })
		}},
		"a booking that is locked": {2, func(b *books) error {
			return db.InTxOfBooking(b.Context(), b.pool, "bk_1", func(q, last *db.Queries) error { return errors.Join(b.flag(q), b.grant(last)) })
		}},
		"a snapshot": {2, func(b *books) error {
			return db.InSnapshot(b.Context(), b.pool, func(q *db.Queries) error {
				_, err := q.PaymentsOfBooking(b.Context(), "bk_1")
				return err
			})
		}},
		"a search": {1, func(b *books) error {
			_, err := db.Search(b.Context(), b.pool, (*db.Queries).FlagsOpenBefore, db.FlagsOpenBeforeParams{BeforeID: 1000, PageSize: 10})
			return err
		}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			require.NoError(t, test.do(b), "on a new connection")
			before := b.RoundTrips()
			require.NoError(t, test.do(b))
			require.Equal(t, test.waits, b.RoundTrips()-before)
		})
	}
}

func TestATransactionCommitsAllOrNothing(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	for what, test := range map[string]struct {
		do func(b *books, q, last *db.Queries) error
		// err is a part of the expected error; empty when all is committed.
		err string
	}{
		"all succeeds": {func(b *books, q, last *db.Queries) error {
			return errors.Join(b.flag(q), b.grant(last))
		}, ""},
		"the last statement is not said to be the last": {func(b *books, q, _ *db.Queries) error {
			return errors.Join(b.flag(q), b.grant(q))
		}, ""},
		"it is refused after the first statement": {func(b *books, q, _ *db.Queries) error {
			return errors.Join(b.grant(q), refused)
		}, "refused"},
		"the first statement fails": {func(b *books, q, last *db.Queries) error {
			return errors.Join(b.post(q, "unknown", "tax:INR"), b.flag(last))
		}, "ledger_entries_account_id_fkey"},
		"the first statement fails, and nobody looks": {func(b *books, q, last *db.Queries) error {
			_ = b.post(q, "unknown", "tax:INR")
			return b.flag(last)
		}, "25P02"},
		"all statements fail, and nobody looks": {func(b *books, q, last *db.Queries) error {
			_ = b.post(q, "unknown", "tax:INR")
			_ = b.flag(last)
			return nil
		}, "25P02"},
		"a statement fails, nobody looks, and there is no last one": {func(b *books, q, _ *db.Queries) error {
			_ = b.post(q, "unknown", "tax:INR")
			return nil
		}, pgx.ErrTxCommitRollback.Error()},
		"the last statement fails": {func(b *books, q, last *db.Queries) error {
			return errors.Join(b.flag(q), b.post(last, "unknown", "tax:INR"))
		}, "ledger_entries_account_id_fkey"},
		"the only statement fails": {func(b *books, _, last *db.Queries) error {
			return b.post(last, "unknown", "tax:INR")
		}, "ledger_entries_account_id_fkey"},
		"the commit fails": {func(b *books, q, last *db.Queries) error {
			return errors.Join(b.flag(q), b.post(last))
		}, "has no entries"},
		"the commit fails, and nobody looks": {func(b *books, q, last *db.Queries) error {
			_ = errors.Join(b.flag(q), b.post(last))
			return nil
		}, "has no entries"},
		"a statement cannot be sent": {func(b *books, q, _ *db.Queries) error {
			_ = q.FlagRaise(b.Context(), db.FlagRaiseParams{Kind: "AUDIT", Subject: "test", Message: "\xff"})
			return b.grant(q)
		}, "25P02"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			err := db.InTxWithLast(t.Context(), b.pool, func(q, last *db.Queries) error { return test.do(b, q, last) })
			b.requireUsable()
			if test.err == "" {
				require.NoError(t, err)
				b.requireWritten(1, 1)
			} else {
				require.ErrorContains(t, err, test.err)
				b.requireWritten(0, 0)
			}
		})
	}
}

func TestNoStatementFollowsTheLast(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	err := db.InTxWithLast(t.Context(), b.pool, func(q, last *db.Queries) error {
		require.NoError(t, b.flag(last))
		return errors.Join(b.grant(q), b.grant(last))
	})
	require.ErrorContains(t, err, "the transaction is over")
	b.requireWritten(1, 0)
	b.requireUsable()
}

func TestATransactionWithoutAConnectionFailsEvenIfNobodyLooks(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	ctx := t.Context()
	tired, cancel := context.WithCancel(ctx)
	cancel()
	err := db.InTx(ctx, b.pool, func(q *db.Queries) error {
		flag := db.FlagRaiseParams{Kind: "AUDIT", Subject: "test", Message: "test"}
		_ = q.FlagRaise(tired, flag)
		_ = q.FlagRaise(ctx, flag)
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	b.requireWritten(0, 0)
}

func TestAPanicRollsBack(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	require.Panics(t, func() {
		_ = db.InTx(t.Context(), b.pool, func(q *db.Queries) error { panic(b.flag(q)) })
	})
	b.requireWritten(0, 0)
	b.requireUsable()
}

func TestRowsTravelToo(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	require.NoError(t, b.flag(db.New(b.pool)))
	for range 2 {
		err := db.InTxWithLast(t.Context(), b.pool, func(q, last *db.Queries) error {
			flags, err := q.FlagsOpenBefore(t.Context(), db.FlagsOpenBeforeParams{BeforeID: 1000, PageSize: 10})
			require.NoError(t, err)
			require.Len(t, flags, 1)
			_, err = q.BookingStatus(t.Context(), "bk_none")
			require.True(t, db.IsNotFound(err))
			flags, err = last.FlagsOpenBefore(t.Context(), db.FlagsOpenBeforeParams{BeforeID: 1000, PageSize: 10})
			require.Len(t, flags, 1)
			return err
		})
		require.NoError(t, err)
	}
	for _, name := range []string{"first", "last"} {
		err := db.InTxWithLast(t.Context(), b.pool, func(q, last *db.Queries) error {
			_, err := map[string]*db.Queries{"first": q, "last": last}[name].BookingStatus(t.Context(), "bk_none")
			return err
		})
		require.True(t, db.IsNotFound(err))
	}
	b.requireUsable()
}

// A step that was cut off is repeated: nothing is half done, and what is done is not done twice.
func TestAConnectionThatBreaksLeavesAllOrNothing(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		cut       func(*books)
		committed bool
	}{
		"before it begins":                         {func(b *books) { b.CutBefore("begin") }, false},
		"between BEGIN and the first statement":    {func(b *books) { b.CutBefore("-- name: FlagRaise ") }, false},
		"when the first statement has been done":   {func(b *books) { b.CutAfter("-- name: FlagRaise ") }, false},
		"before the last statement":                {func(b *books) { b.CutBefore("-- name: LedgerPost ") }, false},
		"between the last statement and COMMIT":    {func(b *books) { b.CutBefore("commit") }, false},
		"when all is committed but nobody is told": {func(b *books) { b.CutAfter("commit") }, true},
	} {
		for _, warm := range []bool{false, true} {
			name := what + " on a new connection"
			if warm {
				name = what
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b := newBooks(t)
				book := func() error {
					return db.InTxWithLast(t.Context(), b.pool, func(q, last *db.Queries) error { return errors.Join(b.flag(q), b.grant(last)) })
				}
				if warm {
					require.NoError(t, book())
					_, err := b.operator.Exec(t.Context(), `TRUNCATE flags`)
					require.NoError(t, err)
				}
				test.cut(b)

				err := book()

				require.Error(t, err)
				require.True(t, db.IsAway(err), "it is worth a repeat: %v", err)
				require.Equal(t, 1, b.Cuts())
				b.untilNobodyIsLeft()
				flags, _ := b.written()
				require.Equal(t, test.committed, flags == 1)
				b.connect()
				require.NoError(t, book())
				b.requireWritten(1, 1)
			})
		}
	}
}

// untilNobodyIsLeft waits until PostgreSQL has noticed that a connection is broken.
func (b *books) untilNobodyIsLeft() {
	b.Helper()
	require.Eventually(b, func() bool {
		var n int
		err := b.operator.QueryRow(b.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'books'`).Scan(&n)
		return err == nil && n == 0
	}, time.Minute, 5*time.Millisecond)
}

// A caller who gives up while the last statement waits for a lock has not committed: PostgreSQL is asked to cancel it, and COMMIT is skipped.
func TestACallerWhoGivesUpCommitsNothing(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	blocker, err := b.operator.Begin(t.Context())
	require.NoError(t, err)
	_, err = blocker.Exec(t.Context(), `INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('test', 'GRANT', 'test')`)
	require.NoError(t, err)
	watcher, err := pgx.Connect(t.Context(), b.operator.Config().ConnString())
	require.NoError(t, err)
	defer func() { _ = watcher.Close(context.Background()) }()

	ctx, giveUp := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- db.InTxWithLast(ctx, b.pool, func(q, last *db.Queries) error {
			if err := q.FlagRaise(ctx, db.FlagRaiseParams{Kind: "AUDIT", Subject: "test", Message: "test"}); err != nil {
				return err
			}
			_, err := last.LedgerPost(ctx, db.LedgerPostParams{
				Reference: "test", Kind: booking.LedgerGrant, Reason: "test", Accounts: []string{"promotions:INR", "tax:INR"}, Amounts: []int64{-1, 1},
			})
			return err
		})
	}()
	of := func(what string) int {
		var n int
		err := watcher.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'books' AND datname = current_database() `+what).Scan(&n)
		require.NoError(t, err)
		return n
	}
	require.Eventually(t, func() bool { return of(`AND wait_event_type = 'Lock'`) == 1 }, time.Minute, 5*time.Millisecond)
	giveUp()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.Eventually(t, func() bool { return of("") == 0 }, time.Minute, 5*time.Millisecond)

	require.NoError(t, blocker.Rollback(t.Context()))
	b.requireWritten(0, 0)
}
