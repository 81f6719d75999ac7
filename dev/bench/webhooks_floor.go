package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
	"github.com/stripe/stripe-go/v76/webhook"
)

// maxFloorEvent bounds an event that the floor takes, in bytes.
const maxFloorEvent = 256 << 10

// prepareFloorEvents makes the table into which the floor writes.
func (s *system) prepareFloorEvents(ctx context.Context) error {
	_, err := s.owner.Exec(ctx, `
		CREATE TABLE IF NOT EXISTS bench_events (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, type text NOT NULL);
		GRANT INSERT ON bench_events TO boxoffice_api`)
	if err != nil {
		return fmt.Errorf("make the floor's table: %w", err)
	}
	return nil
}

// takeEvent is the floor of a webhook: the signature is verified, and one row is written.
func takeEvent(secret string, pool *pgxpool.Pool) echo.HandlerFunc {
	return func(c echo.Context) error {
		body, err := io.ReadAll(io.LimitReader(c.Request().Body, maxFloorEvent))
		if err != nil {
			return err
		}
		event, err := webhook.ConstructEventWithOptions(body, c.Request().Header.Get("Stripe-Signature"), secret,
			webhook.ConstructEventOptions{Tolerance: webhook.DefaultTolerance, IgnoreAPIVersionMismatch: true})
		if err != nil {
			return echo.NewHTTPError(http.StatusBadRequest, "bad signature")
		}
		_, err = pool.Exec(c.Request().Context(), `INSERT INTO bench_events (event_id, type) VALUES ($1, $2)`, event.ID, string(event.Type))
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, map[string]string{"status": "taken"})
	}
}
