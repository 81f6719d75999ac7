package customer

import (
	"context"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/db"
)

// ListCities lists all cities.
func (h *Handlers) ListCities(c echo.Context, _ openapi.ListCitiesParams) error {
	return h.answerShared(c, func(ctx context.Context) (any, error) {
		cities, err := h.Catalogue.Cities(ctx)
		if err != nil {
			return nil, err
		}
		list := openapi.CityList{Cities: make([]openapi.City, len(cities))}
		for i, city := range cities {
			list.Cities[i] = cityView(city)
		}
		return list, nil
	}, "cities")
}

// ListMovies lists a page of the movies of the programme.
func (h *Handlers) ListMovies(c echo.Context, params openapi.ListMoviesParams) error {
	page, err := request.InOrder("movies", params.Limit, params.Cursor)
	if err != nil {
		return err
	}
	return h.answerShared(c, func(ctx context.Context) (any, error) {
		movies, err := h.Catalogue.Movies(ctx, page.After, page.Fetch())
		if err != nil {
			return nil, err
		}
		var list openapi.MovieList
		movies, list.NextCursor = request.CutText(page, movies, func(last db.Movie) string { return last.Title })
		list.Movies = movieViews(movies)
		return list, nil
	}, "programme", page.After, strconv.Itoa(int(page.Fetch())))
}

// ListCityMovies lists what plays in a city.
func (h *Handlers) ListCityMovies(c echo.Context, cityID openapi.CityId, _ openapi.ListCityMoviesParams) error {
	return h.answerShared(c, func(ctx context.Context) (any, error) {
		city, movies, err := h.Catalogue.MoviesIn(ctx, cityID)
		if err != nil {
			return nil, err
		}
		return openapi.CityMovies{City: cityView(city), Movies: movieViews(movies)}, nil
	}, "movies", cityID)
}

func cityView(city db.City) openapi.City {
	return openapi.City{CityId: city.ID, Name: city.Name, CountryCode: city.CountryCode}
}

func movieView(movie db.Movie) openapi.Movie {
	return openapi.Movie{
		MovieId: movie.ID, Title: movie.Title, DurationMins: int(movie.RuntimeMinutes), Language: movie.OriginalLanguage,
		Genres: movie.Genres, ReleaseYear: int(movie.ReleaseYear), Synopsis: movie.Synopsis,
	}
}

func movieViews(movies []db.Movie) []openapi.Movie {
	views := make([]openapi.Movie, len(movies))
	for i, movie := range movies {
		views[i] = movieView(movie)
	}
	return views
}
