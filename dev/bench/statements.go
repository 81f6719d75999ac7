package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"
)

// statementSettings make PostgreSQL record how often each statement runs, and for how long. Statements inside functions and triggers are recorded
// separately.
var statementSettings = []string{"shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=all", "pg_stat_statements.track_planning=on", "pg_stat_statements.max=5000"}

const (
	// statementsShown is how many are printed, and statementWidth how much of each.
	statementsShown = 60
	statementWidth  = 150
)

// printStatements prints the statements that took most of PostgreSQL's time since it was last asked, in all databases, and begins anew.
func (s *system) printStatements(ctx context.Context, out io.Writer) (err error) {
	conn, err := pgx.Connect(ctx, s.SuperuserDSN("postgres"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if _, err := conn.Exec(ctx, `CREATE EXTENSION IF NOT EXISTS pg_stat_statements`); err != nil {
		return err
	}
	rows, _ := conn.Query(ctx, `
		SELECT d.datname, st.toplevel, st.calls, st.total_exec_time, st.total_plan_time, st.wal_bytes::bigint, regexp_replace(st.query, '\s+', ' ', 'g')
		FROM pg_stat_statements st JOIN pg_database d ON d.oid = st.dbid
		ORDER BY st.total_exec_time + st.total_plan_time DESC LIMIT $1`, statementsShown) // the error comes with the rows
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "total\tcalls\teach\tplanning\tWAL each\tdatabase\t\t  statement")
	var database, query string
	var outermost bool
	var calls, wal int64
	var took, planned float64
	_, err = pgx.ForEachRow(rows, []any{&database, &outermost, &calls, &took, &planned, &wal, &query}, func() error {
		within := ""
		if !outermost {
			within = "in"
		}
		query = strings.TrimPrefix(query, "-- name: ")
		_, err := fmt.Fprintf(table, "%.0f ms\t%d\t%.3f ms\t%.3f ms\t%d\t%s\t%s\t  %.*s\n",
			took+planned, calls, (took+planned)/float64(calls), planned/float64(calls), wal/calls, database, within, statementWidth, query)
		return err
	})
	if err != nil {
		return err
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `SELECT pg_stat_statements_reset()`)
	return err
}
