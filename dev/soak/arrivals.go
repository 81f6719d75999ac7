package main

import (
	"math/rand/v2"
	"time"
)

// arrival is a customer who is to come.
type arrival struct {
	// at is when, since the beginning.
	at     time.Duration
	number int
	kind   kind
}

// arrivals are customers who come by themselves, whatever becomes of those before: with gaps as of a Poisson process, in an order that a
// seed decides.
type arrivals struct {
	random *rand.Rand
	rate   float64
	last   arrival
}

// newArrivals makes those that come at so many a second.
func newArrivals(seed uint64, perSecond float64) *arrivals {
	return &arrivals{random: rand.New(rand.NewPCG(seed, seed)), rate: perSecond, last: arrival{number: -1}} //nolint:gosec // repeatable, not secret
}

// next is the customer who comes after the one before.
func (a *arrivals) next() arrival {
	gap := a.random.ExpFloat64() / a.rate
	a.last = arrival{at: a.last.at + time.Duration(gap*float64(time.Second)), number: a.last.number + 1, kind: draw(a.random)}
	return a.last
}
