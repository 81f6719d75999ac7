package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/boxoffice/boxoffice/dev/crowd"
)

const (
	cityID    = "mumbai"
	theatreID = "th_soak"
	movieID   = "mv_soak"
	// screens is how many the theatre has, each with one show on sale at a time.
	screens = 12
	// showSeats is how many seats a screen has.
	showSeats = 240
	// firstShow is how far ahead the first show of each screen is, and nextShow from one to the next.
	firstShow = 48 * time.Hour
	nextShow  = 4 * time.Hour
)

// repeatShow has a screen play its first show once more, at another time.
const repeatShow = `
WITH opened AS (
	INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format, hold_seconds)
	SELECT @id, movie_id, screen_id, layout_id, starts_at + @later::interval, ends_at + @later::interval, language, format, hold_seconds
	FROM shows WHERE id = @first
	RETURNING id)
INSERT INTO show_prices (show_id, category, amount) SELECT opened.id, p.category, p.amount FROM opened CROSS JOIN show_prices p WHERE p.show_id = @first`

// theatre sells one show after another on each of its screens, seat by seat: customers do not compete for seats, no seat map is ever the same, and
// there is always something on sale.
type theatre struct {
	owner *pgxpool.Pool
	hold  time.Duration
	began time.Time
	seats []string

	mu      sync.Mutex
	screens [screens]*sale
	turn    int

	spare [screens]chan *sale
}

// sale is a show, and how many of its seats have been given out.
type sale struct {
	show     string
	startsAt time.Time
	given    int
}

// openTheatre opens the first show of every screen. Until ctx ends, it opens others when they are needed.
func openTheatre(ctx context.Context, owner *pgxpool.Pool, hold time.Duration) (*theatre, error) {
	t := &theatre{owner: owner, hold: hold, began: time.Now()}
	for screen := range screens {
		first := t.sale(screen, 0)
		err := crowd.OpenShow(ctx, owner, crowd.Show{
			ID: first.show, TheatreID: theatreID, MovieID: movieID, Seats: showSeats, StartsAt: first.startsAt, Hold: hold,
		})
		if err != nil {
			return nil, err
		}
		t.screens[screen], t.spare[screen] = first, make(chan *sale, 1)
	}
	var err error
	if t.seats, err = crowd.FreeSeats(ctx, owner, t.screens[0].show); err != nil {
		return nil, err
	}
	for screen := range screens {
		go t.prepareShows(ctx, screen)
	}
	return t, nil
}

func (t *theatre) sale(screen, nth int) *sale {
	return &sale{show: fmt.Sprintf("sh_soak_%d_%d", screen, nth), startsAt: t.began.Add(firstShow + time.Duration(nth)*nextShow)}
}

// prepareShows keeps the next show of a screen ready, until ctx ends or one cannot be opened.
func (t *theatre) prepareShows(ctx context.Context, screen int) {
	defer close(t.spare[screen])
	for nth := 1; ; nth++ {
		next := t.sale(screen, nth)
		_, err := t.owner.Exec(ctx, repeatShow, pgx.NamedArgs{
			"id": next.show, "first": t.sale(screen, 0).show, "later": time.Duration(nth) * nextShow,
		})
		if err != nil {
			return
		}
		select {
		case t.spare[screen] <- next:
		case <-ctx.Done():
			return
		}
	}
}

// next is the next free seat, of another screen each time.
func (t *theatre) next() (show, seat string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn++
	screen := t.turn % screens
	now := t.screens[screen]
	if now.given == len(t.seats) {
		next, open := <-t.spare[screen]
		if !open {
			return "", "", errors.New("no other show could be opened")
		}
		t.screens[screen], now = next, next
	}
	now.given++
	return now.show, t.seats[now.given-1], nil
}

// onSale is a show that has seats, or just had, and its day.
func (t *theatre) onSale() (show, day string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn++
	now := t.screens[t.turn%screens]
	return now.show, now.startsAt.In(india).Format(time.DateOnly)
}

// india is the theatre's zone.
var india = time.FixedZone("IST", int((5*time.Hour + 30*time.Minute).Seconds()))
