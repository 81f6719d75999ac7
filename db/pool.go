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
	// Hot are the statements that somebody waits for. A quarter of the connections is then made at once, and all of them with
	// these statements prepared and planned.
	Hot []string
}

// Open makes a pool of connections to the database at dsn. It waits for no connection: a process can
// start while PostgreSQL is down, and report that in its readiness.
func Open(ctx context.Context, dsn string, opts PoolOptions) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		// The parser's own error may quote the DSN, and with it the password.
		return nil, fmt.Errorf("the database URL is malformed")
	}
	config.MaxConns = opts.MaxConns
	// Making a connection is expensive: what a busy moment has needed is kept for the next one, and what was made together does not end together.
	config.MaxConnLifetime = time.Hour
	config.MaxConnLifetimeJitter = 30 * time.Minute
	config.MaxConnIdleTime = 30 * time.Minute
	config.ConnConfig.ConnectTimeout = 2 * time.Second
	config.ConnConfig.RuntimeParams["application_name"] = opts.Application
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["statement_timeout"] = strconv.FormatInt(opts.StatementTimeout.Milliseconds(), 10)
	// A statement is planned once for each connection. By default PostgreSQL plans statements with lists among their values
	// anew each time, which took longer than running them. Search is for the few whose best plan depends on their values.
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	// A process that dies between two statements must not keep its row locks for long.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "10000"
	if len(opts.Hot) > 0 {
		config.MinConns = max(1, opts.MaxConns/4)
		config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error { return warm(ctx, conn, opts.Hot) }
	}
	return openToChanges(ctx, config)
}
