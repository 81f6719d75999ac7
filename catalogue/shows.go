package catalogue

import (
	"context"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// fastFillingPercent is the share of free seats at or below which a show is filling fast.
const fastFillingPercent = 30

// Availability is how many seats of a show are left.
type Availability struct {
	Total, Left int
	Status      AvailabilityStatus
}

// AvailabilityStatus sums up how many seats are left.
type AvailabilityStatus string

// The states of availability.
const (
	Available   AvailabilityStatus = "AVAILABLE"
	FastFilling AvailabilityStatus = "FAST_FILLING"
	SoldOut     AvailabilityStatus = "SOLD_OUT"
)

func availability(total, taken int64) Availability {
	left := max(total-taken, 0)
	status := Available
	switch {
	case left == 0:
		status = SoldOut
	case left*100 <= total*fastFillingPercent:
		status = FastFilling
	}
	return Availability{Total: int(total), Left: int(left), Status: status}
}

// ShowFilter says which shows to read.
type ShowFilter struct {
	CityID, MovieID string
	// Day is a date such as 2026-11-27, in the theatre's own time zone; nil for today there.
	Day *string
	// Language and Format are nil for any.
	Language, Format *string
}

// Programme is the shows of a movie in a city on one day.
type Programme struct {
	// Day is the date that was asked for, or that it is.
	Day      string
	City     db.City
	Movie    db.Movie
	Theatres []TheatreShows
}

// TheatreShows are the shows of one theatre, in the order of their times.
type TheatreShows struct {
	ID, Name, Address, Area, TimeZone string
	Shows                             []ShowSummary
}

// ShowSummary is a show in a list. PriceFrom is the price of its cheapest seat.
type ShowSummary struct {
	ID, ScreenName, Language, Format, Currency string
	StartsAt                                   time.Time
	PriceFrom                                  int64
	PriceMode                                  booking.PriceMode
	Availability                               Availability
}

// Shows reads the shows of a movie in a city on one day, by theatre. It refuses with NOT_FOUND when there is no such city or movie.
func (c *Catalogue) Shows(ctx context.Context, wanted ShowFilter) (list Programme, err error) {
	if list.City, err = c.city(ctx, wanted.CityID); err != nil {
		return list, err
	}
	if list.Movie, err = c.movie(ctx, wanted.MovieID); err != nil {
		return list, err
	}
	if wanted.Day != nil {
		list.Day = *wanted.Day
	} else if list.Day, err = c.queries.TodayIn(ctx, wanted.CityID); err != nil {
		return list, fmt.Errorf("see which day it is: %w", err)
	}
	rows, err := c.queries.ShowsOnDay(ctx, db.ShowsOnDayParams{
		CityID: wanted.CityID, MovieID: wanted.MovieID, Day: list.Day, Language: wanted.Language, Format: wanted.Format,
	})
	if err != nil {
		return list, fmt.Errorf("read shows: %w", err)
	}
	for _, row := range rows {
		last := len(list.Theatres) - 1
		if last < 0 || list.Theatres[last].ID != row.TheatreID {
			list.Theatres = append(list.Theatres, TheatreShows{ID: row.TheatreID, Name: row.TheatreName, Address: row.Address, Area: row.Area, TimeZone: row.TimeZone})
			last++
		}
		start, err := db.LocalTime(row.StartsAt, row.TimeZone)
		if err != nil {
			return list, err
		}
		list.Theatres[last].Shows = append(list.Theatres[last].Shows, ShowSummary{
			ID: row.ID, ScreenName: row.ScreenName, StartsAt: start, Language: row.Language, Format: row.Format,
			PriceFrom: row.PriceFrom, Currency: row.Currency, PriceMode: booking.PriceMode(row.PriceMode),
			Availability: availability(row.TotalSeats, row.TakenSeats),
		})
	}
	return list, nil
}

// Show is everything about one show.
type Show struct {
	ID, Status, ScreenName, Language, Format string
	City                                     db.City
	Movie                                    db.Movie
	Theatre                                  db.Theatre
	StartsAt, EndsAt                         time.Time
	// Hold is how long its seats are held for a customer who is paying.
	Hold         time.Duration
	Prices       []db.ShowPricesRow
	Availability Availability
}

// Show reads everything about one show. It refuses with NOT_FOUND.
func (c *Catalogue) Show(ctx context.Context, showID string) (show Show, err error) {
	row, err := found(ctx, "show", showID, c.queries.ShowByID)
	if err != nil {
		return show, err
	}
	prices, err := c.queries.ShowPrices(ctx, showID)
	if err != nil {
		return show, fmt.Errorf("read the prices of a show: %w", err)
	}
	start, err := db.LocalTime(row.StartsAt, row.Theatre.TimeZone)
	if err != nil {
		return show, err
	}
	return Show{
		ID: row.ID, Status: row.Status, City: row.City, Movie: row.Movie, Theatre: row.Theatre, ScreenName: row.ScreenName,
		StartsAt: start, EndsAt: row.EndsAt.In(start.Location()), Language: row.Language, Format: row.Format,
		Hold: time.Duration(row.HoldSeconds) * time.Second, Prices: prices, Availability: availability(row.TotalSeats, row.TakenSeats),
	}, nil
}
