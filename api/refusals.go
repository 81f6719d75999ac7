package api

import (
	"errors"
	"fmt"
	"maps"

	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// fromWorkflow turns the failure of an update into the refusal that it carries, if any. hash is the request's, to find out whether
// the refusal answers it or another one under the same key; empty when the request has none.
func fromWorkflow(err error, hash string) error {
	var failed *temporal.ApplicationError
	if !errors.As(err, &failed) || failed.Type() != booking.RefusalType {
		return err
	}
	var refusal booking.Refusal
	if err := failed.Details(&refusal); err != nil {
		return fmt.Errorf("read a refusal: %w", err)
	}
	return forCaller(&refusal, hash)
}

// forCaller takes out of a refusal what is not for the caller, after looking at it.
func forCaller(refusal *booking.Refusal, hash string) error {
	answered, ok := refusal.Details[booking.DetailRequestHash]
	if !ok {
		return refusal
	}
	if hash != "" && answered != hash {
		return booking.KeyReused()
	}
	said := &booking.Refusal{Code: refusal.Code, Message: refusal.Message, Details: maps.Clone(refusal.Details)}
	delete(said.Details, booking.DetailRequestHash)
	return said
}

// overFor refuses a step because of the state in which a booking has ended. It is nil for a state in which there should still be a
// workflow.
func overFor(bookingID string, status booking.Status, step string) error {
	switch status {
	case booking.StatusExpired:
		return booking.Expired(bookingID)
	case booking.StatusConfirmed, booking.StatusCompleted:
		return booking.WrongState("A confirmed booking cannot be "+step+".", status)
	case booking.StatusCancelled:
		return booking.WrongState("A cancelled booking cannot be "+step+".", status)
	case booking.StatusFailed:
		return booking.WrongState("A failed booking cannot be "+step+".", status)
	default:
		return nil
	}
}
