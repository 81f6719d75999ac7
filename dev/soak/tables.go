package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// table is how large one is.
type table struct {
	Database string `json:"database"`
	Name     string `json:"name"`
	Rows     int64  `json:"rows"`
	Bytes    int64  `json:"bytes"`
}

// tables are those of all databases.
func (s *system) tables(ctx context.Context) ([]table, error) {
	var all []table
	for _, database := range databases {
		some, err := tablesOf(ctx, s.databases[database], database)
		if err != nil {
			return nil, fmt.Errorf("count the rows of %s: %w", database, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

func tablesOf(ctx context.Context, pool *pgxpool.Pool, database string) ([]table, error) {
	rows, _ := pool.Query(ctx, `
		SELECT c.relname, pg_total_relation_size(c.oid), quote_ident(c.relname)
		FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname`) // the error comes with the rows
	var all []table
	var quoted []string
	t, name := table{Database: database}, ""
	_, err := pgx.ForEachRow(rows, []any{&t.Name, &t.Bytes, &name}, func() error {
		all, quoted = append(all, t), append(quoted, name)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range all {
		if err := pool.QueryRow(ctx, `SELECT count(*) FROM `+quoted[i]).Scan(&all[i].Rows); err != nil {
			return nil, fmt.Errorf("%s: %w", all[i].Name, err)
		}
	}
	return all, nil
}

// tableGrowth is what a table has gained for each booking.
type tableGrowth struct {
	Database        string  `json:"database"`
	Name            string  `json:"name"`
	RowsPerBooking  float64 `json:"rowsPerBooking"`
	BytesPerBooking float64 `json:"bytesPerBooking"`
}

// bookingsTable has a row for each booking.
const bookingsTable = "bookings"

// leastGrowth is how many bytes for each booking are worth a line.
const leastGrowth = 10

// grown compares two looks at the tables, the largest gains of a database first.
func grown(before, now []table) []tableGrowth {
	gained := slices.Clone(now)
	bookings := 0.0
	for i, t := range now {
		at := slices.IndexFunc(before, func(b table) bool { return b.Database == t.Database && b.Name == t.Name })
		if at < 0 {
			continue
		}
		gained[i].Rows -= before[at].Rows
		gained[i].Bytes -= before[at].Bytes
		if t.Name == bookingsTable {
			bookings = float64(gained[i].Rows)
		}
	}
	if bookings == 0 {
		return nil
	}
	var all []tableGrowth
	for _, t := range gained {
		g := tableGrowth{
			Database: t.Database, Name: t.Name, RowsPerBooking: float64(t.Rows) / bookings, BytesPerBooking: float64(t.Bytes) / bookings,
		}
		if g.BytesPerBooking >= leastGrowth {
			all = append(all, g)
		}
	}
	slices.SortFunc(all, func(a, b tableGrowth) int {
		return cmp.Or(slices.Index(databases, a.Database)-slices.Index(databases, b.Database), cmp.Compare(b.BytesPerBooking, a.BytesPerBooking))
	})
	return all
}
