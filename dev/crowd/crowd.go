// Package crowd fills shows with thousands of confirmed bookings in little time. Its people take the product's own steps (seats are
// locked and priced, wallets topped up, intents opened at the provider's simulator and paid, bookings confirmed) but without Temporal, which
// would take minutes: rows, ledger and intents are those of real sales, and the audit finds them in order.
package crowd

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/boxoffice/boxoffice/activities"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/provider"
)

const (
	// buyers is how many people buy at the same time.
	buyers = 16
	// Conns is how many connections a crowd keeps busy.
	Conns = buyers
	// callPatience bounds one request to the simulator.
	callPatience = 30 * time.Second
)

// Config says where a crowd buys.
type Config struct {
	// Owner may write everything: it makes people.
	Owner *pgxpool.Pool
	// Worker has the worker's rights; the steps are taken with them.
	Worker *pgxpool.Pool
	// Simulator is the provider's.
	Simulator stripesim.Client
}

// Crowd buys tickets.
type Crowd struct {
	Config

	steps *activities.Activities
}

// New makes a crowd.
func New(config Config) (*Crowd, error) {
	stripe, err := provider.NewStripe(provider.Config{SecretKey: config.Simulator.SecretKey, URL: config.Simulator.URL, Timeout: callPatience})
	if err != nil {
		return nil, err
	}
	return &Crowd{Config: config, steps: activities.New(config.Worker, stripe)}, nil
}

// Order says what a crowd buys.
type Order struct {
	ShowID string
	// Bookings is how many are bought. Every fourth customer makes three of them.
	Bookings int
	// Seats is how many seats each is of; zero means one to three in turns.
	Seats int
	// Methods are how they are paid, in turns; none means all.
	Methods []booking.Method
	// Card is the simulator's payment method; empty means one that is simply charged.
	Card string
}

// Sale is a confirmed booking.
type Sale struct {
	BookingID, CustomerID string
	Seats                 []string
	Method                booking.Method
	// Wallet and Card are what each tender paid, in minor units.
	Wallet, Card int64
	// IntentID is empty when the wallet paid everything.
	IntentID string
}

// Fill has the order bought and returns the sales. While it does, the simulator delivers no webhooks about payments: no workflow waits
// for them, and each would start a settlement. Afterwards all faults of the simulator are cleared.
func (c *Crowd) Fill(ctx context.Context, order Order) (sales []Sale, err error) {
	if len(order.Methods) == 0 {
		order.Methods = []booking.Method{booking.MethodCard, booking.MethodWallet, booking.MethodWalletAndCard}
	}
	if order.Card == "" {
		order.Card = "pm_card_visa"
	}
	people, err := c.queue(ctx, order)
	if err != nil {
		return nil, err
	}
	if err := c.Mute(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Unmute(context.WithoutCancel(ctx))) }()
	return c.sell(ctx, order, people)
}

// Mute makes the simulator drop its events about payments, until Unmute.
func (c *Crowd) Mute(ctx context.Context) error {
	return c.Simulator.AddFaults(ctx, stripesim.Faults{Webhooks: []stripesim.WebhookFault{
		{Mode: stripesim.Drop, Types: []string{"payment_intent.created", "charge.succeeded", "payment_intent.succeeded"}},
	}})
}

// Unmute clears all faults of the simulator.
func (c *Crowd) Unmute(ctx context.Context) error { return c.Simulator.ClearFaults(ctx) }

// person is one customer, and what she buys.
type person struct {
	id   string
	plan []planned
}

// planned is a booking that is to be made.
type planned struct {
	seats  []string
	method booking.Method
}

// queue makes the people and gives them free seats.
func (c *Crowd) queue(ctx context.Context, order Order) ([]person, error) {
	free, err := FreeSeats(ctx, c.Owner, order.ShowID)
	if err != nil {
		return nil, err
	}
	var people []person
	name := rand.Text()
	for made := 0; made < order.Bookings; {
		p := person{id: booking.UserID("crowd", fmt.Sprintf("%s/%d", name, len(people)))}
		bookings := 1
		if len(people)%4 == 3 {
			bookings = 3
		}
		for range min(bookings, order.Bookings-made) {
			seats := cmp.Or(order.Seats, 1+made%3)
			if len(free) < seats {
				return nil, fmt.Errorf("show %s is too small for %d bookings", order.ShowID, order.Bookings)
			}
			// Not in step with the seats.
			p.plan = append(p.plan, planned{seats: booking.SortSeats(free[:seats]), method: order.Methods[made/3%len(order.Methods)]})
			free = free[seats:]
			made++
		}
		people = append(people, p)
	}
	return people, c.makeCustomers(ctx, people)
}

// sell lets the people buy, so many at a time, and stops at the first failure.
func (c *Crowd) sell(ctx context.Context, order Order, people []person) ([]Sale, error) {
	var mu sync.Mutex
	sales := make([]Sale, 0, order.Bookings)
	selling, ctx := errgroup.WithContext(ctx)
	selling.SetLimit(buyers)
	for _, p := range people {
		selling.Go(func() error {
			bought, err := c.shop(ctx, order, p)
			mu.Lock()
			defer mu.Unlock()
			sales = append(sales, bought...)
			return err
		})
	}
	if err := selling.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(sales, func(a, b Sale) int { return slices.Compare(a.Seats, b.Seats) })
	return sales, nil
}
