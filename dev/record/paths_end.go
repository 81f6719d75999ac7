package main

import (
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// shortHold is how many seconds a hold lasts that is meant to expire: enough to begin a payment on a busy machine.
const shortHold = 6

// endPaths end without a sale, or nearly so.
func endPaths() []path {
	return []path{
		{name: "expired_unpaid", holdSeconds: shortHold, want: booking.StatusExpired, play: func(s *scene) { s.hold(s.asha) }},
		{name: "expired_with_open_intent", holdSeconds: shortHold, want: booking.StatusExpired, play: func(s *scene) { s.holdAndPayByCard() }},
		{name: "expired_after_decline", holdSeconds: shortHold, want: booking.StatusExpired, play: func(s *scene) {
			s.enterDeclined(s.holdAndPayByCard())
		}},
		{name: "processing_at_expiry_then_confirmed", holdSeconds: shortHold, want: booking.StatusConfirmed, play: func(s *scene) {
			s.must(s.Simulator().SettleIntent(s.ctx, s.processingAtExpiry(), stripesim.Succeed))
		}},
		{name: "processing_at_expiry_then_failed", holdSeconds: shortHold, want: booking.StatusExpired, play: func(s *scene) {
			s.must(s.Simulator().SettleIntent(s.ctx, s.processingAtExpiry(), stripesim.Fail))
		}},
		{name: "customer_acts_after_expiry", holdSeconds: shortHold, want: booking.StatusConfirmed, play: func(s *scene) {
			s.cancelAfterExpiry(stripesim.Succeed, booking.CodeInvalidState)
		}},
		{name: "customer_acts_after_expiry_unpaid", holdSeconds: shortHold, want: booking.StatusExpired, play: func(s *scene) {
			s.cancelAfterExpiry(stripesim.Fail, booking.CodeBookingExpired)
		}},
		{name: "second_attempt_past_deadline", holdSeconds: shortHold, want: booking.StatusExpired, play: secondAttemptPastDeadline},
		{name: "paid_while_expiring", holdSeconds: shortHold, want: booking.StatusExpired, play: paidWhileExpiring},
		{name: "cancelled_by_customer", want: booking.StatusCancelled, play: func(s *scene) {
			s.hold(s.asha)
			s.cancel(0)
		}},
		{name: "cancelled_with_open_intent", want: booking.StatusCancelled, play: func(s *scene) {
			s.holdAndPayByCard()
			s.cancel(0)
		}},
		{name: "cancelled_by_operator", want: booking.StatusCancelled, play: func(s *scene) {
			s.hold(s.asha)
			s.cancelByOperator()
		}},
		{name: "cancelled_by_operator_with_open_intent", want: booking.StatusCancelled, play: func(s *scene) {
			payment := s.holdAndPayByCard()
			s.cancelByOperator()
			s.keepSettlement(payment.ProviderPayload.PaymentIntentId, "nothing_received", booking.SettledNothing)
		}},
		{name: "cancelled_by_operator_while_processing", want: booking.StatusCancelled, play: func(s *scene) {
			payment := s.holdAndPayByCard()
			intent := payment.ProviderPayload.PaymentIntentId
			s.enter(payment, "pm_card_processing", "processing")
			s.untilPayment(payment, booking.PaymentProcessing)
			s.cancelByOperator()
			s.await(booking.StatusCancelled)
			s.untilRetrying(booking.SettlementWorkflowID(intent))
			s.must(s.Simulator().SettleIntent(s.ctx, intent, stripesim.Succeed))
			s.keepSettlement(intent, "processing_then_refunded", booking.SettledRefunded)
		}},
		{name: "show_closed_before_confirm_refunded", want: booking.StatusFailed, play: func(s *scene) {
			payment := s.holdAndPayByCard()
			s.closeShow()
			s.enter(payment, "pm_card_visa", "succeeded")
			s.await(booking.StatusFailed)
			s.expectRefunded(payment.ProviderPayload.PaymentIntentId)
		}},
		{name: "show_closed_before_wallet_payment", want: booking.StatusFailed, play: func(s *scene) {
			s.hold(s.asha)
			s.closeShow()
			_, err := s.asha.Pay(s.ctx, s.key(), s.booking, booking.MethodWallet)
			s.refused(err, booking.CodeConflict)
		}},
	}
}

// silentPaths are those in which the booking finds out for itself that it was paid.
func silentPaths() []path {
	return []path{
		{name: "expiry_finds_payment", holdSeconds: shortHold, want: booking.StatusConfirmed, play: func(s *scene) {
			s.enter(s.holdAndPayByCard(), "pm_card_visa", "succeeded")
		}},
		{name: "expiry_finds_payment_show_closed_refunded", holdSeconds: shortHold, want: booking.StatusFailed, play: func(s *scene) {
			payment := s.holdAndPayByCard()
			s.enter(payment, "pm_card_visa", "succeeded")
			s.closeShow()
			s.await(booking.StatusFailed)
			s.expectRefunded(payment.ProviderPayload.PaymentIntentId)
		}},
		{name: "superseded_attempt_already_paid", want: booking.StatusConfirmed, play: func(s *scene) {
			s.enter(s.holdAndPayByCard(), "pm_card_visa", "succeeded")
			_, err := s.asha.Pay(s.ctx, s.key(), s.booking, booking.MethodCard)
			s.refused(err, booking.CodeInvalidState)
		}},
		{name: "cancelled_after_charge_refunded", want: booking.StatusCancelled, play: func(s *scene) {
			held := s.hold(s.asha)
			payment := s.payByCard()
			s.enter(payment, "pm_card_visa", "succeeded")
			s.cancel(held.Pricing.Total)
			s.expectRefunded(payment.ProviderPayload.PaymentIntentId)
		}},
		{name: "settled_before_cancel", want: booking.StatusConfirmed, play: func(s *scene) {
			s.settleWhileOpen()
			s.cancelUnpaidBehindTheAPI()
		}},
		{name: "settled_before_deadline", holdSeconds: shortHold, want: booking.StatusConfirmed, play: func(s *scene) {
			s.settleWhileOpen()
		}},
	}
}

// settleWhileOpen has a settlement confirm the booking while its own workflow still waits for the payment.
func (s *scene) settleWhileOpen() {
	payment := s.holdAndPayByCard()
	s.enter(payment, "pm_card_visa", "succeeded")
	s.settle(payment.ProviderPayload.PaymentIntentId)
	s.await(booking.StatusConfirmed)
}

// refundAwayPaths are those in which the provider does not answer the first request for a refund.
func refundAwayPaths() []path {
	return []path{{name: "cancelled_refund_retried", want: booking.StatusCancelled, play: func(s *scene) {
		held := s.hold(s.asha)
		payment := s.payByCard()
		s.enter(payment, "pm_card_visa", "succeeded")
		s.cancel(held.Pricing.Total)
		s.expectRefund(payment.ProviderPayload.PaymentIntentId, booking.RefundSucceeded)
	}}}
}

// refundLatePaths are those in which the provider makes no refund until a settlement has taken over.
func refundLatePaths() []path {
	return []path{{name: "cancelled_refund_taken_over", want: booking.StatusCancelled, play: func(s *scene) {
		held := s.hold(s.asha)
		payment := s.payByCard()
		s.enter(payment, "pm_card_visa", "succeeded")
		s.cancel(held.Pricing.Total)
		s.expectRefund(payment.ProviderPayload.PaymentIntentId, booking.RefundInitiated)
		s.must(s.Simulator().ClearFaults(s.ctx))
		s.keepSettlement(payment.ProviderPayload.PaymentIntentId, "refund_taken_over", booking.SettledRefunded)
		s.expectRefund(payment.ProviderPayload.PaymentIntentId, booking.RefundSucceeded)
	}}}
}

// refundRefusedPaths are those in which the provider will not give the money back.
func refundRefusedPaths() []path {
	return []path{{name: "cancelled_refund_refused", want: booking.StatusCancelled, play: func(s *scene) {
		payment := s.holdAndPayByCard()
		s.enter(payment, "pm_card_visa", "succeeded")
		get(s.asha.Cancel(s.ctx, s.booking))
		s.expectRefund(payment.ProviderPayload.PaymentIntentId, booking.RefundNeedsAttention)
	}}}
}

// providerAwayPaths are those in which the provider does not answer when it is asked for an intent.
func providerAwayPaths() []path {
	return []path{{name: "provider_unavailable", want: booking.StatusConfirmed, play: func(s *scene) {
		s.hold(s.asha)
		_, err := s.asha.Pay(s.ctx, s.key(), s.booking, booking.MethodCard)
		s.refused(err, booking.CodeUnavailable)
		s.payFromWallet()
	}}}
}

// providerRefusesPaths are those in which the provider will not have a payment.
func providerRefusesPaths() []path {
	return []path{{name: "provider_refuses_then_second_attempt", want: booking.StatusConfirmed, play: func(s *scene) {
		s.hold(s.asha)
		_, err := s.asha.Pay(s.ctx, s.key(), s.booking, booking.MethodCard)
		s.refused(err, booking.CodePaymentFailed)
		s.enter(s.payByCard(), "pm_card_visa", "succeeded")
	}}}
}

// providerLatePaths are those in which the provider answers only some time after the deadline.
func providerLatePaths() []path {
	return []path{{name: "provider_unavailable_at_expiry", holdSeconds: shortHold, want: booking.StatusExpired, play: func(s *scene) {
		s.holdAndPayByCard()
	}}}
}

// slowPaths outlast the grace for charges that the provider is still processing.
func slowPaths() []path {
	return []path{{name: "processing_past_grace", holdSeconds: shortHold, want: booking.StatusExpired, play: func(s *scene) {
		intent := s.processingAtExpiry()
		s.await(booking.StatusExpired)
		s.untilRetrying(booking.SettlementWorkflowID(intent))
		s.must(s.Simulator().SettleIntent(s.ctx, intent, stripesim.Succeed))
		s.keepSettlement(intent, "undecided_at_expiry_then_confirmed", booking.SettledConfirmed)
	}}}
}

// processingAtExpiry gets a booking past its deadline while the provider is still processing its charge.
func (s *scene) processingAtExpiry() (intentID string) {
	payment := s.holdAndPayByCard()
	s.enter(payment, "pm_card_processing", "processing")
	s.untilRetrying(booking.WorkflowID(s.booking))
	return payment.ProviderPayload.PaymentIntentId
}

// cancelAfterExpiry has a customer cancel a booking past its deadline, while it asks the provider what became of the charge. The cancellation comes
// too late in any case.
func (s *scene) cancelAfterExpiry(charge stripesim.Outcome, refusal booking.Code) {
	intent := s.processingAtExpiry()
	answer := make(chan error, 1)
	go func() {
		_, err := s.asha.Cancel(s.ctx, s.booking)
		answer <- err
	}()
	s.untilEvent("the cancellation waits its turn", accepts(booking.UpdateCancel))
	s.must(s.Simulator().SettleIntent(s.ctx, intent, charge))
	s.refused(<-answer, refusal)
}

// secondAttemptPastDeadline has the hold end while a second attempt waits for the provider to close the first.
func secondAttemptPastDeadline(s *scene) {
	held := s.hold(s.asha)
	payment := s.payByCard()
	s.enter(payment, "pm_card_processing", "processing")
	s.untilPayment(payment, booking.PaymentProcessing)
	answer := make(chan error, 1)
	go func() {
		_, err := s.asha.Pay(s.ctx, "second-"+s.name, s.booking, booking.MethodCard)
		answer <- err
	}()
	s.until("the deadline has passed", func() (bool, error) { return time.Now().After(held.ExpiresAt), nil })
	s.must(s.Simulator().SettleIntent(s.ctx, payment.ProviderPayload.PaymentIntentId, stripesim.Fail))
	s.refused(<-answer, booking.CodeBookingExpired)
}

// paidWhileExpiring has money arrive on an intent unknown to the booking while it gives its seats back.
func paidWhileExpiring(s *scene) {
	held := s.hold(s.asha)
	payment := s.payByCard()
	var intent string
	s.whileLocked(lockBooking, s.booking, func() {
		s.untilEvent("the seats are released as an activity", asks(booking.StepReleaseSeats))
		intent = s.pay(held.Pricing.Total, payment)
		s.untilEvent("the booking learns of the money", func(event *historypb.HistoryEvent) bool {
			return event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
		})
	})
	s.keepSettlement(intent, "arrived_while_expiring", booking.SettledConfirmed)
}

// untilRetrying waits until a workflow has failed once to close an intent at the provider.
func (s *scene) untilRetrying(workflowID string) {
	s.until("the provider has been asked in vain", func() (bool, error) {
		return s.retrying(workflowID, booking.StepCloseIntent), nil
	})
}

// cancel wants the customer's cancellation to give this much back.
func (s *scene) cancel(refund int64) {
	cancelled := get(s.asha.Cancel(s.ctx, s.booking))
	s.expect(cancelled.Status == booking.StatusCancelled, "the booking is %s", cancelled.Status)
	if refund == 0 {
		s.expect(len(cancelled.Refunds) == 0, "a refund came without a charge")
		return
	}
	s.expect(len(cancelled.Refunds) == 1 && cancelled.Refunds[0].Amount == refund, "the refunds are %v, and should be %d", cancelled.Refunds, refund)
}

// cancelUnpaidBehindTheAPI asks the booking's workflow for a cancellation as the API does for a booking that looks unpaid. It wants to be
// refused.
func (s *scene) cancelUnpaidBehindTheAPI() {
	update, err := s.Temporal.UpdateWorkflow(s.ctx, client.UpdateWorkflowOptions{
		WorkflowID: booking.WorkflowID(s.booking), UpdateName: booking.UpdateCancel,
		Args: []any{booking.CancelRequest{CorrelationID: "record-" + s.name}}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = update.Get(s.ctx, nil)
	}
	s.expect(err != nil, "the booking was cancelled, and should have been found paid")
}

func (s *scene) cancelByOperator() {
	s.must(s.Temporal.CancelWorkflow(s.ctx, booking.WorkflowID(s.booking), ""))
}

// expectRefunded wants an intent's money to be given back.
func (s *scene) expectRefunded(intentID string) { s.expectRefund(intentID, booking.RefundSucceeded) }

func (s *scene) expectRefund(intentID string, want booking.RefundStatus) {
	s.until("the refund is "+string(want), func() (bool, error) {
		return ask[bool](s, "SELECT EXISTS (SELECT FROM refunds WHERE id = $1 AND status = $2)", booking.RefundID(intentID), string(want))
	})
}
