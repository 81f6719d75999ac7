package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
)

// answerError is the one place where errors become answers. What is not meant for the caller is logged, not said.
func (s *Server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	f := answer.From(err)
	if f.Status >= http.StatusInternalServerError {
		level := slog.LevelError
		if f.Status == http.StatusServiceUnavailable {
			level = slog.LevelWarn
		}
		s.log.Log(c.Request().Context(), level, "request failed",
			"error", err, "status", f.Status, "route", c.Path(), "correlationId", request.CorrelationID(c))
	}
	header := c.Response().Header()
	if f.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	if f.Challenge != "" {
		header.Set("WWW-Authenticate", f.Challenge)
	}
	body := openapi.ErrorBody{Code: f.Refusal.Code, Message: f.Refusal.Message, CorrelationId: request.CorrelationID(c)}
	if len(f.Refusal.Details) > 0 {
		body.Details = &f.Refusal.Details
	}
	var sent error
	if c.Request().Method == http.MethodHead {
		sent = c.NoContent(f.Status)
	} else {
		sent = c.JSON(f.Status, openapi.Error{Error: body})
	}
	if sent != nil {
		s.log.DebugContext(c.Request().Context(), "error not delivered", "error", sent, "correlationId", request.CorrelationID(c))
	}
}

// recoverPanic turns a panic into an INTERNAL_ERROR and keeps its trace for the log.
func recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
				panic(cause)
			}
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}()
		return next(c)
	}
}
