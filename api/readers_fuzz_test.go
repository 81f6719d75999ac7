package api

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/db"
)

func FuzzPeriod(f *testing.F) {
	for _, text := range []string{
		"2026-11-01", "2026-11-30", "2026-11-20T10:00:00Z", "2026-11-20T10:00:00.5+05:30", "2026-02-30", "9999-12-31", "1999-12-31T23:59:59-12:00", "2026-11-20 10:00", "",
		"2026-11-20T10:00:00+24:00", "2026-11-20T10:00:60Z", "2000-01-01T00:00:00+14:00", "9998-12-31T23:59:59-23:59",
	} {
		f.Add(text, "2026-11-30")
		f.Add("2026-11-01", text)
	}
	f.Fuzz(func(t *testing.T, from, to string) {
		during, err := readPeriod(&from, &to)
		if err != nil {
			requireCallersMistake(t, err)
			return
		}
		require.True(t, during.from.Before(during.to))
		require.Equal(t, time.UTC, during.from.Location())
		require.False(t, during.from.Before(farPast))
		require.False(t, during.to.After(farFuture.AddDate(0, 0, 1)), "PostgreSQL and JSON know no later times")
		for _, at := range []time.Time{during.from, during.to} {
			again, isDay, err := readMoment("from", at.Format(time.RFC3339Nano))
			if at.Before(farFuture) {
				require.NoError(t, err)
				require.False(t, isDay)
				require.True(t, at.Equal(again))
			}
		}
		all, err := readPeriod(&from, nil)
		require.NoError(t, err)
		require.True(t, all.from.Equal(during.from))
	})
}

// A statement is opened in spreadsheets: amounts are numbers, and no text is a formula.
func FuzzStatement(f *testing.F) {
	for _, title := range []string{
		"Sholay", `=HYPERLINK("http://evil.test")`, "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", `"; "a",b`, "", "é\x00", "\ufeff=1", "=1+1\";=1", " =1", "＝1", "'", "'=1", "Foo;=1+1",
	} {
		f.Add(title, title, int64(-30200), int64(0), true)
	}
	f.Add("Sholay", "bk_1", int64(-1<<63), int64(1<<63-1), false)
	decimal := regexp.MustCompile(`^-?[0-9]+\.[0-9]{2}$`)
	f.Fuzz(func(t *testing.T, title, bookingID string, amount, balance int64, ofBooking bool) {
		row := db.WalletStatementRow{At: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), Kind: "SALE", Amount: amount, BalanceAfter: balance, MovieTitle: &title}
		if ofBooking && isID(bookingID) {
			row.BookingID = &bookingID
		}
		file, err := statementFile([]db.WalletStatementRow{row, row}, "INR")
		require.NoError(t, err)
		lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(file), "\ufeff"))).ReadAll()
		require.NoError(t, err)
		require.Len(t, lines, 3)
		require.Equal(t, statementHeader, lines[0])
		require.Equal(t, lines[1], lines[2])
		for i, field := range lines[1] {
			if i == 4 || i == 6 {
				require.Regexp(t, decimal, field, "a number")
			} else if field != "" {
				require.NotContains(t, "=+-@\t\r\n", field[:1], "a formula")
			}
		}
	})
}

// Nobody outside of the trusted networks says whose request it is.
func FuzzForwardedFor(f *testing.F) {
	for _, header := range []string{"", "1.2.3.4", "1.2.3.4, 10.0.0.2", "::1, [2001:db8::1]:443", "x, 10.0.0.1", "1.2.3.4\x00", "127.0.0.1, , ,", "fe80::1%eth0", "::ffff:10.0.0.1"} {
		f.Add(header, "10.0.0.1:5000")
		f.Add(header, "203.0.113.9:5000")
	}
	f.Add("1.2.3.4", "not an address")
	h := &handlers{config: Config{TrustedProxies: []string{"10.0.0.0/8", "fd00::/8"}}}
	extract := h.ipExtractor()
	f.Fuzz(func(t *testing.T, header, peer string) {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.RemoteAddr = peer
		request.Header.Set(echo.HeaderXForwardedFor, header)
		key := network(extract(request))
		if key != "unknown" {
			address, err := netip.ParseAddr(key)
			if err != nil {
				_, err = netip.ParsePrefix(key)
			}
			require.NoError(t, err, key)
			require.Empty(t, address.Zone())
		}
		from, err := netip.ParseAddrPort(peer)
		trusted := err == nil && (netip.MustParsePrefix("10.0.0.0/8").Contains(from.Addr().Unmap()) || netip.MustParsePrefix("fd00::/8").Contains(from.Addr().WithZone("")))
		if err == nil && !trusted {
			require.Equal(t, network(from.Addr().WithZone("").String()), key, "a stranger's word counts for nothing")
		}
	})
}

// Whatever an identity provider publishes as its keys: no token passes that one of them has not signed.
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
	config := Config{JWKSURL: keys.URL, JWTIssuer: "https://id.example.com", JWTAudience: "boxoffice"}
	f.Fuzz(func(t *testing.T, published []byte, kid string) {
		document = published
		checker := &outsideTokens{issuer: config.JWTIssuer, audience: config.JWTAudience, now: time.Now}
		if !checker.fetchKeys(t.Context(), config.JWKSURL, slog.New(slog.DiscardHandler)) {
			_, err := checker.check(t.Context(), "x.y.z")
			require.Equal(t, http.StatusServiceUnavailable, toFailure(err).status, "without keys nobody can be told from anybody")
			return
		}
		for _, algorithm := range []string{"RS256", "HS256", "none", "", "RS512"} {
			header, err := json.Marshal(map[string]string{"alg": algorithm, "kid": kid, "typ": "JWT"})
			require.NoError(t, err)
			claims, err := json.Marshal(map[string]any{"iss": config.JWTIssuer, "aud": config.JWTAudience, "sub": "eve", "role": openapi.ADMIN, "exp": time.Now().Add(time.Hour).Unix()})
			require.NoError(t, err)
			encode := base64.RawURLEncoding.EncodeToString
			for _, signature := range []string{"", encode(make([]byte, 256)), encode(published)} {
				_, err := checker.check(t.Context(), encode(header)+"."+encode(claims)+"."+signature)
				require.Error(t, err, "%s with %q", published, signature)
			}
		}
	})
}

// What reaches a handler of a JSON body: text, each field once, by its name, and not null.
func FuzzFields(f *testing.F) {
	for _, body := range []string{
		`{"showId":"sh_1","seatIds":["A1"]}`, `{"showId":"sh_1","SHOWID":"sh_2"}`, `{"showId":"a","showId":"b"}`, `{"showId":null}`, `{"seatIds":[null]}`, `{"\u0073howId":"x"}`,
		`{"showId":"x"`, `{"showId":"x"}{}`, `{"showId":}`, `{5:1}`, "{\"showId\":\"\xff\"}", `[]`, `{`, `{"seatIds":[[null]]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
		request.Header.Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
		var wish openapi.CreateBookingRequest
		if err := decode(echo.New().NewContext(request, httptest.NewRecorder()), &wish); err != nil {
			requireCallersMistake(t, err)
			return
		}
		require.True(t, utf8.Valid(body))
		var fields map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(body, &fields))
		for name, value := range fields {
			require.Contains(t, []string{"showId", "seatIds", "couponCode"}, name)
			require.NotEqual(t, "null", string(value))
		}
		require.Equal(t, fields["couponCode"] != nil, wish.CouponCode != nil)
		require.Equal(t, fields["seatIds"] != nil, wish.SeatIds != nil)
		again, err := json.Marshal(wish)
		require.NoError(t, err)
		require.LessOrEqual(t, len(fields), strings.Count(string(again), `":`))
		_, err = io.Copy(io.Discard, request.Body)
		require.NoError(t, err)
	})
}

// An e-mail that is taken is one address in its normal form, and fits into a header as it is.
func FuzzEmail(f *testing.F) {
	for _, text := range []string{
		"asha@example.com", "Asha@Example.COM", " asha@example.com ", "Asha <asha@example.com>", "a@b\r\nBcc: c@d", `"a b"@example.com`, "a@[127.0.0.1]", "@", "a@b@c", "é@example.com", "a,b@example.com", "(x)a@b",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		email, err := normalEmail(text)
		if err != nil {
			requireCallersMistake(t, err)
			return
		}
		again, err := normalEmail(email)
		require.NoError(t, err)
		require.Equal(t, email, again)
		require.NotContains(t, email, "\n")
		require.NotContains(t, email, " ")
		require.LessOrEqual(t, len(email), maxEmail)
		require.True(t, strings.EqualFold(strings.TrimSpace(text), email))
	})
}

// The address at which keys are trusted is reached by nobody on the way.
func FuzzKeysAddress(f *testing.F) {
	for _, text := range []string{"https://id.example.com/keys", "http://127.0.0.1:1/keys", "http://localhost/keys", "http://localhost.evil.test/", "http://127.0.0.1@evil.test/", "HTTP://[::1]/", "ftp://x", "//x", "", "http://0x7f.1/"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if checkKeysAddress(text) != nil {
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
