package api

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/db"
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
func (h *handlers) Livez(c echo.Context) error {
	return c.JSON(http.StatusOK, openapi.Liveness{Status: statusOK})
}

// readiness is what the last checks found. Whoever asks while they run waits for them, so that any number of callers costs one round.
type readiness struct {
	mu     sync.Mutex
	at     time.Time
	checks openapi.Checks
}

// checkAll checks every part at once, unless that was done a moment ago. A caller who hangs up does not end it: others get the answer too.
func (h *handlers) checkAll(ctx context.Context) openapi.Checks {
	h.ready.mu.Lock()
	defer h.ready.mu.Unlock()
	if age := h.now().Sub(h.ready.at); age >= 0 && age < checkFresh {
		return h.ready.checks
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.config.CheckTimeout)
	defer cancel()
	var checks openapi.Checks
	var group sync.WaitGroup
	group.Go(func() { checks.Postgres = h.checkPostgres(ctx) })
	group.Go(func() { checks.Temporal = h.checkTemporal(ctx) })
	group.Go(func() { checks.Worker = h.checkWorker(ctx) })
	group.Wait()
	h.ready.checks, h.ready.at = checks, h.now()
	return checks
}

// Readyz tells how every part is. Ready means that customers can browse; whether they can book is said beside it.
func (h *handlers) Readyz(c echo.Context) error {
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

func (h *handlers) checkPostgres(ctx context.Context) openapi.Check {
	switch err := db.Writable(ctx, h.pool); {
	case errors.Is(err, db.ErrNoChanges):
		return h.failedCheck(ctx, "PostgreSQL takes no changes", err)
	case err != nil:
		return h.failedCheck(ctx, "PostgreSQL does not answer", err)
	}
	return openapi.Check{Status: statusOK}
}

func (h *handlers) checkTemporal(ctx context.Context) openapi.Check {
	if err := h.engine.Reach(ctx); err != nil {
		return h.failedCheck(ctx, "Temporal does not answer", err)
	}
	return openapi.Check{Status: statusOK}
}

func (h *handlers) checkWorker(ctx context.Context) openapi.Check {
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
func (h *handlers) failedCheck(ctx context.Context, detail string, cause error) openapi.Check {
	h.log.WarnContext(ctx, "not ready", "detail", detail, "error", cause)
	return openapi.Check{Status: statusUnavailable, Detail: &detail}
}
