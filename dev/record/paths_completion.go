package main

import "github.com/boxoffice/boxoffice/booking"

// completionPaths complete the bookings of shows that are over: of none, and of one to which one of two customers came.
func completionPaths() []path {
	return []path{{name: "shows_completed", play: func(s *scene) {
		// Other paths have left bookings of shows that are over.
		ended[booking.CompletedShows](s, s.startScheduled("complete-shows", "what_is_left", booking.CompleteShowsWorkflow), nil)
		s.complete("nothing_to_do", booking.CompletedShows{})

		s.hold(s.asha)
		s.payFromWallet()
		s.hold(s.asha)
		s.payFromWallet()
		s.sql(`INSERT INTO check_ins (booking_id, show_id, staff_id, correlation_id) SELECT id, show_id, customer_id, 'record' FROM bookings WHERE id = $1`, s.booking)
		s.sql("UPDATE shows SET starts_at = starts_at - interval '10 years', ends_at = ends_at - interval '10 years' WHERE id = $1", s.show)
		s.complete("completed", booking.CompletedShows{Shows: 1, Bookings: 2, Attended: 1, NoShows: 1})
	}}}
}

func (s *scene) complete(name string, want booking.CompletedShows) {
	id := s.startScheduled("complete-shows", name, booking.CompleteShowsWorkflow)
	done := ended[booking.CompletedShows](s, id, nil)
	s.expect(done == want, "%s It should have been: %s", done, want)
	s.keep(id, "complete_shows", name)
}
