package main

import (
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// operatorPaths are what an operator does to bookings.
func operatorPaths() []path {
	return []path{
		{name: "force_expired", want: booking.StatusExpired, play: func(s *scene) {
			s.hold(s.asha)
			s.forceExpire(booking.StatusExpired)
		}},
		{name: "force_expired_with_open_intent", want: booking.StatusExpired, play: func(s *scene) {
			s.holdAndPayByCard()
			s.forceExpire(booking.StatusExpired)
		}},
		{name: "force_expiry_refused_while_processing", want: booking.StatusConfirmed, play: func(s *scene) {
			payment := s.holdAndPayByCard()
			s.enter(payment, "pm_card_processing", "processing")
			_, err := s.admin.ExpireBooking(s.ctx, s.booking, operatorReason)
			s.refused(err, booking.CodePaymentPending)
			s.must(s.Simulator().SettleIntent(s.ctx, payment.ProviderPayload.PaymentIntentId, stripesim.Succeed))
		}},
		{name: "ended_without_workflow", play: func(s *scene) {
			payment := s.holdAndPayByCard()
			s.lose(booking.WorkflowID(s.booking))
			s.forceExpire(booking.StatusExpired)
			s.keep(booking.EndAbandonedWorkflowID(s.booking), "end_abandoned", "with_open_intent")
			ended[booking.SettlementOutcome](s, booking.SettlementWorkflowID(payment.ProviderPayload.PaymentIntentId), nil)
		}},
		{name: "ended_unpaid_without_workflow", play: func(s *scene) {
			s.hold(s.asha)
			s.lose(booking.WorkflowID(s.booking))
			s.forceExpire(booking.StatusExpired)
			s.keep(booking.EndAbandonedWorkflowID(s.booking), "end_abandoned", "unpaid")
		}},
		{name: "moved_and_told", play: func(s *scene) {
			s.hold(s.asha)
			s.payFromWallet()
			free := s.freeSeats(2)
			move := get(s.admin.MoveBooking(s.ctx, s.key(), s.booking, openapi.MoveBookingRequest{ToSeats: free, Reason: operatorReason}))
			s.keep(booking.MoveSeatsWorkflowID(move.MoveId), "move_seats", s.name)
			s.keepNotices(booking.NoticeSeatsMoved, "seats_moved_sent", booking.NoticesStanding{Sent: 1})
		}},
		{name: "show_moved_and_told", play: func(s *scene) {
			s.hold(s.asha)
			s.payFromWallet()
			s.sql("UPDATE shows SET starts_at = starts_at + interval '1 minute' WHERE id = $1", s.show)
			s.notify(booking.NoticeShowMoved, "show_moved_sent", booking.NoticesStanding{Sent: 1})
		}},
		{name: "move_refused_seats_taken", play: func(s *scene) {
			taken := s.hold(s.ben).Seats[0]
			s.hold(s.asha)
			s.payFromWallet()
			s.refuseMove(booking.CodeSeatLockFailed, taken)
		}},
		{name: "move_not_made_in_time", play: func(s *scene) {
			s.hold(s.asha)
			s.payFromWallet()
			to := s.freeSeats(1)[0]
			s.whileLocked(lockBooking, s.booking, func() { s.refuseMove(booking.CodeUnavailable, to) })
		}},
	}
}

// silentOperatorPaths are those in which the provider's good news is lost.
func silentOperatorPaths() []path {
	return []path{{name: "force_expiry_finds_payment", want: booking.StatusConfirmed, play: func(s *scene) {
		s.enter(s.holdAndPayByCard(), "pm_card_visa", "succeeded")
		s.forceExpire(booking.StatusConfirmed)
	}}}
}

const operatorReason = "the customer called"

// forceExpire has an operator end the booking's hold.
func (s *scene) forceExpire(want booking.Status) {
	expiry := get(s.admin.ExpireBooking(s.ctx, s.booking, operatorReason))
	s.expect(expiry.Status == want, "the booking is %s, and should be %s", expiry.Status, want)
}

// refuseMove wants one seat of the booking not to be moved, and keeps the history of that.
func (s *scene) refuseMove(code booking.Code, to string) {
	mine := get(s.asha.Booking(s.ctx, s.booking))
	request := openapi.MoveBookingRequest{FromSeats: &[]string{mine.Seats[0]}, ToSeats: []string{to}, Reason: operatorReason}
	_, err := s.admin.MoveBooking(s.ctx, s.key(), s.booking, request)
	s.refused(err, code)
	s.keep(booking.MoveSeatsWorkflowID(booking.SeatMoveID(s.booking, s.adminID, s.latestKey())), "move_seats", s.name)
}

func (s *scene) freeSeats(n int) []string {
	return get(s.asha.FreeSeats(s.ctx, s.show, n))
}
