package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/db/seed"
	"github.com/boxoffice/boxoffice/dev/customer"
)

const (
	cityID = "mumbai"
	// daysAhead is how far ahead somebody looks for a show. Today's are left out: they may begin meanwhile.
	daysAhead = 5
)

// evening is a show that somebody has found, and its seats.
type evening struct {
	movie   openapi.Movie
	theatre openapi.TheatreShows
	show    openapi.ShowSummary
	seats   openapi.SeatMap
}

func (e evening) String() string {
	return fmt.Sprintf("%s · %s, %s · %s · %d of %d seats free", e.movie.Title, e.theatre.Name, e.show.ScreenName,
		e.show.StartTime.Format("Mon 2 Jan 15:04"), e.show.Availability.AvailableSeats, e.show.Availability.TotalSeats)
}

// browse looks through movies and days until there is a show in which suits finds its seats.
func browse(ctx context.Context, who *customer.Customer, wanted func(id string) bool, suits func(openapi.SeatMap) bool) (evening, error) {
	movies, err := who.Movies(ctx, cityID)
	if err != nil {
		return evening{}, err
	}
	for ahead := 1; ahead <= daysAhead; ahead++ {
		day := time.Now().UTC().AddDate(0, 0, ahead).Format(time.DateOnly)
		for _, movie := range movies {
			list, err := who.Shows(ctx, cityID, movie.MovieId, day)
			if err != nil {
				return evening{}, err
			}
			found, ok, err := firstSuiting(ctx, who, movie, list, wanted, suits)
			if err != nil || ok {
				return found, err
			}
		}
	}
	return evening{}, fmt.Errorf("no show of the next %d days has such seats left: `make reset` and `make run` start over", daysAhead)
}

func firstSuiting(
	ctx context.Context, who *customer.Customer, movie openapi.Movie, list openapi.ShowList,
	wanted func(id string) bool, suits func(openapi.SeatMap) bool,
) (evening, bool, error) {
	for _, theatre := range list.Theatres {
		if !wanted(theatre.TheatreId) {
			continue
		}
		for _, show := range theatre.Shows {
			if show.Availability.AvailableSeats == 0 {
				continue
			}
			seats, err := who.Seats(ctx, show.ShowId)
			if err != nil {
				return evening{}, false, err
			}
			if suits(seats) {
				return evening{movie, theatre, show, seats}, true, nil
			}
		}
	}
	return evening{}, false, nil
}

func rehearsalRoom(theatreID string) bool { return theatreID == seed.RehearsalRoomID }
func anyOther(theatreID string) bool      { return theatreID != seed.RehearsalRoomID }

func hasPair(seats openapi.SeatMap) bool { return len(pair(seats)) == 2 }

// pair is two free seats side by side at the lowest price, as far back as there are any.
func pair(seats openapi.SeatMap) (best []openapi.Seat) {
	for _, row := range seats.SeatMap.Rows {
		for i := 1; i < len(row.Seats); i++ {
			left, right := row.Seats[i-1], row.Seats[i]
			together := bookable(left) && bookable(right) && right.Position == left.Position+1
			if together && (best == nil || left.Price+right.Price <= best[0].Price+best[1].Price) {
				best = []openapi.Seat{left, right}
			}
		}
	}
	return best
}

// cheapest is the free seat with the lowest price, the first of several.
func cheapest(seats openapi.SeatMap) (best openapi.Seat, found bool) {
	for _, row := range seats.SeatMap.Rows {
		for _, seat := range row.Seats {
			if bookable(seat) && (!found || seat.Price < best.Price) {
				best, found = seat, true
			}
		}
	}
	return best, found
}

// bookable leaves the places for wheelchairs to those who need them.
func bookable(seat openapi.Seat) bool {
	return seat.Status == openapi.SeatAvailable && !seat.Wheelchair
}

func labels(seats []openapi.Seat) []string {
	out := make([]string, len(seats))
	for i, seat := range seats {
		out[i] = seat.SeatId
	}
	return out
}

// find returns the seats with these labels.
func find(seats openapi.SeatMap, wanted []string) []openapi.Seat {
	var found []openapi.Seat
	for _, row := range seats.SeatMap.Rows {
		for _, seat := range row.Seats {
			if slices.Contains(wanted, seat.SeatId) {
				found = append(found, seat)
			}
		}
	}
	return found
}
