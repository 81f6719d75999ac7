package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api"
)

// An address that somebody has made up must not have our page collect for another account, or send customers anywhere.
func TestThePaymentPageCollectsForUsAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) {
		c.StripePublishableKey, c.ReturnOrigins = `pk_"ours"`, []string{"https://tickets.example.com", "https://shop.example.com"}
	})
	page := func(path string) (body, kind string) {
		recorder := httptest.NewRecorder()
		b.server.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		require.Equal(t, http.StatusOK, recorder.Code)
		require.Contains(t, recorder.Header().Get("Content-Security-Policy"), "default-src 'none'")
		text, err := io.ReadAll(recorder.Body)
		require.NoError(t, err)
		return string(text), recorder.Header().Get("Content-Type")
	}
	body, kind := page("/pay?key=pk_theirs&return_url=https://evil.example.com/")
	require.Equal(t, "text/html; charset=utf-8", kind)
	require.Contains(t, body, `data-key="pk_&#34;ours&#34;" data-origins="https://tickets.example.com https://shop.example.com "`)
	script, kind := page("/pay/pay.js")
	require.Equal(t, "text/javascript; charset=utf-8", kind)
	require.NotContains(t, script, `given.get("key")`)
	thanks, _ := page("/pay/done")
	require.Contains(t, thanks, "Thank you")
}
