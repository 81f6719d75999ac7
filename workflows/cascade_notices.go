package workflows

import "github.com/boxoffice/boxoffice/booking"

// notifyCustomers notifies everybody whose booking was cancelled, show by show, beginning where an
// earlier run stopped. It stops, with Telling still set, when the history is full. If it is cut off
// for good, the schedule that sends reminders finds those who were not notified.
func (c *cascadeRun) notifyCustomers() error {
	for c.req.Telling {
		page, err := findCascadeShows(c.ctx, booking.CascadeShowsPage{CascadeID: c.req.CascadeID, After: c.req.Told, Most: booking.CascadePageSize})
		if err != nil {
			return err
		}
		for _, show := range page.Shows {
			if c.historyIsFull() {
				return nil
			}
			if err := notifyShow(c.ctx, booking.NoticeShowCancelled, show, c.req.CorrelationID); err != nil {
				return err
			}
			c.req.Told = show
		}
		c.req.Telling = len(page.Shows) == booking.CascadePageSize
	}
	return nil
}
