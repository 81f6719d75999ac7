package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"
)

// InTx runs do in a transaction and commits, or rolls back and returns its error.
func InTx(ctx context.Context, pool *pgxpool.Pool, do func(*Queries) error) error {
	return (&transaction{pool: pool, begin: begin}).run(ctx, func(q, _ *Queries) error { return do(q) })
}

// InTxWithLast is InTx for a transaction that somebody waits for. A statement made with last ends the transaction: COMMIT travels together with
// it. If that statement fails, nothing is committed; otherwise everything is, whatever the statement returns and do thinks of it. It need not be
// used; no statement can follow it.
func InTxWithLast(ctx context.Context, pool *pgxpool.Pool, do func(q, last *Queries) error) error {
	return (&transaction{pool: pool, begin: begin}).run(ctx, do)
}

// InTxOfBooking is InTxWithLast with the booking locked, if there is one. The lock travels together with the first statement, which
// sees the database as it is once the lock has been got.
func InTxOfBooking(ctx context.Context, pool *pgxpool.Pool, bookingID string, do func(q, last *Queries) error) error {
	lock := statement{bookingLock, []any{bookingID}}
	return (&transaction{pool: pool, begin: begin, ahead: []statement{lock}}).run(ctx, do)
}

// InSnapshot runs do in a read-only transaction that sees the database as it is at one moment, however many queries do makes.
func InSnapshot(ctx context.Context, pool *pgxpool.Pool, do func(*Queries) error) error {
	snapshot := &transaction{pool: pool, begin: "begin isolation level repeatable read read only"}
	return snapshot.run(ctx, func(q, _ *Queries) error { return do(q) })
}

// Search runs a query whose best plan is known only when its values are: one with optional filters, or
// one that may read much or little. It is planned each time.
func Search[P, R any](ctx context.Context, pool *pgxpool.Pool, query func(*Queries, context.Context, P) (R, error), params P) (found R, err error) {
	search := &transaction{pool: pool, begin: begin, ahead: []statement{{sql: planByValues}}}
	err = search.run(ctx, func(_, last *Queries) error {
		found, err = query(last, ctx, params)
		return err
	})
	return found, err
}

// errTxOver is the error of statements after the end of their transaction.
var errTxOver = errors.New("the transaction is over")

// run begins with the first statement of do.
func (t *transaction) run(ctx context.Context, do func(q, last *Queries) error) error {
	defer t.leave(ctx)
	if err := do(New(t), New(lastOf{t})); err != nil {
		return err
	}
	return t.commit(ctx)
}
