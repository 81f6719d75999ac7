package audit_test

import (
	_ "embed"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/dev/pgtest"
)

//go:embed testdata/books.sql
var books string

// fixtureConns is more than an audit uses at once.
const fixtureConns = 4

// fixture is a database with a booking of every kind, and a provider and a Temporal that agree with it.
type fixture struct {
	t        *testing.T
	owner    *pgxpool.Pool
	worker   *pgxpool.Pool
	bank     *fakeBank
	temporal *fakeTemporal
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	dsn := pgtest.NewDB(t)
	f := &fixture{
		t: t, owner: pgtest.OpenAs(t, dsn, "", fixtureConns), worker: pgtest.OpenAs(t, dsn, "boxoffice_worker", fixtureConns),
		bank: newBank(), temporal: newTemporal(),
	}
	f.exec(books)
	return f
}

func (f *fixture) exec(sql string) {
	f.t.Helper()
	_, err := f.owner.Exec(f.t.Context(), sql)
	require.NoError(f.t, err)
}

// damage runs SQL without constraints and triggers, as a restore of half a backup might.
func (f *fixture) damage(sql string) {
	f.t.Helper()
	require.NoError(f.t, pgx.BeginFunc(f.t.Context(), f.owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(f.t.Context(), "SET LOCAL session_replication_role = replica; "+sql)
		return err
	}))
}

func (f *fixture) count(sql string) int {
	f.t.Helper()
	var n int
	require.NoError(f.t, f.owner.QueryRow(f.t.Context(), sql).Scan(&n))
	return n
}

func (f *fixture) sources() audit.Sources {
	return audit.Sources{Pool: f.worker, Provider: f.bank, Temporal: f.temporal}
}

// options have no grace: nothing is under way in a fixture that nobody uses.
func options() audit.Options {
	options := audit.Defaults()
	options.Grace, options.Recheck = 0, 0
	return options
}

func (f *fixture) audit() audit.Report {
	f.t.Helper()
	report, err := audit.Run(f.t.Context(), f.sources(), options())
	require.NoError(f.t, err)
	return report
}

// broken are the names of the checks that found something, with the first id of each.
func broken(report audit.Report) map[string]string {
	found := map[string]string{}
	for _, c := range report.Broken() {
		found[c.Name] = c.Findings[0].ID
	}
	return found
}
