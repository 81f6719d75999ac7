// Package pgtest gives every test a migrated database of its own, on a real PostgreSQL.
//
// No TestMain is needed. The first test of a process that asks for a database starts a private server in a temporary
// folder; a small reaper process, which notices the end of the test process however it comes, ends the server and
// removes the folder. With BOXOFFICE_TEST_POSTGRES set, the server at that DSN is used instead, by several processes at once
// if need be. The schema is migrated once per server, into a template; a test's database is a copy of it.
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

// patience bounds each step of making or dropping a database.
const patience = 2 * time.Minute

var templateName = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	admin, err := adminDSN()
	if err != nil {
		return "", err
	}
	return ensureTemplate(ctx, admin)
})

// administrators is the few connections by which databases are made and dropped, for all tests of this process: one for each
// would cost as much as the database does.
var administrators = sync.OnceValues(func() (*pgxpool.Pool, error) {
	admin, err := adminDSN()
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(admin)
	if err != nil {
		return nil, err
	}
	config.MaxConns = int32(runtime.GOMAXPROCS(0))
	return pgxpool.NewWithConfig(context.Background(), config)
})

// NewDB makes a migrated database for this test alone and returns its DSN (of the superuser, so that a test can SET ROLE to
// those of the product). It may be called from parallel tests; the database is dropped when the test ends.
func NewDB(tb testing.TB) string {
	tb.Helper()
	template, err := templateName()
	require.NoError(tb, err, "pgtest")
	admin, err := adminDSN()
	require.NoError(tb, err, "pgtest")
	name := "test_" + strings.ToLower(rand.Text())
	// Copying files costs half of what copying blocks through the log does: nothing has to survive a crash here.
	require.NoError(tb, administer("CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY FILE_COPY"), "pgtest: make database")
	tb.Cleanup(func() {
		require.NoError(tb, administer("DROP DATABASE "+name+" WITH (FORCE)"), "pgtest: drop database")
	})
	dsn, err := withDatabase(admin, name)
	require.NoError(tb, err, "pgtest")
	return dsn
}

// NewPool is NewDB with a connection pool, which is closed when the test ends.
func NewPool(tb testing.TB) *pgxpool.Pool {
	tb.Helper()
	pool, err := pgxpool.New(context.Background(), NewDB(tb))
	require.NoError(tb, err, "pgtest: connect")
	tb.Cleanup(pool.Close)
	return pool
}

// OpenAs is a pool of connections that have the rights of a role, and those of the superuser when it is empty. It is closed when
// the test ends, which is after the test's own context.
func OpenAs(tb testing.TB, dsn, role string, maxConns int32) *pgxpool.Pool {
	tb.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	require.NoError(tb, err, "pgtest")
	config.MaxConns = maxConns
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	if role != "" {
		config.ConnConfig.RuntimeParams["role"] = role
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	require.NoError(tb, err, "pgtest: connect")
	tb.Cleanup(pool.Close)
	return pool
}

// administer executes a statement as the superuser. It has a context of its own: a cleanup must not depend on the test's.
func administer(statement string) error {
	pool, err := administrators()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err = pool.Exec(ctx, statement)
	return err
}

func withDatabase(dsn, database string) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme == "" {
		return "", fmt.Errorf("%s must be a URL, postgres://user:password@host:port/database", ServerVariable)
	}
	u.Path = "/" + database
	return u.String(), nil
}
