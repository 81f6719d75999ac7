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
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
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

// NewDB makes a migrated database for this test alone and returns its DSN (of the superuser, so that a test can SET ROLE to
// those of the product). It may be called from parallel tests; the database is dropped when the test ends.
func NewDB(tb testing.TB) string {
	tb.Helper()
	template, err := templateName()
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	admin, err := adminDSN()
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	// Copying files costs half of what copying blocks through the log does: nothing has to survive a crash here.
	if err := execute(admin, "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY FILE_COPY"); err != nil {
		tb.Fatalf("pgtest: make database: %v", err)
	}
	tb.Cleanup(func() {
		if err := execute(admin, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Errorf("pgtest: drop database: %v", err)
		}
	})
	dsn, err := withDatabase(admin, name)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	return dsn
}

// NewPool is NewDB with a connection pool, which is closed when the test ends.
func NewPool(tb testing.TB) *pgxpool.Pool {
	tb.Helper()
	pool, err := pgxpool.New(context.Background(), NewDB(tb))
	if err != nil {
		tb.Fatalf("pgtest: connect: %v", err)
	}
	tb.Cleanup(pool.Close)
	return pool
}

// OpenAs is a pool of connections that have the rights of a role, and those of the superuser when it is empty. It is closed when
// the test ends, which is after the test's own context.
func OpenAs(tb testing.TB, dsn, role string, maxConns int32) *pgxpool.Pool {
	tb.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	config.MaxConns = maxConns
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	if role != "" {
		config.ConnConfig.RuntimeParams["role"] = role
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		tb.Fatalf("pgtest: connect: %v", err)
	}
	tb.Cleanup(pool.Close)
	return pool
}

// execute runs one statement on a connection of its own: a cleanup must not depend on the test's context.
func execute(dsn, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, statement)
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
