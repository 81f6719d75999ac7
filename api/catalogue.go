package api

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/db"
)

// ListCities lists all cities.
func (h *handlers) ListCities(c echo.Context, _ openapi.ListCitiesParams) error {
	return h.answerShared(c, func(ctx context.Context) (any, error) {
		rows, err := h.queries.Cities(ctx)
		if err != nil {
			return nil, err
		}
		list := openapi.CityList{Cities: make([]openapi.City, len(rows))}
		for i, row := range rows {
			list.Cities[i] = cityView(row)
		}
		return list, nil
	}, "cities")
}

// ListMovies lists a page of the movies of the programme: those that have been withdrawn are left out.
func (h *handlers) ListMovies(c echo.Context, params openapi.ListMoviesParams) error {
	size, err := pageSize(params.Limit)
	if err != nil {
		return err
	}
	after := ""
	if params.Cursor != nil {
		parts, err := decodeCursor(movieList, *params.Cursor, 1)
		if err != nil {
			return err
		}
		after = parts[0]
	}
	rows, err := h.queries.MoviesAfter(c.Request().Context(), db.MoviesAfterParams{AfterTitle: after, PageSize: size + 1})
	if err != nil {
		return err
	}
	var list openapi.MovieList
	rows, list.NextCursor = cut(rows, size, func(last db.Movie) *string { return encodeCursor(movieList, last.Title) })
	list.Movies = movieViews(rows)
	return c.JSON(http.StatusOK, list)
}

// ListCityMovies lists what plays in a city.
func (h *handlers) ListCityMovies(c echo.Context, cityID openapi.CityId, _ openapi.ListCityMoviesParams) error {
	return h.answerShared(c, func(ctx context.Context) (any, error) {
		city, err := h.city(ctx, cityID)
		if err != nil {
			return nil, err
		}
		rows, err := h.queries.MoviesPlayingInCity(ctx, cityID)
		if err != nil {
			return nil, err
		}
		return openapi.CityMovies{City: city, Movies: movieViews(rows)}, nil
	}, "movies", cityID)
}

func (h *handlers) city(ctx context.Context, id string) (openapi.City, error) {
	if !isID(id) {
		return openapi.City{}, notFound("city")
	}
	row, err := h.queries.CityByID(ctx, id)
	if db.IsNotFound(err) {
		return openapi.City{}, notFound("city")
	}
	return cityView(row), err
}

func (h *handlers) movie(ctx context.Context, id string) (openapi.Movie, error) {
	if !isID(id) {
		return openapi.Movie{}, notFound("movie")
	}
	row, err := h.queries.MovieByID(ctx, id)
	if db.IsNotFound(err) {
		return openapi.Movie{}, notFound("movie")
	}
	return movieView(row), err
}

func cityView(row db.City) openapi.City {
	return openapi.City{Id: row.ID, Name: row.Name, CountryCode: row.CountryCode}
}

func movieView(row db.Movie) openapi.Movie {
	return openapi.Movie{
		Id: row.ID, Title: row.Title, RuntimeMinutes: int(row.RuntimeMinutes), OriginalLanguage: row.OriginalLanguage,
		Genres: row.Genres, ReleaseYear: int(row.ReleaseYear), Synopsis: row.Synopsis,
	}
}

func movieViews(rows []db.Movie) []openapi.Movie {
	views := make([]openapi.Movie, len(rows))
	for i, row := range rows {
		views[i] = movieView(row)
	}
	return views
}
