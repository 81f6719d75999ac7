package activities

import (
	"context"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// ReleaseSeats ends an unpaid booking: its state, its held seats and its open payments in one transaction. It returns the state
// that the booking has afterwards, which is another one when the booking had already ended, and the intents on which it may still
// be paid. If there are any that the caller does not know of, the booking is left as it is, and the answer says how it stands.
func (a *Activities) ReleaseSeats(ctx context.Context, req booking.Release) (booking.Released, error) {
	var released booking.Released
	err := db.InTxOfBooking(ctx, a.pool, req.BookingID, func(q, last *db.Queries) error {
		all, err := attemptsAt(ctx, q, req.BookingID)
		if err != nil {
			return err
		}
		unknown := all.intents(req.Over)
		if req.Resume || req.Over != nil && !req.Undecided && len(unknown) > 0 {
			found, err := standing(ctx, q, req.BookingID, all, req.Over)
			switch {
			case err != nil && !db.IsNotFound(err):
				return err
			case err == nil && found.Status.Payable() && found.Due.Currency != "":
				released.Status, released.Found = found.Status, found
				return nil
			}
		}
		status, err := last.BookingRelease(ctx, db.BookingReleaseParams{
			ID:            req.BookingID,
			ToStatus:      req.To,
			FromStatuses:  origins(req.To, booking.Status.Payable),
			Reason:        req.Reason,
			Actor:         string(req.Actor),
			CorrelationID: req.CorrelationID,
			Undecided:     req.Undecided,
			Over:          req.Over,
		})
		released.Status = booking.Status(status)
		if req.Undecided || req.Over != nil {
			released.Intents = unknown
		}
		return err
	})
	return released, classify(err)
}

// origins lists the states from which a booking may enter the next one, as far as they are wanted here.
func origins(next booking.Status, wanted func(booking.Status) bool) []string {
	var from []string
	for _, status := range next.Predecessors() {
		if wanted(status) {
			from = append(from, string(status))
		}
	}
	return from
}
