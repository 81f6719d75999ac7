package main

import (
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// noticePaths notify customers of shows that begin soon, and of one that is cancelled. At the beginning there is nobody to notify.
func noticePaths() []path {
	return []path{{name: "customers_told", play: func(s *scene) {
		// At some times of the day shows of other paths begin soon as well.
		ended[booking.Reminded](s, s.startScheduled("remind-shows", "others_told", booking.RemindShowsWorkflow), nil)
		s.remind("nothing_found", 0)

		s.beginSoon()
		// Customers of the shows that have made way are told.
		ended[booking.Reminded](s, s.startScheduled("remind-shows", "made_way", booking.RemindShowsWorkflow), nil)
		s.hold(s.asha)
		s.payFromWallet()
		s.remind("reminded", 1)
		s.keepNotices(booking.NoticeReminder, "reminder_sent", booking.NoticesStanding{Sent: 1})
		s.notify(booking.NoticeReminder, "told_already", booking.NoticesStanding{Sent: 1})

		s.hold(s.asha)
		s.payFromWallet()
		s.must(s.StopPart(s.ctx, stack.Mailbox))
		id := s.startNotify(booking.NoticeReminder)
		s.until("the mail server is missed", func() (bool, error) { return s.retrying(id, booking.StepSendNotices), nil })
		s.must(s.StartPart(s.ctx, stack.Mailbox))
		s.keepNotices(booking.NoticeReminder, "mail_server_away", booking.NoticesStanding{Sent: 2})

		get(s.admin.CancelShow(s.ctx, s.show, "recording"))
		s.await(booking.StatusCancelled)
		s.until("both bookings are cancelled", func() (bool, error) {
			return ask[bool](s, "SELECT count(*) = 0 FROM bookings WHERE show_id = $1 AND status = 'CONFIRMED'", s.show)
		})
		s.notify(booking.NoticeShowCancelled, "show_cancelled", booking.NoticesStanding{Sent: 2})
	}}}
}

// lateNoticePaths wait for the time of a notice that was put off.
func lateNoticePaths() []path {
	return []path{{name: "put_off_then_sent", play: func(s *scene) {
		s.beginSoon()
		s.hold(s.asha)
		s.payFromWallet()
		s.sql(`INSERT INTO notices (booking_id, show_id, customer_id, kind, occasion, starts_at, next_try_at)
		       SELECT b.id, b.show_id, b.customer_id, 'REMINDER', latest_show_move(sh.id), sh.starts_at, now() + interval '10 seconds'
		       FROM bookings b JOIN shows sh ON sh.id = b.show_id WHERE b.id = $1`, s.booking)
		s.notify(booking.NoticeReminder, "put_off_then_sent", booking.NoticesStanding{Sent: 1})
	}}}
}

// beginSoon moves the path's show into the time in which its customers are reminded, and the other shows on its screen out of the way.
func (s *scene) beginSoon() {
	s.sql(`UPDATE shows SET starts_at = starts_at + interval '1 year', ends_at = ends_at + interval '1 year'
	       WHERE id <> $1 AND screen_id = (SELECT screen_id FROM shows WHERE id = $1)`, s.show)
	s.sql("UPDATE shows SET starts_at = now() + interval '2 hours', ends_at = now() + interval '4 hours' WHERE id = $1", s.show)
}

func (s *scene) remind(name string, shows int) {
	id := s.startScheduled("remind-shows", name, booking.RemindShowsWorkflow)
	reminded := ended[booking.Reminded](s, id, nil)
	s.expect(reminded.Shows == shows, "%d shows were reminded of, and there should have been %d", reminded.Shows, shows)
	s.keep(id, "remind_shows", name)
}

func (s *scene) notify(kind booking.NoticeKind, name string, want booking.NoticesStanding) {
	s.startNotify(kind)
	s.keepNotices(kind, name, want)
}

func (s *scene) startNotify(kind booking.NoticeKind) (workflowID string) {
	workflowID = booking.NotifyShowWorkflowID(kind, s.show)
	get(s.Temporal.ExecuteWorkflow(s.ctx, client.StartWorkflowOptions{ID: workflowID, TaskQueue: booking.TaskQueue},
		booking.NotifyShowWorkflow, booking.NotifyShowRequest{Kind: kind, ShowID: s.show, CorrelationID: "record-" + s.name}))
	return workflowID
}

func (s *scene) keepNotices(kind booking.NoticeKind, name string, want booking.NoticesStanding) {
	id := booking.NotifyShowWorkflowID(kind, s.show)
	standing := ended[booking.NoticesStanding](s, id, nil)
	s.expect(standing == want, "the notices stand %+v, and should stand %+v", standing, want)
	s.keep(id, "notify_show", name)
}
