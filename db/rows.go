package db

import (
	"github.com/jackc/pgx/v5"
)

// sentRows are the rows of a statement that travels together with others. They end without an error only if all of these have succeeded.
type sentRows struct {
	pgx.Rows

	of *sent
}

// Next is as pgx has it. After the last row it reads the answers to what was sent after the statement.
func (r *sentRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// Close is as pgx has it.
func (r *sentRows) Close() {
	r.Rows.Close()
	_ = r.of.finish()
}

// Err is as pgx has it.
func (r *sentRows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return err
	}
	return r.of.err
}

// oneRow is the first of rows, or why there are none.
type oneRow struct {
	rows pgx.Rows
	err  error
}

// Scan is as pgx has it: a row that is not there is pgx.ErrNoRows.
func (r oneRow) Scan(into ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.rows.Scan(into...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}
