package main

import (
	"net/http"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// disputePaths cancel bookings whose charge is disputed: the refund waits for the bank.
func disputePaths() []path {
	return []path{
		{name: "held_back_then_sent", play: func(s *scene) {
			refund, dispute := s.cancelDisputed()
			s.decide(dispute, stripesim.DisputeWon)
			s.keepRefund(refund, s.name, booking.RefundSucceeded)
		}},
		{name: "held_back_then_closed", play: func(s *scene) {
			refund, dispute := s.cancelDisputed()
			s.decide(dispute, stripesim.DisputeLost)
			s.keepRefund(refund, s.name, booking.RefundClosed)
		}},
		{name: "divert_refused_while_disputed", play: func(s *scene) {
			refund, dispute := s.cancelDisputed()
			_, err := s.admin.DivertRefund(s.ctx, s.key(), refund, "the customer calls every day")
			s.refused(err, booking.CodeInvalidState)
			s.decide(dispute, stripesim.DisputeWon)
			s.keepRefund(refund, s.name, booking.RefundSucceeded)
		}},
		{name: "close_refused", play: func(s *scene) {
			refund := s.cancelSold(cardVisa)
			s.untilRefund(refund, booking.RefundSucceeded)
			_, err := s.admin.CloseRefund(s.ctx, s.key(), refund, "the bank has paid")
			s.refused(err, booking.CodeInvalidState)
			s.keepRefund(refund, s.name, booking.RefundSucceeded)
		}},
	}
}

// untoldDisputePaths have the provider refuse a refund because of a dispute about which it has sent no event.
func untoldDisputePaths() []path {
	return []path{{name: "disputed_unheard_then_closed", play: func(s *scene) {
		s.refuseRefund(booking.RefundDisputed)
		refund := s.cancelSold(cardVisa)
		s.untilRefundWaits(refund)
		get(s.admin.CloseRefund(s.ctx, s.key(), refund, "the bank has paid"))
		s.keepRefund(refund, s.name, booking.RefundClosed)
	}}}
}

// cancelDisputed gets as far as a refund that waits for the bank to decide.
func (s *scene) cancelDisputed() (refundID, disputeID string) {
	s.sellByCard(cardVisa)
	disputeID = s.dispute()
	done := get(s.asha.Cancel(s.ctx, s.booking))
	s.expect(len(done.Refunds) == 1, "there are %d refunds, and should be one", len(done.Refunds))
	s.untilRefundWaits(done.Refunds[0].RefundId)
	return done.Refunds[0].RefundId, disputeID
}

// dispute has the customer complain about the booking's charge, and waits until that is known.
func (s *scene) dispute() (disputeID string) {
	var opened struct {
		ID string `json:"id"`
	}
	s.must(s.Simulator().Ask(s.ctx, http.MethodPost, "/_sim/disputes", map[string]string{"payment_intent": s.intent()}, &opened))
	s.until("the dispute is known", func() (bool, error) {
		quote, err := s.asha.QuoteCancellation(s.ctx, s.booking)
		return quote.Dispute != nil, err
	})
	return opened.ID
}

// decide has the bank end a dispute.
func (s *scene) decide(disputeID string, to stripesim.DisputeStatus) {
	s.must(s.Simulator().Ask(s.ctx, http.MethodPost, "/_sim/disputes/"+disputeID, map[string]any{"status": to}, nil))
}
