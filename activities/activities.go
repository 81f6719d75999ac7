// Package activities takes the steps that workflows decide on: it changes PostgreSQL and calls the payment provider.
//
// Every step may be repeated with the same input, be cut off anywhere and come late: it then has the effect of one
// run, or none. Errors are classified here, once. A *booking.Refusal is an expected answer and is not retried. A
// violation of the database's constraints is a defect and is not retried either. Anything else is worth retrying.
package activities

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/boxoffice/boxoffice/provider"
)

// Activities holds what the steps work with.
type Activities struct {
	pool     *pgxpool.Pool
	provider provider.Provider

	// CascadePerSecond is how many bookings a cascade may begin with in a second while others are buying; zero means no limit.
	CascadePerSecond int
}

// New makes the activities for a database and a payment provider.
func New(pool *pgxpool.Pool, provider provider.Provider) *Activities {
	return &Activities{pool: pool, provider: provider}
}
