package workflows

import "github.com/boxoffice/boxoffice/booking"

// tellCustomers has everybody told whose booking has been cancelled, show by show, from where an earlier run has stopped. It stops itself, still
// Telling, when the history is full. Should it be cut off for good, the schedule that sends reminders finds who has not been told.
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
