package main

import (
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// settlePaths have money arrive that no workflow waits for. The history of the booking that it is for is kept, too.
func settlePaths() []path {
	expired := func(name string, play func(*scene)) path {
		return path{name: name, holdSeconds: shortHold, want: booking.StatusExpired, play: play}
	}
	return []path{
		expired("expired_then_paid_late", func(s *scene) {
			held, payment := s.expire()
			s.keepSettlement(s.pay(held.Pricing.Total, payment), "late_confirmed", booking.SettledConfirmed)
			s.await(booking.StatusConfirmed)
		}),
		expired("expired_then_seats_gone", func(s *scene) {
			held, payment := s.expire()
			s.book(s.ben, held.Seats...)
			intent := s.pay(held.Pricing.Total, payment)
			s.keepSettlement(intent, "late_refunded_seats_gone", booking.SettledRefunded)
			s.expectRefunded(intent)
		}),
		expired("expired_then_wrong_amount", func(s *scene) {
			held, payment := s.expire()
			intent := s.pay(held.Pricing.Total-1, payment)
			s.keepSettlement(intent, "wrong_amount_refunded", booking.SettledRefunded)
			s.expectRefunded(intent)
		}),
		expired("expired_then_show_closed", func(s *scene) {
			held, payment := s.expire()
			s.closeShow()
			intent := s.pay(held.Pricing.Total, payment)
			s.keepSettlement(intent, "late_refunded_show_closed", booking.SettledRefunded)
			s.expectRefunded(intent)
		}),
		{name: "confirmed_then_unknown_money", want: booking.StatusConfirmed, play: func(s *scene) {
			payment := s.holdAndPayByCard()
			s.enter(payment, "pm_card_visa", "succeeded")
			s.await(booking.StatusConfirmed)
			s.settle(payment.ProviderPayload.PaymentIntentId)
			s.keepSettlement(payment.ProviderPayload.PaymentIntentId, "already_settled", booking.SettledAlready)
			intent, err := s.charge(s.ctx, 12_345, map[string]string{
				booking.MetadataBooking: booking.ID("nobody", s.key()), booking.MetadataPayment: "pay_of_nobody",
			})
			s.must(err)
			s.keepSettlement(intent, "unknown_booking_refunded", booking.SettledRefunded)
			s.expectRefunded(intent)
		}},
		{name: "confirmed_then_unknown_intent", want: booking.StatusConfirmed, play: func(s *scene) {
			s.enter(s.holdAndPayByCard(), "pm_card_visa", "succeeded")
			s.await(booking.StatusConfirmed)
			s.settle("pi_of_nobody")
			s.keepSettlement("pi_of_nobody", "unknown_intent", booking.SettledUnknown)
		}},
	}
}

// expire leaves a booking with an unpaid card payment to its deadline, and waits until its workflow is over.
func (s *scene) expire() (openapi.Booking, openapi.Payment) {
	held := s.hold(s.asha)
	payment := s.payByCard()
	s.await(booking.StatusExpired)
	s.must(s.Temporal.GetWorkflow(s.ctx, booking.WorkflowID(s.booking), "").Get(s.ctx, nil))
	return held, payment
}

// pay collects money for a payment of the booking on an intent that the product does not know, as after an attempt that ended before it had stored
// its intent.
func (s *scene) pay(amount int64, payment openapi.Payment) (intentID string) {
	s.sql("UPDATE payments SET intent_id = NULL WHERE id = $1", payment.PaymentId)
	return get(s.charge(s.ctx, amount, map[string]string{booking.MetadataBooking: s.booking, booking.MetadataPayment: payment.PaymentId}))
}

// settle starts a settlement by hand, as an operator may.
func (s *scene) settle(intentID string) {
	_, err := s.Temporal.ExecuteWorkflow(s.ctx, client.StartWorkflowOptions{
		ID:                       booking.SettlementWorkflowID(intentID),
		TaskQueue:                booking.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, booking.SettlementWorkflow, booking.SettlementRequest{IntentID: intentID, Reason: "asked by an operator", CorrelationID: s.name})
	s.must(err)
}
