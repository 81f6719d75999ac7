package api

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/boxoffice/boxoffice/api/request"
)

// secureHeaders tells browsers to take answers for nothing but data.
func secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		header := c.Response().Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("Cache-Control", "no-store")
		return next(c)
	}
}

// allowOrigins lets web pages of the origins call the API. Tokens travel in a header, so cookies are not needed.
func allowOrigins(origins []string) echo.MiddlewareFunc {
	return middleware.CORSWithConfig(middleware.CORSConfig{
		AllowOrigins:  origins,
		AllowMethods:  []string{http.MethodGet, http.MethodPost},
		AllowHeaders:  []string{"Authorization", "Content-Type", "Idempotency-Key", request.CorrelationHeader},
		ExposeHeaders: []string{"Content-Disposition", "Location", "Retry-After", request.CorrelationHeader},
		MaxAge:        600,
	})
}
