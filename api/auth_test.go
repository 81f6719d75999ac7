package api_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

const (
	register = "/api/v1/auth/register"
	login    = "/api/v1/auth/login"
)

func credentials(email, password, name string) map[string]string {
	return map[string]string{"email": email, "password": password, "name": name}
}

func TestRegisterAndLogin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var user openapi.User
	b.post("", register, "", credentials("Mira@Example.com", "three-green-lamps", " Mira ")).is(http.StatusCreated, &user)
	require.Equal(t, "mira@example.com", user.Email)
	require.Equal(t, "Mira", user.Name)
	require.Equal(t, openapi.CUSTOMER, user.Role)
	details := b.post("", register, "", credentials("mira@example.com", "four-green-lamps", "M")).refuses(http.StatusConflict, booking.CodeConflict)
	require.Equal(t, "email", details["field"])

	var session openapi.Session
	b.post("", login, "", map[string]string{"email": "MIRA@example.com", "password": "three-green-lamps"}).is(http.StatusOK, &session)
	require.Equal(t, user.UserId, session.User.UserId)
	require.WithinDuration(t, time.Now().Add(12*time.Hour), session.ExpiresAt, time.Minute)
	var wallet openapi.Wallet
	b.do(call{method: http.MethodGet, path: "/api/v1/wallet", header: map[string]string{"Authorization": "Bearer " + session.AccessToken}}).
		is(http.StatusOK, &wallet)
	require.Len(t, wallet.Balances, 4, "an empty wallet in every currency")
	require.NotContains(t, b.log.String(), "mira@", "no personal data in the log")
	require.NotContains(t, b.log.String(), session.AccessToken)
}

func TestLoginIsRefusedInOneWay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post("", register, "", credentials("mira@example.com", "three-green-lamps", "Mira")).is(http.StatusCreated, nil)
	answers := map[string]bool{}
	for _, body := range []map[string]string{
		{"email": "mira@example.com", "password": "three-green-lamp"},
		{"email": "mira@example.com", "password": strings.Repeat("x", 100)},
		{"email": "nobody@example.com", "password": "three-green-lamps"},
		{"email": "asha@example.com", "password": "three-green-lamps"}, // has no password
	} {
		got := b.do(call{method: http.MethodPost, path: login, body: body, header: map[string]string{"X-Correlation-Id": "same"}})
		got.refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
		answers[string(got.body)] = true
	}
	require.Len(t, answers, 1)
}

func TestRegisterIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.AuthRate = 1000 })
	good := "three-green-lamps"
	for _, c := range []struct {
		body  any
		field string
	}{
		{credentials("", good, "Mira"), "email"},
		{credentials("mira", good, "Mira"), "email"},
		{credentials("Mira <mira@example.com>", good, "Mira"), "email"},
		{credentials("míra@example.com", good, "Mira"), "email"},
		{credentials(strings.Repeat("m", 250)+"@example.com", good, "Mira"), "email"},
		{credentials("mira@example.com", "seven77", "Mira"), "password"},
		{credentials("mira@example.com", strings.Repeat("ab1-9", 15), "Mira"), "password"},
		{credentials("mira@example.com", "aaaaaaaaaa", "Mira"), "password"},
		{credentials("mira@example.com", "Mira@example.com", "Mira"), "password"},
		{credentials("mira@example.com", good, " "), "name"},
		{credentials("mira@example.com", good, strings.Repeat("m", 101)), "name"},
		{credentials("mira@example.com", good, "Mi\x00ra"), "name"},
		{credentials("mira@example.com", good, "Mi\u202era"), "name"},
		{credentials("mira@example.com", good, "You won: evil.example/x"), "name"},
		{map[string]string{}, "email"},
	} {
		details := b.post("", register, "", c.body).refuses(http.StatusBadRequest, booking.CodeValidation)
		require.Equal(t, c.field, details["field"], c.body)
	}
	b.post("", register, "", `{"email": "mira@example.com", "role": "ADMIN"}`).refuses(http.StatusBadRequest, booking.CodeValidation)
	for _, body := range []map[string]string{{"email": "mira@example.com"}, {"password": good}, {"email": "mira", "password": good}} {
		b.post("", login, "", body).refuses(http.StatusBadRequest, booking.CodeValidation)
	}
	require.Equal(t, 5, b.count("SELECT count(*) FROM users"))
}

func TestAttemptsToEnterAreLimited(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.AuthRate, c.TrustedProxies = 3, []string{"192.0.2.0/24"} })
	from := func(ip, email string) answer {
		return b.do(call{
			method: http.MethodPost, path: login, body: map[string]string{"email": email, "password": "x"},
			header: map[string]string{"X-Forwarded-For": ip},
		})
	}
	for range 3 {
		from("203.0.113.1", "one@example.com").refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
	}
	from("203.0.113.1", "two@example.com").refuses(http.StatusTooManyRequests, booking.CodeRateLimited)
	from("203.0.113.2", "two@example.com").refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
	b.do(call{
		method: http.MethodPost, path: register, body: credentials("one@example.com", "three-green-lamps", "One"),
		header: map[string]string{"X-Forwarded-For": "203.0.113.1"},
	}).is(http.StatusCreated, nil)

	// Nobody is locked out by somebody elsewhere, but guessing from many addresses has an end.
	attempts := 3
	for from("203.0.113."+strconv.Itoa(3+attempts), "One@example.com").status == http.StatusUnauthorized {
		attempts++
		require.Less(t, attempts, 60)
	}
	require.GreaterOrEqual(t, attempts, 30)
	b.later(time.Minute)
	from("203.0.113.250", "one@example.com").refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
}

// loginFrom logs in from an address behind a proxy.
func (b *bundle) loginFrom(address, email, password string) answer {
	b.Helper()
	return b.do(call{
		method: http.MethodPost, path: login, body: map[string]string{"email": email, "password": password},
		header: map[string]string{"X-Forwarded-For": address},
	})
}

// campus is a server with a dozen accounts, whose clock stands.
func campus(t *testing.T) *bundle {
	t.Helper()
	b := setup(t, func(c *api.Config) {
		c.AuthRate, c.TrustedProxies = 3, []string{"192.0.2.0/24"}
	})
	at := time.Now()
	b.stopped.Store(&at)
	for n := range 12 {
		b.do(call{
			method: http.MethodPost, path: register, body: credentials(fmt.Sprintf("student%d@example.com", n), "three-green-lamps", "S"),
			header: map[string]string{"X-Forwarded-For": fmt.Sprintf("198.51.100.%d", n)},
		}).is(http.StatusCreated, nil)
	}
	return b
}

// atOnce has something happen for every number below n, and gives what it answered.
func atOnce(n int, do func(int) int) []int {
	statuses := make([]int, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { statuses[i] = do(i) })
	}
	all.Wait()
	return statuses
}

func TestRightLoginsDoNotCountAgainstTheirAddress(t *testing.T) {
	t.Parallel()
	b := campus(t)
	student := func(n int, password string) int {
		return b.loginFrom("203.0.113.7", fmt.Sprintf("student%d@example.com", n), password).status
	}
	for _, status := range atOnce(12, func(n int) int { return student(n, "three-green-lamps") }) {
		require.Equal(t, http.StatusOK, status)
	}
	for n := range 3 {
		require.Equal(t, http.StatusUnauthorized, student(n, "four-green-lamps"))
	}
	refused := b.loginFrom("203.0.113.7", "student7@example.com", "three-green-lamps")
	refused.refuses(http.StatusTooManyRequests, booking.CodeRateLimited)
	require.Equal(t, "20", refused.header.Get("Retry-After"))
	b.loginFrom("203.0.113.8", "student7@example.com", "three-green-lamps").is(http.StatusOK, nil)
	b.later(21 * time.Second)
	require.Equal(t, http.StatusOK, student(8, "three-green-lamps"))
}

func TestRightLoginsCountForTheirAccount(t *testing.T) {
	t.Parallel()
	b := campus(t)
	for range 3 {
		b.loginFrom("203.0.113.7", "student0@example.com", "three-green-lamps").is(http.StatusOK, nil)
	}
	b.loginFrom("203.0.113.7", "student0@example.com", "three-green-lamps").refuses(http.StatusTooManyRequests, booking.CodeRateLimited)
	b.loginFrom("203.0.113.7", "student1@example.com", "three-green-lamps").is(http.StatusOK, nil)
}

func TestNoBurstOfWrongLoginsGetsThrough(t *testing.T) {
	t.Parallel()
	b := campus(t)
	tried := 0
	for _, status := range atOnce(40, func(n int) int {
		return b.loginFrom("203.0.113.7", fmt.Sprintf("guess%d@example.com", n), "four-green-lamps").status
	}) {
		if status == http.StatusUnauthorized {
			tried++
		} else {
			require.Equal(t, http.StatusTooManyRequests, status)
		}
	}
	require.Equal(t, 3, tried)
}

func TestCallersBehindAProxyAreToldApartHoweverItWritesThem(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) {
		c.UserBurst, c.UserRate, c.TrustedProxies = 1, 0.001, []string{"192.0.2.0/24", "2001:db8:ffff::/48"}
	})
	status := func(forwarded string) int {
		return b.do(call{method: http.MethodGet, path: "/api/v1/cities", header: map[string]string{"X-Forwarded-For": forwarded}}).status
	}
	for _, ways := range [][]string{
		{"203.0.113.7:50000", "203.0.113.7", "203.0.113.7:50001", `"203.0.113.7:9"`, "[::ffff:203.0.113.7]:1", "198.51.100.1, 203.0.113.7:1"},
		{"203.0.113.8:50000", "203.0.113.8:50000, 192.0.2.9:443", "203.0.113.8, , [2001:db8:ffff::1]:443"},
		{"[2001:db8::1]:50000", "2001:db8::1", "[2001:db8::2]", `"[2001:db8::3]:4711"`, "2001:db8::4%eth0", "[2001:db8::5%25eth0]:1"},
		{"unknown", "unknown, 192.0.2.1", "203.0.113.9:port, 192.0.2.1", ""},
	} {
		require.Equal(t, http.StatusOK, status(ways[0]), "%v: nobody else has used its limit", ways[0])
		for _, way := range ways[1:] {
			require.Equal(t, http.StatusTooManyRequests, status(way), "%v is the same caller as %v", way, ways[0])
		}
	}
}

func TestForwardedAddressesAreNotBelievedByDefault(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.UserBurst, c.UserRate = 2, 0.01 })
	statuses := []int{}
	for _, ip := range []string{"203.0.113.1", "203.0.113.2", "203.0.113.3"} {
		statuses = append(statuses, b.do(call{method: http.MethodGet, path: "/api/v1/cities", header: map[string]string{"X-Forwarded-For": ip}}).status)
	}
	require.Equal(t, []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests}, statuses)
	got := b.get("", "/api/v1/cities")
	got.refuses(http.StatusTooManyRequests, booking.CodeRateLimited)
	require.Regexp(t, `^(9[0-9]|100)$`, got.header.Get("Retry-After"))
	b.get(asha, "/api/v1/cities").is(http.StatusOK, nil)
	b.get("", "/livez").is(http.StatusOK, nil)
}

// outsideIssuer is an identity provider that publishes one RSA key.
type outsideIssuer struct {
	*httptest.Server
	key     *rsa.PrivateKey
	away    atomic.Bool
	fetched atomic.Int32
}

func newOutsideIssuer(t *testing.T) *outsideIssuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	issuer := &outsideIssuer{key: key}
	issuer.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if issuer.away.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		issuer.fetched.Add(1)
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{{
			"kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig",
			"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
		}}})
	}))
	t.Cleanup(issuer.Close)
	return issuer
}

func (o *outsideIssuer) token(t *testing.T, change func(jwt.MapClaims)) string {
	t.Helper()
	return o.tokenOf(t, "one", change)
}

func (o *outsideIssuer) tokenOf(t *testing.T, key string, change func(jwt.MapClaims)) string {
	t.Helper()
	claims := jwt.MapClaims{
		"iss": "https://id.example.com/", "aud": "boxoffice", "sub": "google|7", "exp": time.Now().Add(time.Hour).Unix(), "email": "Mira@Example.com", "name": "Mira", "email_verified": true,
	}
	if change != nil {
		change(claims)
	}
	unsigned := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	unsigned.Header["kid"] = key
	signed, err := unsigned.SignedString(o.key)
	require.NoError(t, err)
	return "Bearer " + signed
}

func TestOutsideIdentityProvider(t *testing.T) {
	t.Parallel()
	issuer := newOutsideIssuer(t)
	b := setup(t, func(c *api.Config) {
		c.JWKSURL, c.JWTIssuer, c.JWTSecret = issuer.URL, "https://id.example.com/", ""
	})
	with := func(token string) answer {
		return b.do(call{method: http.MethodGet, path: "/api/v1/wallet", header: map[string]string{"Authorization": token}})
	}
	var wallet openapi.Wallet
	for range 2 {
		with(issuer.token(t, nil)).is(http.StatusOK, &wallet)
		require.Len(t, wallet.Balances, 4)
	}
	require.Equal(t, 1, b.count("SELECT count(*) FROM users WHERE id = $1 AND email = 'mira@example.com' AND name = 'Mira'",
		booking.UserID("https://id.example.com/", "google|7")))

	// Another subject with an e-mail that is taken, and one whose e-mail nobody has checked, get accounts of their own.
	with(issuer.token(t, func(c jwt.MapClaims) { c["sub"] = "google|8" })).is(http.StatusOK, nil)
	with(issuer.token(t, func(c jwt.MapClaims) { c["sub"], c["email"], c["email_verified"] = "google|9", "x@example.com", false })).is(http.StatusOK, nil)
	with(issuer.token(t, func(c jwt.MapClaims) {
		c["sub"], c["email"] = "google|10", "y@example.com"
		delete(c, "email_verified")
	})).is(http.StatusOK, nil)
	require.Equal(t, 3, b.count("SELECT count(*) FROM users WHERE email LIKE '%@users.invalid'"))

	nobody := booking.UserID("https://id.example.com/", "google|11")
	b.exec("INSERT INTO users (id, email, name) VALUES ('us_squatter', $1, 'Squatter')", nobody+"@users.invalid")
	with(issuer.token(t, func(c jwt.MapClaims) { c["sub"] = "google|11" })).refuses(http.StatusInternalServerError, booking.CodeInternal)

	for range 5 {
		with(issuer.tokenOf(t, "two", nil)).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
	}
	require.LessOrEqual(t, issuer.fetched.Load(), int32(2), "unknown keys do not make the server hammer its provider")

	for name, change := range map[string]func(jwt.MapClaims){
		"issuer":   func(c jwt.MapClaims) { c["iss"] = "https://evil.example.com/" },
		"audience": func(c jwt.MapClaims) { c["aud"] = "another" },
		"expired":  func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Hour).Unix() },
		"subject":  func(c jwt.MapClaims) { delete(c, "sub") },
	} {
		require.Equal(t, http.StatusUnauthorized, with(issuer.token(t, change)).status, name)
	}
	// The public key is no HMAC secret.
	confused, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "https://id.example.com/", "aud": "boxoffice", "sub": "google|7", "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString(issuer.key.N.Bytes())
	require.NoError(t, err)
	with("Bearer "+confused).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)

	b.post("", register, "", credentials("a@example.com", "three-green-lamps", "A")).refuses(http.StatusNotFound, booking.CodeNotFound)
	b.post("", login, "", credentials("a@example.com", "three-green-lamps", "A")).refuses(http.StatusNotFound, booking.CodeNotFound)
}

func TestOutsideIdentityProviderIsAway(t *testing.T) {
	t.Parallel()
	issuer := newOutsideIssuer(t)
	issuer.away.Store(true)
	b := setup(t, func(c *api.Config) {
		c.JWKSURL, c.JWTIssuer, c.JWTSecret = issuer.URL, "https://id.example.com/", ""
	})
	got := b.do(call{method: http.MethodGet, path: "/api/v1/wallet", header: map[string]string{"Authorization": issuer.token(t, nil)}})
	got.refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	b.get("", "/api/v1/cities").is(http.StatusOK, nil)

	issuer.away.Store(false)
	require.Eventually(t, func() bool {
		return b.do(call{method: http.MethodGet, path: "/api/v1/wallet", header: map[string]string{"Authorization": issuer.token(t, nil)}}).status == http.StatusOK
	}, patience, 50*time.Millisecond)
}
