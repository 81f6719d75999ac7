package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// FindCascadeBookings reads the next bookings of a cascade that have not ended, and says how fast they may be processed.
func (a *Activities) FindCascadeBookings(ctx context.Context, page booking.CascadePage) (found booking.CascadeBookings, err error) {
	q := db.New(a.pool)
	rows, err := q.CascadeBookings(ctx, db.CascadeBookingsParams{
		CascadeID: page.CascadeID, AfterShow: page.After.ShowID, AfterBooking: page.After.BookingID,
		Most: int32(page.Most), //nolint:gosec // a page is small
	})
	if err != nil {
		return found, classify(fmt.Errorf("read bookings: %w", err))
	}
	found.Bookings = make([]booking.CascadeBooking, len(rows))
	for i, row := range rows {
		found.Bookings[i] = booking.CascadeBooking{
			CascadePosition: booking.CascadePosition{ShowID: row.ShowID, BookingID: row.ID},
			TheatreID:       row.TheatreID, CustomerID: row.CustomerID, Status: row.Status,
		}
	}
	busy, err := q.SomebodyBuys(ctx)
	if err != nil {
		return found, classify(fmt.Errorf("look for buyers: %w", err))
	}
	if busy {
		found.PerSecond = a.CascadePerSecond
	}
	return found, nil
}

// FindCascadeShows reads the next shows of a cascade that have bookings.
func (a *Activities) FindCascadeShows(ctx context.Context, page booking.CascadeShowsPage) (booking.CascadeShows, error) {
	shows, err := db.New(a.pool).CascadeShows(ctx, db.CascadeShowsParams{
		CascadeID: page.CascadeID, After: page.After, Most: int32(page.Most), //nolint:gosec // a page is small
	})
	if err != nil {
		return booking.CascadeShows{}, classify(fmt.Errorf("read shows: %w", err))
	}
	return booking.CascadeShows{Shows: shows}, nil
}

// CascadeProgress counts what a cascade has done and what is left.
func (a *Activities) CascadeProgress(ctx context.Context, ref booking.CascadeRef) (booking.CascadeProgress, error) {
	progress, err := db.New(a.pool).CascadeProgress(ctx, ref.CascadeID)
	return progress, classify(err)
}
