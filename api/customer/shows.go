package customer

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/catalogue"
)

const maxLanguage = 40

// ListShows lists the shows of a movie in a city on one day, by theatre.
func (h *Handlers) ListShows(c echo.Context, cityID openapi.CityId, movieID openapi.MovieId, params openapi.ListShowsParams) error {
	if err := checkShowFilters(params); err != nil {
		return err
	}
	wanted := catalogue.ShowFilter{
		CityID: cityID, MovieID: movieID, Day: params.Date, Language: params.Language, Format: (*string)(params.Format),
	}
	text := func(of *string) string {
		if of == nil {
			return ""
		}
		return *of
	}
	return h.answerShared(c, func(ctx context.Context) (any, error) {
		list, err := h.Catalogue.Shows(ctx, wanted)
		if err != nil {
			return nil, err
		}
		return showListView(list), nil
	}, "shows", cityID, movieID, text(wanted.Day), text(wanted.Language), text(wanted.Format))
}

func checkShowFilters(params openapi.ListShowsParams) error {
	if params.Date != nil {
		if day, err := time.Parse(time.DateOnly, *params.Date); err != nil || day.Year() < 2000 {
			return answer.Malformed("date", "date must be a day like 2026-11-27.")
		}
	}
	if text := params.Language; text != nil && (*text == "" || utf8.RuneCountInString(*text) > maxLanguage || !request.IsPlainText(*text)) {
		return answer.Malformed("language", "language must have 1 to 40 characters.")
	}
	return nil
}

// GetShow tells all about one show.
func (h *Handlers) GetShow(c echo.Context, showID openapi.ShowId, _ openapi.GetShowParams) error {
	if !booking.IsID(showID) {
		return booking.NotFound("show")
	}
	return h.answerShared(c, func(ctx context.Context) (any, error) {
		show, err := h.Catalogue.Show(ctx, showID)
		if err != nil {
			return nil, err
		}
		return showView(show), nil
	}, showPage, showID)
}

func showListView(list catalogue.Programme) openapi.ShowList {
	view := openapi.ShowList{CityId: list.City.ID, Date: list.Day, City: cityView(list.City), Movie: movieView(list.Movie), Theatres: make([]openapi.TheatreShows, len(list.Theatres))}
	for i, theatre := range list.Theatres {
		view.Theatres[i] = openapi.TheatreShows{
			TheatreId: theatre.ID, Name: theatre.Name, Address: theatre.Address, Area: theatre.Area, TimeZone: theatre.TimeZone, Shows: make([]openapi.ShowSummary, len(theatre.Shows)),
		}
		for j, show := range theatre.Shows {
			view.Theatres[i].Shows[j] = openapi.ShowSummary{
				ShowId: show.ID, ScreenName: show.ScreenName, StartTime: show.StartsAt, Language: show.Language, Format: openapi.Format(show.Format),
				PriceFrom: show.PriceFrom, Currency: show.Currency, PriceMode: show.PriceMode, Availability: availabilityView(show.Availability),
			}
		}
	}
	return view
}

func showView(show catalogue.Show) openapi.Show {
	view := openapi.Show{
		ShowId: show.ID, Status: show.Status, City: cityView(show.City), Movie: movieView(show.Movie),
		Theatre:    openapi.Theatre{TheatreId: show.Theatre.ID, Name: show.Theatre.Name, Address: show.Theatre.Address, Area: show.Theatre.Area, TimeZone: show.Theatre.TimeZone},
		ScreenName: show.ScreenName, StartTime: show.StartsAt, EndTime: show.EndsAt, Language: show.Language, Format: openapi.Format(show.Format),
		Currency: show.Theatre.Currency, PriceMode: show.Theatre.PriceMode, Prices: make([]openapi.Price, len(show.Prices)),
		HoldSeconds: int(show.Hold / time.Second), Availability: availabilityView(show.Availability),
	}
	for i, price := range show.Prices {
		view.Prices[i] = openapi.Price{Type: price.Category, Price: price.Amount}
	}
	return view
}

func availabilityView(a catalogue.Availability) openapi.Availability {
	return openapi.Availability{TotalSeats: a.Total, AvailableSeats: a.Left, Status: openapi.AvailabilityStatus(a.Status)}
}
