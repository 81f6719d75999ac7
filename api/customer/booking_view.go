package customer

import (
	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/sales"
)

// bookingView draws a booking.
func (h *Handlers) bookingView(b sales.Booking) openapi.Booking {
	view := openapi.Booking{
		BookingId: b.ID, Status: b.Status, CreatedAt: b.CreatedAt, ExpiresAt: b.ExpiresAt, Show: answer.BookedShow(b.Show), Pricing: pricingView(b),
		ConfirmedAt: b.ConfirmedAt, CheckedInAt: b.CheckedInAt, Refunds: refundViews(b.Refunds), Seats: make([]string, len(b.Seats)),
		Payments: make([]openapi.Payment, len(b.Payments)), Cancellations: make([]openapi.SeatCancellation, len(b.Cancellations)),
		Trail: make([]openapi.StateChange, len(b.Trail)),
	}
	if b.Attendance != "" {
		view.Attendance = &b.Attendance
	}
	for i, seat := range b.Seats {
		view.Seats[i] = seat.Label
	}
	for i, payment := range b.Payments {
		view.Payments[i] = h.paymentView(payment)
	}
	for i, c := range b.Cancellations {
		view.Cancellations[i] = seatCancellationView(c)
	}
	for i, change := range b.Trail {
		view.Trail[i] = openapi.StateChange{To: change.To, Reason: change.Reason, Actor: change.Actor, At: change.At}
		if change.From != "" {
			view.Trail[i].From = &change.From
		}
	}
	if refusal := b.PayRefusal; refusal != nil {
		view.PayRefusal = &openapi.PayRefusal{Code: refusal.Code, Message: refusal.Message}
		if refusal.Details != nil {
			view.PayRefusal.Details = &refusal.Details
		}
	}
	if b.Ticket != nil {
		view.Ticket = &openapi.Ticket{TicketId: b.Ticket.ID, SeatIds: b.Ticket.Seats, QrCodeData: b.Ticket.Code}
	}
	return view
}

// pricingView draws the frozen quote; nil until there is one.
func pricingView(b sales.Booking) *openapi.Pricing {
	quote := b.Quote
	if quote == nil {
		return nil
	}
	pricing := openapi.Pricing{
		Currency: quote.Currency, PriceMode: quote.PriceMode, TaxRounding: quote.TaxRounding,
		Subtotal: quote.Subtotal, Discount: quote.Discount, Fees: quote.Fees, Tax: quote.Tax, Total: quote.Total,
		AppliedOffers: make([]openapi.AppliedOffer, len(quote.AppliedOffers)), Lines: make([]openapi.PricingLine, len(b.Seats)),
	}
	for i, seat := range b.Seats {
		pricing.Lines[i] = openapi.PricingLine{SeatId: seat.Label, Type: seat.Category, Price: seat.Price}
		if seat.Cancelled {
			pricing.Lines[i].Cancelled = &seat.Cancelled
		}
	}
	for i, offer := range quote.AppliedOffers {
		pricing.AppliedOffers[i] = openapi.AppliedOffer{
			Code: offer.Code, Discount: offer.Discount,
			Description: booking.Money{Amount: offer.Discount, Currency: quote.Currency}.String() + " off",
		}
	}
	return &pricing
}

func seatCancellationView(c sales.SeatCancellation) openapi.SeatCancellation {
	return openapi.SeatCancellation{
		CancellationId: c.ID, SeatIds: c.Seats, Percent: c.Percent, Paid: c.Paid, Fee: c.Fee, Refund: c.Refund, RefundTo: c.RefundTo, Cause: c.Cause, At: c.At,
	}
}

func refundViews(refunds []sales.Refund) []openapi.Refund {
	views := make([]openapi.Refund, len(refunds))
	for i, refund := range refunds {
		views[i] = openapi.Refund{
			RefundId: refund.ID, CancellationId: answer.Optional(refund.CancellationID), Tender: refund.Tender, Amount: refund.Amount,
			Currency: refund.Currency, Status: refund.Status, Dispute: answer.Optional(refund.Dispute),
		}
	}
	return views
}

// tenderViews draws what a wallet and a card pay, or get back, without those that have no part in it.
func tenderViews(wallet, card int64) []openapi.Tender {
	tenders := []openapi.Tender{}
	if wallet > 0 {
		tenders = append(tenders, openapi.Tender{Tender: booking.TenderWallet, Amount: wallet})
	}
	if card > 0 {
		tenders = append(tenders, openapi.Tender{Tender: booking.TenderCard, Amount: card})
	}
	return tenders
}
