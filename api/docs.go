package api

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/swaggest/swgui/v5emb"
	"go.yaml.in/yaml/v3"
)

// forClients is the contract without the words that only the generator of this server reads: they name packages of ours, which nobody outside can
// import, so that a client made of them would not compile.
func forClients(contract []byte) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(contract, &doc); err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	leaveOutGeneratorWords(&doc)
	var served bytes.Buffer
	encoder := yaml.NewEncoder(&served)
	encoder.SetIndent(2)
	if err := encoder.Encode(&doc); err != nil {
		return nil, fmt.Errorf("write the contract: %w", err)
	}
	return served.Bytes(), nil
}

func leaveOutGeneratorWords(node *yaml.Node) {
	if node.Kind == yaml.MappingNode {
		for i := len(node.Content) - 2; i >= 0; i -= 2 {
			if name := node.Content[i].Value; strings.HasPrefix(name, "x-go-") || strings.HasPrefix(name, "x-oapi-codegen-") {
				node.Content = slices.Delete(node.Content, i, i+2)
			}
		}
	}
	for _, child := range node.Content {
		leaveOutGeneratorWords(child)
	}
}

// registerDocs serves the contract, and a page to browse it that needs nothing from elsewhere.
func registerDocs(e headToo, contract []byte) {
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
