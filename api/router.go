package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/limits"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
)

// router puts the parts of a request's way in order.
func (s *Server) router(handlers openapi.ServerInterface, operations map[string]*openapi3.Operation, served []byte) (http.Handler, error) {
	trusted, err := s.config.trustedNetworks()
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true // the log is ours
	e.HTTPErrorHandler = s.answerError
	e.IPExtractor = limits.AddressOf(trusted)
	e.Use(request.Correlate, s.logAccess, recoverPanic, secureHeaders)
	if len(s.config.CORSOrigins) > 0 {
		e.Use(allowOrigins(s.config.CORSOrigins))
	}
	ways := make(map[string][]echo.MiddlewareFunc, len(operations))
	for id, operation := range operations {
		ways[id] = append(s.way(id), checkParameters(operation))
	}
	router := headToo{e}
	openapi.RegisterHandlersWithOptions(router, handlers, openapi.RegisterHandlersOptions{OperationMiddlewares: ways})
	registerDocs(router, served)
	registerPaymentPage(router, s.config)
	return e, nil
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

// refuseUnreadablePath answers for addresses with an empty or garbled part, of which the generated code would say that they are malformed: there
// is nothing there.
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
			return answer.Malformed("", "The query cannot be read: write special characters as %XX.")
		}
		return next(c)
	}
}
