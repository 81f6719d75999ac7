// Package customer is the JSON face for those who book: what plays, accounts, bookings, payments, wallets. A handler decodes, says who asks, calls one
// use case, and draws the answer.
package customer

import (
	"time"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/api/limits"
	"github.com/boxoffice/boxoffice/catalogue"
	"github.com/boxoffice/boxoffice/coalesce"
	"github.com/boxoffice/boxoffice/sales"
)

// Options are what Handlers work with.
type Options struct {
	Sales     *sales.Sales
	Catalogue *catalogue.Catalogue
	Accounts  *accounts.Accounts
	// Issuer makes the tokens of login; nil when an outside identity provider does.
	Issuer *identity.Issuer
	// AttemptsPerMinute bounds the attempts at an e-mail from one address, to log in and to register.
	AttemptsPerMinute int
	// PublishableKey is the payment provider's, which is handed to browsers with a card payment; may be empty.
	PublishableKey string
	// PaymentPage is the page where a customer enters a card. It reads client_secret, key and return_url behind the # of its address.
	PaymentPage string
	// ReadPatience bounds a read that is shared by those who ask the same.
	ReadPatience time.Duration
	// SeatMapAge is how old a seat map may be when somebody asks for it, and ProgrammeAge how old what plays where and
	// when may be. With zero nobody gets what was read before he asked.
	SeatMapAge, ProgrammeAge time.Duration
	// Now is the clock.
	Now func() time.Time
}

// Handlers implement the customers' operations of openapi.ServerInterface.
type Handlers struct {
	Options

	// pages are what everybody gets who asks the same, but for seat maps, which get old sooner.
	pages, seatMaps   *coalesce.Same[[]byte]
	drawings          *drawings
	logins, registers limits.Entry
}

// New makes the handlers.
func New(options Options) *Handlers {
	return &Handlers{
		Options: options, drawings: newDrawings(),
		pages:    sharedBodies(options, options.ProgrammeAge, maxPages, maxPageBytes),
		seatMaps: sharedBodies(options, options.SeatMapAge, maxSeatMaps, maxSeatMapBytes),
		logins:   limits.NewEntry(options.AttemptsPerMinute), registers: limits.NewEntry(options.AttemptsPerMinute),
	}
}
