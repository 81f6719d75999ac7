// Package activities takes the steps that workflows decide on: it changes PostgreSQL and calls the payment provider.
//
// Every step may be repeated with the same input, be cut off anywhere and come late: it then has the effect of one
// run, or none. Errors are classified here, once: a *booking.Refusal is an expected answer and is not retried, and so is a
// breach of the database's constraints, which is a defect; anything else is worth another try.
package activities

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/boxoffice/boxoffice/provider"
)

// Activities holds what the steps work with.
type Activities struct {
	pool     *pgxpool.Pool
	provider provider.Provider

	// CascadePerSecond is how many bookings a cascade may begin with in a second while others are buying; zero for no bound.
	CascadePerSecond int
}

// New makes the activities on a database and a payment provider.
func New(pool *pgxpool.Pool, provider provider.Provider) *Activities {
	return &Activities{pool: pool, provider: provider}
}
