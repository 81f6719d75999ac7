package api

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// paymentPage is where a customer enters a card: the card itself goes to the provider, whose script the page loads, and never comes here.
//
//go:embed pay
var paymentPage embed.FS

// paymentPagePath is where it is.
const paymentPagePath = "/pay"

// paymentPagePolicy lets the page load the provider's script and frames, and nothing else from elsewhere.
// Source: https://docs.stripe.com/security/guide#content-security-policy
const paymentPagePolicy = "default-src 'none'; script-src 'self' https://js.stripe.com; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"frame-src https://js.stripe.com https://hooks.stripe.com; connect-src https://api.stripe.com; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// registerPaymentPage serves the page with the provider's key and the origins that may follow it as this server knows them. An address that somebody
// has made up can name neither: it would have our page collect for another account, or send customers anywhere.
func registerPaymentPage(e headToo, config Config) {
	pages, err := template.ParseFS(paymentPage, "pay/*.html")
	if err != nil {
		panic(err) // they are part of the program
	}
	files := map[string]struct{ name, kind string }{
		paymentPagePath:              {"pay/pay.html", "text/html; charset=utf-8"},
		paymentPagePath + "/done":    {"pay/done.html", "text/html; charset=utf-8"},
		paymentPagePath + "/pay.js":  {"pay/pay.js", "text/javascript; charset=utf-8"},
		paymentPagePath + "/pay.css": {"pay/pay.css", "text/css; charset=utf-8"},
	}
	for path, file := range files {
		e.GET(path, func(c echo.Context) error {
			c.Response().Header().Set("Content-Security-Policy", paymentPagePolicy)
			name, isPage := strings.CutSuffix(file.name, ".html")
			if !isPage {
				content, err := paymentPage.ReadFile(file.name)
				if err != nil {
					return err
				}
				return c.Blob(http.StatusOK, file.kind, content)
			}
			var content bytes.Buffer
			if err := pages.ExecuteTemplate(&content, strings.TrimPrefix(name, "pay/")+".html", config); err != nil {
				return fmt.Errorf("write the page: %w", err)
			}
			return c.Blob(http.StatusOK, file.kind, content.Bytes())
		})
	}
}
