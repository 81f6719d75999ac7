package api

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// fastFillingPercent is the share of free seats at and below which a show is filling fast.
const fastFillingPercent = 30

const maxLanguage = 40

// ListShows lists the shows of a movie in a city on one day, by theatre.
func (h *handlers) ListShows(c echo.Context, cityID openapi.CityId, movieID openapi.MovieId, params openapi.ListShowsParams) error {
	if err := checkShowFilters(params); err != nil {
		return err
	}
	text := func(of *string) string {
		if of == nil {
			return ""
		}
		return *of
	}
	return h.answerShared(c, func(ctx context.Context) (any, error) { return h.showList(ctx, cityID, movieID, params) },
		"shows", cityID, movieID, text(params.Date), text(params.Language), text((*string)(params.Format)))
}

// showList reads what ListShows lists.
func (h *handlers) showList(ctx context.Context, cityID, movieID string, params openapi.ListShowsParams) (none openapi.ShowList, err error) {
	city, err := h.city(ctx, cityID)
	if err != nil {
		return none, err
	}
	movie, err := h.movie(ctx, movieID)
	if err != nil {
		return none, err
	}
	rows, err := h.queries.ShowsOnDay(ctx, db.ShowsOnDayParams{
		CityID: cityID, MovieID: movieID, Day: params.Date, Language: params.Language, Format: (*string)(params.Format),
	})
	if err != nil {
		return none, err
	}
	list := openapi.ShowList{City: city, Movie: movie, Theatres: []openapi.TheatreShows{}}
	for _, row := range rows {
		last := len(list.Theatres) - 1
		if last < 0 || list.Theatres[last].Id != row.TheatreID {
			list.Theatres = append(list.Theatres, openapi.TheatreShows{
				Id: row.TheatreID, Name: row.TheatreName, Address: row.Address, TimeZone: row.TimeZone,
			})
			last++
		}
		start, err := h.zones.in(row.StartsAt, row.TimeZone)
		if err != nil {
			return none, err
		}
		list.Theatres[last].Shows = append(list.Theatres[last].Shows, openapi.ShowSummary{
			Id: row.ID, ScreenName: row.ScreenName, StartTime: start, Language: row.Language, Format: openapi.Format(row.Format),
			PriceFrom: row.PriceFrom, Currency: row.Currency, PriceMode: booking.PriceMode(row.PriceMode), Availability: availability(row.TotalSeats, row.TakenSeats),
		})
	}
	return list, nil
}

func checkShowFilters(params openapi.ListShowsParams) error {
	if params.Date != nil {
		if day, err := time.Parse(time.DateOnly, *params.Date); err != nil || day.Year() < 2000 {
			return malformed("date", "date must be a day like 2026-11-27.")
		}
	}
	if text := params.Language; text != nil && (*text == "" || utf8.RuneCountInString(*text) > maxLanguage || !isPlainText(*text)) {
		return malformed("language", "language must have 1 to 40 characters.")
	}
	if params.Format != nil {
		switch *params.Format {
		case openapi.Format2D, openapi.Format3D, openapi.FormatIMAX:
		default:
			return malformed("format", "format must be 2D, 3D or IMAX.")
		}
	}
	return nil
}

// GetShow tells all about one show.
func (h *handlers) GetShow(c echo.Context, showID openapi.ShowId, _ openapi.GetShowParams) error {
	if !isID(showID) {
		return notFound("show")
	}
	return h.answerShared(c, func(ctx context.Context) (any, error) { return h.show(ctx, showID) }, "show", showID)
}

// show reads what GetShow tells.
func (h *handlers) show(ctx context.Context, showID string) (none openapi.Show, err error) {
	row, err := h.queries.ShowByID(ctx, showID)
	if db.IsNotFound(err) {
		return none, notFound("show")
	}
	if err != nil {
		return none, err
	}
	prices, err := h.queries.ShowPrices(ctx, showID)
	if err != nil {
		return none, err
	}
	start, err := h.zones.in(row.StartsAt, row.Theatre.TimeZone)
	if err != nil {
		return none, err
	}
	end := row.EndsAt.In(start.Location())
	show := openapi.Show{
		Id: row.ID, Status: row.Status, City: cityView(row.City), Movie: movieView(row.Movie),
		Theatre:    openapi.Theatre{Id: row.Theatre.ID, Name: row.Theatre.Name, Address: row.Theatre.Address, TimeZone: row.Theatre.TimeZone},
		ScreenName: row.ScreenName, StartTime: start, EndTime: end, Language: row.Language, Format: openapi.Format(row.Format),
		Currency: row.Theatre.Currency, PriceMode: row.Theatre.PriceMode, Prices: make([]openapi.Price, len(prices)), HoldSeconds: int(row.HoldSeconds),
		Availability: availability(row.TotalSeats, row.TakenSeats),
	}
	for i, price := range prices {
		show.Prices[i] = openapi.Price{Type: price.Category, Price: price.Amount}
	}
	return show, nil
}

func availability(total, taken int64) openapi.Availability {
	left := max(total-taken, 0)
	status := openapi.AVAILABLE
	switch {
	case left == 0:
		status = openapi.SOLDOUT
	case left*100 <= total*fastFillingPercent:
		status = openapi.FASTFILLING
	}
	return openapi.Availability{TotalSeats: int(total), AvailableSeats: int(left), Status: status}
}
