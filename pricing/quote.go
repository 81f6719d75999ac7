// Package pricing computes quotes. Its functions are pure: the same seats and rates give the same quote, wherever and
// however often they run.
package pricing

import "github.com/boxoffice/boxoffice/booking"

// Rates are a theatre's additions to the ticket price.
type Rates struct {
	// Currency is the theatre's, as an ISO 4217 code.
	Currency string
	// FeePerSeat is the booking fee in minor units.
	FeePerSeat int64
	// TaxBasisPoints is the tax on tickets and fees in hundredths of a percent.
	TaxBasisPoints int64
}

// Quote prices the seats: the sum of their prices, less the discount of the coupon, if there is one, plus the fee for each, plus
// tax on what is left and on the fees.
func Quote(seats []booking.PricedSeat, rates Rates, coupon *Coupon) booking.Quote {
	quote := booking.Quote{
		Currency:      rates.Currency,
		Seats:         seats,
		AppliedOffers: []booking.AppliedOffer{},
		Fees:          rates.FeePerSeat * int64(len(seats)),
	}
	for _, seat := range seats {
		quote.Subtotal += seat.Price
	}
	if coupon != nil {
		quote.Discount = coupon.discount(quote.Subtotal)
		quote.AppliedOffers = append(quote.AppliedOffers, booking.AppliedOffer{Code: coupon.Code, Discount: quote.Discount})
	}
	quote.Tax = share(quote.Subtotal-quote.Discount+quote.Fees, rates.TaxBasisPoints)
	quote.Total = quote.Subtotal - quote.Discount + quote.Fees + quote.Tax
	return quote
}

// share is basis points of an amount, rounded half up to the minor unit, once for the whole booking, so that the
// tax on a receipt is the tax on its sum.
func share(amount, basisPoints int64) int64 {
	return (amount*basisPoints + 5000) / 10000
}
