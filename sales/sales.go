// Package sales is what a cinema does for its customers: it holds seats, takes payments for them,
// gives both back, keeps wallets, admits customers, and shows them what they have. Its functions take
// and return the product's own types, so that the JSON API, a page and a command can do the same thing
// by the same code. What a customer is shown of a booking, a payment or a wallet is read only here.
//
// Every function may be called again with the same arguments: what it creates has an id that is derived from the caller and the
// Idempotency-Key. Besides the refusals that they list, functions fail like those of engine, and with the errors of PostgreSQL.
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
	// ReturnOrigins are the origins, such as https://tickets.example.com, that customers may be sent back to after a payment.
	ReturnOrigins []string
	// TicketKey signs the content of tickets' QR codes; at least 32 bytes.
	TicketKey []byte
	// Patience is how long a caller waits for the database, and for Temporal and a worker to accept a command.
	Patience time.Duration
	// ConcurrentHolds is how many holds may be under way at Temporal at once; the others wait for their turn.
	ConcurrentHolds int
	// QueuePatience is how long to wait for such a turn while Temporal decides about the holds of others.
	QueuePatience time.Duration
}

// Sales serves customers. It may be used concurrently.
type Sales struct {
	options Options

	queries   *db.Queries
	queue     *holdQueue
	queuers   *queuers
	prechecks *coalesce.Batch[booking.Request, db.BookingPrechecksRow]

	// closing is closed when nobody may wait for a turn any longer.
	closing chan struct{}
	close   func()
}

// New makes Sales. It connects to nothing yet.
func New(options Options) *Sales {
	queries, closing := db.New(options.Pool), make(chan struct{})
	return &Sales{
		options: options, queries: queries,
		queue: newHoldQueue(options.ConcurrentHolds), queuers: newQueuers(),
		prechecks: &coalesce.Batch[booking.Request, db.BookingPrechecksRow]{
			Read: readPrechecks(queries), IsAway: db.IsAway,
			Readers: precheckReaders, Most: precheckMost, Backlog: maxQueuers, Patience: options.Patience,
		},
		closing: closing, close: sync.OnceFunc(func() { close(closing) }),
	}
}

// EmptyQueue refuses those that wait for a turn to hold seats, because the server is stopping. It may be called again.
func (s *Sales) EmptyQueue() { s.close() }

// isRefusal distinguishes an answer from a failure.
func isRefusal(err error) bool {
	_, refused := errors.AsType[*booking.Refusal](err)
	return refused
}
