package activities

import (
	"context"
	"fmt"
	"slices"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// attempts are all payments of a booking, in order.
type attempts []db.Payment

func attemptsAt(ctx context.Context, q *db.Queries, bookingID string) (attempts, error) {
	rows, err := q.PaymentsOfBooking(ctx, bookingID)
	if err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	return rows, nil
}

// intents are those on which the booking can still be paid, except those in over.
func (a attempts) intents(over []string) []string {
	var open []string
	for _, p := range a {
		if p.Status.Open() && p.IntentID != nil && !slices.Contains(over, *p.IntentID) {
			open = append(open, *p.IntentID)
		}
	}
	return open
}

// written is the attempt with an id, if there is one.
func (a attempts) written(id string) (db.Payment, bool) {
	n := slices.IndexFunc(a, func(p db.Payment) bool { return p.ID == id })
	if n < 0 {
		return db.Payment{}, false
	}
	return a[n], true
}

// latest is the number of the latest attempt.
func (a attempts) latest() int {
	if len(a) == 0 {
		return 0
	}
	return int(a[len(a)-1].Attempt)
}

// standing reads how a booking stands for a caller who knows which intents are over. The caller holds
// the booking's lock if it acts on it.
func standing(ctx context.Context, q *db.Queries, bookingID string, all attempts, over []string) (*booking.Standing, error) {
	row, err := q.BookingStanding(ctx, bookingID)
	if err != nil {
		return nil, fmt.Errorf("read booking: %w", err)
	}
	found := &booking.Standing{Status: row.Status, ExpiresAt: row.ExpiresAt, Intents: all.intents(over)}
	if row.Total != nil {
		found.Due = booking.Money{Amount: *row.Total, Currency: row.Currency}
	}
	for _, p := range all {
		found.Attempts = int(p.Attempt)
		switch {
		case !p.Status.Open():
			found.Ended = append(found.Ended, p.ID)
		case p.IntentID != nil && !slices.Contains(over, *p.IntentID):
			found.Open = openAttempt(p, row.Status)
		}
	}
	return found, nil
}

// openAttempt is an attempt as its workflow knows it.
func openAttempt(p db.Payment, status booking.Status) *booking.Payment {
	return &booking.Payment{
		ID: p.ID, BookingID: p.BookingID, Attempt: int(p.Attempt), Method: p.Method,
		Wallet: booking.Money{Amount: p.WalletAmount, Currency: p.Currency}, Card: booking.Money{Amount: p.CardAmount, Currency: p.Currency},
		Status: p.Status, IntentID: *p.IntentID, RequestHash: p.RequestHash, BookingStatus: status,
	}
}

// attempt is one that is about to be made, or made again.
type attempt struct {
	// Payment is as it is written, or as it will be.
	booking.Payment
	written bool
	// found is set when there are attempts that the caller did not know of: one that can still be paid has
	// to be closed first, and no number is used twice.
	found *booking.Standing
}

func takeAttempt(ctx context.Context, q *db.Queries, wanted booking.Payment, over []string) (attempt, error) {
	all, err := attemptsAt(ctx, q, wanted.BookingID)
	if err != nil {
		return attempt{Payment: wanted}, err
	}
	row, written := all.written(wanted.ID)
	switch {
	case written && !row.Status.Open():
		return attempt{Payment: wanted}, refuseAttempt(ctx, q, row)
	case written:
		return attempt{Payment: asWritten(wanted, row), written: true}, nil
	case over != nil && (len(all.intents(over)) > 0 || wanted.Attempt <= all.latest()):
		found, err := standing(ctx, q, wanted.BookingID, all, over)
		if err == nil {
			err = refusePaid(found.Status)
		}
		return attempt{Payment: wanted, found: found}, err
	default:
		return attempt{Payment: wanted}, nil
	}
}

func asWritten(p booking.Payment, row db.Payment) booking.Payment {
	p.Attempt, p.Method = int(row.Attempt), row.Method
	p.Wallet.Amount, p.Card.Amount = row.WalletAmount, row.CardAmount
	return p
}

// refuseAttempt refuses to continue an attempt that has ended.
func refuseAttempt(ctx context.Context, q *db.Queries, row db.Payment) error {
	b, err := q.BookingStanding(ctx, row.BookingID)
	if err != nil {
		return fmt.Errorf("read booking: %w", err)
	}
	if err := refusePaid(b.Status); err != nil {
		return err
	}
	return attemptEnded(row.DeclineCode)
}

// refusePaid refuses another attempt at a booking that no longer waits for money.
func refusePaid(status booking.Status) error {
	if !status.Payable() {
		return booking.WrongState("This booking can no longer be paid.", status)
	}
	return nil
}

func attemptEnded(reason *string) *booking.Refusal {
	refusal := booking.AttemptEnded()
	if reason != nil {
		refusal = refusal.With("reason", *reason)
	}
	return refusal
}
