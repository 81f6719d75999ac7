package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

const (
	// checkFresh is how long the checks of readyz are taken to hold.
	checkFresh = time.Second
	// pollerFresh is how lately a worker must have asked for work to count as there.
	pollerFresh = time.Minute
)

// Words of the health answers.
const (
	statusOK          = "ok"
	statusReady       = "ready"
	statusAvailable   = "available"
	statusUnavailable = "unavailable"
)

// Livez says that the process answers.
func (h *health) Livez(c echo.Context) error {
	return c.JSON(http.StatusOK, openapi.Liveness{Status: statusOK})
}

// health implements the operations that tell how the server is. What the last checks found holds for a moment: whoever asks while they run waits for
// them, so that any number of callers costs one round.
type health struct {
	pool     *pgxpool.Pool
	engine   *engine.Engine
	log      *slog.Logger
	now      func() time.Time
	patience time.Duration

	mu     sync.Mutex
	at     time.Time
	checks openapi.Checks
}

// checkAll checks every part at once, unless that was done a moment ago. A caller who hangs up does not end it: others get the answer too.
func (h *health) checkAll(ctx context.Context) openapi.Checks {
	h.mu.Lock()
	defer h.mu.Unlock()
	if age := h.now().Sub(h.at); age >= 0 && age < checkFresh {
		return h.checks
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.patience)
	defer cancel()
	var checks openapi.Checks
	var group sync.WaitGroup
	group.Go(func() { checks.Postgres = h.checkPostgres(ctx) })
	group.Go(func() { checks.Temporal = h.checkTemporal(ctx) })
	group.Go(func() { checks.Worker = h.checkWorker(ctx) })
	group.Wait()
	h.checks, h.at = checks, h.now()
	return checks
}

// Readyz tells how every part is. Ready means that customers can browse; whether they can book is said beside it.
func (h *health) Readyz(c echo.Context) error {
	checks := h.checkAll(c.Request().Context())
	ready := openapi.Readiness{Status: statusReady, Browsing: statusAvailable, Booking: statusAvailable, Checks: checks}
	code := http.StatusOK
	if checks.Postgres.Status != statusOK {
		ready.Status, ready.Browsing, code = statusUnavailable, statusUnavailable, http.StatusServiceUnavailable
	}
	if checks.Postgres.Status != statusOK || checks.Temporal.Status != statusOK || checks.Worker.Status != statusOK {
		ready.Booking = statusUnavailable
	}
	return c.JSON(code, ready)
}

func (h *health) checkPostgres(ctx context.Context) openapi.Check {
	switch err := db.Writable(ctx, h.pool); {
	case errors.Is(err, db.ErrNoChanges):
		return h.failedCheck(ctx, "PostgreSQL takes no changes", err)
	case err != nil:
		return h.failedCheck(ctx, "PostgreSQL does not answer", err)
	}
	return openapi.Check{Status: statusOK}
}

func (h *health) checkTemporal(ctx context.Context) openapi.Check {
	if err := h.engine.Reach(ctx); err != nil {
		return h.failedCheck(ctx, "Temporal does not answer", err)
	}
	return openapi.Check{Status: statusOK}
}

func (h *health) checkWorker(ctx context.Context) openapi.Check {
	seen, err := h.engine.WorkerSeen(ctx)
	if err != nil {
		return h.failedCheck(ctx, "Temporal does not say", err)
	}
	if h.now().Sub(seen) < pollerFresh {
		return openapi.Check{Status: statusOK}
	}
	return h.failedCheck(ctx, "no worker has asked for work within a minute", nil)
}

// failedCheck keeps the cause for the log: callers need not know our insides.
func (h *health) failedCheck(ctx context.Context, detail string, cause error) openapi.Check {
	h.log.WarnContext(ctx, "not ready", "detail", detail, "error", cause)
	return openapi.Check{Status: statusUnavailable, Detail: &detail}
}
