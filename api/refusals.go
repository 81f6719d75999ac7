package api

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// updateLimit is how the server says that a workflow takes no more updates. Its error has no type of its own.
const updateLimit = "limit on the total number of distinct updates"

// pausedWorkflow is how the server says that a paused workflow takes no updates. Its error has no type of its own.
const pausedWorkflow = "Workflow is paused"

// isPaused says whether a command was not taken because somebody has paused its workflow.
func isPaused(err error) bool {
	var refused *serviceerror.FailedPrecondition
	return errors.As(err, &refused) && strings.Contains(refused.Message, pausedWorkflow)
}

// pausedRefusal answers a command that waits for whoever has paused the workflow or its step.
func pausedRefusal() *booking.Refusal {
	return booking.Refuse(booking.CodeConflict, "An operator has paused this. Try again when it goes on.").With("reason", stuckPaused)
}

// fromWorkflow turns the failure of an update into the refusal that it carries, if any. hash is the request's, to find out whether
// the refusal answers it or another one under the same key; empty when the request has none.
func fromWorkflow(err error, hash string) error {
	var limited *serviceerror.FailedPrecondition
	if errors.As(err, &limited) && strings.Contains(limited.Message, updateLimit) {
		return booking.Refuse(booking.CodeConflict, "This booking has taken as many attempts as it may. Book again.")
	}
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

// endedMessages say why a step cannot be taken by a booking that has ended, for each way in which it may have.
type endedMessages struct{ confirmed, cancelled, failed string }

var (
	notPayable = endedMessages{
		confirmed: "A confirmed booking cannot be paid for again.",
		cancelled: "A cancelled booking cannot be paid for.",
		failed:    "A failed booking cannot be paid for.",
	}
	notCancellable = endedMessages{
		confirmed: "This booking has been paid meanwhile. See what cancelling it gives back, then cancel it again.",
		cancelled: "A cancelled booking cannot be cancelled again.",
		failed:    "A failed booking cannot be cancelled: its seats are free already.",
	}
)

// refuse is nil for a state in which there should still be a workflow.
func (m endedMessages) refuse(bookingID string, status booking.Status) error {
	switch status {
	case booking.StatusExpired:
		return booking.Expired(bookingID)
	case booking.StatusConfirmed, booking.StatusCompleted:
		return booking.WrongState(m.confirmed, status)
	case booking.StatusCancelled:
		return booking.WrongState(m.cancelled, status)
	case booking.StatusFailed:
		return booking.WrongState(m.failed, status)
	default:
		return nil
	}
}
