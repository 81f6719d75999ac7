package workflows

import "github.com/boxoffice/boxoffice/booking"

// payAtOnce pays a booking whose request says how, in the first workflow task, before anything else can happen to it. If that is refused,
// the booking ends with the refusal, or stays to be paid in another way if the request wants to keep the seats. A run that was reset
// later than its customer waits never gets here with something to pay.
func (b *bookingRun) payAtOnce() {
	if b.payNow == nil {
		return
	}
	if _, err := b.pay(b.payNow.PayRequest); err != nil {
		b.refuseAtOnce(refusalIn(err))
	}
	b.held = true
}

func (b *bookingRun) refuseAtOnce(refusal *booking.Refusal) {
	if !b.hasEnded() && !b.payNow.KeepSeats {
		b.giveBack(booking.StatusFailed, booking.ActorSystem, "not paid: "+refusal.Message, nil)
	}
	switch {
	case !b.hasEnded():
		b.hold.PayRefusal = refusal
	case b.outcome.Status != booking.StatusConfirmed:
		b.outcome.Refusal = refusal
	}
}
