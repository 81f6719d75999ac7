// Package operator is the JSON face for administrators: what they look at and push on.
package operator

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/inbox"
	"github.com/boxoffice/boxoffice/operations"
)

// Options are what Handlers work with.
type Options struct {
	// Pool is for lists that are shown as they are stored.
	Pool       *pgxpool.Pool
	Operations *operations.Operations
	Inbox      *inbox.Inbox
}

// Handlers implement the administrators' operations of openapi.ServerInterface.
type Handlers struct {
	Options

	queries *db.Queries
}

// New makes the handlers.
func New(options Options) *Handlers {
	return &Handlers{Options: options, queries: db.New(options.Pool)}
}
