package answer

import (
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/sales"
)

// BookedShow draws the show of a booking.
func BookedShow(show sales.Show) openapi.BookedShow {
	return openapi.BookedShow{
		ShowId: show.ID, Status: show.Status, MovieId: show.MovieID, MovieTitle: show.MovieTitle, TheatreId: show.TheatreID, TheatreName: show.TheatreName,
		ScreenName: show.ScreenName, StartTime: show.StartsAt, Language: show.Language, Format: openapi.Format(show.Format),
	}
}
