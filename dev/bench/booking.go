package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/measure"
	"github.com/boxoffice/boxoffice/dev/private"
)

const (
	// bookingShows is over how many shows the buyers spread.
	bookingShows = 16
	// bookingShowSeats is how many seats each of them has: more than a bench can sell.
	bookingShowSeats = 3_000
	// fortune is what each buyer has, in minor units: enough for any number of seats.
	fortune = 1_000_000_000_000
	// maxClients is how many people may buy at a time.
	maxClients = 1000
	// saleBuyers are enough for a subject that does not ask for many at a time.
	saleBuyers = 64
	// warmUpClients is how many do before anything is measured.
	warmUpClients = 16
	// bookingWarmUp is how long both sides run before anything is measured.
	bookingWarmUp = 5 * time.Second
)

// bookingOptions are those of a subject in which people book one seat after another, nobody in another's way.
type bookingOptions struct {
	name  string
	round time.Duration
	// clients are the numbers of buyers at a time.
	clients []int
	// enter starts what is compared.
	enter func(ctx context.Context, s *system, sale *sale) (*contest, error)
}

// contest is what people do in a sale, and what that is compared with. Its end stops what was started for it.
type contest struct {
	product contender
	floors  []contender
	end     func() error
}

// contender is one side of a contest.
type contender struct {
	act

	// name tells a floor from others in the tables; empty where there is only one. Its targets are those of the product beside it.
	name    string
	targets []target
	// muted says that the provider's events mean nothing to the product, and are dropped.
	muted bool
}

// playFor has so many clients act for a length of time.
func (c contender) playFor(ctx context.Context, s *system, clients int, length time.Duration) (met side, err error) {
	if c.muted {
		if err := s.crowd.Mute(ctx); err != nil {
			return side{}, err
		}
		defer func() { err = errors.Join(err, s.crowd.Unmute(context.WithoutCancel(ctx))) }()
	}
	return s.withCPU(func() (side, error) { return actFor(ctx, clients, length, c.act) })
}

// act is one action of a client. It gives how long the part of it took whose latency is measured.
type act func(ctx context.Context, client int) (time.Duration, error)

func (o *bookingOptions) flags(flags *flag.FlagSet) {
	flags.Func(o.name+"-clients", o.name+": how many people buy at a `time`, such as 1,16,64", o.setClients)
	flags.DurationVar(&o.round, o.name+"-round", 8*time.Second, o.name+": how long a round of each side lasts")
}

func (o *bookingOptions) check() error {
	if o.round <= 0 {
		return errors.New("a round must last")
	}
	return nil
}

// setClients reads a list of numbers.
func (o *bookingOptions) setClients(list string) error {
	o.clients = nil
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxClients {
			return fmt.Errorf("%q is no number of clients from 1 to %d", text, maxClients)
		}
		o.clients = append(o.clients, n)
	}
	return nil
}

// measure lets each number of people buy, and as many clients do what that is compared with.
func (o *bookingOptions) measure(ctx context.Context, s *system, rounds int, out io.Writer) (_ any, err error) {
	sale, err := openSale(ctx, s, o.name, max(warmUpClients, slices.Max(o.clients)))
	if err != nil {
		return nil, err
	}
	contest, err := o.enter(ctx, s, sale)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, contest.end()) }()
	sides := append([]contender{contest.product}, contest.floors...)
	for _, side := range sides {
		if _, err := side.playFor(ctx, s, warmUpClients, bookingWarmUp); err != nil {
			return nil, fmt.Errorf("warm up: %w", err)
		}
	}
	var found comparisons
	for _, clients := range o.clients {
		turns := make([]turn, len(sides))
		for i, contender := range sides {
			turns[i] = func(ctx context.Context) (side, error) { return contender.playFor(ctx, s, clients, o.round) }
		}
		beside, err := playBeside(ctx, rounds, turns[0], turns[1:]...)
		if err != nil {
			return nil, err
		}
		for i, floor := range contest.floors {
			what := fmt.Sprintf("%s%s, %d clients", o.name, floor.name, clients)
			found = append(found, compare(what, beside[i], floor.targets...))
		}
	}
	printComparisons(out, found...)
	printCPU(out, found...)
	return found, nil
}

// walletContest is a booking paid from the wallet beside a bare workflow.
func walletContest(_ context.Context, s *system, sale *sale) (*contest, error) {
	floor, err := startBareWorkflows(s.Temporal)
	if err != nil {
		return nil, err
	}
	return &contest{
		product: contender{act: sale.buy},
		floors:  []contender{{act: floor.run, targets: []target{wantRate(0.80), wantP50(1.25), wantCPU(1.25), wantNoFailure()}}},
		end:     func() error { floor.stop(); return nil },
	}, nil
}

// sale is many shows with buyers, and the seats that are left.
type sale struct {
	buyers []private.Guest
	shows  []string
	seats  [][]string
	next   []atomic.Int64
}

// openSale opens the shows of a subject, and invites so many buyers.
func openSale(ctx context.Context, s *system, name string, people int) (*sale, error) {
	sale := &sale{next: make([]atomic.Int64, bookingShows)}
	for i := range bookingShows {
		show := fmt.Sprintf("sh_%s_%d", name, i)
		seats, err := s.openShow(ctx, name, show, bookingShowSeats, usualHold)
		if err != nil {
			return nil, err
		}
		sale.shows, sale.seats = append(sale.shows, show), append(sale.seats, seats)
	}
	var err error
	sale.buyers, err = s.newBuyers(ctx, name, people)
	return sale, errors.Join(err, s.analyze(ctx))
}

// taken is a booking whose payment has begun.
type taken struct {
	booking openapi.Booking
	payment openapi.Payment
	// hold is how long it took to hold the seat.
	hold time.Duration
}

// buy books the next seat of the client's show and pays it from the wallet. It gives how long the hold took.
func (s *sale) buy(ctx context.Context, client int) (time.Duration, error) {
	bought, err := s.take(ctx, client, booking.MethodWallet)
	return bought.hold, err
}

// nextSeat is a free seat of the client's show, or of the next one that is not sold out. Nobody else is given it.
func (s *sale) nextSeat(client int) (show, seat string, err error) {
	for i := range s.shows {
		at := (client + i) % len(s.shows)
		if n := int(s.next[at].Add(1)) - 1; n < len(s.seats[at]) {
			return s.shows[at], s.seats[at][n], nil
		}
	}
	return "", "", errors.New("all shows are sold out: play fewer or shorter rounds")
}

// take books the next seat of the client's show and begins to pay it.
func (s *sale) take(ctx context.Context, client int, method booking.Method) (t taken, err error) {
	show, seat, err := s.nextSeat(client)
	if err != nil {
		return t, err
	}
	key := fmt.Sprintf("bench-%s-%s", show, seat)
	began := time.Now()
	if t.booking, err = s.buyers[client].Book(ctx, key+"-book", show, seat); err != nil {
		return t, err
	}
	t.hold = time.Since(began)
	t.payment, err = s.buyers[client].Pay(ctx, key+"-pay", t.booking.BookingId, method)
	return t, err
}

// actFor has so many clients work for a length of time, each on one action after another; what has been begun is finished. The rate counts whole
// actions; the latency is of the part of an action that it reports. An error ends everything, unless it says that the system is busy.
func actFor(ctx context.Context, clients int, length time.Duration, do act) (side, error) {
	var parts measure.Latencies
	var refused refusals
	acting, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for client := range clients {
		acting.Go(func() error {
			for time.Since(began) < length && ctx.Err() == nil {
				part, err := do(ctx, client)
				switch {
				case err == nil:
					parts.Add(part)
				case customer.IsBusy(err):
					refused.add(err)
				default:
					return err
				}
			}
			return nil
		})
	}
	err := acting.Wait()
	return refused.into(sideOf(&parts, time.Since(began))), err
}
