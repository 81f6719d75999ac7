package seed

import (
	"context"
	"fmt"
	"strings"

	"github.com/boxoffice/boxoffice/db"
)

func addCatalogue(ctx context.Context, q *db.Queries, rooms []auditorium, sum *Summary) (err error) {
	if sum.Cities, err = q.SeedCities(ctx, cityRows()); err != nil {
		return fmt.Errorf("add cities: %w", err)
	}
	if sum.Theatres, err = q.SeedTheatres(ctx, theatreRows()); err != nil {
		return fmt.Errorf("add theatres: %w", err)
	}
	if _, err := q.SeedRefundPolicy(ctx, rehearsalPolicy); err != nil {
		return fmt.Errorf("add a refund policy: %w", err)
	}
	if sum.Screens, err = q.SeedScreens(ctx, screenRows(rooms)); err != nil {
		return fmt.Errorf("add screens: %w", err)
	}
	seating, err := q.SeedLayouts(ctx, layoutRows(rooms))
	if err != nil {
		return fmt.Errorf("add seat layouts: %w", err)
	}
	sum.Layouts, sum.Seats = seating.Layouts, seating.Seats
	if sum.Movies, err = q.SeedMovies(ctx, movieRows()); err != nil {
		return fmt.Errorf("add movies: %w", err)
	}
	return nil
}

func cityRows() (rows db.SeedCitiesParams) {
	for _, c := range cities {
		rows.Ids = append(rows.Ids, c.id)
		rows.Names = append(rows.Names, c.name)
		rows.CountryCodes = append(rows.CountryCodes, c.country)
	}
	return rows
}

func theatreRows() (rows db.SeedTheatresParams) {
	for _, c := range cities {
		for _, t := range c.theatres {
			rows.Ids = append(rows.Ids, t.id)
			rows.CityIds = append(rows.CityIds, c.id)
			rows.Names = append(rows.Names, t.name)
			rows.Addresses = append(rows.Addresses, t.address)
			rows.Areas = append(rows.Areas, t.area)
			rows.TimeZones = append(rows.TimeZones, c.timeZone)
			rows.Currencies = append(rows.Currencies, c.currency)
			rows.Fees = append(rows.Fees, t.fee)
			rows.TaxBasisPoints = append(rows.TaxBasisPoints, c.taxBasisPoints)
		}
	}
	return rows
}

func screenRows(rooms []auditorium) (rows db.SeedScreensParams) {
	for _, room := range rooms {
		rows.Ids = append(rows.Ids, room.id)
		rows.TheatreIds = append(rows.TheatreIds, room.theatre.id)
		rows.Names = append(rows.Names, room.name)
	}
	return rows
}

func layoutRows(rooms []auditorium) (rows db.SeedLayoutsParams) {
	for _, room := range rooms {
		rows.Ids = append(rows.Ids, room.layoutID)
		rows.ScreenIds = append(rows.ScreenIds, room.id)
		for _, s := range room.layout.seats() {
			rows.SeatLayoutIds = append(rows.SeatLayoutIds, room.layoutID)
			rows.SeatRows = append(rows.SeatRows, s.row)
			rows.SeatNumbers = append(rows.SeatNumbers, s.number)
			rows.SeatPositions = append(rows.SeatPositions, s.position)
			rows.SeatCategories = append(rows.SeatCategories, s.category)
			rows.SeatWheelchairs = append(rows.SeatWheelchairs, s.wheelchair)
		}
	}
	return rows
}

func movieRows() (rows db.SeedMoviesParams) {
	for _, films := range [][]movie{moviesOfIndia, moviesFromElsewhere} {
		for _, m := range films {
			rows.Ids = append(rows.Ids, m.id)
			rows.Titles = append(rows.Titles, m.title)
			rows.Runtimes = append(rows.Runtimes, m.runtime)
			rows.Languages = append(rows.Languages, m.language)
			rows.Genres = append(rows.Genres, strings.Join(m.genres, ","))
			rows.Years = append(rows.Years, m.year)
			rows.Synopses = append(rows.Synopses, m.synopsis)
		}
	}
	return rows
}
