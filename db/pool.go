// Package db gives access to PostgreSQL: the pool, transactions, the queries that sqlc compiles from queries/, and the migrations.
package db

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// PoolOptions limit what a process may demand of PostgreSQL.
type PoolOptions struct {
	// Application names the process in pg_stat_activity.
	Application string
	// MaxConns is how many connections it may hold. Callers wait for a free one.
	MaxConns int32
	// StatementTimeout ends a statement that waits or runs for longer.
	StatementTimeout time.Duration
	// Tracer sees every statement; nil for none.
	Tracer pgx.QueryTracer
}

// Open makes a pool of connections to the database at dsn. It does not connect yet: a process can
// start while PostgreSQL is down, and report that in its readiness.
func Open(ctx context.Context, dsn string, opts PoolOptions) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		// The parser's own error may quote the DSN, and with it the password.
		return nil, fmt.Errorf("the database URL is malformed")
	}
	config.MaxConns = opts.MaxConns
	config.MaxConnLifetime = time.Hour
	config.MaxConnIdleTime = 5 * time.Minute
	config.ConnConfig.ConnectTimeout = 2 * time.Second
	config.ConnConfig.Tracer = opts.Tracer
	config.ConnConfig.RuntimeParams["application_name"] = opts.Application
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["statement_timeout"] = strconv.FormatInt(opts.StatementTimeout.Milliseconds(), 10)
	// A statement is planned once for each connection. By default PostgreSQL plans statements with lists among their values
	// anew each time, which took longer than running them. Search is for the few whose best plan depends on their values.
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	// A process that dies between two statements must not keep its row locks for long.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "10000"
	return openToChanges(ctx, config)
}

// InTx runs do in a transaction and commits, or rolls back and returns its error.
func InTx(ctx context.Context, pool *pgxpool.Pool, do func(*Queries) error) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return do(New(tx)) })
}

// Search runs a query whose best plan is known only when its values are: one with optional filters, or
// one that may read much or little. It is planned each time.
func Search[P, R any](ctx context.Context, pool *pgxpool.Pool, query func(*Queries, context.Context, P) (R, error), params P) (found R, err error) {
	err = InTx(ctx, pool, func(q *Queries) error {
		if err := q.PlanByValues(ctx); err != nil {
			return err
		}
		found, err = query(q, ctx, params)
		return err
	})
	return found, err
}

// InSnapshot runs do in a read-only transaction that sees the database as it is at one moment, however many queries do makes.
func InSnapshot(ctx context.Context, pool *pgxpool.Pool, do func(*Queries) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, pool, options, func(tx pgx.Tx) error { return do(New(tx)) })
}
