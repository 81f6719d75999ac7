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

// houseConns is more than an audit uses at once.
const houseConns = 4

// house is a database with a booking of every kind, and a provider and a Temporal that agree with it.
type house struct {
	t        *testing.T
	owner    *pgxpool.Pool
	worker   *pgxpool.Pool
	bank     *fakeBank
	temporal *fakeTemporal
}

func newHouse(t *testing.T) *house {
	t.Helper()
	dsn := pgtest.NewDB(t)
	h := &house{
		t: t, owner: pgtest.OpenAs(t, dsn, "", houseConns), worker: pgtest.OpenAs(t, dsn, "boxoffice_worker", houseConns),
		bank: newBank(), temporal: newTemporal(),
	}
	h.exec(books)
	return h
}

func (h *house) exec(sql string) {
	h.t.Helper()
	_, err := h.owner.Exec(h.t.Context(), sql)
	require.NoError(h.t, err)
}

// damage runs SQL that no constraint or trigger stops, as a restore of half a backup might.
func (h *house) damage(sql string) {
	h.t.Helper()
	require.NoError(h.t, pgx.BeginFunc(h.t.Context(), h.owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(h.t.Context(), "SET LOCAL session_replication_role = replica; "+sql)
		return err
	}))
}

func (h *house) count(sql string) int {
	h.t.Helper()
	var n int
	require.NoError(h.t, h.owner.QueryRow(h.t.Context(), sql).Scan(&n))
	return n
}

func (h *house) sources() audit.Sources {
	return audit.Sources{Pool: h.worker, Provider: h.bank, Temporal: h.temporal}
}

// options are without grace: nothing is on its way in a house that nobody is in.
func options() audit.Options {
	options := audit.Defaults()
	options.Grace, options.Recheck = 0, 0
	return options
}

func (h *house) audit() audit.Report {
	h.t.Helper()
	report, err := audit.Run(h.t.Context(), h.sources(), options())
	require.NoError(h.t, err)
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
