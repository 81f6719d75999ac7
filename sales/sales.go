// Package sales is what a cinema does for its customers: it holds seats, takes money for them, gives both back, keeps wallets, lets customers in,
// and shows them what they have. Its functions take and return the product's own types, so that the JSON API, a page and a command do the same
// by the same code. What a customer is shown of a booking, a payment or a wallet is read here and nowhere else.
//
// Every function may be called again with the same arguments: what it makes has an id that is derived from who asks and the Idempotency-Key. Beside
// the refusals that they name, functions fail as those of engine do, and with the errors of PostgreSQL.
package sales

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/coalesce"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

// Options are what Sales works with.
type Options struct {
	// Pool connects as a role with the rights of boxoffice_api.
	Pool   *pgxpool.Pool
	Engine *engine.Engine
	Logger *slog.Logger
	// Now is the clock.
	Now func() time.Time
	// TicketKey signs what the QR codes of tickets hold; at least 32 bytes.
	TicketKey []byte
	// Patience is how long a caller waits for the database, and for Temporal and a worker to take a command on.
	Patience time.Duration
	// ConcurrentHolds is how many holds may be under way at Temporal at once; the others wait for their turn.
	ConcurrentHolds int
	// QueuePatience is how long such a turn may be waited for while Temporal decides about the holds of others.
	QueuePatience time.Duration
}

// Sales serves customers. It may be used concurrently.
type Sales struct {
	Options

	queries   *db.Queries
	queue     *holdQueue
	queuers   *queuers
	prechecks *coalesce.Batch[booking.Request, db.BookingPrechecksRow]

	// closing is closed when nobody is to wait for a turn any longer.
	closing chan struct{}
	close   func()
}

// New makes what serves customers. It reaches for nothing yet.
func New(options Options) *Sales {
	queries, closing := db.New(options.Pool), make(chan struct{})
	return &Sales{
		Options: options, queries: queries,
		queue: newHoldQueue(options.ConcurrentHolds), queuers: newQueuers(),
		prechecks: &coalesce.Batch[booking.Request, db.BookingPrechecksRow]{
			Read: readPrechecks(queries), IsAway: db.IsAway,
			Readers: precheckReaders, Most: precheckMost, Backlog: maxQueuers, Patience: options.Patience,
		},
		closing: closing, close: sync.OnceFunc(func() { close(closing) }),
	}
}

// EmptyQueue turns away those who wait for a turn to hold seats, for the server is to stop. It may be called again.
func (s *Sales) EmptyQueue() { s.close() }

// isRefusal tells an answer from a failure.
func isRefusal(err error) bool {
	_, refused := errors.AsType[*booking.Refusal](err)
	return refused
}
