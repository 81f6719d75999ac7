package customer

import (
	"context"
	"errors"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
)

// FindShow is the first show of a theatre in a city tomorrow or on one of the two days after. An empty theatre id means
// any theatre but those whose holds are shorter than a minute.
func (c *Customer) FindShow(ctx context.Context, cityID, theatreID string) (openapi.Show, error) {
	movies, err := c.Movies(ctx, cityID)
	if err != nil {
		return openapi.Show{}, err
	}
	for days := 1; days <= 3; days++ {
		day := time.Now().AddDate(0, 0, days).UTC().Format(time.DateOnly)
		for _, movie := range movies {
			show, found, err := c.firstShow(ctx, cityID, movie.MovieId, day, theatreID)
			if err != nil || found {
				return show, err
			}
		}
	}
	return openapi.Show{}, errors.New("no such show")
}

func (c *Customer) firstShow(ctx context.Context, cityID, movieID, day, theatreID string) (openapi.Show, bool, error) {
	list, err := c.Shows(ctx, cityID, movieID, day)
	if err != nil {
		return openapi.Show{}, false, err
	}
	for _, theatre := range list.Theatres {
		if (theatreID != "" && theatre.TheatreId != theatreID) || len(theatre.Shows) == 0 {
			continue
		}
		show, err := c.Show(ctx, theatre.Shows[0].ShowId)
		if err != nil {
			return openapi.Show{}, false, err
		}
		if theatreID != "" || show.HoldSeconds >= 60 {
			return show, true, nil
		}
	}
	return openapi.Show{}, false, nil
}

// FreeSeats are the labels of up to n free seats of a show, row by row.
func (c *Customer) FreeSeats(ctx context.Context, showID string, n int) ([]string, error) {
	seats, err := c.Seats(ctx, showID)
	if err != nil {
		return nil, err
	}
	var free []string
	for _, row := range seats.SeatMap.Rows {
		for _, seat := range row.Seats {
			if seat.Status == openapi.SeatAvailable && len(free) < n {
				free = append(free, seat.SeatId)
			}
		}
	}
	return free, nil
}
