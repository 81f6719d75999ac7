package seed

import (
	"fmt"
	"slices"
	"time"
)

// auditorium is a screen together with where it stands.
type auditorium struct {
	*screen
	theatre  *theatre
	city     *city
	zone     *time.Location
	id       string
	layoutID string
	deck     []*movie // what this screen and similar ones in the city share
	hand     int      // which of those screens this is, from zero
}

// auditoriums lists every screen of every theatre.
func auditoriums() ([]auditorium, error) {
	var all []auditorium
	for c := range cities {
		inCity, err := cities[c].auditoriums()
		if err != nil {
			return nil, err
		}
		all = append(all, inCity...)
	}
	return all, nil
}

func (c *city) auditoriums() ([]auditorium, error) {
	zone, err := time.LoadLocation(c.timeZone)
	if err != nil {
		return nil, fmt.Errorf("time zone of %s: %w", c.name, err)
	}
	ordinary, great := c.decks()
	ordinaryHands, greatHands := 0, 0
	var all []auditorium
	for t := range c.theatres {
		th := &c.theatres[t]
		for s := range th.screens {
			a := auditorium{screen: &th.screens[s], theatre: th, city: c, zone: zone, id: screenID(th.id, s+1)}
			a.layoutID = layoutID(a.id)
			if a.format == formatIMAX {
				a.deck, a.hand = great, greatHands
				greatHands++
			} else {
				a.deck, a.hand = ordinary, ordinaryHands
				ordinaryHands++
			}
			all = append(all, a)
		}
	}
	return all, nil
}

// decks are the films that come to the city: all of them, and those made for the large picture, which
// are all that an IMAX screen plays.
func (c *city) decks() (ordinary, great []*movie) {
	for _, films := range [][]movie{moviesOfIndia, moviesFromElsewhere} {
		for i := range films {
			film := &films[i]
			if len(film.languagesIn(c)) == 0 {
				continue
			}
			ordinary = append(ordinary, film)
			if slices.Contains(film.formats, formatIMAX) {
				great = append(great, film)
			}
		}
	}
	return ordinary, great
}
