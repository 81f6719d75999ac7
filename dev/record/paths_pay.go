package main

import (
	"net/http"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db/seed"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// payPaths end with a paid booking.
func payPaths() []path {
	confirmed := func(name string, play func(*scene)) path {
		return path{name: name, want: booking.StatusConfirmed, play: play}
	}
	return []path{
		confirmed("wallet_confirmed", func(s *scene) {
			s.hold(s.asha)
			s.payFromWallet()
		}),
		confirmed("wallet_at_once", func(s *scene) { get(s.buyAtOnce(s.asha, s.ashaID, booking.ReleaseSeats)) }),
		{name: "wallet_at_once_refused", want: booking.StatusCancelled, refusal: booking.CodeInsufficientFunds, play: func(s *scene) {
			_, err := s.buyAtOnce(s.cleo, s.cleoID, booking.ReleaseSeats)
			s.refused(err, booking.CodeInsufficientFunds)
		}},
		confirmed("wallet_at_once_refused_then_card", func(s *scene) {
			held := get(s.buyAtOnce(s.cleo, s.cleoID, booking.HoldSeats))
			s.expect(held.PayRefusal != nil && held.PayRefusal.Code == booking.CodeInsufficientFunds, "the wallet was not too short")
			payment := get(s.cleo.Pay(s.ctx, s.key(), s.booking, booking.MethodCard))
			s.enter(payment, "pm_card_visa", "succeeded")
		}),
		confirmed("coupon_confirmed", func(s *scene) {
			done := s.awaitTurn()
			held, err := s.asha.BookWithCoupon(s.ctx, s.key(), seed.Coupons[0].Code, s.show, s.freeSeat())
			done()
			s.must(err)
			s.booking = held.BookingId
			s.payFromWallet()
		}),
		confirmed("wallet_insufficient_then_card", func(s *scene) {
			s.hold(s.cleo)
			_, err := s.cleo.Pay(s.ctx, s.key(), s.booking, booking.MethodWallet)
			s.refused(err, booking.CodeInsufficientFunds)
			payment := get(s.cleo.Pay(s.ctx, s.key(), s.booking, booking.MethodCard))
			s.enter(payment, "pm_card_visa", "succeeded")
		}),
		confirmed("card_confirmed", func(s *scene) {
			s.enter(s.holdAndPayByCard(), "pm_card_visa", "succeeded")
		}),
		confirmed("card_declined_then_confirmed", func(s *scene) {
			payment := s.holdAndPayByCard()
			s.enterDeclined(payment)
			s.enter(payment, "pm_card_visa", "succeeded")
		}),
		confirmed("card_declined_then_second_attempt", func(s *scene) {
			s.enterDeclined(s.holdAndPayByCard())
			s.enter(s.payByCard(), "pm_card_visa", "succeeded")
		}),
		confirmed("card_then_wallet", func(s *scene) {
			s.holdAndPayByCard()
			s.payFromWallet()
		}),
		confirmed("3ds_confirmed", func(s *scene) {
			payment := s.holdAndPayByCard()
			s.enter(payment, "pm_card_threeDSecure2Required", "requires_action")
			s.must(s.Simulator().Authenticate(s.ctx, payment.ProviderPayload.PaymentIntentId, stripesim.Succeed))
		}),
		confirmed("3ds_failed_then_confirmed", func(s *scene) {
			payment := s.holdAndPayByCard()
			s.enter(payment, "pm_card_threeDSecure2Required", "requires_action")
			s.must(s.Simulator().Authenticate(s.ctx, payment.ProviderPayload.PaymentIntentId, stripesim.Fail))
			s.untilPayment(payment, booking.PaymentDeclined)
			s.enter(payment, "pm_card_visa", "succeeded")
		}),
		confirmed("processing_then_confirmed", func(s *scene) {
			payment := s.holdAndPayByCard()
			s.enter(payment, "pm_card_processing", "processing")
			s.untilPayment(payment, booking.PaymentProcessing)
			s.must(s.Simulator().SettleIntent(s.ctx, payment.ProviderPayload.PaymentIntentId, stripesim.Succeed))
		}),
		confirmed("intent_cancelled_then_second_attempt", func(s *scene) {
			payment := s.holdAndPayByCard()
			s.must(s.cancelIntent(s.ctx, payment.ProviderPayload.PaymentIntentId))
			s.untilPayment(payment, booking.PaymentCancelled)
			s.enter(s.payByCard(), "pm_card_visa", "succeeded")
		}),
		confirmed("cancel_refused_while_processing", func(s *scene) {
			payment := s.holdAndPayByCard()
			s.enter(payment, "pm_card_processing", "processing")
			s.untilPayment(payment, booking.PaymentProcessing)
			_, err := s.asha.Cancel(s.ctx, s.booking)
			s.refused(err, booking.CodePaymentPending)
			s.must(s.Simulator().SettleIntent(s.ctx, payment.ProviderPayload.PaymentIntentId, stripesim.Succeed))
		}),
		confirmed("second_attempt_refused_while_processing", func(s *scene) {
			payment := s.holdAndPayByCard()
			s.enter(payment, "pm_card_processing", "processing")
			s.untilPayment(payment, booking.PaymentProcessing)
			_, err := s.asha.Pay(s.ctx, s.key(), s.booking, booking.MethodCard)
			s.refused(err, booking.CodePaymentPending)
			s.must(s.Simulator().SettleIntent(s.ctx, payment.ProviderPayload.PaymentIntentId, stripesim.Succeed))
		}),
		confirmed("duplicate_webhooks", duplicateWebhooks),
		confirmed("wrong_amount_settled", wrongAmount),
		confirmed("database_away_during_confirm", func(s *scene) {
			payment := s.holdAndPayByCard()
			s.whileLocked(lockBooking, s.booking, func() {
				s.enter(payment, "pm_card_visa", "succeeded")
				s.untilEvent("the confirmation is tried as an activity", asks(booking.StepConfirmBooking))
			})
		}),
		confirmed("paid_only_by_an_event", func(s *scene) {
			payment := s.holdAndPayByCard()
			intent := payment.ProviderPayload.PaymentIntentId
			s.signalPaid(intent)
			s.until("operators are told that the provider denies it", func() (bool, error) { return s.flagged(intent) })
			s.enter(payment, "pm_card_visa", "succeeded")
		}),
		confirmed("intent_cancelled_only_by_an_event", func(s *scene) {
			payment := s.holdAndPayByCard()
			intent := payment.ProviderPayload.PaymentIntentId
			s.signal(booking.PaymentEvent{EventID: "evt_only", Kind: booking.PaymentEventCanceled, IntentID: intent})
			s.until("operators are told that the provider denies it", func() (bool, error) { return s.flagged(intent) })
			s.enter(payment, "pm_card_visa", "succeeded")
		}),
	}
}

func (s *scene) payFromWallet() {
	payment := get(s.asha.Pay(s.ctx, s.key(), s.booking, booking.MethodWallet))
	s.expect(payment.BookingStatus == booking.StatusConfirmed, "the booking is %s", payment.BookingStatus)
}

// signal tells the booking something about a payment that no provider has said.
func (s *scene) signal(event booking.PaymentEvent) {
	event.BookingID, event.OccurredAt = s.booking, time.Now()
	s.must(s.Temporal.SignalWorkflow(s.ctx, booking.WorkflowID(s.booking), "", booking.SignalPaymentEvent, event))
}

// signalPaid says that the booking has been paid on an intent, whether or not it has.
func (s *scene) signalPaid(intentID string) {
	total := get(ask[int64](s, `SELECT total FROM bookings WHERE id = $1`, s.booking))
	s.signal(booking.PaymentEvent{
		EventID: "evt_only", Kind: booking.PaymentEventSucceeded, IntentID: intentID, Received: booking.Money{Amount: total, Currency: "INR"},
	})
}

// flagged says whether operators have been told that the provider contradicts an event.
func (s *scene) flagged(subject string) (told bool, err error) {
	return ask[bool](s, `SELECT EXISTS (SELECT FROM flags WHERE kind = 'PROVIDER' AND subject = $1)`, subject)
}

// duplicateWebhooks has the same decline arrive twice and the same success several times.
func duplicateWebhooks(s *scene) {
	payment := s.holdAndPayByCard()
	intent := payment.ProviderPayload.PaymentIntentId
	for range 2 {
		s.signal(booking.PaymentEvent{
			EventID: "evt_twice", Kind: booking.PaymentEventDeclined, IntentID: intent, DeclineCode: "generic_decline",
		})
	}
	s.untilPayment(payment, booking.PaymentDeclined)
	s.enter(payment, "pm_card_visa", "succeeded")
	s.must(s.Simulator().Ask(s.ctx, http.MethodPost, "/_sim/events/"+s.eventOf(intent)+"/redeliver", nil, nil))
}

// eventOf waits until the provider has sent the event that an intent has succeeded.
func (s *scene) eventOf(intentID string) (eventID string) {
	s.until("the provider has sent its event", func() (bool, error) {
		var sent []stripesim.Delivery
		err := s.Simulator().Ask(s.ctx, http.MethodGet, "/_sim/deliveries?type=payment_intent.succeeded", nil, &sent)
		for _, delivery := range sent {
			if delivery.Object == intentID {
				eventID = delivery.Event
			}
		}
		return eventID != "", err
	})
	return eventID
}

// wrongAmount has an event name another amount than the booking asked for. The settlement asks the provider, who has received nothing; the booking
// can still be paid.
func wrongAmount(s *scene) {
	payment := s.holdAndPayByCard()
	intent := payment.ProviderPayload.PaymentIntentId
	s.signal(booking.PaymentEvent{
		EventID: "evt_wrong_amount", Kind: booking.PaymentEventSucceeded, IntentID: intent,
		Received: booking.Money{Amount: 1, Currency: "INR"},
	})
	s.keepSettlement(intent, "wrong_amount_not_received", booking.SettledNothing)
	s.enter(s.payByCard(), "pm_card_visa", "succeeded")
}
