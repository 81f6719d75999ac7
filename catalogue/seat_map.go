package catalogue

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

const (
	// maxLayouts bounds the cache of layouts.
	maxLayouts = 200
	// maxKeptSeats is how many seats a cached layout may have. Larger ones, if there are any, are read each time.
	maxKeptSeats = 10_000
	// maxDrawnSeats is how many seats a layout may have to be shown: more than any auditorium has, and
	// more than anybody would look at.
	maxDrawnSeats = 50_000
)

// Layout is the seating of a screen. It never changes: the schema protects a layout that a show uses.
type Layout struct {
	ID string
	// Seats are in seating order.
	Seats []db.SeatsOfLayoutRow
	// Kept says that the layout stays in the cache, so that what is derived from it may be cached as well.
	Kept bool

	places map[string]int
}

// layout finds a layout in the cache, or reads it.
func (c *Catalogue) layout(ctx context.Context, id string) (*Layout, error) {
	if known, ok := c.layouts.Get(id); ok {
		return known, nil
	}
	seats, err := c.queries.SeatsOfLayout(ctx, db.SeatsOfLayoutParams{LayoutID: id, Most: maxDrawnSeats + 1})
	if err != nil {
		return nil, fmt.Errorf("read a layout: %w", err)
	}
	if len(seats) > maxDrawnSeats {
		return nil, booking.Refuse(booking.CodeConflict, "This auditorium has too many seats to be drawn.").With("maxSeats", maxDrawnSeats)
	}
	read := &Layout{ID: id, Seats: seats, Kept: len(seats) <= maxKeptSeats, places: make(map[string]int, len(seats))}
	for i, seat := range seats {
		read.places[seat.Label] = i
	}
	if read.Kept {
		c.layouts.Add(id, read)
	}
	return read, nil
}

// SeatStatus says whether a seat can be booked.
type SeatStatus byte

// The states of a seat.
const (
	SeatAvailable SeatStatus = iota
	SeatLocked
	SeatSold
)

// Claim is the status of a seat, given the claim on it.
type Claim struct {
	Status SeatStatus
	// Deadline is that of the customer who holds the seat, in the theatre's own time zone; zero if there
	// is none, or when it has passed: the seat stays locked until its booking has ended.
	Deadline time.Time
}

// SeatMap is every seat of a show at one moment. Claims has an entry for each seat of the layout, in its order. Prices
// has the price of each category in minor units of Currency; seats of a category without a price are not for sale.
type SeatMap struct {
	ShowID, TheatreID, ScreenName, Currency string
	// StartsAt is in the theatre's own zone.
	StartsAt  time.Time
	PriceMode booking.PriceMode
	Layout    *Layout
	Prices    map[string]int64
	Claims    []Claim
}

// SeatMap reads every seat of a show: the layout from the cache, and the claims of this show from the database.
//
// Errors: NOT_FOUND; CONFLICT for a cancelled show, whose seats no longer mean anything, and for a layout that is too large.
func (c *Catalogue) SeatMap(ctx context.Context, showID string, now time.Time) (SeatMap, error) {
	show, err := found(ctx, "show", showID, c.queries.SeatMap)
	if err != nil {
		return SeatMap{}, err
	}
	if show.Status == booking.ShowStatusCancelled {
		return SeatMap{}, booking.ShowIsCancelled(showID)
	}
	layout, err := c.layout(ctx, show.LayoutID)
	if err != nil {
		return SeatMap{}, err
	}
	claims, err := readClaims(show, layout, now)
	if err != nil {
		return SeatMap{}, err
	}
	start, err := db.LocalTime(show.StartsAt, show.TimeZone)
	if err != nil {
		return SeatMap{}, err
	}
	read := SeatMap{
		ShowID: showID, TheatreID: show.TheatreID, ScreenName: show.ScreenName, StartsAt: start, Currency: show.Currency, PriceMode: show.PriceMode, Layout: layout, Claims: claims, Prices: make(map[string]int64),
	}
	for i, category := range show.Categories {
		read.Prices[category] = show.Amounts[i]
	}
	return read, nil
}

// readClaims says for each seat of the layout whether it can be booked.
func readClaims(show db.SeatMapRow, layout *Layout, now time.Time) ([]Claim, error) {
	claims := make([]Claim, len(layout.Seats))
	if show.Claims == "" {
		return claims, nil
	}
	for text := range strings.SplitSeq(show.Claims, ",") {
		seat, until, held := strings.Cut(text, "@")
		at, known := layout.places[seat]
		if !known {
			continue
		}
		if !held {
			claims[at].Status = SeatSold
			continue
		}
		claims[at].Status = SeatLocked
		micros, err := strconv.ParseInt(until, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read the claim of a seat: %w", err)
		}
		if deadline := time.UnixMicro(micros).Add(-booking.HoldGrace); deadline.After(now) {
			if claims[at].Deadline, err = db.LocalTime(deadline, show.TimeZone); err != nil {
				return nil, err
			}
		}
	}
	return claims, nil
}
