package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/engine"
)

// statuses is the one table from codes to HTTP. A VALIDATION_ERROR about what cannot be read is a *failure with a
// status of its own.
var statuses = map[booking.Code]int{
	booking.CodeValidation:           http.StatusUnprocessableEntity,
	booking.CodeUnauthorized:         http.StatusUnauthorized,
	booking.CodeForbidden:            http.StatusForbidden,
	booking.CodeNotFound:             http.StatusNotFound,
	booking.CodeSeatLockFailed:       http.StatusConflict,
	booking.CodeBookingExpired:       http.StatusGone,
	booking.CodePaymentPending:       http.StatusConflict,
	booking.CodePaymentFailed:        http.StatusPaymentRequired,
	booking.CodeInsufficientFunds:    http.StatusPaymentRequired,
	booking.CodeIdempotencyKeyReused: http.StatusUnprocessableEntity,
	booking.CodeInvalidState:         http.StatusConflict,
	booking.CodeConflict:             http.StatusConflict,
	booking.CodeRateLimited:          http.StatusTooManyRequests,
	booking.CodeUnavailable:          http.StatusServiceUnavailable,
	booking.CodeInternal:             http.StatusInternalServerError,
}

// failure is a refusal with what HTTP adds to it.
type failure struct {
	status  int
	refusal *booking.Refusal
	// retryAfter is in seconds; 0 says nothing about it.
	retryAfter int
	// challenge is the WWW-Authenticate header.
	challenge string
}

func (f *failure) Error() string { return f.refusal.Error() }

// malformed refuses what cannot be read; field may be empty.
func malformed(field, message string) error {
	refusal := booking.Refuse(booking.CodeValidation, message)
	if field != "" {
		refusal = refusal.With("field", field)
	}
	return &failure{status: http.StatusBadRequest, refusal: refusal}
}

func notFound(what string) error {
	return booking.Refuse(booking.CodeNotFound, "There is no such "+what+".")
}

// answerError is the one place where errors become answers. What is not meant for the caller is logged, not said.
func (h *handlers) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	f := toFailure(err)
	if f.status >= http.StatusInternalServerError {
		level := slog.LevelError
		if f.status == http.StatusServiceUnavailable {
			level = slog.LevelWarn
		}
		h.log.Log(c.Request().Context(), level, "request failed",
			"error", err, "status", f.status, "route", c.Path(), "correlationId", correlationID(c))
	}
	header := c.Response().Header()
	if f.retryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(f.retryAfter))
	}
	if f.challenge != "" {
		header.Set("WWW-Authenticate", f.challenge)
	}
	body := openapi.ErrorBody{Code: f.refusal.Code, Message: f.refusal.Message, CorrelationId: correlationID(c)}
	if len(f.refusal.Details) > 0 {
		body.Details = &f.refusal.Details
	}
	var sent error
	if c.Request().Method == http.MethodHead {
		sent = c.NoContent(f.status)
	} else {
		sent = c.JSON(f.status, openapi.Error{Error: body})
	}
	if sent != nil {
		h.log.DebugContext(c.Request().Context(), "error not delivered", "error", sent, "correlationId", correlationID(c))
	}
}

func toFailure(err error) *failure {
	if known, ok := errors.AsType[*failure](err); ok {
		return known
	}
	if refusal, ok := errors.AsType[*booking.Refusal](err); ok {
		return refused(refusal)
	}
	if routing, ok := errors.AsType[*echo.HTTPError](err); ok {
		return fromRouter(routing)
	}
	if isUnavailable(err) {
		return unavailable()
	}
	return &failure{
		status:  http.StatusInternalServerError,
		refusal: booking.Refuse(booking.CodeInternal, "Something went wrong on our side."),
	}
}

func refused(refusal *booking.Refusal) *failure {
	status, ok := statuses[refusal.Code]
	if !ok {
		status = http.StatusInternalServerError
	}
	f := &failure{status: status, refusal: refusal}
	if refusal.Code == booking.CodeUnavailable || refusal.Code == booking.CodeRateLimited {
		f.retryAfter = retryAfter()
		if seconds, ok := refusal.Seconds(booking.DetailRetryAfter); ok {
			f.retryAfter = seconds
		}
	}
	if refusal.Code == booking.CodeUnauthorized {
		f.challenge = "Bearer"
	}
	return f
}

func unavailable() *failure {
	return refused(booking.Refuse(booking.CodeUnavailable, "This is not available right now. Try again."))
}

// retryAfter spreads those who come back over a few seconds.
func retryAfter() int { return 1 + rand.IntN(5) } //nolint:gosec // it guards nothing

// badParameter finds the name in what the generated code says about a parameter or header that it cannot read.
var badParameter = regexp.MustCompile(`^(?:Invalid format for parameter|Header parameter|Expected one value for|Query argument) ([A-Za-z-]+)`)

// fromRouter translates what Echo and the generated code refuse by themselves.
func fromRouter(err *echo.HTTPError) *failure {
	refuse := func(code booking.Code, message string) *failure {
		return &failure{status: err.Code, refusal: booking.Refuse(code, message)}
	}
	switch err.Code {
	case http.StatusNotFound:
		return refuse(booking.CodeNotFound, "There is nothing at this address.")
	case http.StatusMethodNotAllowed:
		return refuse(booking.CodeNotFound, "This address does not know this method.")
	case http.StatusBadRequest:
		f := refuse(booking.CodeValidation, "The request cannot be read.")
		if name := badParameter.FindStringSubmatch(fmt.Sprint(err.Message)); name != nil {
			f.refusal = booking.InvalidField(name[1], name[1]+" "+parameterWord(fmt.Sprint(err.Message))+".")
		}
		return f
	default:
		return &failure{
			status:  http.StatusInternalServerError,
			refusal: booking.Refuse(booking.CodeInternal, "Something went wrong on our side."),
		}
	}
}

// parameterWord says what is wrong with a parameter of which the generated code says so much.
func parameterWord(message string) string {
	switch {
	case strings.Contains(message, "required"):
		return "is required"
	case strings.Contains(message, "is not exploded"):
		return "may be given once, with commas between its values"
	case strings.Contains(message, "Expected one value"), strings.Contains(message, "multiple values"):
		return "may be given once"
	default:
		return "has a value that cannot be read"
	}
}

// isUnavailable says whether an error means that a part of the system is away or too slow, so that trying again may help.
func isUnavailable(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || postgresAway(err) || errors.Is(err, engine.ErrUnavailable)
}

func postgresAway(err error) bool {
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch answer.Code[:min(2, len(answer.Code))] {
		case "08", "53", "57": // connection, resources, and cancelled by time-out or shutdown
			return true
		}
		return answer.Code == "55P03" || answer.Code == "40001" || answer.Code == "40P01" || answer.Code == "25006"
	}
	var connecting *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connecting) || errors.As(err, &network) || pgconn.Timeout(err) || errors.Is(err, puddle.ErrClosedPool) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// recoverPanic turns a panic into an INTERNAL_ERROR and keeps its trace for the log.
func (h *handlers) recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
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
