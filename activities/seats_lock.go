package activities

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// LockSeats writes the booking, claims all its seats and reserves its coupon, or refuses and changes
// nothing. A booking that exists already keeps its deadline, and one that has ended stays ended.
func (a *Activities) LockSeats(ctx context.Context, req booking.Request) (booking.Lock, error) {
	lock, err := a.lock(ctx, req)
	switch taken, isTaken := seatsNotAcquired(err); {
	case isTaken:
		err = refuseTaken(ctx, db.New(a.pool), req.CustomerID, req.ShowID, taken)
	case db.Violates(err, "claims_seat_is_in_the_layout"):
		err = a.refuseUnknownSeats(ctx, req)
	}
	return lock, classify(couponUsedUp(err))
}

// lock tries the one statement that is enough for a new booking without a coupon, and needs no transaction around it.
func (a *Activities) lock(ctx context.Context, req booking.Request) (lock booking.Lock, err error) {
	if req.CouponCode == "" {
		lock.ExpiresAt, err = hold(ctx, db.New(a.pool), req)
		if !db.IsNotFound(err) {
			return lock, err
		}
	}
	err = db.InTx(ctx, a.pool, func(q *db.Queries) (err error) {
		lock.ExpiresAt, err = hold(ctx, q, req)
		if db.IsNotFound(err) {
			lock, err = lockFound(ctx, q, req)
		}
		if err != nil || lock.Found != nil && !lock.Found.Status.Payable() {
			return err
		}
		return reserveCoupon(ctx, q, req)
	})
	return lock, err
}

// hold writes a new booking with its claims. No row means that there is one already, or that there may be none.
func hold(ctx context.Context, q *db.Queries, req booking.Request) (expiresAt time.Time, err error) {
	return q.BookingHold(ctx, db.BookingHoldParams{
		ID:             req.BookingID,
		CustomerID:     req.CustomerID,
		ShowID:         req.ShowID,
		Seats:          req.Seats,
		RequestHash:    req.RequestHash,
		ClientPlatform: req.Client.Platform,
		ClientVersion:  req.Client.AppVersion,
		CorrelationID:  req.CorrelationID,
		GraceSeconds:   booking.HoldGrace.Seconds(),
	})
}

// lockFound claims the seats of a booking that exists, unless it has ended.
func lockFound(ctx context.Context, q *db.Queries, req booking.Request) (lock booking.Lock, err error) {
	if lock.Found, err = findBooking(ctx, q, req); err != nil {
		return lock, err
	}
	if lock.ExpiresAt = lock.Found.ExpiresAt; lock.Found.Status.Payable() {
		err = acquire(ctx, q, req.BookingID, req.CustomerID, req.ShowID, req.Seats)
	}
	return lock, err
}

// seatsNotAcquired reads from an error which seats somebody else has. The statement that failed has changed nothing.
func seatsNotAcquired(err error) (seats []string, ok bool) {
	violation, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || violation.ConstraintName != "claims_all_or_none" {
		return nil, false
	}
	return strings.Split(violation.Detail, ","), true
}

// acquire claims the seats for a booking that exists, or refuses. A refusal rolls back the transaction, and with it
// the seats that were available.
func acquire(ctx context.Context, q *db.Queries, bookingID, customerID, showID string, seats []string) error {
	acquired, err := q.ClaimsAcquire(ctx, db.ClaimsAcquireParams{
		BookingID:    bookingID,
		GraceSeconds: booking.HoldGrace.Seconds(),
	})
	if err != nil {
		return err
	}
	missing := slices.DeleteFunc(slices.Clone(seats), func(seat string) bool { return slices.Contains(acquired, seat) })
	if len(missing) == 0 {
		return nil
	}
	return refuseTaken(ctx, q, customerID, showID, missing)
}

// refuseTaken names the seats that somebody else has, or the customer's other booking that has them all.
func refuseTaken(ctx context.Context, q *db.Queries, customerID, showID string, missing []string) error {
	rivals, err := q.ClaimsOfRivals(ctx, db.ClaimsOfRivalsParams{CustomerID: customerID, ShowID: showID, Seats: missing})
	if err != nil {
		return err
	}
	var own []string
	ownBooking := ""
	for _, rival := range rivals {
		if rival.Own {
			own, ownBooking = append(own, rival.Seat), rival.BookingID
		}
	}
	if len(own) == len(missing) {
		return booking.SeatsAreYours(showID, ownBooking, own)
	}
	return booking.SeatsTaken(showID, slices.DeleteFunc(missing, func(seat string) bool { return slices.Contains(own, seat) }))
}
