package api

import (
	_ "embed"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/swaggest/swgui/v5emb"
)

// contract is the OpenAPI document that the server serves and implements.
//
//go:embed openapi.yaml
var contract []byte

// registerDocs serves the contract, and a page to browse it that needs nothing from elsewhere.
func registerDocs(e headToo) {
	e.GET("/openapi.yaml", func(c echo.Context) error {
		return c.Blob(http.StatusOK, "application/yaml; charset=utf-8", contract)
	})
	page := echo.WrapHandler(v5emb.New("Boxoffice", "/openapi.yaml", "/docs"))
	browse := func(c echo.Context) error {
		c.Response().Header().Set("Content-Security-Policy",
			"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'")
		return page(c)
	}
	e.GET("/docs", browse)
	e.GET("/docs/*", browse)
}
