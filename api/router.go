package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
)

// router puts the parts of a request's way in order. The limits come after the token, since they count per user.
func (h *handlers) router(contract []byte) http.Handler {
	e := newEcho()
	e.HTTPErrorHandler = h.answerError
	e.IPExtractor = h.ipExtractor()
	e.Use(h.correlate, h.logAccess, h.recoverPanic, secureHeaders)
	if len(h.config.CORSOrigins) > 0 {
		e.Use(allowOrigins(h.config.CORSOrigins))
	}

	// The deadline comes before the token: an outside identity provider may have to be asked for its keys.
	way := func(timeout time.Duration, more ...echo.MiddlewareFunc) []echo.MiddlewareFunc {
		return append([]echo.MiddlewareFunc{refuseUnreadablePath, refuseUnreadableQuery, within(timeout)}, more...)
	}
	browsing := way(h.config.RequestTimeout, h.readToken, h.limitUser)
	personal := way(h.config.RequestTimeout, h.readToken, h.limitUser, h.requireUser)
	patient := way(h.config.patience(), h.readToken, h.limitUser, h.requireUser)
	queueing := way(h.config.queueing(), h.readToken, h.limitUser, h.requireUser)
	staff := way(h.config.RequestTimeout, h.readToken, h.limitUser, h.requireUser, requireStaff)
	admin := way(h.config.RequestTimeout, h.readToken, h.limitUser, h.requireUser, requireAdmin)
	patientAdmin := way(h.config.patience(), h.readToken, h.limitUser, h.requireUser, requireAdmin)
	houses := way(h.config.RequestTimeout, h.readToken, h.limitUser, h.requireUser, requireOperatorOfShows)
	patientHouses := way(h.config.patience(), h.readToken, h.limitUser, h.requireUser, requireOperatorOfShows)
	unlimited := way(h.config.RequestTimeout)
	router := headToo{e}
	openapi.RegisterHandlersWithOptions(router, h, openapi.RegisterHandlersOptions{
		OperationMiddlewares: map[string][]echo.MiddlewareFunc{
			"register":   way(h.config.RequestTimeout, h.limitRegistering),
			"login":      way(h.config.RequestTimeout, h.limitWrongLogins),
			"listCities": browsing, "listMovies": browsing, "listCityMovies": browsing, "listShows": browsing,
			"getShow": browsing, "getSeatMap": browsing,
			"createBooking": queueing, "listBookings": personal, "getBooking": personal, "getWallet": personal,
			"listWalletTransactions": personal, "getWalletStatement": personal, "getTopUp": personal, "createTopUp": patient,
			"createPayment": patient, "cancelBooking": patient,
			"quoteCancellation": personal, "listNotices": personal,
			"createCheckIn": staff,
			"listRefunds":   admin, "getRefund": admin, "retryRefund": patientAdmin, "divertRefund": patientAdmin,
			"settleRefund": patientAdmin, "closeRefund": patientAdmin,
			"listOutsideRefunds": admin, "getOutsideRefund": admin, "assignOutsideRefund": patientAdmin, "writeOffOutsideRefund": patientAdmin,
			"listFlags": admin, "resolveFlag": admin, "listDisputes": admin,
			"cancelShow": patientHouses, "deactivateTheatre": patientHouses, "withdrawMovie": patientAdmin,
			"listCascades": houses, "getCascade": houses, "pauseCascade": patientHouses, "resumeCascade": patientHouses,
			"listStuck": patientAdmin, "expireBooking": patientAdmin, "admitBooking": admin, "moveBooking": patientAdmin,
			"listWebhooks": admin, "replayWebhook": admin, "listActions": admin,
			"receiveStripeEvent": unlimited, "livez": unlimited, "readyz": unlimited,
		},
	})
	registerDocs(router, contract)
	return e
}

// headToo answers HEAD wherever it answers GET: what watches over a server often asks for no more. net/http leaves the body out.
type headToo struct{ *echo.Echo }

// GET registers a handler for GET and HEAD.
func (r headToo) GET(path string, handler echo.HandlerFunc, way ...echo.MiddlewareFunc) *echo.Route {
	r.HEAD(path, handler, way...)
	return r.Echo.GET(path, handler, way...)
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

// refuseUnreadablePath answers for addresses with an empty or garbled part, of which the generated code would say that they are
// malformed: there is nothing there.
func refuseUnreadablePath(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		for _, part := range c.ParamValues() {
			if _, err := url.PathUnescape(part); err != nil || part == "" {
				return echo.ErrNotFound
			}
		}
		return next(c)
	}
}

// refuseUnreadableQuery refuses a query with a garbled part, which net/url leaves out in silence: a filter that is not seen would answer with
// more than was asked for.
func refuseUnreadableQuery(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if _, err := url.ParseQuery(c.Request().URL.RawQuery); err != nil {
			return malformed("", "The query cannot be read: write special characters as %XX.")
		}
		return next(c)
	}
}
