package db

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/boxoffice/boxoffice/booking"
)

const (
	// progressShows is how many shows of a cascade one statement counts, so that no statement takes longer
	// when a cascade has more shows.
	progressShows = 20
	// progressPage is how many shows are read at once.
	progressPage = 500
)

// CascadeProgress counts what a cascade has done and what is left. The counts are read one after
// another, in the order in which bookings become attempts to pay and then refunds. While the cascade
// is under way they may differ by what happens in between, but nothing is missed.
func (q *Queries) CascadeProgress(ctx context.Context, id string) (booking.CascadeProgress, error) {
	state, err := q.CascadeState(ctx, id)
	if err != nil {
		return booking.CascadeProgress{}, fmt.Errorf("read cascade: %w", err)
	}
	progress := booking.CascadeProgress{
		CascadeState: booking.CascadeState{CascadeID: state.ID, Status: state.Status, Paused: state.Paused, Noted: int(state.Noted), Shows: int(state.Shows)},
		Refunds:      []booking.CascadeRefunds{}, At: state.At.UTC(),
	}
	shows, err := q.bookedShows(ctx, id)
	if err != nil {
		return progress, fmt.Errorf("read shows: %w", err)
	}
	for some := range slices.Chunk(shows, progressShows) {
		counts, err := q.CascadeCounts(ctx, CascadeCountsParams{ID: id, Shows: some})
		if err != nil {
			return progress, fmt.Errorf("count bookings: %w", err)
		}
		progress.Found += int(counts.Cancelled + counts.Released + counts.Sold + counts.Unpaid)
		progress.Cancelled += int(counts.Cancelled)
		progress.Released += int(counts.Released)
		progress.AlreadyCancelled += int(counts.AlreadyCancelled)
		progress.Sold += int(counts.Sold)
		progress.Unpaid += int(counts.Unpaid)
	}
	undecided, err := q.CascadeUndecided(ctx, id)
	if err != nil {
		return progress, fmt.Errorf("count attempts to pay: %w", err)
	}
	progress.Undecided = int(undecided)
	for some := range slices.Chunk(shows, progressShows) {
		refunds, err := q.CascadeRefunds(ctx, CascadeRefundsParams{ID: id, Shows: some})
		if err != nil {
			return progress, fmt.Errorf("count refunds: %w", err)
		}
		for _, row := range refunds {
			progress.Refunds = addRefunds(progress.Refunds, row)
		}
	}
	slices.SortFunc(progress.Refunds, func(a, b booking.CascadeRefunds) int {
		return cmp.Or(cmp.Compare(a.Amount.Currency, b.Amount.Currency), cmp.Compare(a.Tender, b.Tender), cmp.Compare(a.Status, b.Status))
	})
	return progress, nil
}

// bookedShows are the shows of a cascade that have bookings.
func (q *Queries) bookedShows(ctx context.Context, id string) ([]string, error) {
	var shows []string
	for after := ""; ; after = shows[len(shows)-1] {
		page, err := q.CascadeShows(ctx, CascadeShowsParams{CascadeID: id, After: after, Most: progressPage})
		if err != nil {
			return nil, err
		}
		shows = append(shows, page...)
		if len(page) < progressPage {
			return shows, nil
		}
	}
}

// addRefunds adds refunds to the sum of those with the same tender and status.
func addRefunds(sums []booking.CascadeRefunds, row CascadeRefundsRow) []booking.CascadeRefunds {
	alike := func(s booking.CascadeRefunds) bool {
		return s.Amount.Currency == row.Currency && s.Tender == row.Tender && s.Status == row.Status && s.Disputed == row.Disputed
	}
	n := slices.IndexFunc(sums, alike)
	if n < 0 {
		n = len(sums)
		sums = append(sums, booking.CascadeRefunds{
			Tender: row.Tender, Status: row.Status, Disputed: row.Disputed, Amount: booking.Money{Currency: row.Currency},
		})
	}
	sums[n].Count += int(row.Count)
	sums[n].Amount.Amount += row.Amount
	return sums
}
