package identity

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/api/answer"
)

func FuzzToken(f *testing.F) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	issuer := &Issuer{Secret: bytes.Repeat([]byte("k"), 32), Issuer: "boxoffice", Audience: "boxoffice", Lifetime: time.Hour, Now: func() time.Time { return at }}
	good, _, err := issuer.Issue("us_asha", accounts.Customer)
	require.NoError(f, err)
	f.Add(good)
	f.Add("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c19hc2hhIn0.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		who, err := issuer.Check(t.Context(), token)
		if err != nil {
			require.Equal(t, http.StatusUnauthorized, answer.From(err).Status)
			return
		}
		require.Equal(t, good, token, "nobody else can make a token")
		require.Equal(t, "us_asha", who.ID)
	})
}

func FuzzPublishedKeys(f *testing.F) {
	for _, document := range []string{
		`{"keys":[{"kty":"RSA","kid":"a","alg":"RS256","use":"sig","n":"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1WlUzewbgBHod5pcM9H95GQRV3JDXboIRROSBigeC5yjU1hGzHHyXss8UDprecbAYxknTcQkhslANGRUZmdTOQ5qTRsLAt6BTYuyvVRdhS8exSZEy_c4gs_7svlJJQ4H9_NxsiIoLwAEk7-Q3UXERGYw_75IDrGA84-lA_-Ct4eTlXHBIY2EaV7t7LjJaynVJCpkv4LKjTTAumiGUIuQhrNhZLuF_RJLqHpM2kgWFLU7-VTdL1VbC2tejvcI2BlMkEpk1BzBZI0KQB0GaDWFLN-aEAw3vRw","e":"AQAB"}]}`,
		`{"keys":[{"kty":"oct","kid":"a","alg":"HS256","k":"AAAA"}]}`, `{"keys":[{"kty":"RSA","kid":"a","alg":"none","n":"","e":""}]}`, `{"keys":[{"kty":"RSA","n":"AQ","e":"AQ","kid":"a"}]}`,
		`{"keys":[null]}`, `{"keys":{}}`, `{}`, `null`, `[]`, "", "<html>", "\xff", strings.Repeat("[", 20000),
	} {
		f.Add([]byte(document), "a")
	}
	var document []byte
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(document) }))
	f.Cleanup(keys.Close)
	const issuer = "https://id.example.com"
	f.Fuzz(func(t *testing.T, published []byte, kid string) {
		document = published
		checker := &OutsideTokens{issuer: issuer, audience: "boxoffice", now: time.Now}
		if !checker.fetchKeys(t.Context(), keys.URL, slog.New(slog.DiscardHandler)) {
			_, err := checker.Check(t.Context(), "x.y.z")
			require.Equal(t, http.StatusServiceUnavailable, answer.From(err).Status, "without keys nobody can be told from anybody")
			return
		}
		for _, algorithm := range []string{"RS256", "HS256", "none", "", "RS512"} {
			header, err := json.Marshal(map[string]string{"alg": algorithm, "kid": kid, "typ": "JWT"})
			require.NoError(t, err)
			claims, err := json.Marshal(map[string]any{"iss": issuer, "aud": "boxoffice", "sub": "eve", "role": accounts.Admin, "exp": time.Now().Add(time.Hour).Unix()})
			require.NoError(t, err)
			encode := base64.RawURLEncoding.EncodeToString
			for _, signature := range []string{"", encode(make([]byte, 256)), encode(published)} {
				_, err := checker.Check(t.Context(), encode(header)+"."+encode(claims)+"."+signature)
				require.Error(t, err, "%s with %q", published, signature)
			}
		}
	})
}

func FuzzKeysURL(f *testing.F) {
	for _, text := range []string{"https://id.example.com/keys", "http://127.0.0.1:1/keys", "http://localhost/keys", "http://localhost.evil.test/", "http://127.0.0.1@evil.test/", "HTTP://[::1]/", "ftp://x", "//x", "", "http://0x7f.1/"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if CheckKeysURL(text) != nil {
			return
		}
		address, err := url.Parse(text)
		require.NoError(t, err)
		require.NotEmpty(t, address.Hostname())
		if address.Scheme != "https" {
			ip, err := netip.ParseAddr(address.Hostname())
			require.True(t, address.Hostname() == "localhost" || err == nil && ip.IsLoopback(), text)
		}
	})
}
