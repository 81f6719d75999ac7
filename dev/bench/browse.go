package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"
)

// browseCity is the one of the seeded catalogue that is looked at.
const browseCity = "mumbai"

// browseOptions are the subject's.
type browseOptions struct {
	clients int
	round   time.Duration
}

func (o *browseOptions) flags(flags *flag.FlagSet) {
	flags.IntVar(&o.clients, "browse-clients", 16, "browse: how many people read one page after another")
	flags.DurationVar(&o.round, "browse-round", 2*time.Second, "browse: how long a round of each side lasts")
}

func (o *browseOptions) check() error {
	if o.clients < 1 || o.round <= 0 {
		return errors.New("there must be somebody, for some time")
	}
	return nil
}

// measure looks at each kind of page, and then at the pages of all movies of the city on all days of a week in turns.
func (o *browseOptions) measure(ctx context.Context, s *system, rounds int, out io.Writer) (_ any, err error) {
	show, err := s.Visitor.FindShow(ctx, browseCity, "")
	if err != nil {
		return nil, err
	}
	movies, err := s.Visitor.Movies(ctx, browseCity)
	if err != nil {
		return nil, err
	}
	var week []page
	for i, movie := range movies {
		for day := range 7 {
			week = append(week, page{
				name: fmt.Sprintf("shows-%d-%d", i, day), path: showsPath(movie.MovieId, time.Now().UTC().AddDate(0, 0, day)),
			})
		}
	}
	beside, err := s.startFloorServer()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, beside.stop()) }()
	var found comparisons
	for _, looked := range []struct {
		what  string
		pages []page
	}{
		{"cities", []page{{"cities", "/api/v1/cities"}}},
		{"movies of a city", []page{{"movies", "/api/v1/cities/" + browseCity + "/movies"}}},
		{"shows of a movie", []page{{"shows", showsPath(show.Movie.MovieId, show.StartTime)}}},
		{"one show", []page{{"show", "/api/v1/shows/" + show.ShowId}}},
		{fmt.Sprintf("shows, %d pages", len(week)), week},
	} {
		c, err := comparePages(ctx, s, beside, rounds, o.clients, o.round, looked.what, looked.pages)
		if err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	printComparisons(out, found...)
	return found, nil
}

func showsPath(movieID string, day time.Time) string {
	return "/api/v1/cities/" + browseCity + "/movies/" + movieID + "/shows?date=" + day.Format(time.DateOnly)
}
