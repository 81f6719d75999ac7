package api

import (
	"embed"
	"net/http"

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

func registerPaymentPage(e headToo) {
	files := map[string]struct{ name, kind string }{
		paymentPagePath:              {"pay/pay.html", "text/html; charset=utf-8"},
		paymentPagePath + "/done":    {"pay/done.html", "text/html; charset=utf-8"},
		paymentPagePath + "/pay.js":  {"pay/pay.js", "text/javascript; charset=utf-8"},
		paymentPagePath + "/pay.css": {"pay/pay.css", "text/css; charset=utf-8"},
	}
	for path, file := range files {
		e.GET(path, func(c echo.Context) error {
			content, err := paymentPage.ReadFile(file.name)
			if err != nil {
				return err
			}
			c.Response().Header().Set("Content-Security-Policy", paymentPagePolicy)
			return c.Blob(http.StatusOK, file.kind, content)
		})
	}
}
