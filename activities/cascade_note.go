package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// NoteCascade records what happened to a cascade: that it was paused or resumed, or has got further. A
// note of the state that it is already in changes nothing, and a finished cascade is neither paused
// nor resumed. A late note, when others have been written since, changes nothing.
func (a *Activities) NoteCascade(ctx context.Context, note booking.CascadeNote) (state booking.CascadeState, err error) {
	err = db.InTx(ctx, a.pool, func(q *db.Queries) error {
		before, err := q.CascadeLock(ctx, note.CascadeID)
		if err != nil {
			return fmt.Errorf("lock cascade: %w", err)
		}
		if note.Number <= int(before.Noted) {
			state, err = cascadeState(ctx, q, note.CascadeID)
			return err
		}
		commanded := note.Event == booking.CascadePaused || note.Event == booking.CascadeResumed
		if commanded && before.Status == booking.CascadeFinished {
			return booking.CascadeIsFinished()
		}
		if _, err := q.CascadeNote(ctx, cascadeChange(note)); err != nil {
			return fmt.Errorf("note %s: %w", note.Event, err)
		}
		err = q.CascadeNoted(ctx, db.CascadeNotedParams{ID: note.CascadeID, Noted: int32(note.Number)}) //nolint:gosec // notes are few
		if err != nil {
			return fmt.Errorf("number the note: %w", err)
		}
		state, err = cascadeState(ctx, q, note.CascadeID)
		return err
	})
	return state, classify(err)
}

func cascadeChange(note booking.CascadeNote) db.CascadeNoteParams {
	change := db.CascadeNoteParams{
		ID: note.CascadeID, Event: string(note.Event), Actor: note.Actor, Reason: note.Reason, CorrelationID: note.CorrelationID,
	}
	switch note.Event {
	case booking.CascadePaused:
		change.Paused = new(true)
	case booking.CascadeResumed:
		change.Paused = new(false)
	case booking.CascadeAllCancelled:
		change.Status = new(string(booking.CascadeRefunding))
	case booking.CascadeCameToItsEnd:
		change.Status, change.Paused = new(string(booking.CascadeFinished)), new(false)
	case booking.CascadeStarted:
	}
	return change
}
