package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// stale is how long what a user may do is remembered.
const stale = 5 * time.Second

func TestADismissedAdministratorIsRefusedWithinSeconds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.get(ada, admin+"/flags").is(http.StatusOK, nil)
	b.exec("UPDATE users SET role = 'CUSTOMER', role_set_at = now() WHERE id = $1", ada)
	b.later(stale)
	b.get(ada, admin+"/flags").refuses(http.StatusForbidden, booking.CodeForbidden)
	b.post(ada, admin+"/shows/sh_hindi/cancel", "key", reason("revenge")).refuses(http.StatusForbidden, booking.CodeForbidden)
	require.Empty(t, b.temporal.starts)
	b.get(ada, "/api/v1/wallet").is(http.StatusOK, nil)
}

func TestAUserWhoIsDisabledMayDoNothing(t *testing.T) {
	t.Parallel()
	for _, user := range []string{asha, sam, ada, paul} {
		b := setup(t)
		b.get(user, "/api/v1/wallet").is(http.StatusOK, nil)
		b.exec("UPDATE users SET disabled_at = now() WHERE id = $1", user)
		b.later(stale)
		for _, path := range []string{"/api/v1/wallet", "/api/v1/bookings", admin + "/flags", admin + "/cascades"} {
			b.get(user, path).refuses(http.StatusForbidden, booking.CodeForbidden)
		}
		b.get(user, "/api/v1/cities").is(http.StatusOK, nil)

		b.exec("UPDATE users SET disabled_at = NULL WHERE id = $1", user)
		b.later(stale)
		b.get(user, "/api/v1/wallet").is(http.StatusOK, nil)
	}
}

func TestTheDatabaseSaysWhichRoleAUserHasNow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.get(asha, admin+"/flags").refuses(http.StatusForbidden, booking.CodeForbidden)
	b.exec("UPDATE users SET role = 'ADMIN' WHERE id = $1", asha)
	b.later(stale)
	b.get(asha, admin+"/flags").is(http.StatusOK, nil)
}

func TestATokenOfAnAccountThatThereIsNotIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.get("us_nobody", "/api/v1/wallet").refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
}

// What a user may do is read once for some seconds, not for every request. The clock stands, so that the machine may be as slow as it likes.
func TestWhatAUserMayDoIsRememberedForSeconds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	at := time.Now()
	b.stopped.Store(&at)
	session := map[string]string{"Authorization": "Bearer " + token(t, asha, nil)}
	wallet := func() answer { return b.do(call{method: http.MethodGet, path: "/api/v1/wallet", header: session}) }
	wallet().is(http.StatusOK, nil)
	b.exec("UPDATE users SET disabled_at = now() WHERE id = $1", asha)
	b.later(stale - time.Millisecond)
	wallet().is(http.StatusOK, nil)
	b.later(time.Millisecond)
	wallet().refuses(http.StatusForbidden, booking.CodeForbidden)
	b.exec("UPDATE users SET disabled_at = NULL WHERE id = $1", asha)
	b.later(-time.Second)
	wallet().is(http.StatusOK, nil)
}

func TestADisabledUserIsNotLoggedIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mira := credentials("mira@example.com", "three-green-lamps", "Mira")
	b.post("", register, "", mira).is(http.StatusCreated, nil)
	b.exec("UPDATE users SET disabled_at = now() WHERE email = 'mira@example.com'")
	right := map[string]string{"email": "mira@example.com", "password": "three-green-lamps"}
	b.post("", login, "", right).refuses(http.StatusForbidden, booking.CodeForbidden)
	wrong := map[string]string{"email": "mira@example.com", "password": "four-green-lamps"}
	b.post("", login, "", wrong).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
	b.exec("UPDATE users SET disabled_at = NULL WHERE email = 'mira@example.com'")
	b.post("", login, "", right).is(http.StatusOK, nil)
}

// The outside provider says what its users may do, unless an operator has.
func TestAnOperatorTakesRightsThatAnOutsideProviderGave(t *testing.T) {
	t.Parallel()
	issuer := newOutsideIssuer(t)
	b := setup(t, func(c *api.Config) {
		c.JWKSURL, c.JWTIssuer, c.JWTSecret = issuer.URL, "https://id.example.com/", ""
	})
	as := func(role openapi.Role) answer {
		token := issuer.token(t, func(c jwt.MapClaims) { c["role"] = role })
		return b.do(call{method: http.MethodGet, path: admin + "/flags", header: map[string]string{"Authorization": token}})
	}
	mira := booking.UserID("https://id.example.com/", "google|7")
	as(openapi.CUSTOMER).refuses(http.StatusForbidden, booking.CodeForbidden)
	as(openapi.ADMIN).is(http.StatusOK, nil)

	b.exec("UPDATE users SET role = 'CUSTOMER', role_set_at = now() WHERE id = $1", mira)
	b.later(stale)
	as(openapi.ADMIN).refuses(http.StatusForbidden, booking.CodeForbidden)
	b.exec("UPDATE users SET role = 'ADMIN', role_set_at = now(), disabled_at = now() WHERE id = $1", mira)
	b.later(stale)
	as(openapi.ADMIN).refuses(http.StatusForbidden, booking.CodeForbidden)
	b.exec("UPDATE users SET disabled_at = NULL WHERE id = $1", mira)
	b.later(stale)
	as(openapi.CUSTOMER).is(http.StatusOK, nil)
}
