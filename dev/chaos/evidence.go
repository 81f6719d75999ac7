package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/audit"
)

// evidence is what is there when everything has come to its end.
type evidence struct {
	// Promises are the customers' memories.
	Promises []promise
	// Bookings are all bookings as their customers see them, and Owners the names of those customers, both by booking id.
	Bookings map[string]openapi.Booking
	Owners   map[string]string
	// Cancelled are the shows that do not take place.
	Cancelled map[string]bool
	// Sold are the seats that the product has sold.
	Sold []soldSeat
	// Wallets are the customers', by their names.
	Wallets  map[string]wallet
	Charges  []charge
	Paybacks []payback
	// Audit is the product's own proof.
	Audit audit.Report
}

// soldSeat is a seat with its owner.
type soldSeat struct{ Show, Seat, Booking string }

// wallet is a customer's money here, in minor units.
type wallet struct {
	// Gift is what was in it at first.
	Gift                int64
	Available, Reserved int64
	// TopUps are the ids of the top-ups that have succeeded, with their amounts.
	TopUps map[string]int64
}

// gather collects the evidence.
func (c *chaos) gather(ctx context.Context) (e evidence, err error) {
	e = evidence{
		Promises: c.memory.promises(), Bookings: map[string]openapi.Booking{}, Owners: map[string]string{},
		Cancelled: map[string]bool{}, Wallets: map[string]wallet{},
	}
	c.cancelled.Range(func(show, _ any) bool { e.Cancelled[fmt.Sprint(show)] = true; return true })
	for number, a := range c.customers {
		if err := c.gatherFrom(ctx, a, giftOf(number), &e); err != nil {
			return e, fmt.Errorf("ask %s: %w", a.name, err)
		}
	}
	rows, _ := c.system.Owner.Query(ctx, `SELECT show_id AS show, seat, booking_id AS booking FROM claims WHERE state = 'SOLD' ORDER BY 1, 2`) // the error comes with the rows
	if e.Sold, err = pgx.CollectRows(rows, pgx.RowToStructByName[soldSeat]); err != nil {
		return e, fmt.Errorf("read the sold seats: %w", err)
	}
	if e.Charges, err = c.charges(ctx); err != nil {
		return e, err
	}
	if e.Paybacks, err = c.paybacks(ctx); err != nil {
		return e, err
	}
	e.Audit, err = c.audit(ctx)
	return e, err
}

// gatherFrom asks one customer for the wallet and for all bookings: those that the customer remembers, and those in the database.
func (c *chaos) gatherFrom(ctx context.Context, a *actor, gift int64, e *evidence) error {
	rows, _ := c.system.Owner.Query(ctx, `SELECT id FROM bookings WHERE customer_id = $1`, a.id) // the error comes with the rows
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, p := range e.Promises {
		if p.Customer == a.name && !slices.Contains(ids, p.ID) {
			ids = append(ids, p.ID)
		}
	}
	for _, id := range ids {
		b, err := a.Booking(ctx, id)
		if code(err) != "" {
			continue // the watcher has noted it, and the judge misses it
		}
		if err != nil {
			return err
		}
		e.Bookings[id], e.Owners[id] = b, a.name
	}
	w := wallet{Gift: gift, TopUps: map[string]int64{}}
	answer, err := a.Wallet(ctx)
	if err != nil {
		return err
	}
	for _, balance := range answer.Balances {
		if balance.Currency == currency {
			w.Available, w.Reserved = balance.Available, balance.Reserved
		}
	}
	topUps, _ := c.system.Owner.Query(ctx, `SELECT id, amount FROM top_ups WHERE user_id = $1 AND status = 'SUCCEEDED'`, a.id) // the error comes with the rows
	var id string
	var amount int64
	_, err = pgx.ForEachRow(topUps, []any{&id, &amount}, func() error { w.TopUps[id] = amount; return nil })
	e.Wallets[a.name] = w
	return err
}

// audit has the product prove its books, without grace for anything on its way.
func (c *chaos) audit(ctx context.Context) (report audit.Report, err error) {
	out, err := c.system.Boxoffice(ctx, "audit", "--json", "--grace", "0s", "--recheck", "5s", "--limit", "100")
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		return report, err
	}
	if decodeErr := json.Unmarshal([]byte(out), &report); decodeErr != nil {
		return report, fmt.Errorf("the audit was not carried out: %w", errors.Join(err, decodeErr))
	}
	return report, nil
}
