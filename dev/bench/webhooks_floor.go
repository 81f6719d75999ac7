package main

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/dev/stripesim"
)

const (
	// maxFloorEvent bounds an event that the floor takes, in bytes.
	maxFloorEvent = 256 << 10
	// floorTolerance is how old a signature may be.
	floorTolerance = 5 * time.Minute
)

// Where the floor takes events.
const (
	floorNewEvent   = "/events/new"
	floorKnownEvent = "/events/known"
)

// prepareFloorEvents makes the table into which the floor writes.
func (s *system) prepareFloorEvents(ctx context.Context) error {
	_, err := s.Owner.Exec(ctx, `
		CREATE TABLE IF NOT EXISTS bench_events (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, type text NOT NULL);
		GRANT INSERT ON bench_events TO boxoffice_api`)
	if err != nil {
		return fmt.Errorf("make the floor's table: %w", err)
	}
	return nil
}

// isSigned says whether a signature is that of the provider, and not too old.
func isSigned(body []byte, signature, secret string) bool {
	stamp, _, _ := strings.Cut(strings.TrimPrefix(signature, "t="), ",")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	at := time.Unix(seconds, 0)
	return err == nil && time.Since(at).Abs() < floorTolerance && hmac.Equal([]byte(signature), []byte(stripesim.Sign(at, body, secret)))
}

// writeEvent is what the floor does with a new event: one row is written.
func writeEvent(pool *pgxpool.Pool) func(ctx context.Context, id, kind string) error {
	return func(ctx context.Context, id, kind string) error {
		_, err := pool.Exec(ctx, `INSERT INTO bench_events (event_id, type) VALUES ($1, $2)`, id, kind)
		return err
	}
}

// findEvent is what the floor does with an event that the product knows: one indexed read of the product's own table. Nothing is written
// there either.
func findEvent(pool *pgxpool.Pool) func(ctx context.Context, id, kind string) error {
	return func(ctx context.Context, id, _ string) error {
		var outcome string
		return pool.QueryRow(ctx, `SELECT outcome FROM webhook_events WHERE event_id = $1`, id).Scan(&outcome)
	}
}

// takeEvent is the floor of a webhook: the signature is verified, and the database is asked once.
func takeEvent(secret string, ask func(ctx context.Context, id, kind string) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		body, err := io.ReadAll(io.LimitReader(c.Request().Body, maxFloorEvent))
		if err != nil {
			return err
		}
		if !isSigned(body, c.Request().Header.Get("Stripe-Signature"), secret) {
			return echo.NewHTTPError(http.StatusBadRequest, "bad signature")
		}
		var event struct {
			ID   string `json:"id"`
			Type string `json:"type"`
		}
		if err := json.Unmarshal(body, &event); err != nil {
			return echo.NewHTTPError(http.StatusBadRequest, "no event")
		}
		if err := ask(c.Request().Context(), event.ID, event.Type); err != nil {
			return err
		}
		return c.JSON(http.StatusOK, map[string]string{"status": "taken"})
	}
}
