package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/crowd"
)

const (
	// seatMapFill is how many seats each booking of a filled show has.
	seatMapFill = 10
	// seatMapShows is the number of shows for clients who do not all look at the same one.
	seatMapShows = 16
	// seatMapSpread is how many seats each of those has.
	seatMapSpread = 1000
)

// seatMapSizes are the numbers of seats.
var seatMapSizes = []int{100, 1_000, 10_000}

// seatMapOptions are the subject's.
type seatMapOptions struct {
	clients int
	round   time.Duration
}

func (o *seatMapOptions) flags(flags *flag.FlagSet) {
	flags.IntVar(&o.clients, "seatmap-clients", 16, "seatmap: how many people look one time after another")
	flags.DurationVar(&o.round, "seatmap-round", 2*time.Second, "seatmap: how long a round of each side lasts")
}

func (o *seatMapOptions) check() error {
	if o.clients < 1 || o.round <= 0 {
		return errors.New("there must be somebody, for some time")
	}
	return nil
}

// measure looks at empty, half sold and sold out shows, and at many of them in turns.
func (o *seatMapOptions) measure(ctx context.Context, s *system, rounds int, out io.Writer) (_ any, err error) {
	beside, err := s.startFloorServer()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, beside.stop()) }()
	var found comparisons
	for _, seats := range seatMapSizes {
		for quarters, name := range []string{0: "empty", 2: "half", 4: "full"} {
			if name == "" {
				continue
			}
			show := fmt.Sprintf("sh_map_%d_%s", seats, name)
			if err := openFilled(ctx, s, show, seats, seats*quarters/4); err != nil {
				return nil, err
			}
			pages := []page{{name: show, path: seatMapPath(show)}}
			c, err := comparePages(ctx, s, beside, rounds, o.clients, o.round, fmt.Sprintf("%d seats, %s", seats, name), pages)
			if err != nil {
				return nil, err
			}
			found = append(found, c)
		}
	}
	pages := make([]page, seatMapShows)
	for i := range pages {
		show := fmt.Sprintf("sh_map_spread_%d", i)
		if err := openFilled(ctx, s, show, seatMapSpread, seatMapSpread/2); err != nil {
			return nil, err
		}
		pages[i] = page{name: show, path: seatMapPath(show)}
	}
	c, err := comparePages(ctx, s, beside, rounds, o.clients, o.round, fmt.Sprintf("%d seats, half, %d shows", seatMapSpread, seatMapShows), pages)
	if err != nil {
		return nil, err
	}
	found = append(found, c)
	printComparisons(out, found...)
	return found, nil
}

func seatMapPath(show string) string { return "/api/v1/shows/" + show + "/seats" }

// openFilled opens a show and sells the first so many seats of it.
func openFilled(ctx context.Context, s *system, show string, seats, sold int) error {
	_, err := s.openShow(ctx, "map", show, seats, usualHold)
	if err != nil || sold == 0 {
		return err
	}
	_, err = s.crowd.Fill(ctx, crowd.Order{
		ShowID: show, Bookings: sold / seatMapFill, Seats: seatMapFill, Methods: []booking.Method{booking.MethodCard},
	})
	return errors.Join(err, s.analyze(ctx))
}

// page is something that everybody may read.
type page struct{ name, path string }

// comparePages has clients read pages in turns, each beginning with another one, and as many clients read from the floor what these pages were at the
// beginning.
func comparePages(ctx context.Context, s *system, beside *floorServer, rounds, clients int, length time.Duration, what string, pages []page) (comparison, error) {
	product, constants := make([][]byte, len(pages)), make([][]byte, len(pages))
	for i, page := range pages {
		product[i] = request(http.MethodGet, page.path, "", "", nil)
		constants[i] = request(http.MethodGet, "/constants/"+page.name, "", "", nil)
		if err := beside.repeat(ctx, s.apiAddress(), page.name, product[i]); err != nil {
			return comparison{}, err
		}
	}
	read := func(address string, texts [][]byte) play {
		return func(ctx context.Context, length time.Duration) (side, error) {
			return sendFor(ctx, address, clients, length, http.StatusOK, func(client, n int) []byte { return texts[(client+n)%len(texts)] })
		}
	}
	pairs, err := playWarm(ctx, rounds, length, read(s.apiAddress(), product), read(beside.address(), constants))
	if err != nil {
		return comparison{}, fmt.Errorf("%s: %w", what, err)
	}
	return compare(what, pairs, wantRate(0.5)), nil
}
