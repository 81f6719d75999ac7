package main

import (
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// outsideRefundPaths have somebody give money back in the provider's dashboard.
func outsideRefundPaths() []path {
	return []path{
		{name: "noted", play: func(s *scene) {
			_, intent := s.refundOutside(100)
			s.keepOutsideRefunds(intent, s.name)
		}},
		{name: "assigned", play: func(s *scene) {
			sold, intent := s.refundOutside(100)
			get(s.admin.AssignOutsideRefund(s.ctx, s.key(), s.outsideRefund(intent), "given back by phone", sold.Seats[0]))
			s.keepOutsideRefunds(intent, s.name)
		}},
		{name: "written_off", play: func(s *scene) {
			_, intent := s.refundOutside(100)
			id := s.outsideRefund(intent)
			get(s.admin.WriteOffOutsideRefund(s.ctx, s.key(), id, "a goodwill"))
			s.keepOutsideRefunds(intent, s.name)
			_, err := s.admin.WriteOffOutsideRefund(s.ctx, s.key(), id, "once more")
			s.refused(err, booking.CodeInvalidState)
			s.keepOutsideRefunds(intent, "write_off_refused")
		}},
	}
}

// refundOutside sells two seats by card and gives some of the money back by hand.
func (s *scene) refundOutside(amount int64) (sold openapi.Booking, intentID string) {
	sold = s.sellByCard(cardVisa)
	intentID = s.intent()
	s.must(s.refundAtProvider(s.ctx, intentID, amount))
	return sold, intentID
}

// outsideRefund waits until the refund made by hand of a charge is booked, and tells its id.
func (s *scene) outsideRefund(intentID string) (id string) {
	s.until("the refund made by hand is booked", func() (bool, error) {
		var booked int
		err := s.Owner.QueryRow(s.ctx, "SELECT count(*), COALESCE(max(id), '') FROM outside_refunds WHERE intent_id = $1", intentID).Scan(&booked, &id)
		return booked == 1, err
	})
	return id
}

func (s *scene) keepOutsideRefunds(intentID, name string) {
	id := booking.OutsideRefundsWorkflowID(intentID)
	ended(s, id, func(noted booking.OutsideRefundsNoted) bool { return noted.Refunds == 1 })
	s.keep(id, "outside_refunds", name)
}
