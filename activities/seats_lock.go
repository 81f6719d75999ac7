package activities

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// LockSeats writes the booking with its quote, claims all its seats and reserves its coupon, or refuses and changes
// nothing. A booking that exists already keeps its deadline and its quote, and one that has ended stays ended.
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
		lock, err = holdPriced(ctx, db.New(a.pool), req)
		if !db.IsNotFound(err) {
			return lock, err
		}
	}
	err = db.InTx(ctx, a.pool, func(q *db.Queries) (err error) {
		lock = booking.Lock{}
		if lock.ExpiresAt, err = q.BookingHold(ctx, holdParams(req)); db.IsNotFound(err) {
			lock, err = lockFound(ctx, q, req)
		}
		if err != nil || lock.Found != nil && !lock.Found.Status.Payable() {
			return err
		}
		if err := reserveCoupon(ctx, q, req); err != nil {
			return err
		}
		lock.Due, err = dueFor(ctx, q, req.BookingID, lock.Found)
		return err
	})
	return lock, err
}

// dueFor is what a written booking costs. One that was found without a quote is priced now, as a new one is.
func dueFor(ctx context.Context, q *db.Queries, bookingID string, found *booking.Standing) (*booking.Money, error) {
	if found != nil && found.Due.Currency != "" {
		return &found.Due, nil
	}
	quote, err := price(ctx, q, bookingID)
	return new(quote.Due()), err
}

// holdPriced writes a new booking with its claims and its quote. Not found means that the booking may exist already, that
// there may be none, or that not every seat has a price.
func holdPriced(ctx context.Context, q *db.Queries, req booking.Request) (lock booking.Lock, err error) {
	quote, ok, err := quoteNow(ctx, q, req.ShowID, req.Seats, nil)
	if err != nil {
		return lock, err
	}
	if !ok {
		return lock, pgx.ErrNoRows
	}
	params := holdParams(req)
	params.Currency, params.PriceMode, params.TaxRounding = &quote.Currency, new(string(quote.PriceMode)), new(string(quote.TaxRounding))
	params.Subtotal, params.Discount, params.Fees, params.Tax, params.Total = &quote.Subtotal, &quote.Discount, &quote.Fees, &quote.Tax, &quote.Total
	if params.Categories, params.Prices, params.AppliedOffers, err = listsOf(quote); err != nil {
		return lock, err
	}
	lock.Due = new(quote.Due())
	lock.ExpiresAt, err = q.BookingHold(ctx, params)
	return lock, err
}

// holdParams are those of a new booking without a quote.
func holdParams(req booking.Request) db.BookingHoldParams {
	return db.BookingHoldParams{
		ID:             req.BookingID,
		CustomerID:     req.CustomerID,
		ShowID:         req.ShowID,
		Seats:          req.Seats,
		RequestHash:    req.RequestHash,
		ClientPlatform: req.Client.Platform,
		ClientVersion:  req.Client.AppVersion,
		CorrelationID:  req.CorrelationID,
		GraceSeconds:   booking.HoldGrace.Seconds(),
	}
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
