// Package operations is what operators look at and push on: stuck bookings, refused refunds, money
// that somebody gave back by hand, cancelled shows. Its functions take and return the product's own
// types, so that the JSON API, a page and a command can do the same thing by the same code.
//
// Every function may be called again with the same arguments. Besides the refusals that they list,
// functions fail like those of engine, and with the errors of PostgreSQL.
package operations

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

// Options are what Operations works with.
type Options struct {
	// Pool connects as a role with the rights of boxoffice_api.
	Pool   *pgxpool.Pool
	Engine *engine.Engine
	// Now is the clock.
	Now func() time.Time
	// Patience is how long an operation may go on after its operator has left, and ProviderPatience how
	// much longer when the payment provider may have to be asked.
	Patience, ProviderPatience time.Duration
	// TemporalNamespace is where Temporal's web UI shows the workflows.
	TemporalNamespace string
}

// Operations serves operators. It may be used concurrently.
type Operations struct {
	options Options

	queries *db.Queries
}

// New makes Operations. It connects to nothing yet.
func New(options Options) *Operations {
	return &Operations{options: options, queries: db.New(options.Pool)}
}

// By says who does something, and why: it is recorded.
type By struct{ ActorID, Reason, CorrelationID string }
