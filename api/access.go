package api

import (
	"fmt"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/booking"
)

// audience is who may call an operation. Nobody may call one that is not in the table.
type audience int

const (
	forNobody audience = iota
	// forEverybody needs no token. How often an address may call is bounded, and by a token a user.
	forEverybody
	// forNewcomers is everybody who has no account yet, or no token. How often they may try is bounded in ways of their own.
	forNewcomers
	// forOutsiders prove in a way of their own who they are, or learn nothing that matters. They come as often as they like.
	forOutsiders
	// forUsers have logged in.
	forUsers
	forStaff
	// forOperators run theatres, or everything. Whose theatre it is, the use case finds out.
	forOperators
	forAdmins
)

// patience is how long an operation may take.
type patience int

const (
	// quick asks the database, and perhaps Temporal.
	quick patience = iota
	// withProvider may have to wait for the payment provider.
	withProvider
	// withQueue may have to wait for its turn to hold seats.
	withQueue
)

// access is the one table of who may call what, by the ids of the contract's operations.
var access = map[string]struct {
	audience audience
	patience patience
}{
	"register": {forNewcomers, quick}, "login": {forNewcomers, quick},
	"listCities": {forEverybody, quick}, "listMovies": {forEverybody, quick}, "listCityMovies": {forEverybody, quick}, "listShows": {forEverybody, quick},
	"getShow": {forEverybody, quick}, "getSeatMap": {forEverybody, quick},
	"createBooking": {forUsers, withQueue}, "listBookings": {forUsers, quick}, "getBooking": {forUsers, quick}, "createPayment": {forUsers, withProvider},
	"quoteCancellation": {forUsers, quick}, "cancelBooking": {forUsers, withProvider}, "listNotices": {forUsers, quick},
	"getWallet": {forUsers, quick}, "listWalletTransactions": {forUsers, quick}, "getWalletStatement": {forUsers, quick},
	"createTopUp": {forUsers, withProvider}, "getTopUp": {forUsers, quick},
	"createCheckIn": {forStaff, quick},
	"cancelShow":    {forOperators, withProvider}, "deactivateTheatre": {forOperators, withProvider}, "withdrawMovie": {forAdmins, withProvider},
	"listCascades": {forOperators, quick}, "getCascade": {forOperators, quick}, "pauseCascade": {forOperators, withProvider}, "resumeCascade": {forOperators, withProvider},
	"listRefunds": {forAdmins, quick}, "getRefund": {forAdmins, quick}, "retryRefund": {forAdmins, withProvider}, "divertRefund": {forAdmins, withProvider},
	"settleRefund": {forAdmins, withProvider}, "closeRefund": {forAdmins, withProvider},
	"listOutsideRefunds": {forAdmins, quick}, "getOutsideRefund": {forAdmins, quick}, "assignOutsideRefund": {forAdmins, withProvider},
	"writeOffOutsideRefund": {forAdmins, withProvider},
	"listFlags":             {forAdmins, quick}, "resolveFlag": {forAdmins, quick}, "listDisputes": {forAdmins, quick},
	"listStuck": {forAdmins, withProvider}, "expireBooking": {forAdmins, withProvider}, "admitBooking": {forAdmins, quick}, "moveBooking": {forAdmins, withProvider},
	"listWebhooks": {forAdmins, quick}, "replayWebhook": {forAdmins, quick}, "listActions": {forAdmins, quick},
	"receivePaymentEvent": {forOutsiders, quick}, "livez": {forOutsiders, quick}, "readyz": {forOutsiders, quick},
}

// signedByProvider are the operations whose callers prove with a signature instead of a token who they are.
var signedByProvider = map[string]bool{"receivePaymentEvent": true}

// checkAccess refuses a table that opens what the contract does not, or the other way round.
func checkAccess(operations map[string]*openapi3.Operation) error {
	for id, operation := range operations {
		switch who, open := access[id].audience, isOpen(operation); {
		case open && who > forOutsiders, !open && !signedByProvider[id] && who != forNobody && who <= forOutsiders:
			return fmt.Errorf("operation %s: the contract and the table of access do not agree on who may call it", id)
		}
	}
	return nil
}

// way is what a request passes on its way to an operation. The deadline comes before the token: an outside identity provider may have to be asked for
// its keys. The limits come after it, since they count per user.
func (s *Server) way(operationID string) []echo.MiddlewareFunc {
	rule := access[operationID]
	way := []echo.MiddlewareFunc{refuseUnreadablePath, refuseUnreadableQuery, within(s.config.allowed(rule.patience))}
	if rule.audience == forOutsiders {
		return way
	}
	if rule.audience == forNewcomers {
		return append(way, s.entrance(operationID))
	}
	way = append(way, identity.Read(s.tokens), s.perUser.PerUser(s.now))
	if rule.audience == forEverybody {
		return way
	}
	way = append(way, identity.Require(s.accounts))
	switch rule.audience {
	case forUsers:
		return way
	case forStaff:
		return append(way, identity.RequireRole("Only staff may do this.", accounts.Staff, accounts.Admin))
	case forOperators:
		return append(way, identity.RequireRole("Only administrators and partners may do this.", accounts.Partner, accounts.Admin))
	case forAdmins:
		return append(way, identity.RequireRole("Only administrators may do this.", accounts.Admin))
	default:
		return append(way, closed)
	}
}

// entrance bounds the attempts to get in from an address, whoever is meant.
func (s *Server) entrance(operationID string) echo.MiddlewareFunc {
	if operationID == "login" {
		return s.wrongLogins.PerAddress(s.now)
	}
	return s.registering.PerAddress(s.now)
}

// closed refuses everybody.
func closed(echo.HandlerFunc) echo.HandlerFunc {
	return func(echo.Context) error { return booking.Refuse(booking.CodeForbidden, "Nobody may do this.") }
}

// allowed is how long an operation may take.
func (c Config) allowed(by patience) time.Duration {
	switch by {
	case withProvider:
		return c.patience()
	case withQueue:
		return c.queueing()
	default:
		return c.RequestTimeout
	}
}
