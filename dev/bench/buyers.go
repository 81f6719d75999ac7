package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/measure"
	"github.com/boxoffice/boxoffice/dev/wait"
)

// buyerSeats is how many seats each buyer's own show has: none of them meets another.
const buyerSeats = 20_000

// buyers are people who book one seat after another and pay from their wallets, each at a show of their own, and rest between.
type buyers struct {
	people []*buyer
	think  time.Duration
}

// buyer is one of them.
type buyer struct {
	*customer.Customer

	show  string
	seats []string
}

// bought is what the buyers have met with in one round.
type bought struct {
	holds   measure.Latencies
	whole   measure.Latencies
	refused refusals
}

func inviteBuyers(ctx context.Context, s *system, many int, think time.Duration) (*buyers, error) {
	crew := &buyers{think: think}
	people, err := s.newBuyers(ctx, "cascade", many)
	if err != nil {
		return nil, err
	}
	for i, person := range people {
		b := &buyer{Customer: person.Customer, show: fmt.Sprintf("sh_buyer_%d", i)}
		if b.seats, err = s.openShow(ctx, "buyers", b.show, buyerSeats, usualHold); err != nil {
			return nil, err
		}
		crew.people = append(crew.people, b)
	}
	return crew, nil
}

// buy has everybody buy for a length of time. An error ends it for all, unless it says that the system is busy.
func (c *buyers) buy(ctx context.Context, length time.Duration) (*bought, error) {
	ctx, closing := context.WithTimeout(ctx, length)
	defer closing()
	result := &bought{}
	buying, ctx := errgroup.WithContext(ctx)
	for _, b := range c.people {
		buying.Go(func() error { return b.buyUntil(ctx, c.think, result) })
	}
	return result, buying.Wait()
}

func (b *buyer) buyUntil(ctx context.Context, think time.Duration, result *bought) error {
	for len(b.seats) > 0 {
		seat := b.seats[0]
		b.seats = b.seats[1:]
		// What has been begun is brought to its end.
		switch err := b.buyOne(context.WithoutCancel(ctx), seat, result); {
		case customer.IsBusy(err):
			result.refused.add(err)
		case err != nil:
			return fmt.Errorf("buy %s of %s: %w", seat, b.show, err)
		}
		if !wait.For(ctx, think) {
			return nil
		}
	}
	return errors.New("the show is sold out: play fewer or shorter rounds")
}

func (b *buyer) buyOne(ctx context.Context, seat string, result *bought) error {
	key := b.show + "-" + seat
	began := time.Now()
	held, err := b.Book(ctx, key+"-book", b.show, seat)
	if err != nil {
		return err
	}
	result.holds.Add(time.Since(began))
	if _, err := b.Pay(ctx, key+"-pay", held.BookingId, booking.MethodWallet); err != nil {
		return err
	}
	result.whole.Add(time.Since(began))
	return nil
}
