// Package catalogue reads from the database what is shown where, when and for how much. Times are in
// the time zone of their theatre, amounts in minor units of its currency.
package catalogue

import (
	"context"
	"fmt"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// Catalogue reads the programme. It may be used concurrently.
type Catalogue struct {
	queries *db.Queries
	layouts *lru.Cache[string, *Layout]
}

// New makes a catalogue. It reads nothing yet.
func New(queries *db.Queries) (*Catalogue, error) {
	layouts, err := lru.New[string, *Layout](maxLayouts)
	if err != nil {
		return nil, fmt.Errorf("remember layouts: %w", err)
	}
	return &Catalogue{queries: queries, layouts: layouts}, nil
}

// Cities reads all cities.
func (c *Catalogue) Cities(ctx context.Context) ([]db.City, error) {
	cities, err := c.queries.Cities(ctx)
	if err != nil {
		return nil, fmt.Errorf("read cities: %w", err)
	}
	return cities, nil
}

// Movies reads up to most movies of the programme whose titles come after a given one. Those that have been withdrawn are left out.
func (c *Catalogue) Movies(ctx context.Context, afterTitle string, most int32) ([]db.Movie, error) {
	movies, err := c.queries.MoviesAfter(ctx, db.MoviesAfterParams{AfterTitle: afterTitle, PageSize: most})
	if err != nil {
		return nil, fmt.Errorf("read movies: %w", err)
	}
	return movies, nil
}

// MoviesIn reads a city and the movies that are shown there. It refuses with NOT_FOUND.
func (c *Catalogue) MoviesIn(ctx context.Context, cityID string) (db.City, []db.Movie, error) {
	city, err := c.city(ctx, cityID)
	if err != nil {
		return city, nil, err
	}
	movies, err := c.queries.MoviesPlayingInCity(ctx, cityID)
	if err != nil {
		return city, nil, fmt.Errorf("read the movies of a city: %w", err)
	}
	return city, movies, nil
}

func (c *Catalogue) city(ctx context.Context, id string) (db.City, error) {
	return found(ctx, "city", id, c.queries.CityByID)
}

func (c *Catalogue) movie(ctx context.Context, id string) (db.Movie, error) {
	return found(ctx, "movie", id, c.queries.MovieByID)
}

// found reads something by its id, and refuses with NOT_FOUND when it does not exist.
func found[Row any](ctx context.Context, what, id string, read func(context.Context, string) (Row, error)) (row Row, err error) {
	if !booking.IsID(id) {
		return row, booking.NotFound(what)
	}
	row, err = read(ctx, id)
	switch {
	case db.IsNotFound(err):
		return row, booking.NotFound(what)
	case err != nil:
		return row, fmt.Errorf("read the %s: %w", what, err)
	}
	return row, nil
}
