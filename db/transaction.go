package db

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	begin    = "begin"
	commit   = "commit"
	rollback = "rollback"
)

type statement struct {
	sql       string
	arguments []any
}

// transaction sends BEGIN together with its first statement and, if it is told which one is the last, COMMIT together with that. What is sent
// together is answered together, which saves waiting for the network and waking up a process at each end. After an error PostgreSQL skips the rest
// of what was sent together with it, COMMIT included.
type transaction struct {
	pool  *pgxpool.Pool
	begin string
	// ahead is sent between BEGIN and the first statement; its results are not needed.
	ahead []statement

	// conn is nil until something has been sent.
	conn *pgxpool.Conn
	// committing says that COMMIT was sent with the last statement.
	committing bool
	// outcome is how that ended, or why there is no connection.
	outcome error
}

// isOpen says whether PostgreSQL is in the transaction, even if that has failed.
func (t *transaction) isOpen() bool { return t.conn != nil && t.conn.Conn().PgConn().TxStatus() != 'I' }

func (t *transaction) commit(ctx context.Context) error {
	switch {
	case t.conn == nil || t.committing:
		return t.outcome
	case !t.isOpen(): // it could not even begin
		return errTxOver
	}
	tag, err := t.conn.Exec(ctx, commit)
	if err != nil {
		return err
	}
	return committed(tag)
}

// committed distinguishes a commit from that of a transaction that had failed, which PostgreSQL answers by rolling back.
func committed(tag pgconn.CommandTag) error {
	if tag.String() != "COMMIT" {
		return pgx.ErrTxCommitRollback
	}
	return nil
}

// leave gives up what is not committed. The pool closes a connection that is still in a transaction, and with that PostgreSQL rolls back.
func (t *transaction) leave(ctx context.Context) {
	if t.conn == nil {
		return
	}
	if t.isOpen() {
		_, _ = t.conn.Exec(ctx, rollback)
	}
	t.conn.Release()
}

// Exec is for sqlc.
func (t *transaction) Exec(ctx context.Context, sql string, arguments ...any) (pgconn.CommandTag, error) {
	if t.isOpen() {
		return t.conn.Exec(ctx, sql, arguments...)
	}
	return t.send(ctx, statement{sql, arguments}, false).exec()
}

// Query is for sqlc.
func (t *transaction) Query(ctx context.Context, sql string, arguments ...any) (pgx.Rows, error) {
	if t.isOpen() {
		return t.conn.Query(ctx, sql, arguments...)
	}
	return t.send(ctx, statement{sql, arguments}, false).query()
}

// QueryRow is for sqlc.
func (t *transaction) QueryRow(ctx context.Context, sql string, arguments ...any) pgx.Row {
	rows, err := t.Query(ctx, sql, arguments...)
	return oneRow{rows, err}
}

// CopyFrom is for sqlc. It never travels together with anything, COMMIT included.
func (t *transaction) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, from pgx.CopyFromSource) (int64, error) {
	if !t.isOpen() {
		if _, err := t.Exec(ctx, "select"); err != nil { // BEGIN, and what goes ahead, travel with it
			return 0, err
		}
	}
	return t.conn.CopyFrom(ctx, table, columns, from)
}

// lastOf makes the last statement of a transaction.
type lastOf struct{ *transaction }

// Exec is for sqlc.
func (t lastOf) Exec(ctx context.Context, sql string, arguments ...any) (pgconn.CommandTag, error) {
	return t.send(ctx, statement{sql, arguments}, true).exec()
}

// Query is for sqlc.
func (t lastOf) Query(ctx context.Context, sql string, arguments ...any) (pgx.Rows, error) {
	return t.send(ctx, statement{sql, arguments}, true).query()
}

// QueryRow is for sqlc.
func (t lastOf) QueryRow(ctx context.Context, sql string, arguments ...any) pgx.Row {
	rows, err := t.Query(ctx, sql, arguments...)
	return oneRow{rows, err}
}

// sent is a statement that travels together with others.
type sent struct {
	t    *transaction
	with pgx.BatchResults
	last bool
	err  error
	over bool
}

// send sends a statement, BEGIN before it if it is the first one, and COMMIT after it if it is the last one.
func (t *transaction) send(ctx context.Context, wanted statement, last bool) *sent {
	var batch pgx.Batch
	switch {
	case t.conn == nil:
		if t.outcome == nil {
			t.conn, t.outcome = t.pool.Acquire(ctx)
		}
		if t.outcome != nil {
			return &sent{err: t.outcome, over: true}
		}
		batch.Queue(t.begin)
		for _, before := range t.ahead {
			batch.Queue(before.sql, before.arguments...)
		}
	case !t.isOpen():
		return &sent{err: errTxOver, over: true}
	}
	before := batch.Len()
	batch.Queue(wanted.sql, wanted.arguments...)
	if last {
		batch.Queue(commit)
		t.committing, t.outcome = true, errTxOver // until its answer has been read
	}
	s := &sent{t: t, with: t.conn.SendBatch(ctx, &batch), last: last}
	for range before {
		if _, err := s.with.Exec(); err != nil {
			break // which is what everything that follows returns
		}
	}
	return s
}

// finish reads the answers to what was sent after the statement, once, and says whether everything succeeded.
func (s *sent) finish() error {
	if s.over {
		return s.err
	}
	s.over = true
	if s.last {
		var tag pgconn.CommandTag
		if tag, s.err = s.with.Exec(); s.err == nil {
			s.err = committed(tag)
		}
	}
	if err := s.with.Close(); s.err == nil {
		s.err = err
	}
	if s.last {
		s.t.outcome = s.err
	}
	return s.err
}

func (s *sent) exec() (tag pgconn.CommandTag, err error) {
	if !s.over {
		tag, err = s.with.Exec()
	}
	if after := s.finish(); err == nil {
		err = after
	}
	return tag, err
}

func (s *sent) query() (pgx.Rows, error) {
	if s.over {
		return nil, s.err
	}
	rows, err := s.with.Query()
	if err != nil {
		_ = s.finish()
		return nil, err
	}
	return &sentRows{rows, s}, nil
}
