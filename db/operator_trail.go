package db

import (
	"context"
	"encoding/json"
	"fmt"
)

// What operators do that has no trail of its own.
const (
	ActionExpireBooking = "EXPIRE_BOOKING"
	ActionReplayWebhook = "REPLAY_WEBHOOK"
	ActionAdmitDisputed = "ADMIT_DISPUTED"
)

// TrailEntry is what an operator has done, for the trail.
type TrailEntry struct {
	// Action is one of those above, Subject the id of what it was done to, and Actor that of who did it.
	Action, Subject, Actor, Reason, CorrelationID string
	// BookingID is the booking that it is about; nil for none.
	BookingID *string
}

// Write writes the action down, with what came of it.
func (a TrailEntry) Write(ctx context.Context, q *Queries, outcome map[string]string) error {
	details, err := json.Marshal(outcome)
	if err != nil {
		return err
	}
	err = q.OperatorActionWrite(ctx, OperatorActionWriteParams{
		Actor: a.Actor, Action: a.Action, Subject: a.Subject, BookingID: a.BookingID, Reason: a.Reason, Details: details,
		CorrelationID: a.CorrelationID,
	})
	if err != nil {
		return fmt.Errorf("write down what was done: %w", err)
	}
	return nil
}
