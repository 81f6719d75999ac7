package seed

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/db"
)

func addShows(ctx context.Context, q *db.Queries, shows []show, sum *Summary) error {
	added, err := q.SeedShows(ctx, showRows(shows))
	if err != nil {
		return fmt.Errorf("add shows: %w", err)
	}
	sum.Shows, sum.Prices = added.Shows, added.Prices
	return nil
}

func showRows(shows []show) (rows db.SeedShowsParams) {
	for _, s := range shows {
		rows.Ids = append(rows.Ids, s.id)
		rows.MovieIds = append(rows.MovieIds, s.film.id)
		rows.ScreenIds = append(rows.ScreenIds, s.room.id)
		rows.LayoutIds = append(rows.LayoutIds, s.room.layoutID)
		rows.Starts = append(rows.Starts, s.starts)
		rows.Ends = append(rows.Ends, s.ends)
		rows.Languages = append(rows.Languages, s.language)
		rows.Formats = append(rows.Formats, s.format)
		rows.HoldSeconds = append(rows.HoldSeconds, s.room.holdSeconds())
		for _, price := range s.prices {
			rows.PriceShowIds = append(rows.PriceShowIds, s.id)
			rows.PriceCategories = append(rows.PriceCategories, price.category)
			rows.PriceAmounts = append(rows.PriceAmounts, price.amount)
		}
	}
	return rows
}
