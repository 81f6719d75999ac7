package main

import (
	"math/rand/v2"
	"time"

	"github.com/boxoffice/boxoffice/dev/tool"
)

// kind is what a customer has come for.
type kind string

// The kinds of customers.
const (
	looks      kind = "looks"
	paysWallet kind = "wallet"
	paysCard   kind = "card"
	paysBoth   kind = "hybrid"
	abandons   kind = "abandons"
	cancels    kind = "cancels"
)

// mix are kinds of customers; each plays a share of them, in hundredths of all kinds together.
type mix = tool.Scenarios[int]

// everybody are all kinds.
var everybody = mix{
	{Name: string(looks), Play: 30, About: "looks at what is on, and at the seats of a show"},
	{Name: string(paysWallet), Play: 25, About: "holds, and pays from the wallet"},
	{Name: string(paysCard), Play: 20, About: "holds, pays by card, and waits for the provider's event"},
	{Name: string(paysBoth), Play: 10, About: "holds, and pays half from the wallet and half by card"},
	{Name: string(abandons), Play: 10, About: "holds, and leaves"},
	{Name: string(cancels), Play: 5, About: "pays in one of the three ways, cancels, and waits for the refunds"},
}

// draw gives a kind as often as its share says.
func draw(of mix, random *rand.Rand) kind {
	sum := 0
	for _, one := range of {
		sum += one.Play
	}
	at := 0
	for left := random.IntN(sum) - of[0].Play; left >= 0; left -= of[at].Play {
		at++
	}
	return kind(of[at].Name)
}

// arrival is a customer who is to come.
type arrival struct {
	// at is when, since the beginning.
	at     time.Duration
	number int
	kind   kind
}

// arrivals are customers who come independently of those before, at random moments (a Poisson process), in an order that a seed decides.
type arrivals struct {
	mix    mix
	random *rand.Rand
	rate   float64
	last   arrival
}

// newArrivals makes those of a mix that come at so many a second.
func newArrivals(of mix, seed uint64, perSecond float64) *arrivals {
	return &arrivals{mix: of, random: rand.New(rand.NewPCG(seed, seed)), rate: perSecond, last: arrival{number: -1}} //nolint:gosec // repeatable, not secret
}

// next is the customer who comes after the one before.
func (a *arrivals) next() arrival {
	gap := a.random.ExpFloat64() / a.rate
	a.last = arrival{at: a.last.at + time.Duration(gap*float64(time.Second)), number: a.last.number + 1, kind: draw(a.mix, a.random)}
	return a.last
}
