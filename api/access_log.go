package api

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/api/request"
)

// statusHungUp is what the log calls a request whose caller did not wait for the answer.
const statusHungUp = 499

// logAccess writes one record per request. It names the route, not the path or the query: those may say more than a log
// should keep.
func (s *Server) logAccess(next echo.HandlerFunc) echo.HandlerFunc {
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
			slog.Int64("bytes", c.Response().Size), slog.Duration("took", time.Since(start)), slog.String("correlationId", request.CorrelationID(c)),
		}
		if who := identity.Caller(c); who.ID != "" {
			attributes = append(attributes, slog.String("userId", who.ID))
		}
		s.log.LogAttrs(caller, level, "request", attributes...)
		return nil
	}
}

// hungUp tells a caller who did not wait from a deadline of ours: only the former cancels the context that the request came with.
func hungUp(caller context.Context, err error) bool {
	return errors.Is(caller.Err(), context.Canceled) && answer.IsUnavailable(err)
}
