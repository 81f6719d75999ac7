package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// ReleaseSeats ends an unpaid booking: its state, its held seats and its open payments in one transaction. It answers
// with the state that the booking has now, which is another one when the booking had ended before.
func (a *Activities) ReleaseSeats(ctx context.Context, req booking.Release) (booking.Released, error) {
	var released booking.Released
	err := db.InTx(ctx, a.pool, func(q *db.Queries) error {
		if err := q.BookingLock(ctx, req.BookingID); err != nil {
			return fmt.Errorf("lock booking: %w", err)
		}
		status, err := q.BookingRelease(ctx, db.BookingReleaseParams{
			ID:            req.BookingID,
			ToStatus:      req.To,
			FromStatuses:  origins(req.To, booking.Status.Payable),
			Reason:        req.Reason,
			Actor:         string(req.Actor),
			CorrelationID: req.CorrelationID,
			Undecided:     req.Undecided,
		})
		released.Status = booking.Status(status)
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
