package workflows

import "github.com/boxoffice/boxoffice/booking"

// payAtOnce pays a booking whose request says how, before anything else can happen to it. If the wallet is too short, the seats go back,
// or stay held to be paid in another way if the request wants to keep them. A run that was reset later than its customer waits never gets here
// with something to pay.
func (b *bookingRun) payAtOnce() {
	if b.payNow == nil {
		return
	}
	if _, err := b.pay(b.payNow.PayRequest); err != nil {
		b.refuseAtOnce(refusalIn(err))
	}
	b.answerable = true
}

func (b *bookingRun) refuseAtOnce(refusal *booking.Refusal) {
	if !b.hasEnded() && !b.payNow.KeepSeats {
		short := refusal.Code == booking.CodeInsufficientFunds
		reason := "not paid at once"
		if short {
			reason = "the wallet was too short to pay at once"
		}
		if b.giveBack(booking.StatusCancelled, booking.ActorCustomer, reason, nil) && short && b.defect == nil {
			refusal = &booking.Refusal{
				Code: refusal.Code, Message: "The wallet does not hold enough money for this booking. The seats are free again.", Details: refusal.Details,
			}
		}
	}
	switch {
	case !b.hasEnded():
		b.hold.PayRefusal = refusal
	case b.outcome.Status != booking.StatusConfirmed:
		b.outcome.Refusal = refusal
	}
}

// keepRefusal ends a booking that was to be paid or given back at once, and that an earlier try of this task has given back, with a refusal. Why
// it did is lost with it.
func (b *bookingRun) keepRefusal() {
	if b.req.Pay == nil || b.req.Pay.KeepSeats {
		return
	}
	if b.outcome.Status == booking.StatusFailed || b.outcome.Status == booking.StatusCancelled {
		b.outcome.Refusal = booking.NotServed()
	}
}
