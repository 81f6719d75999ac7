package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// This file is the one place that recognises the errors with which Temporal does not do what it was asked to do.

var (
	// ErrUnavailable says that Temporal or its workers are unreachable, overloaded or too slow. Asking
	// again is harmless, and may help.
	ErrUnavailable = errors.New("workflows are not available")
	// ErrNoWorkflow says that the workflow has ended, or that there never was one. Its result is in the database.
	ErrNoWorkflow = errors.New("no such workflow is running")
	// ErrCutShort says that a workflow has ended without a result: somebody has terminated it, perhaps before its first task.
	ErrCutShort = errors.New("the workflow was cut short")
)

// condition is something that Temporal reports only by the text of an error.
type condition int

const (
	// updateLimit: the workflow takes no more updates.
	updateLimit condition = iota + 1
	// workflowPaused: a paused workflow takes no updates.
	workflowPaused
	// updateUnknown: the workflow's code is older than its caller's.
	updateUnknown
)

// texts has what an error contains when its type and code do not say what it means.
var texts = map[condition]string{
	updateLimit:    "limit on the total number of distinct updates",
	workflowPaused: "Workflow is paused",
	updateUnknown:  "unknown update ",
}

func (c condition) in(err error) bool { return err != nil && strings.Contains(err.Error(), texts[c]) }

// updateOutlived is the type of the server's error for an update that was accepted, but did not complete before its workflow ended.
const updateOutlived = "AcceptedUpdateCompletedWorkflow"

// explain says what the failure of an update of a booking or a top-up means. requestHash is the request's, to find out
// whether a refusal answers this request or another one under the same key; it is empty when the request has none.
func explain(err error, requestHash string) error {
	if failed, ok := errors.AsType[*temporal.ApplicationError](err); ok && failed.Type() == booking.RefusalType {
		var refusal booking.Refusal
		if err := failed.Details(&refusal); err != nil {
			return fmt.Errorf("read a refusal: %w", err)
		}
		return forCaller(&refusal, requestHash)
	}
	_, precondition := errors.AsType[*serviceerror.FailedPrecondition](err)
	switch {
	case precondition && updateLimit.in(err):
		return booking.Refuse(booking.CodeConflict, "This booking has taken as many attempts as it may. Book again.")
	case precondition && workflowPaused.in(err):
		return fmt.Errorf("%w: %w", booking.Paused(), err)
	case isOver(err):
		return fmt.Errorf("%w: %w", ErrNoWorkflow, err)
	}
	return ifAway(err)
}

// explainShort is explain for an update that starts its workflow when there is none. A workflow that
// ended at that moment has done nothing for the update, or all of it: a repeat finds out.
func explainShort(err error) error {
	if _, precondition := errors.AsType[*serviceerror.FailedPrecondition](err); precondition && updateLimit.in(err) {
		return booking.Refuse(booking.CodeConflict, "This has taken as many commands as it may for now. Try again later.")
	}
	err = explain(err, "")
	if errors.Is(err, ErrNoWorkflow) {
		return unavailable(err)
	}
	return err
}

// forCaller checks a refusal's details that are not meant for the caller, and removes them.
func forCaller(refusal *booking.Refusal, requestHash string) error {
	answered, ok := refusal.Details[booking.DetailRequestHash]
	if !ok {
		return refusal
	}
	if requestHash != "" && answered != requestHash {
		return booking.KeyReused()
	}
	said := &booking.Refusal{Code: refusal.Code, Message: refusal.Message, Details: maps.Clone(refusal.Details)}
	delete(said.Details, booking.DetailRequestHash)
	return said
}

// HasEnded says that a booking's workflow has refused a step because the booking had ended, or could no longer be stopped.
func HasEnded(err error) bool {
	refusal, ok := errors.AsType[*booking.Refusal](err)
	return ok && (refusal.Code == booking.CodeInvalidState || refusal.Code == booking.CodeBookingExpired)
}

// unavailable marks any failure as one after which trying again may help.
func unavailable(err error) error { return fmt.Errorf("%w: %w", ErrUnavailable, err) }

// ifAway is unavailable only for failures that say so themselves.
func ifAway(err error) error {
	if isAway(err) {
		return unavailable(err)
	}
	return err
}

// isAway says whether an error means that Temporal or its workers are unreachable, overloaded or too slow.
func isAway(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	var (
		away     *serviceerror.Unavailable
		slow     *serviceerror.DeadlineExceeded
		canceled *serviceerror.Canceled
		busy     *serviceerror.ResourceExhausted
		aborted  *serviceerror.Aborted
		notReady *serviceerror.WorkflowNotReady
		noSpace  *serviceerror.NamespaceNotFound
		moving   *serviceerror.NamespaceUnavailable
		notYet   *serviceerror.FailedPrecondition
		waited   *client.WorkflowUpdateServiceTimeoutOrCanceledError
	)
	return errors.As(err, &away) || errors.As(err, &slow) || errors.As(err, &canceled) || errors.As(err, &busy) || errors.As(err, &aborted) ||
		errors.As(err, &notReady) || errors.As(err, &noSpace) || errors.As(err, &moving) || errors.As(err, &notYet) || errors.As(err, &waited)
}

// isOver says whether an error means that a workflow has ended, or is unknown.
func isOver(err error) bool {
	_, started := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err)
	outlived, ended := errors.AsType[*temporal.ApplicationError](err)
	return started || isUnknown(err) || ended && outlived.Type() == updateOutlived
}

// isUnknown says that Temporal knows no such workflow, or none that is running.
func isUnknown(err error) bool {
	_, unknown := errors.AsType[*serviceerror.NotFound](err)
	return unknown
}

// isBusy says that Temporal refuses more questions for now.
func isBusy(err error) bool {
	_, busy := errors.AsType[*serviceerror.ResourceExhausted](err)
	return busy
}

// isCutShort says whether a workflow has ended without a result of its own.
func isCutShort(err error) bool {
	var (
		terminated *temporal.TerminatedError
		timedOut   *temporal.TimeoutError
		canceled   *temporal.CanceledError
	)
	return errors.As(err, &terminated) || errors.As(err, &timedOut) || errors.As(err, &canceled)
}
