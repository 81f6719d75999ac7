package main

import (
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// regret is what becomes of seats that have been paid for.
type regret string

const (
	keeps       regret = "keep"
	returnsAll  regret = "cancel all"
	returnsSome regret = "cancel some"
	// returnsBoth cancels some and all of them from two devices at once.
	returnsBoth regret = "cancel some and all"
)

// cardUse is one try to pay by card, and what the bank makes of it.
type cardUse struct {
	// Card is one of the simulator's payment methods.
	Card string `json:"card"`
	// Outcome is how a challenge or a card that is being processed ends; empty for cards that are decided at once. Leaves says that the customer never
	// answers the challenge.
	Outcome stripesim.Outcome `json:"outcome,omitempty"`
	Leaves  bool              `json:"leaves,omitempty"`
	// After is how long that takes.
	After stripesim.Duration `json:"after,omitempty"`
}

// story is one thing that a customer does, with everything that is left to chance.
type story struct {
	Kind storyKind `json:"kind"`
	// Pause is how long the customer rests before.
	Pause stripesim.Duration `json:"pause"`
	// Show is the number of a show, and Seats are what is wanted of it.
	Show  int      `json:"show"`
	Seats []string `json:"seats,omitempty"`
	// Coupon may be empty.
	Coupon string `json:"coupon,omitempty"`
	// Twice sends every request that carries a key twice at once.
	Twice bool `json:"twice,omitempty"`
	// Misuses sends the key of the hold again with another body.
	Misuses bool `json:"misuses,omitempty"`
	// Repeats sends the request for the hold again when the story is over.
	Repeats bool `json:"repeats,omitempty"`
	// Think is how long the customer waits before paying or leaving, in hundredths of the hold. Above a hundred is too late.
	Think int `json:"think"`
	// Method is how it is paid; of WALLET_AND_CARD the wallet pays WalletPercent of the price.
	Method        booking.Method `json:"method,omitempty"`
	WalletPercent int            `json:"walletPercent,omitempty"`
	// AtOnce holds and pays from the wallet in one request. If the wallet is too short, the seats go back, or stay held with KeepsSeats.
	AtOnce     bool `json:"atOnce,omitempty"`
	KeepsSeats bool `json:"keepsSeats,omitempty"`
	// Cards are tried one after the other.
	Cards []cardUse `json:"cards,omitempty"`
	// Rival is how somebody else pays for the same booking, while the card is entered or, with Twice, while the payment begins; empty for nobody.
	Rival booking.Method `json:"rival,omitempty"`
	// EnterAfter is how long the customer looks for the card, in hundredths of what is left of the hold.
	EnterAfter int `json:"enterAfter,omitempty"`
	// Then is what becomes of the seats when they have been paid for; RefundTo is where the customer wants the money, and Checks says that the customer
	// insists on the sum that was quoted.
	Then     regret           `json:"then,omitempty"`
	RefundTo booking.RefundTo `json:"refundTo,omitempty"`
	Checks   bool             `json:"checks,omitempty"`
	// Amount is what is topped up, in minor units.
	Amount int64 `json:"amount,omitempty"`
}

const (
	longestPause = 1500 * time.Millisecond
	// scarceCoupon may be used scarceUses times.
	scarceCoupon, scarceUses = "CHAOS25", 10
	plentifulCoupon          = "WELCOME10"
)

// slowCard is one about which its bank decides later.
const slowCard = "pm_card_processing"

func drawStory(d dice, number int, only []string) story {
	s := story{
		Kind:  drawKind(d, only),
		Pause: stripesim.Duration(d.between(0, longestPause)),
		Twice: d.chance(15),
	}
	if s.Kind == topsUp {
		s.Amount, s.Cards = d.Int64N(20_000)+100, drawCards(d)
		return s
	}
	s.Show, s.Seats = drawSeats(d, number)
	if s.Kind == browses {
		return s
	}
	s.Misuses, s.Repeats, s.Think = d.chance(8), d.chance(25), drawThink(d)
	if d.chance(12) {
		s.Coupon = oneOf(d, scarceCoupon, plentifulCoupon, plentifulCoupon)
	}
	if s.Kind != buys && !d.chance(40) {
		return s // else it leaves, or cancels, with a payment begun
	}
	s.Method = draw(d, []weighted[booking.Method]{{4, booking.MethodWallet}, {6, booking.MethodCard}, {4, booking.MethodWalletAndCard}})
	s.WalletPercent, s.Cards = 1+d.IntN(99), drawCards(d)
	if d.chance(10) {
		s.Rival = oneOf(d, booking.MethodWallet, booking.MethodCard, booking.MethodWalletAndCard)
	}
	s.EnterAfter = drawThink(d)
	s.Then = draw(d, []weighted[regret]{{12, keeps}, {4, returnsAll}, {4, returnsSome}, {1, returnsBoth}})
	s.RefundTo = oneOf(d, booking.RefundToOriginal, booking.RefundToOriginal, booking.RefundToWallet)
	s.Checks = d.chance(50)
	if s.Kind == buys && s.Method == booking.MethodWallet && s.Coupon == "" {
		s.AtOnce, s.KeepsSeats = d.chance(50), d.chance(50)
	}
	return s
}

// drawThink is mostly short, sometimes just before or after the deadline, in hundredths of the hold.
func drawThink(d dice) int {
	if d.chance(12) {
		return 90 + d.IntN(20)
	}
	return d.IntN(12)
}

// drawSeats wants one to four seats beside each other: those of a small show that everybody wants, or any of a large one.
func drawSeats(d dice, number int) (show int, seats []string) {
	row, size := "A", hotSeats
	if d.chance(45) {
		show = hotShow(number)
	} else {
		show, row, size = d.IntN(largeShows), largeRows[d.IntN(len(largeRows))], rowSeats
	}
	n := 1 + d.IntN(4)
	first := 1 + d.IntN(size-n+1)
	for i := range n {
		seats = append(seats, fmt.Sprintf("%s%d", row, first+i))
	}
	return show, seats
}

// drawCards is a card that works, mostly; sometimes the first ones do not.
func drawCards(d dice) (cards []cardUse) {
	for d.chance(18) && len(cards) < 2 {
		cards = append(cards, cardUse{Card: oneOf(d, "pm_card_visa_chargeDeclined", "pm_card_visa_chargeDeclinedInsufficientFunds", "pm_card_chargeDeclinedExpiredCard")})
	}
	last := cardUse{Card: draw(d, []weighted[string]{
		{60, "pm_card_visa"}, {10, "pm_card_threeDSecure2Required"}, {9, slowCard}, {11, "pm_card_pendingRefund"}, {10, "pm_card_refundFail"},
	})}
	switch last.Card {
	case "pm_card_threeDSecure2Required":
		last.Outcome, last.After, last.Leaves = drawOutcome(d), stripesim.Duration(d.between(0, 3*time.Second)), d.chance(15)
	case slowCard:
		last.Outcome, last.After = drawOutcome(d), stripesim.Duration(d.between(0, 15*time.Second))
	}
	return append(cards, last)
}

func drawOutcome(d dice) stripesim.Outcome {
	return oneOf(d, stripesim.Succeed, stripesim.Succeed, stripesim.Succeed, stripesim.Fail)
}
