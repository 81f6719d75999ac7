package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// FindAbandoned looks for what should have ended long ago: at most SweepMost of each kind. What nobody
// can pay and no workflow follows, it ends itself.
func (a *Activities) FindAbandoned(ctx context.Context) (booking.Abandoned, error) {
	var found booking.Abandoned
	q, after := db.New(a.pool), booking.SweepAfter.Seconds()
	overdue, err := q.AbandonedBookings(ctx, db.AbandonedBookingsParams{AfterSeconds: after, Most: booking.SweepMost})
	if err != nil {
		return found, classify(fmt.Errorf("find bookings: %w", err))
	}
	for _, row := range overdue {
		found.Bookings = append(found.Bookings, booking.AbandonedBooking{BookingID: row.ID, Intents: row.Intents})
	}
	found.Intents, err = q.AbandonedIntents(ctx, db.AbandonedIntentsParams{AfterSeconds: after, Most: booking.SweepMost})
	if err != nil {
		return found, classify(fmt.Errorf("find intents: %w", err))
	}
	if err := q.UnpayableEnd(ctx, after); err != nil {
		return found, classify(fmt.Errorf("end what nobody can pay: %w", err))
	}
	found.Refunds, err = q.AbandonedRefunds(ctx, db.AbandonedRefundsParams{
		AfterSeconds: booking.SweepRefundAfter.Seconds(), UnsentAfterSeconds: booking.SweepUnsentAfter.Seconds(), Most: booking.SweepMost,
	})
	if err != nil {
		return found, classify(fmt.Errorf("find refunds: %w", err))
	}
	cascades, err := q.UnfinishedCascades(ctx, booking.SweepMost)
	if err != nil {
		return found, classify(fmt.Errorf("find cascades: %w", err))
	}
	for _, c := range cascades {
		found.Cascades = append(found.Cascades, booking.CascadeRequest{
			CascadeID: c.ID, Kind: c.Kind, SubjectID: c.SubjectID, Actor: c.Actor, Reason: c.Reason, CorrelationID: c.CorrelationID,
		})
	}
	return found, nil
}
