package db

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
)

// CascadeProgress counts what a cascade has done and what is left. The counts are read one after another: while the cascade is under way
// they may differ by what happens in between.
func (q *Queries) CascadeProgress(ctx context.Context, id string) (booking.CascadeProgress, error) {
	state, err := q.CascadeState(ctx, id)
	if err != nil {
		return booking.CascadeProgress{}, fmt.Errorf("read cascade: %w", err)
	}
	counts, err := q.CascadeCounts(ctx, id)
	if err != nil {
		return booking.CascadeProgress{}, fmt.Errorf("count bookings: %w", err)
	}
	undecided, err := q.CascadeUndecided(ctx, id)
	if err != nil {
		return booking.CascadeProgress{}, fmt.Errorf("count attempts to pay: %w", err)
	}
	refunds, err := q.CascadeRefunds(ctx, id)
	if err != nil {
		return booking.CascadeProgress{}, fmt.Errorf("count refunds: %w", err)
	}
	progress := booking.CascadeProgress{
		CascadeState: booking.CascadeState{CascadeID: state.ID, Status: state.Status, Paused: state.Paused, Shows: int(state.Shows)},
		Found:        int(counts.Cancelled + counts.Released + counts.Sold + counts.Unpaid),
		Cancelled:    int(counts.Cancelled), Released: int(counts.Released), AlreadyCancelled: int(counts.AlreadyCancelled),
		Sold: int(counts.Sold), Unpaid: int(counts.Unpaid), Undecided: int(undecided),
		Refunds: make([]booking.CascadeRefunds, len(refunds)), At: counts.At.UTC(),
	}
	for i, row := range refunds {
		progress.Refunds[i] = booking.CascadeRefunds{
			Tender: row.Tender, Status: row.Status, Count: int(row.Count),
			Amount: booking.Money{Amount: row.Amount, Currency: row.Currency},
		}
	}
	return progress, nil
}
