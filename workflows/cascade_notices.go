package workflows

import "github.com/boxoffice/boxoffice/booking"

// tellCustomers has everybody told whose booking has been cancelled, show by show. Should it be cut off here for good, the schedule that sends
// reminders finds who has not been told.
func (c *cascadeRun) tellCustomers() error {
	for after := ""; ; {
		page, err := findCascadeShows(c.ctx, booking.CascadeShowsPage{CascadeID: c.req.CascadeID, After: after, Most: booking.CascadePageSize})
		if err != nil {
			return err
		}
		for _, show := range page.Shows {
			if err := notifyShow(c.ctx, booking.NoticeShowCancelled, show, c.req.CorrelationID); err != nil {
				return err
			}
			after = show
		}
		if len(page.Shows) < booking.CascadePageSize {
			return nil
		}
	}
}
