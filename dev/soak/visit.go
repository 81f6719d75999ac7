package main

import (
	"context"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/private"
)

const (
	// patience is how long a customer waits for everything together.
	patience = time.Minute
	goodCard = "pm_card_visa"
)

// customers are all who may come, to one theatre.
type customers struct {
	theatre *theatre
	people  []private.Guest
	// name keeps the requests of one run of customers apart from those of another.
	name string
}

// visit is what one of them does; latencies count from when it was meant to begin.
func (c *customers) visit(ctx context.Context, who arrival, o *outcomes) error {
	ctx, leave := context.WithTimeout(ctx, patience)
	defer leave()
	meant := o.began.Add(who.at)
	person := c.people[who.number%len(c.people)].Customer
	if who.kind == looks {
		if err := c.look(ctx, person); err != nil {
			return err
		}
		o.looks.add(who.at, time.Since(meant))
		return nil
	}
	show, seat, err := c.theatre.next()
	if err != nil {
		return &failure{"find a seat", err}
	}
	key := fmt.Sprintf("soak-%s-%d", c.name, who.number)
	held, err := person.Book(ctx, key+"-book", show, seat)
	if err != nil {
		return &failure{"hold", err}
	}
	o.holds.add(who.at, time.Since(meant))
	if who.kind == abandons {
		return nil
	}
	if err := pay(ctx, person, key+"-pay", held, tender(who)); err != nil {
		return err
	}
	o.bookings.add(who.at, time.Since(meant))
	if who.kind == cancels {
		return giveBack(ctx, person, held.BookingId)
	}
	return nil
}

// tender is how a customer pays. Those who cancel have each their own.
func tender(who arrival) booking.Method {
	switch who.kind {
	case paysWallet, looks, abandons:
	case paysCard:
		return booking.MethodCard
	case paysBoth:
		return booking.MethodWalletAndCard
	case cancels:
		return []booking.Method{booking.MethodWallet, booking.MethodCard, booking.MethodWalletAndCard}[who.number%3]
	}
	return booking.MethodWallet
}

func (c *customers) look(ctx context.Context, person *customer.Customer) error {
	show, day := c.theatre.onSale()
	if _, err := person.Movies(ctx, cityID); err != nil {
		return &failure{"see the movies", err}
	}
	if _, err := person.Shows(ctx, cityID, movieID, day); err != nil {
		return &failure{"see the shows", err}
	}
	if _, err := person.Seats(ctx, show); err != nil {
		return &failure{"see the seats", err}
	}
	return nil
}

// pay returns when the booking is confirmed.
func pay(ctx context.Context, person *customer.Customer, key string, held openapi.Booking, method booking.Method) error {
	var payment openapi.Payment
	var err error
	if method == booking.MethodWalletAndCard {
		payment, err = person.PayInParts(ctx, key, held.BookingId, held.Pricing.Total/2)
	} else {
		payment, err = person.Pay(ctx, key, held.BookingId, method)
	}
	if err != nil {
		return &failure{"pay", err}
	}
	if method == booking.MethodWallet {
		return nil
	}
	if _, err := person.EnterCard(ctx, payment, goodCard); err != nil {
		return &failure{"enter the card", err}
	}
	if _, err := person.Await(ctx, held.BookingId, booking.StatusConfirmed); err != nil {
		return &failure{"await the confirmation", err}
	}
	return nil
}

// giveBack returns when everything has been refunded.
func giveBack(ctx context.Context, person *customer.Customer, bookingID string) error {
	if _, err := person.Cancel(ctx, bookingID); err != nil {
		return &failure{"cancel", err}
	}
	if _, err := person.AwaitRefunds(ctx, bookingID); err != nil {
		return &failure{"await the refunds", err}
	}
	return nil
}
