package api

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
)

// router puts the parts of a request's way in order. The limits come after the token, since they count per user.
func (h *handlers) router() http.Handler {
	e := newEcho()
	e.HTTPErrorHandler = h.answerError
	e.IPExtractor = h.ipExtractor()
	e.Use(h.correlate, h.logAccess, h.recoverPanic, secureHeaders)
	if len(h.config.CORSOrigins) > 0 {
		e.Use(allowOrigins(h.config.CORSOrigins))
	}
	e.Use(h.readToken)

	browsing := []echo.MiddlewareFunc{h.limitUser, within(h.config.RequestTimeout)}
	personal := []echo.MiddlewareFunc{h.limitUser, within(h.config.RequestTimeout), h.requireUser}
	patient := []echo.MiddlewareFunc{h.limitUser, within(h.config.patience()), h.requireUser}
	entering := []echo.MiddlewareFunc{h.limitEntering, within(h.config.RequestTimeout)}
	unlimited := []echo.MiddlewareFunc{within(h.config.RequestTimeout)}
	openapi.RegisterHandlersWithOptions(e, h, openapi.RegisterHandlersOptions{
		OperationMiddlewares: map[string][]echo.MiddlewareFunc{
			"register": entering, "login": entering,
			"listCities": browsing, "listMovies": browsing, "listCityMovies": browsing, "listShows": browsing,
			"getShow": browsing, "getSeatMap": browsing,
			"createBooking": personal, "listBookings": personal, "getBooking": personal, "getWallet": personal,
			"createPayment": patient, "cancelBooking": patient,
			"receiveStripeEvent": unlimited, "livez": unlimited, "readyz": unlimited,
		},
	})
	registerDocs(e)
	return e
}

// within gives a request a deadline.
func within(timeout time.Duration) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			ctx, cancel := context.WithTimeout(c.Request().Context(), timeout)
			defer cancel()
			c.SetRequest(c.Request().WithContext(ctx))
			return next(c)
		}
	}
}
