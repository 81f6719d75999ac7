package api

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

const correlationHeader = "X-Correlation-Id"

var correlationPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// correlate sees to it that a request has one well-formed correlation id, and returns it to the caller.
func (h *handlers) correlate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(correlationHeader)
		if !correlationPattern.MatchString(id) {
			id = strings.ToLower(rand.Text())
		}
		c.Request().Header.Set(correlationHeader, id)
		c.Response().Header().Set(correlationHeader, id)
		return next(c)
	}
}

// correlationID is the request's, after correlate.
func correlationID(c echo.Context) string { return c.Request().Header.Get(correlationHeader) }

// statusHungUp is what the log calls a request whose caller did not wait for the answer.
const statusHungUp = 499

// logAccess writes one record per request. It names the route, not the path or the query: those may say more than a log
// should keep.
func (h *handlers) logAccess(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start, caller := time.Now(), c.Request().Context()
		err := next(c)
		level := slog.LevelInfo
		switch {
		case err == nil:
		case hungUp(caller, err) && !c.Response().Committed:
			// Nobody reads an answer, and nothing is broken.
			level = slog.LevelDebug
			c.Response().WriteHeader(statusHungUp)
		default:
			c.Error(err)
		}
		attributes := []slog.Attr{
			slog.String("method", c.Request().Method), slog.String("route", c.Path()), slog.Int("status", c.Response().Status),
			slog.Int64("bytes", c.Response().Size), slog.Duration("took", time.Since(start)), slog.String("correlationId", correlationID(c)),
		}
		if who := principalOf(c); who.id != "" {
			attributes = append(attributes, slog.String("userId", who.id))
		}
		h.log.LogAttrs(caller, level, "request", attributes...)
		return nil
	}
}

// hungUp tells a caller who did not wait from a deadline of ours: only the former cancels the context that the request came with.
func hungUp(caller context.Context, err error) bool {
	return errors.Is(caller.Err(), context.Canceled) && isUnavailable(err)
}
