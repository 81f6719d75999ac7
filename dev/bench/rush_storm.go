package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/measure"
)

// rushResult is the outcome of one rush. Whoever gets seats is a winner and pays; everybody else is refused and gives up.
type rushResult struct {
	// All are the attempts: their rate is until the last of them has its answer.
	All     side `json:"all"`
	Winners side `json:"winners"`
	// Losers were told that somebody else has the seats.
	Losers side `json:"losers"`
	// Payments are the winners'.
	Payments side `json:"payments"`
	// Statuses counts the answers of each kind, those to payments included, and Odd is one of those that are neither 201 nor 409.
	Statuses map[int]int `json:"statuses"`
	Odd      string      `json:"odd,omitempty"`
	// SeatsSold is how many seats have been sold, each once, out of Seats.
	SeatsSold int `json:"seatsSold"`
	Seats     int `json:"seats"`
	// Seconds is how long it took until the last winner had paid.
	Seconds float64 `json:"seconds"`
}

// attempt is what one person met with.
type attempt struct {
	seats            []string
	statuses         []int
	took, paid       time.Duration
	answeredAt       time.Time
	bookingID        string
	holding, settled bool
	// odd is an answer that there must not be.
	odd string
	err error
}

// storm opens a show, lets everybody ask for seats at the same moment, and counts what has been sold.
func storm(ctx context.Context, s *system, number int, tokens []string) (rushResult, error) {
	show := fmt.Sprintf("sh_rush_%d", number)
	seats, err := s.openShow(ctx, "rush", show, rushSeats, usualHold)
	if err != nil {
		return rushResult{}, err
	}
	attempts := make([]attempt, len(tokens))
	random := rand.New(rand.NewPCG(uint64(number), 500)) //nolint:gosec // the same seats in every bench
	for i := range attempts {
		attempts[i].seats = someSeats(random, seats)
	}
	began, err := atOnce(ctx, s.apiAddress(), len(tokens), func(i int, w *wire) error {
		attempts[i].buy(w, show, tokens[i])
		return attempts[i].err
	})
	if err != nil {
		return rushResult{}, err
	}
	result := countAttempts(attempts, began)
	result.Seats = len(seats)
	result.SeatsSold, err = s.soldOnce(ctx, show, attempts)
	return result, err
}

// answersFrom is how many answers have a status of at least so much, and are neither 201 nor 409.
func (o rushResult) answersFrom(least int) (answers int) {
	for status, times := range o.Statuses {
		if status >= least && status != http.StatusCreated && status != http.StatusConflict {
			answers += times
		}
	}
	return answers
}

// someSeats are one to three seats side by side. The nearer to the front, the more wanted.
func someSeats(random *rand.Rand, seats []string) []string {
	const row = 50 // as crowd.OpenShow makes them
	many := 1 + random.IntN(rushPlaces)
	luck := random.Float64()
	place := int(float64(len(seats)) * luck * luck)
	place -= max(place%row+many-row, 0)
	return seats[place : place+many]
}

// atOnce opens a connection for each, then lets all of them act at the same moment, and returns that moment.
func atOnce(ctx context.Context, address string, many int, do func(i int, w *wire) error) (time.Time, error) {
	wires, err := openWires(ctx, address, many)
	if err != nil {
		return time.Time{}, err
	}
	defer closeWires(wires)
	gate := make(chan struct{})
	var acting errgroup.Group
	for i, w := range wires {
		acting.Go(func() error {
			<-gate
			return do(i, w)
		})
	}
	began := time.Now()
	close(gate)
	return began, acting.Wait()
}

// buy asks for the seats, and pays when they are held.
func (a *attempt) buy(w *wire, show, token string) {
	text := bookingRequest(bookingsPath, token, "rush-"+show, show, a.seats)
	began := time.Now()
	status, body, err := w.ask(text)
	if err != nil {
		a.err = err
		return
	}
	a.answeredAt, a.took = time.Now(), time.Since(began)
	a.note(status, body)
	if a.holding = status == http.StatusCreated; !a.holding {
		return
	}
	var held struct {
		BookingID string `json:"bookingId"`
	}
	if a.err = json.Unmarshal(body, &held); a.err != nil {
		return
	}
	a.bookingID = held.BookingID
	text = request(http.MethodPost, bookingsPath+"/"+held.BookingID+"/payments", token, "rush-pay-"+show, []byte(`{"method":"`+string(booking.MethodWallet)+`"}`))
	began = time.Now()
	if status, body, a.err = w.ask(text); a.err != nil {
		return
	}
	a.paid = time.Since(began)
	a.note(status, body)
	a.settled = status == http.StatusCreated
}

// note notes an answer.
func (a *attempt) note(status int, body []byte) {
	a.statuses = append(a.statuses, status)
	if status != http.StatusCreated && status != http.StatusConflict {
		a.odd = fmt.Sprintf("%d %s", status, body)
	}
}

func countAttempts(attempts []attempt, began time.Time) rushResult {
	result := rushResult{Statuses: map[int]int{}}
	var all, winners, losers, payments measure.Latencies
	var refused refusals
	last, end := began, time.Duration(0)
	for _, a := range attempts {
		for _, status := range a.statuses {
			result.Statuses[status]++
		}
		if a.answeredAt.After(last) {
			last = a.answeredAt
		}
		result.Odd = cmp.Or(result.Odd, a.odd)
		switch {
		case a.holding:
			all.Add(a.took)
			winners.Add(a.took)
			payments.Add(a.paid)
			end = max(end, a.answeredAt.Sub(began)+a.paid)
		case a.odd != "":
			refused.add(errors.New(a.odd))
		default:
			all.Add(a.took)
			losers.Add(a.took)
		}
	}
	whole := last.Sub(began)
	result.Seconds = end.Seconds()
	result.All, result.Winners, result.Losers = refused.into(sideOf(&all, whole)), sideOf(&winners, whole), sideOf(&losers, whole)
	result.Payments = sideOf(&payments, end)
	return result
}

// soldOnce checks that the seats of a show that are sold are those that the buyers believe to have, each sold once, and counts them. A buyer whose
// payment had no clear answer is left out.
func (s *system) soldOnce(ctx context.Context, show string, attempts []attempt) (int, error) {
	believed, unsure := map[string]string{}, []string{}
	confirmed := 0
	for _, a := range attempts {
		if a.holding && a.odd != "" {
			unsure = append(unsure, a.bookingID)
		}
		if !a.settled {
			continue
		}
		confirmed++
		for _, seat := range a.seats {
			if other, twice := believed[seat]; twice {
				return 0, fmt.Errorf("seat %s of %s was sold to %s and %s", seat, show, other, a.bookingID)
			}
			believed[seat] = a.bookingID
		}
	}
	// The error comes with the rows.
	rows, _ := s.Owner.Query(ctx, `SELECT seat, booking_id FROM claims WHERE show_id = $1 AND state = 'SOLD' AND booking_id <> ALL($2)`, show, unsure)
	written := map[string]string{}
	var seat, owner string
	_, err := pgx.ForEachRow(rows, []any{&seat, &owner}, func() error { written[seat] = owner; return nil })
	if err != nil {
		return 0, err
	}
	if !maps.Equal(believed, written) {
		return 0, fmt.Errorf("buyers of %s believe to have %d seats, and %d are sold", show, len(believed), len(written))
	}
	var bookings, seats int
	err = s.Owner.QueryRow(ctx, `
		SELECT count(*), COALESCE(sum(cardinality(seat_labels)), 0) FROM bookings
		WHERE show_id = $1 AND status = 'CONFIRMED' AND id <> ALL($2)`, show, unsure).Scan(&bookings, &seats)
	if err != nil {
		return 0, err
	}
	if bookings != confirmed || seats != len(written) {
		return 0, fmt.Errorf("%d bookings of %s with %d seats are confirmed, %d buyers have paid for %d", bookings, show, seats, confirmed, len(written))
	}
	return seats, nil
}

// stormFloor is the same number of people, each asking the floor once. All of them lose.
func stormFloor(ctx context.Context, address string, tokens []string, random [][]string) (side, error) {
	attempts := make([]attempt, len(tokens))
	began, err := atOnce(ctx, address, len(tokens), func(i int, w *wire) error {
		seats := random[i%len(random)]
		text := bookingRequest(claimPath(rushSold, seats), tokens[i], "rush-floor", rushSold, seats)
		began := time.Now()
		status, body, err := w.ask(text)
		if err == nil && status != http.StatusConflict {
			err = fmt.Errorf("the floor answers %d: %s", status, body)
		}
		attempts[i].took, attempts[i].answeredAt = time.Since(began), time.Now()
		return err
	})
	if err != nil {
		return side{}, err
	}
	return countAttempts(attempts, began).All, nil
}

func printRushes(out io.Writer, rushes []rushResult) {
	for i, r := range rushes {
		fmt.Fprintf(out, "rush %d: %d attempts in %.2f s, %d of %d seats sold, each once; %d winners p50 %.0f ms p99 %.0f ms, paid p50 %.0f ms p99 %.0f ms, the last after %.2f s; %d losers p50 %.0f ms p99 %.0f ms; answers",
			i+1, r.All.Count+r.All.Failed, ratio(float64(r.All.Count), r.All.PerSecond), r.SeatsSold, r.Seats,
			r.Winners.Count, r.Winners.P50, r.Winners.P99, r.Payments.P50, r.Payments.P99, r.Seconds, r.Losers.Count, r.Losers.P50, r.Losers.P99)
		for _, status := range slices.Sorted(maps.Keys(r.Statuses)) {
			fmt.Fprintf(out, " %d×%d", r.Statuses[status], status)
		}
		fmt.Fprintln(out)
	}
}
