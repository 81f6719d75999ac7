package main

import (
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// refundPaths give money back of bookings that were paid by card.
func refundPaths() []path {
	return []path{
		{name: "succeeded_at_once", play: func(s *scene) {
			s.keepRefund(s.cancelSold(cardVisa), s.name, booking.RefundSucceeded)
		}},
		{name: "pending_then_succeeded", play: func(s *scene) {
			refund := s.cancelSoldPending()
			s.settleRefund(refund, stripesim.Succeed)
			s.keepRefund(refund, s.name, booking.RefundSucceeded)
		}},
		{name: "pending_then_failed", play: func(s *scene) {
			refund := s.cancelSoldPending()
			s.settleRefund(refund, stripesim.Fail)
			s.keepRefund(refund, s.name, booking.RefundNeedsAttention)
		}},
		{name: "returned_then_diverted", play: func(s *scene) {
			refund := s.cancelSold(cardVisa)
			s.untilRefund(refund, booking.RefundSucceeded)
			s.settleRefund(refund, stripesim.Fail)
			s.keepRefund(refund, "returned", booking.RefundNeedsAttention)
			get(s.admin.DivertRefund(s.ctx, s.key(), refund, "the card is gone"))
			s.keepRefund(refund, s.name, booking.RefundSucceeded)
		}},
		{name: "retry_refused", play: func(s *scene) {
			refund := s.cancelSold(cardVisa)
			s.untilRefund(refund, booking.RefundSucceeded)
			_, err := s.admin.RetryRefund(s.ctx, s.key(), refund, "the customer asks for it")
			s.refused(err, booking.CodeInvalidState)
			s.keepRefund(refund, s.name, booking.RefundSucceeded)
		}},
		{name: "retry_refused_while_pending", play: func(s *scene) {
			refund := s.cancelSoldPending()
			_, err := s.admin.RetryRefund(s.ctx, s.key(), refund, "the customer asks for it")
			s.refused(err, booking.CodeInvalidState)
			s.settleRefund(refund, stripesim.Succeed)
			s.keepRefund(refund, s.name, booking.RefundSucceeded)
		}},
	}
}

// refusedRefundPaths have the provider refuse one refund each. It does not matter which of them a refusal hits.
func refusedRefundPaths() []path {
	refused := func(s *scene) (refundID string) {
		s.refuseRefund("")
		refundID = s.cancelSold(cardVisa)
		s.untilRefund(refundID, booking.RefundNeedsAttention)
		return refundID
	}
	return []path{
		{name: "refused_then_retried", play: func(s *scene) {
			refund := refused(s)
			s.keepRefund(refund, "refused", booking.RefundNeedsAttention)
			get(s.admin.RetryRefund(s.ctx, s.key(), refund, "the provider was wrong"))
			s.keepRefund(refund, s.name, booking.RefundSucceeded)
		}},
		{name: "refused_then_diverted", play: func(s *scene) {
			refund := refused(s)
			get(s.admin.DivertRefund(s.ctx, s.key(), refund, "the card is gone"))
			s.keepRefund(refund, s.name, booking.RefundSucceeded)
		}},
	}
}

// refundByHandPaths have the provider refuse one refund that somebody then makes by hand.
func refundByHandPaths() []path {
	return []path{{name: "refused_then_settled", play: func(s *scene) {
		s.refuseRefund("")
		refund := s.cancelSold(cardVisa)
		s.untilRefund(refund, booking.RefundNeedsAttention)
		s.refundByHand(refund)
		get(s.admin.SettleRefund(s.ctx, s.key(), refund, "made by hand at the provider"))
		s.keepRefund(refund, s.name, booking.RefundSucceeded)
	}}}
}

// poorRefundPaths have the provider refuse one refund for want of money.
func poorRefundPaths() []path {
	return []path{{name: "insufficient_then_retried", play: func(s *scene) {
		s.refuseRefund(balanceInsufficient)
		refund := s.cancelSold(cardVisa)
		s.untilRefundWaits(refund)
		get(s.admin.RetryRefund(s.ctx, s.key(), refund, "there is money now"))
		s.keepRefund(refund, s.name, booking.RefundSucceeded)
	}}}
}

// awayRefundPaths are those in which the provider does not answer until a refund has been tried again.
func awayRefundPaths() []path {
	return []path{{name: "provider_away_then_back", play: func(s *scene) { s.refundWhileAway(func(string) {}) }}}
}

// toldWhileAwayPaths are like awayRefundPaths, but the provider's events come all the same.
func toldWhileAwayPaths() []path {
	return []path{{name: "told_while_sending", play: func(s *scene) {
		s.refundWhileAway(func(refund string) {
			event := booking.RefundEvent{EventID: "evt_while_sending", RefundID: refund, OccurredAt: time.Now()}
			s.must(s.Temporal.SignalWorkflow(s.ctx, booking.RefundWorkflowID(refund), "", booking.SignalRefundEvent, event))
		})
	}}}
}

func (s *scene) refundWhileAway(meanwhile func(refundID string)) {
	refund := s.cancelSold(cardVisa)
	s.until("the provider has been asked in vain", func() (bool, error) {
		return s.retrying(booking.RefundWorkflowID(refund), booking.StepSendRefund), nil
	})
	meanwhile(refund)
	s.must(s.Simulator().ClearFaults(s.ctx))
	s.must(s.Simulator().AddFaults(s.ctx, stripesim.Faults{Webhooks: toldOnce()}))
	s.keepRefund(refund, s.name, booking.RefundSucceeded)
}

// untoldRefundPaths have the workflow ask about its refund after a minute, because no event has come.
func untoldRefundPaths() []path {
	return []path{{name: "pending_then_asked_again", play: func(s *scene) {
		refund := s.cancelSoldPending()
		s.settleRefund(refund, stripesim.Succeed)
		s.keepRefund(refund, s.name, booking.RefundSucceeded)
	}}}
}

// poorRefundSlowPaths have the workflow try its refund again after a minute.
func poorRefundSlowPaths() []path {
	return []path{{name: "insufficient_then_asked_again", play: func(s *scene) {
		s.refuseRefund(balanceInsufficient)
		s.keepRefund(s.cancelSold(cardVisa), s.name, booking.RefundSucceeded)
	}}}
}

// toldOnce has the provider send one event about a refund that has changed, and none that it was made.
func toldOnce() []stripesim.WebhookFault {
	return []stripesim.WebhookFault{{Mode: stripesim.Drop, Types: []string{"refund.created", "refund.failed", "charge.refund.updated"}}}
}

const balanceInsufficient = "balance_insufficient"

// refuseRefund has the provider refuse the next refund.
func (s *scene) refuseRefund(code string) {
	s.must(s.Simulator().AddFaults(s.ctx, stripesim.Faults{Requests: []stripesim.RequestFault{
		{Operation: stripesim.OpCreateRefund, Mode: stripesim.Refuse, Code: code, Times: 1},
	}}))
}

// cancelSold cancels a booking that was paid with this card.
func (s *scene) cancelSold(card string) (refundID string) {
	s.sellByCard(card)
	done := get(s.asha.Cancel(s.ctx, s.booking))
	s.expect(len(done.Refunds) == 1, "there are %d refunds, and should be one", len(done.Refunds))
	return done.Refunds[0].RefundId
}

// cancelSoldPending gets as far as a refund that the provider has not decided about.
func (s *scene) cancelSoldPending() (refundID string) {
	refundID = s.cancelSold(cardPendingRefund)
	s.untilRefundWaits(refundID)
	return refundID
}

// settleRefund has the provider end the latest attempt at a refund.
func (s *scene) settleRefund(refundID string, outcome stripesim.Outcome) {
	atProvider := s.text("SELECT provider_refund_id FROM refunds WHERE id = $1", refundID)
	s.must(s.Simulator().SettleRefund(s.ctx, atProvider, outcome))
}

// refundByHand gives a refund's money back as somebody in the provider's dashboard would.
func (s *scene) refundByHand(refundID string) {
	var (
		intentID string
		amount   int64
	)
	s.must(s.Owner.QueryRow(s.ctx, "SELECT intent_id, amount FROM refunds WHERE id = $1", refundID).Scan(&intentID, &amount))
	s.must(s.refundAtProvider(s.ctx, intentID, amount))
}

// untilRefundWaits waits until a refund has nothing to do but wait.
func (s *scene) untilRefundWaits(refundID string) {
	s.untilEventOf(booking.RefundWorkflowID(refundID), "the refund waits", func(event *historypb.HistoryEvent) bool {
		return event.GetEventType() == enumspb.EVENT_TYPE_TIMER_STARTED
	})
}

// untilRefund waits until the latest run of a refund has ended so.
func (s *scene) untilRefund(refundID string, want booking.RefundStatus) {
	ended(s, booking.RefundWorkflowID(refundID), func(receipt booking.RefundReceipt) bool { return receipt.Status == want })
}

func (s *scene) keepRefund(refundID, name string, want booking.RefundStatus) {
	s.untilRefund(refundID, want)
	s.keep(booking.RefundWorkflowID(refundID), "refund", name)
}
