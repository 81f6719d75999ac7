// Package operations is what operators look at and push on: bookings that hang, refunds that were refused, money that somebody gave back by hand,
// shows that do not take place. Its functions take and return the product's own types, so that the JSON API, a page and a command do the same by the
// same code.
//
// Every function may be called again with the same arguments. Beside the refusals that they name, functions fail as those of engine do, and with the
// errors of PostgreSQL.
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
	// Patience is how long what an operator has begun may take that goes on although the operator has left, and ProviderPatience how much longer
	// when the payment provider may have to be asked.
	Patience, ProviderPatience time.Duration
	// TemporalNamespace is where Temporal's web UI shows the workflows.
	TemporalNamespace string
}

// Operations serves operators. It may be used concurrently.
type Operations struct {
	Options

	queries *db.Queries
}

// New makes what serves operators. It reaches for nothing yet.
func New(options Options) *Operations {
	return &Operations{Options: options, queries: db.New(options.Pool)}
}

// By is who does something, and why: it is kept.
type By struct{ ActorID, Reason, CorrelationID string }
