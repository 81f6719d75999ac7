package main

import "math/rand/v2"

// kind is what a customer has come for.
type kind string

// The kinds of customers.
const (
	looks      kind = "looks"    // at what is on, and at the seats of a show
	paysWallet kind = "wallet"   // holds, and pays from the wallet
	paysCard   kind = "card"     // holds, pays by card, and waits for the provider's word
	paysBoth   kind = "hybrid"   // holds, and pays half from the wallet and half by card
	abandons   kind = "abandons" // holds, and leaves
	cancels    kind = "cancels"  // pays in one of the three ways, cancels, and waits for the refunds
)

// share is how many of a hundred customers are of a kind.
type share struct {
	kind    kind
	percent int
}

// mix are all kinds with their shares.
var mix = []share{{looks, 30}, {paysWallet, 25}, {paysCard, 20}, {paysBoth, 10}, {abandons, 10}, {cancels, 5}}

// draw gives a kind as often as its share says.
func draw(random *rand.Rand) kind {
	at := 0
	for left := random.IntN(100) - mix[0].percent; left >= 0; left -= mix[at].percent {
		at++
	}
	return mix[at].kind
}
