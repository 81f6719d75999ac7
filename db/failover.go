package db

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrNoChanges says that PostgreSQL answers but accepts no changes: it is a standby, or has become one.
var ErrNoChanges = errors.New("PostgreSQL takes no changes")

// lostServer are the errors after which no session of a pool can be used: the server no longer accepts changes (25006), is being
// stopped or has crashed, or is not ready (57P01 to 57P03). A session that got the first would stay as it is for as long as it
// is used, and so would the other sessions with the same server: after a failover they are connected to what is now a standby.
var lostServer = []string{"25006", "57P01", "57P02", "57P03"}

// isStale says that a migration has changed what a prepared statement returns. Sessions keep the statements that warm has prepared.
func isStale(err *pgconn.PgError) bool {
	return err.Code == "0A000" && err.Routine == "RevalidateCachedQuery"
}

// openToChanges makes a pool that connects only to a server that accepts changes, and leaves one that
// has stopped accepting them: with several hosts in the DSN it finds the right one by itself.
func openToChanges(ctx context.Context, config *pgxpool.Config) (*pgxpool.Pool, error) {
	if config.ConnConfig.ValidateConnect == nil { // the DSN may ask for something else, by target_session_attrs
		config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	var opened atomic.Pointer[pgxpool.Pool]
	keep := config.ConnConfig.OnPgError
	config.ConnConfig.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		if pool := opened.Load(); pool != nil && (slices.Contains(lostServer, err.Code) || isStale(err)) {
			// Those in use are closed when they are returned.
			pool.Reset()
		}
		return keep(conn, err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	opened.Store(pool)
	return pool, nil
}

// Writable says whether PostgreSQL can be reached and accepts changes. If it accepts none, the pool leaves it.
func Writable(ctx context.Context, pool *pgxpool.Pool) error {
	readOnly, err := New(pool).SessionIsReadOnly(ctx)
	switch {
	case err != nil:
		return err
	case readOnly:
		pool.Reset()
		return ErrNoChanges
	default:
		return nil
	}
}
