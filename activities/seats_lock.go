package activities

import (
	"context"
	"slices"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// LockSeats writes the booking, claims all its seats and reserves its coupon, or refuses and changes
// nothing. A booking that exists already keeps its deadline, and one that has ended stays ended.
func (a *Activities) LockSeats(ctx context.Context, req booking.Request) (booking.Lock, error) {
	var lock booking.Lock
	err := db.InTx(ctx, a.pool, func(q *db.Queries) (err error) {
		lock.ExpiresAt, err = q.BookingStart(ctx, db.BookingStartParams{
			ID:             req.BookingID,
			CustomerID:     req.CustomerID,
			ShowID:         req.ShowID,
			Seats:          req.Seats,
			RequestHash:    req.RequestHash,
			ClientPlatform: req.Client.Platform,
			ClientVersion:  req.Client.AppVersion,
			CorrelationID:  req.CorrelationID,
		})
		if db.IsNotFound(err) {
			lock.Found, err = findBooking(ctx, q, req)
		}
		if err != nil {
			return err
		}
		if lock.Found != nil {
			if lock.ExpiresAt = lock.Found.ExpiresAt; !lock.Found.Status.Payable() {
				return nil
			}
		}
		if err := acquire(ctx, q, req.BookingID, req.CustomerID, req.ShowID, req.Seats); err != nil {
			return err
		}
		return reserveCoupon(ctx, q, req)
	})
	if db.Violates(err, "claims_seat_is_in_the_layout") {
		err = a.refuseUnknownSeats(ctx, req)
	}
	return lock, classify(couponUsedUp(err))
}

// acquire claims the seats for the booking, or refuses and names those that somebody else has, or the customer's
// other booking that has them. A refusal rolls back the transaction, and with it the seats that were available.
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
