package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// Who may call each operation. An operation of the contract that is not listed here fails the test, so that nobody opens one by accident.
const (
	open      = "anybody"
	loggedIn  = "CUSTOMER STAFF PARTNER ADMIN"
	atTheDoor = "STAFF ADMIN"
	ofShows   = "PARTNER ADMIN"
	adminOnly = "ADMIN"
)

var mayCall = map[string]string{
	"register": open, "login": open, "listCities": open, "listMovies": open, "listCityMovies": open, "listShows": open, "getShow": open,
	"getSeatMap": open, "receivePaymentEvent": open, "livez": open, "readyz": open,
	"createBooking": loggedIn, "listBookings": loggedIn, "getBooking": loggedIn, "createPayment": loggedIn, "quoteCancellation": loggedIn,
	"cancelBooking": loggedIn, "listNotices": loggedIn, "getWallet": loggedIn, "listWalletTransactions": loggedIn, "getWalletStatement": loggedIn,
	"createTopUp": loggedIn, "getTopUp": loggedIn,
	"createCheckIn": atTheDoor,
	"cancelShow":    ofShows, "deactivateTheatre": ofShows, "listCascades": ofShows, "getCascade": ofShows, "pauseCascade": ofShows, "resumeCascade": ofShows,
	"withdrawMovie": adminOnly, "listRefunds": adminOnly, "getRefund": adminOnly, "retryRefund": adminOnly, "divertRefund": adminOnly,
	"settleRefund": adminOnly, "closeRefund": adminOnly, "listOutsideRefunds": adminOnly, "getOutsideRefund": adminOnly,
	"assignOutsideRefund": adminOnly, "writeOffOutsideRefund": adminOnly, "listFlags": adminOnly, "resolveFlag": adminOnly,
	"listDisputes": adminOnly, "listStuck": adminOnly, "expireBooking": adminOnly, "admitBooking": adminOnly, "moveBooking": adminOnly,
	"listWebhooks": adminOnly, "replayWebhook": adminOnly, "listActions": adminOnly,
}

// users of every role, by the role that the database gives them.
var callers = map[string]string{"CUSTOMER": asha, "STAFF": sam, "PARTNER": paul, "ADMIN": ada}

func TestWhoMayCallWhat(t *testing.T) {
	t.Parallel()
	b := setup(t, unhurried)
	listed := map[string]bool{"livez": true, "readyz": true} // they have no answer about rights
	for _, op := range operations(t) {
		may, known := mayCall[op.OperationID]
		require.True(t, known, "%s is in no table of who may call it", op.OperationID)
		listed[op.OperationID] = true
		if may == open {
			got := b.calls(op, "", func(c *call) { c.header["Authorization"] = "Bearer x" })
			if op.OperationID != "login" { // the example's password is wrong
				require.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, got.status, op.OperationID)
			}
			require.NotNil(t, op.Security, "%s is open, and the contract does not say so", op.OperationID)
			continue
		}
		require.Nil(t, op.Security, "%s waits for a token like all that says nothing else", op.OperationID)
		b.calls(op, "", nil).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
		b.calls(op, "", func(c *call) {
			c.header["Authorization"] = "Bearer " + token(t, ada, func(claims jwt.MapClaims) { claims["exp"] = time.Now().Add(-time.Hour).Unix() })
		}).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
		for role, user := range callers {
			if slices.Contains(strings.Fields(may), role) {
				got := b.calls(op, user, nil)
				require.NotEqual(t, http.StatusUnauthorized, got.status, op.OperationID)
				if got.status == http.StatusForbidden {
					require.NotContains(t, said(got), "Only ", "%s is for %s", op.OperationID, role)
				}
				continue
			}
			b.refusesWhateverTheTokenSays(op, user)
		}
	}
	for id := range mayCall {
		require.True(t, listed[id], "the contract has no operation %s", id)
	}
}

// refusesWhateverTheTokenSays wants an operation to be closed to a user: what the database says of them counts, not their token.
func (b *bundle) refusesWhateverTheTokenSays(op operation, user string) {
	b.Helper()
	for _, role := range []any{"ADMIN", "STAFF", "", nil} {
		b.calls(op, "", func(c *call) {
			c.header["Authorization"] = "Bearer " + token(b.TB, user, func(claims jwt.MapClaims) { claims["role"] = role })
		}).refuses(http.StatusForbidden, booking.CodeForbidden)
	}
}
