package db

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/booking"
)

// Content is what the text of the notice is made of, in the theatre's time zone.
func (r NoticeContentsRow) Content(zone *time.Location) (booking.NoticeContent, error) {
	content := booking.NoticeContent{
		Kind: r.Kind, BookingID: r.BookingID, CustomerName: r.CustomerName, MovieTitle: r.MovieTitle, TheatreName: r.TheatreName,
		TheatreAddress: r.TheatreAddress, ScreenName: r.ScreenName, StartsAt: r.StartsAt.In(zone), Seats: r.Seats, MovedSeats: r.MovedSeats,
	}
	if r.MovedFrom != nil {
		content.MovedFrom = r.MovedFrom.In(zone)
	}
	if err := json.Unmarshal(r.Refunds, &content.Refunds); err != nil {
		return content, fmt.Errorf("refunds of notice %s: %w", r.ID, err)
	}
	return content, nil
}
