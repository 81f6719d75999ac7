package seed

import (
	"cmp"
	"time"
)

const (
	// cleaning is the shortest time between two shows of a screen, in minutes.
	cleaning clock = 15
	// showTimes are multiples of this many minutes.
	showTimes clock = 5
	// stagger keeps the screens of a theatre from opening all at once, in minutes.
	stagger clock = 20
)

type show struct {
	id       string
	room     auditorium
	film     *movie
	starts   time.Time
	ends     time.Time
	language string
	format   string
	prices   []categoryPrice
}

type categoryPrice struct {
	category string
	amount   int64
}

// daysAhead is for how many days, including today, a run provides shows.
const daysAhead = 7

// upcoming is what the screens will play in the days ahead, without what has begun.
func upcoming(rooms []auditorium, now time.Time) []show {
	var all []show
	for _, room := range rooms {
		today := dayOf(now, room.zone)
		for d := today; d < today+daysAhead; d++ {
			for _, s := range room.shows(d) {
				if s.starts.After(now) {
					all = append(all, s)
				}
			}
		}
	}
	return all
}

// shows is the screen's plan for a day. It depends on nothing else.
func (a auditorium) shows(d day) []show {
	var all []show
	films := a.lineup(d)
	starts := a.theatre.opens + clock(a.hand%3)*stagger
	for n := 0; starts <= a.theatre.lastStart; n++ {
		film := films[n%len(films)]
		all = append(all, a.show(film, d, starts))
		starts = roundUp(starts+clock(film.runtime)+cleaning, showTimes)
	}
	return all
}

func (a auditorium) show(film *movie, d day, at clock) show {
	starts := d.at(at, a.zone)
	s := show{
		id: showID(a.id, starts), room: a, film: film, starts: starts,
		ends:   starts.Add(time.Duration(film.runtime) * time.Minute),
		format: film.formatOn(a.format),
	}
	s.language = a.language(film, s.id)
	for _, category := range a.layout.categories() {
		amount := showPrice(a.theatre.prices[category], a.city.currency, s.format, d, at)
		s.prices = append(s.prices, categoryPrice{category, amount})
	}
	return s
}

func (a auditorium) holdSeconds() int32 { return cmp.Or(a.theatre.holdSeconds, defaultHold) }

func roundUp(c, step clock) clock { return (c + step - 1) / step * step }
