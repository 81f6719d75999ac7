package activities

import (
	"context"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// NotePayment records how an open attempt stands, for the customer to read. An attempt that has ended
// stays ended, however late and out of order the note comes.
func (a *Activities) NotePayment(ctx context.Context, note booking.PaymentNote) error {
	if note.UnprovenIntent != "" {
		if err := a.proveCancelled(ctx, note.UnprovenIntent); err != nil {
			return classify(err)
		}
	}
	return classify(db.New(a.pool).PaymentNote(ctx, db.PaymentNoteParams{
		ID:          note.PaymentID,
		Status:      note.Status,
		DeclineCode: optional(note.DeclineCode),
	}))
}

// optional is SQL's null for an empty text.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
