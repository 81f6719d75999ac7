package pricing

import (
	"math/bits"

	"github.com/boxoffice/boxoffice/booking"
)

// Parts are what an amount is made of, in minor units.
type Parts struct {
	Tickets, Fees, Tax int64
}

// Total is the sum of the parts.
func (p Parts) Total() int64 { return p.Tickets + p.Fees + p.Tax }

// Shares says what each seat of a quote cost, in the quote's order. Where fee and tax were added: tickets after the discount
// in proportion to the seats' prices, fees per head, tax in proportion to both. Where prices include them: what was paid in
// proportion to the seats' prices, so that without a discount it is the price that was shown; the tax inside in proportion
// to what was paid, fees per head. Rounding carries over from seat to seat, so that the shares sum to the quote exactly.
func Shares(quote booking.Quote) []Parts {
	if quote.PriceMode == booking.PricesInclusive {
		return sharesInside(quote)
	}
	seats := int64(len(quote.Seats))
	shares := make([]Parts, seats)
	tickets, tax := spread{sum: quote.Subtotal - quote.Discount, of: quote.Subtotal}, spread{sum: quote.Tax}
	fees := spread{sum: quote.Fees, of: seats}
	for i, seat := range quote.Seats {
		shares[i] = Parts{Tickets: tickets.next(seat.Price), Fees: fees.next(1)}
	}
	tax.of = tickets.given + fees.given
	byHead := tax.of == 0
	if byHead {
		tax.of = seats
	}
	for i, share := range shares {
		weight := share.Tickets + share.Fees
		if byHead {
			weight = 1
		}
		shares[i].Tax = tax.next(weight)
	}
	return shares
}

func sharesInside(quote booking.Quote) []Parts {
	shares := make([]Parts, len(quote.Seats))
	paid, tax := spread{sum: quote.Total, of: quote.Subtotal}, spread{sum: quote.Tax, of: quote.Total}
	fees := spread{sum: quote.Fees, of: int64(len(quote.Seats))}
	var over int64 // of the fees: the part that does not fit into seats that cost less than the fee per head
	for i, seat := range quote.Seats {
		whole := paid.next(seat.Price)
		taxed, head := tax.next(whole), fees.next(1)
		fee := min(head, whole-taxed)
		over += head - fee
		shares[i] = Parts{Tickets: whole - taxed - fee, Fees: fee, Tax: taxed}
	}
	for i := range shares {
		moved := min(over, shares[i].Tickets)
		shares[i].Tickets -= moved
		shares[i].Fees += moved
		over -= moved
	}
	return shares
}

// spread distributes a sum by weights. It rounds down what has been distributed so far, never a single part: so the
// parts add up to the sum once all weights have been used, and each differs from its exact share by less than one.
type spread struct {
	sum, of     int64
	seen, given int64
}

func (s *spread) next(weight int64) int64 {
	s.seen += weight
	upTo := mulDiv(s.sum, s.seen, s.of)
	gift := upTo - s.given
	s.given = upTo
	return gift
}

// mulDiv is a*b/c, rounded down, for amounts that are not negative and b not above c; the product may exceed an int64.
func mulDiv(a, b, c int64) int64 {
	if c == 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))   //nolint:gosec // amounts are not negative
	quotient, _ := bits.Div64(hi, lo, uint64(c)) //nolint:gosec // amounts are not negative
	return int64(quotient)                       //nolint:gosec // at most a
}
