package main

import (
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// holdPaths end before there is a hold.
func holdPaths() []path {
	refused := func(name string, code booking.Code, play func(*scene)) path {
		return path{name: name, want: booking.StatusFailed, refusal: code, play: play}
	}
	return []path{
		refused("refused_seats_taken", booking.CodeSeatLockFailed, func(s *scene) {
			taken := s.hold(s.ben)
			s.startBehindTheAPI(taken.Seats[0], taken.Seats[1])
		}),
		refused("refused_show_closed", booking.CodeValidation, func(s *scene) {
			s.closeShow()
			s.startBehindTheAPI(s.freeSeat())
		}),
		refused("refused_show_started", booking.CodeValidation, func(s *scene) {
			s.sql("UPDATE shows SET starts_at = now() - interval '10 days', ends_at = now() - interval '9 days 22 hours' WHERE id = $1", s.show)
			s.startBehindTheAPI(s.freeSeat())
		}),
		refused("refused_unknown_seats", booking.CodeValidation, func(s *scene) { s.startBehindTheAPI("ZZ998", "ZZ999") }),
		refused("refused_unknown_show", booking.CodeNotFound, func(s *scene) {
			s.show = "sh_unknown"
			s.startBehindTheAPI("A1")
		}),
		refused("refused_coupon", booking.CodeValidation, func(s *scene) { s.startWithCoupon("NOSUCHCOUPON", s.freeSeat()) }),
		refused("refused_not_served_in_time", booking.CodeConflict, func(s *scene) {
			seat := s.freeSeat()
			s.whileLocked("SELECT FROM shows WHERE id = $1 FOR UPDATE", s.show, func() { s.startBehindTheAPI(seat) })
		}),
	}
}

// stalePaths begin while no worker is there.
func stalePaths() []path {
	return []path{{
		name: "refused_stale", want: booking.StatusFailed, refusal: booking.CodeConflict,
		play: func(s *scene) { s.startBehindTheAPI(s.freeSeat()) },
	}}
}

func (s *scene) freeSeat() string {
	seats := get(s.asha.Seats(s.ctx, s.show))
	for _, row := range seats.SeatMap.Rows {
		for _, seat := range row.Seats {
			if seat.Status == openapi.SeatAvailable {
				return seat.SeatId
			}
		}
	}
	s.expect(false, "the show is full")
	return ""
}

// startBehindTheAPI asks for seats as the API does, without its look at the seats before. It wants to be refused.
func (s *scene) startBehindTheAPI(seats ...string) { s.startWithCoupon("", seats...) }

// startWithCoupon is startBehindTheAPI with a coupon.
func (s *scene) startWithCoupon(coupon string, seats ...string) {
	request := booking.Request{
		BookingID: booking.ID(s.ashaID, s.key()), CustomerID: s.ashaID, ShowID: s.show, Seats: booking.SortSeats(seats), CouponCode: coupon,
		RequestHash: "hash-of-" + s.name, CorrelationID: "record-" + s.name,
	}
	s.booking = request.BookingID
	start := client.StartWorkflowOptions{
		ID: booking.WorkflowID(request.BookingID), WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
	}
	_, err := s.startAndAsk(start, booking.BookingWorkflow, request, booking.UpdateHold, booking.UpdateHold)
	s.expect(err != nil, "seats %v were held, and should have been refused", seats)
}
