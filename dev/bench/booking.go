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

// bookingOptions are the subject's.
type bookingOptions struct {
	round time.Duration
	// clients are the numbers of buyers at a time.
	clients []int
}

func (o *bookingOptions) flags(flags *flag.FlagSet) {
	o.clients = []int{1, 16, 64}
	flags.Func("booking-clients", "booking: how many people buy at a `time`, such as 1,16,64", o.setClients)
	flags.DurationVar(&o.round, "booking-round", 8*time.Second, "booking: how long a round of each side lasts")
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

// measure lets 1, 16 and 64 people book one seat after another, nobody in another's way, and as many clients run bare workflows.
func (o *bookingOptions) measure(ctx context.Context, s *system, rounds int, out io.Writer) (any, error) {
	sale, err := openSale(ctx, s, "booking", max(warmUpClients, slices.Max(o.clients)))
	if err != nil {
		return nil, err
	}
	floor, err := startBareWorkflows(s.Temporal)
	if err != nil {
		return nil, err
	}
	defer floor.stop()
	product := func(clients int, length time.Duration) (side, error) {
		return s.withCPU(func() (side, error) { return actFor(ctx, clients, length, sale.buy) })
	}
	bare := func(clients int, length time.Duration) (side, error) {
		return s.withCPU(func() (side, error) {
			return actFor(ctx, clients, length, func(ctx context.Context, _ int) (time.Duration, error) { return floor.run(ctx) })
		})
	}
	for _, warmUp := range []func(int, time.Duration) (side, error){product, bare} {
		if _, err := warmUp(warmUpClients, bookingWarmUp); err != nil {
			return nil, err
		}
	}
	var found comparisons
	for _, clients := range o.clients {
		pairs, err := playPairs(ctx, rounds,
			func(context.Context) (side, error) { return product(clients, o.round) },
			func(context.Context) (side, error) { return bare(clients, o.round) })
		if err != nil {
			return nil, err
		}
		found = append(found, compare(fmt.Sprintf("booking, %d clients", clients), pairs, wantRate(0.85), wantP50(1.25), wantNoFailure()))
	}
	printComparisons(out, found...)
	printCPU(out, found...)
	return found, nil
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

// take books the next seat of the client's show and begins to pay it.
func (s *sale) take(ctx context.Context, client int, method booking.Method) (t taken, err error) {
	at := client % len(s.shows)
	n := int(s.next[at].Add(1)) - 1
	if n >= len(s.seats[at]) {
		return t, errors.New("the show is sold out: play fewer or shorter rounds")
	}
	key := fmt.Sprintf("bench-%s-%s", s.shows[at], s.seats[at][n])
	began := time.Now()
	if t.booking, err = s.buyers[client].Book(ctx, key+"-book", s.shows[at], s.seats[at][n]); err != nil {
		return t, err
	}
	t.hold = time.Since(began)
	t.payment, err = s.buyers[client].Pay(ctx, key+"-pay", t.booking.BookingId, method)
	return t, err
}

// actFor has so many clients work for a length of time, each on one action after another; what has been begun is finished. The rate counts whole
// actions; the latency is of the part of an action that it reports. An error ends everything, unless it says that the system is busy.
func actFor(ctx context.Context, clients int, length time.Duration, do func(ctx context.Context, client int) (time.Duration, error)) (side, error) {
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
