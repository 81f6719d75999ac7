package pricing

import "github.com/boxoffice/boxoffice/booking"

// RefuseUnless refuses with CONFLICT, and states the right amount, when the refund differs from what
// its customer expects. Nil means no expectation.
func (r Refund) RefuseUnless(expected *int64) error {
	if expected == nil || *expected == r.Amount {
		return nil
	}
	return booking.Refuse(booking.CodeConflict, "Cancelling gives back another sum than expected. Ask for the quote again.").
		With("field", "expectedRefund").With("refund", r.Amount)
}

// To says how much goes back to each tender for the customer's choice of refundTo, and how much has
// already gone back to the card, outside.
func (r Refund) To(refundTo booking.RefundTo, charge Charge) (wallet, card, outside int64) {
	free, writtenOff := charge.PaidOutside(r.Card)
	outside = free + writtenOff
	if refundTo == booking.RefundToWallet {
		return r.Amount - outside, 0, outside
	}
	return r.Wallet, r.Card - outside, outside
}
