package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/crowd"
)

const (
	rushSeats  = 500
	rushSold   = "sh_rush_sold"
	rushPlaces = 3 // at most so many seats are asked for
)

// rushOptions are the subject's.
type rushOptions struct {
	buyers, clients int
	round           time.Duration
}

func (o *rushOptions) flags(flags *flag.FlagSet) {
	flags.IntVar(&o.buyers, "rush-buyers", 5000, "rush: how many people want seats of one show at once")
	flags.IntVar(&o.clients, "rush-clients", 64, "rush: how many people ask one after another for seats that are gone")
	flags.DurationVar(&o.round, "rush-round", 5*time.Second, "rush: how long a round of them lasts")
}

func (o *rushOptions) check() error {
	if o.buyers < 1 || o.clients < 1 || o.round <= 0 {
		return errors.New("there must be somebody, for some time")
	}
	return nil
}

// rushFindings are the subject's.
type rushFindings struct {
	// Losers ask for seats of a show that is sold out. Everybody asks for seats of a show that has just opened, and LosersAtOnce are those of them
	// who came too late. On the floor, all come too late.
	Losers       comparison   `json:"losers"`
	Everybody    comparison   `json:"everybody"`
	LosersAtOnce comparison   `json:"losersAtOnce"`
	Rushes       []rushResult `json:"rushes"`
}

// summary is a line for each of the three comparisons.
func (f rushFindings) summary() []conclusion {
	lines := comparisons{f.Losers, f.Everybody, f.LosersAtOnce}.summary()
	lines[1].Aims = append(lines[1].Aims,
		aim{What: "no answer 5xx", Met: f.answersFrom(http.StatusInternalServerError) == 0},
		aim{What: "none but 201 and 409", Met: f.answersFrom(0) == 0})
	return lines
}

// answersFrom counts those of all rushes.
func (f rushFindings) answersFrom(least int) (answers int) {
	for _, rush := range f.Rushes {
		answers += rush.answersFrom(least)
	}
	return answers
}

// defect is an error when there were answers that there must not be.
func (f rushFindings) defect() error {
	answers, odd := f.answersFrom(0), ""
	for _, rush := range f.Rushes {
		odd = cmp.Or(odd, rush.Odd)
	}
	if answers == 0 {
		return nil
	}
	return fmt.Errorf("%d answers are neither 201 nor 409, such as: %s", answers, odd)
}

// measure has some people ask for seats that are gone, again and again, and then all people at once for seats that are free.
func (o *rushOptions) measure(ctx context.Context, s *system, rounds int, out io.Writer) (_ any, err error) {
	people, err := s.newBuyers(ctx, "rush", max(o.buyers, o.clients))
	if err != nil {
		return nil, err
	}
	tokens := make([]string, len(people))
	for i, person := range people {
		tokens[i] = person.Token
	}
	lost, err := sellOut(ctx, s)
	if err != nil {
		return nil, err
	}
	beside, err := s.startFloorServer()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, beside.stop()) }()

	var found rushFindings
	visit := 0
	lose := func(address string, path func(seats []string) string) play {
		return func(ctx context.Context, length time.Duration) (side, error) {
			visit++
			return sendFor(ctx, address, o.clients, length, http.StatusConflict, func(client, n int) []byte {
				seats := lost[(client*7919+n)%len(lost)]
				return bookingRequest(path(seats), tokens[client], fmt.Sprintf("rush-lost-%d-%d", visit, n), rushSold, seats)
			})
		}
	}
	pairs, err := playWarm(ctx, rounds, o.round,
		lose(s.apiAddress(), func([]string) string { return bookingsPath }),
		lose(beside.address(), func(seats []string) string { return claimPath(rushSold, seats) }))
	if err != nil {
		return nil, err
	}
	found.Losers = compare("losers of a sold-out show", pairs, wantRate(0.5))
	printComparisons(out, found.Losers)

	stormed := 0
	pairs, err = playPairs(ctx, rounds,
		func(ctx context.Context) (side, error) {
			stormed++
			rushed, err := storm(ctx, s, stormed, tokens[:o.buyers])
			found.Rushes = append(found.Rushes, rushed)
			return rushed.All, err
		},
		func(ctx context.Context) (side, error) {
			return stormFloor(ctx, beside.address(), tokens[:o.buyers], lost)
		})
	if err != nil {
		printRushes(out, found.Rushes)
		return nil, err
	}
	found.Everybody = compare(fmt.Sprintf("%d at once", o.buyers), pairs)
	found.LosersAtOnce = compare("losers among them", losersOf(pairs, found.Rushes))
	printComparisons(out, found.Everybody, found.LosersAtOnce)
	printRushes(out, found.Rushes)
	return found, found.defect()
}

// losersOf are the rounds of rushes, as the losers met with them.
func losersOf(rounds []pair, rushes []rushResult) []pair {
	lost := slices.Clone(rounds)
	for i, rush := range rushes {
		lost[i].Product = rush.Losers
	}
	return lost
}

const bookingsPath = "/api/v1/bookings"

func claimPath(show string, seats []string) string { return "/claims/" + show + "/" + seats[0] }

// bookingRequest is the request of somebody who wants seats. The floor gets the same one at another path.
func bookingRequest(path, token, key, show string, seats []string) []byte {
	var body bytes.Buffer
	fmt.Fprintf(&body, `{"showId":%q,"seatIds":[`, show)
	for i, seat := range seats {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, "%q", seat)
	}
	body.WriteString("]}")
	return request("POST", path, token, key, body.Bytes())
}

// sellOut opens a show and sells it, and gives lists of its seats that nobody can get.
func sellOut(ctx context.Context, s *system) ([][]string, error) {
	if _, err := s.openShow(ctx, "rush", rushSold, rushSeats, usualHold); err != nil {
		return nil, err
	}
	sales, err := s.crowd.Fill(ctx, crowd.Order{ShowID: rushSold, Bookings: rushSeats / 10, Seats: 10, Methods: []booking.Method{booking.MethodCard}})
	if err != nil {
		return nil, err
	}
	var lost [][]string
	for _, sale := range sales {
		for i := range len(sale.Seats) - rushPlaces {
			lost = append(lost, sale.Seats[i:i+1+i%rushPlaces])
		}
	}
	return lost, s.analyze(ctx)
}
