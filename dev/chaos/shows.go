package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/boxoffice/boxoffice/dev/crowd"
)

// Shows are numbered: first the large ones, then the small ones, each of which everybody wants for a few stories.
const (
	largeShows = 4
	rowSeats   = 50
	hotShows   = 60
	hotSeats   = 12
	// hotStories is for how many stories of each customer everybody wants the same small show, and hotTime about how long that is.
	hotStories = 4
	hotTime    = 10 * time.Second
)

// largeRows are the rows of a large show.
var largeRows = strings.Split("ABCDEFGHIJKLMNOPQRST", "")

// hotShow is the small show that everybody wants who is at this story.
func hotShow(story int) int { return largeShows + story/hotStories%hotShows }

// hotShowAt is about the small show that everybody wants at this time.
func hotShowAt(at time.Duration) int { return largeShows + int(at/hotTime)%hotShows }

func showID(number int) string { return fmt.Sprintf("sh_chaos_%02d", number) }

// holdOf is how long a show's seats may stay unpaid: from six to twenty seconds, so that deadlines pass in the run.
func holdOf(number int) time.Duration { return time.Duration(6+5*number%15) * time.Second }

// startOf is how far ahead a show is, such that all of the price goes back on a cancellation, or three quarters, or half.
func startOf(number int) time.Duration {
	return []time.Duration{60 * time.Hour, 36 * time.Hour, 12 * time.Hour}[number%3]
}

// openShows makes all shows.
func openShows(ctx context.Context, owner *pgxpool.Pool, now time.Time) error {
	for number := range largeShows + hotShows {
		seats := hotSeats
		if number < largeShows {
			seats = len(largeRows) * rowSeats
		}
		err := crowd.OpenShow(ctx, owner, crowd.Show{
			ID: showID(number), TheatreID: "th_chaos", MovieID: "mv_chaos", Seats: seats,
			StartsAt: now.Add(startOf(number)), Hold: holdOf(number),
		})
		if err != nil {
			return err
		}
	}
	_, err := owner.Exec(ctx, `INSERT INTO coupons (code, kind, basis_points, max_uses) VALUES ($1, 'PERCENT', 2500, $2)`, scarceCoupon, scarceUses)
	if err != nil {
		return fmt.Errorf("make a scarce coupon: %w", err)
	}
	return nil
}
