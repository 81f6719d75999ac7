package activities

import (
	"context"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// NoteTopUp records how an open top-up stands, or ends it unpaid. A top-up that has ended stays ended,
// however late and out of order the note comes; the answer says how.
func (a *Activities) NoteTopUp(ctx context.Context, note booking.TopUpNote) (booking.TopUpNoted, error) {
	if note.UnprovenIntent != "" {
		if err := a.proveCancelled(ctx, note.UnprovenIntent); err != nil {
			return booking.TopUpNoted{}, classify(err)
		}
	}
	noted, err := db.New(a.pool).TopUpNote(ctx, db.TopUpNoteParams{
		ID:          note.TopUpID,
		Status:      note.Status,
		DeclineCode: optional(note.DeclineCode),
	})
	return booking.TopUpNoted{Status: booking.TopUpStatus(noted.Status), IntentID: noted.IntentID}, classify(err)
}
