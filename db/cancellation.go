package db

import (
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/pricing"
)

// Sale converts the row for pricing.RefundFor.
func (r CancellationTermsRow) Sale() pricing.Sale {
	sale := pricing.Sale{
		BookingID: r.ID,
		Status:    r.Status,
		Quote: booking.Quote{
			Currency: r.Currency, PriceMode: booking.PriceMode(r.PriceMode), TaxRounding: booking.TaxRounding(r.TaxRounding),
			Subtotal: r.Subtotal, Discount: r.Discount, Fees: r.Fees, Tax: r.Tax, Total: r.Total,
			AppliedOffers: []booking.AppliedOffer{},
		},
		Cancelled:     r.Cancelled,
		Wallet:        r.WalletAmount,
		Card:          r.CardAmount,
		Refunded:      r.Refunded,
		CardRefunded:  r.CardRefunded,
		Carried:       r.Carried,
		FeeTaken:      r.FeeTaken,
		Left:          time.Duration(r.SecondsLeft) * time.Second,
		ShowCancelled: r.ShowCancelled,
		CheckedIn:     r.CheckedIn,
	}
	for i, seat := range r.Seats {
		sale.Quote.Seats = append(sale.Quote.Seats, booking.PricedSeat{Seat: seat, Price: r.Prices[i]})
	}
	if r.PolicyID != 0 {
		sale.Policy = &pricing.Policy{ID: r.PolicyID, Fee: r.PolicyFee}
		for i, hours := range r.TierHours {
			sale.Policy.Tiers = append(sale.Policy.Tiers, pricing.Tier{HoursBefore: int(hours), Percent: int(r.TierPercents[i])})
		}
	}
	return sale
}

// Charge converts the row for pricing.Refund.To.
func (r ChargeLeftRow) Charge() pricing.Charge {
	return pricing.Charge{Left: r.AmountLeft, Free: r.Free, WrittenOff: r.WrittenOff}
}
