package request

import (
	"crypto/rand"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"
)

// CorrelationHeader is by which a request is found again in logs and workflows.
const CorrelationHeader = "X-Correlation-Id"

var correlationPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Correlate sees to it that a request has one well-formed correlation id, and returns it to the caller.
func Correlate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(CorrelationHeader)
		if !correlationPattern.MatchString(id) {
			id = strings.ToLower(rand.Text())
		}
		c.Request().Header.Set(CorrelationHeader, id)
		c.Response().Header().Set(CorrelationHeader, id)
		return next(c)
	}
}

// CorrelationID is the request's, after Correlate.
func CorrelationID(c echo.Context) string { return c.Request().Header.Get(CorrelationHeader) }
