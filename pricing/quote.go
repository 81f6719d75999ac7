// Package pricing computes quotes. Its functions are pure: the same seats and rates give the same quote, wherever and
// however often they run.
package pricing

import "github.com/boxoffice/boxoffice/booking"

// Rates are what a theatre adds to the price of a ticket, or includes in it.
type Rates struct {
	// Currency is the theatre's, as an ISO 4217 code.
	Currency string
	// PriceMode says whether the prices of the seats already include fee and tax.
	PriceMode booking.PriceMode
	// TaxRounding says whether tax is rounded for the total, or for each seat with its fee.
	TaxRounding booking.TaxRounding
	// FeePerSeat is the booking fee in minor units: including tax where prices do, otherwise excluding it.
	FeePerSeat int64
	// TaxBasisPoints is the tax on tickets and fees in hundredths of a percent.
	TaxBasisPoints int64
}

// Quote prices the seats. The coupon's discount, if there is one, is taken off the sum of the prices that were shown.
//
// Where prices are INCLUSIVE, the rest is what is paid, and fee and tax are split out of it. A seat whose price after the discount
// is less than the fee is all fee. Where fee and tax are ADDED, they are added to the rest: the fee for each seat, and tax on both.
func Quote(seats []booking.PricedSeat, rates Rates, coupon *Coupon) booking.Quote {
	quote := booking.Quote{
		Currency:      rates.Currency,
		PriceMode:     rates.PriceMode,
		TaxRounding:   rates.TaxRounding,
		Seats:         seats,
		AppliedOffers: []booking.AppliedOffer{},
	}
	for _, seat := range seats {
		quote.Subtotal += seat.Price
	}
	if coupon != nil {
		quote.Discount = coupon.discount(quote.Subtotal)
		quote.AppliedOffers = append(quote.AppliedOffers, booking.AppliedOffer{Code: coupon.Code, Discount: quote.Discount})
	}
	left := quote.Subtotal - quote.Discount
	lines, fees := make([]int64, len(seats)), make([]int64, len(seats))
	reduced := spread{sum: left, of: quote.Subtotal}
	for i, seat := range seats {
		lines[i], fees[i] = reduced.next(seat.Price), rates.FeePerSeat
		if rates.PriceMode == booking.PricesInclusive {
			fees[i] = min(fees[i], lines[i])
		} else {
			lines[i] += fees[i]
		}
	}
	if rates.PriceMode == booking.PricesInclusive {
		inside := func(gross int64) int64 { return taxInside(gross, rates.TaxBasisPoints) }
		quote.Tax = rates.round(lines, inside)
		quote.Fees = sum(fees) - rates.round(fees, inside)
		quote.Total = left
		return quote
	}
	quote.Fees = sum(fees)
	quote.Tax = rates.round(lines, func(net int64) int64 { return taxOn(net, rates.TaxBasisPoints) })
	quote.Total = left + quote.Fees + quote.Tax
	return quote
}

// round is the tax of all lines, rounded as the theatre does it: the tax on a receipt is that of its
// total, or the sum of that of its lines.
func (r Rates) round(lines []int64, tax func(int64) int64) int64 {
	if r.TaxRounding != booking.TaxByLine {
		return tax(sum(lines))
	}
	taxes := make([]int64, len(lines))
	for i, line := range lines {
		taxes[i] = tax(line)
	}
	return sum(taxes)
}

// taxOn is the tax that is added to a net amount, rounded half up to the minor unit.
func taxOn(net, basisPoints int64) int64 {
	return (net*basisPoints + 5000) / 10000
}

// taxInside is the tax that a gross amount includes, rounded half up to the minor unit.
func taxInside(gross, basisPoints int64) int64 {
	whole := 10000 + basisPoints
	return (2*gross*basisPoints + whole) / (2 * whole)
}

func sum(amounts []int64) (total int64) {
	for _, amount := range amounts {
		total += amount
	}
	return total
}
