package api

import (
	"context"
	"errors"
	"fmt"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// Priorities of workflows; 3 is what everything has that says nothing.
const (
	priorityBuying   = 2
	prioritySettling = 4
)

// hold finds the booking that a request stands for, or has its workflow make it. It gives the booking's row as it is now.
func (h *handlers) hold(ctx context.Context, request booking.Request) (db.BookingViewsRow, error) {
	before, err := h.precheck(ctx, request)
	if err == nil && !before.Booked {
		err = h.admitHold(ctx, request, before)
	}
	if err != nil {
		return db.BookingViewsRow{}, err
	}
	reading, cancel := context.WithTimeout(ctx, h.config.WorkflowTimeout)
	defer cancel()
	row, ok, err := h.bookingRow(reading, request.BookingID)
	if err != nil {
		return db.BookingViewsRow{}, fmt.Errorf("read the booking: %w", err)
	}
	if !ok {
		return db.BookingViewsRow{}, fmt.Errorf("booking %s was held but has no row", request.BookingID)
	}
	switch {
	case row.Booking.RequestHash != request.RequestHash:
		return db.BookingViewsRow{}, booking.KeyReused()
	case row.Booking.Status == booking.StatusExpired:
		return db.BookingViewsRow{}, booking.Expired(request.BookingID)
	}
	return row, nil
}

// precheck looks whether there is the booking already, and refuses what plainly cannot be had.
func (h *handlers) precheck(ctx context.Context, request booking.Request) (db.BookingPrechecksRow, error) {
	ctx, cancel := context.WithTimeout(ctx, h.config.WorkflowTimeout)
	defer cancel()
	before, err := h.prechecks.ask(ctx, request)
	if err != nil {
		return before, fmt.Errorf("look at the seats: %w", err)
	}
	if before.Booked || (before.WorkflowKnows && before.ShowStatus != "") {
		return before, nil
	}
	if err := checkShow(request, before); err != nil {
		return before, err
	}
	return before, h.checkStanding(ctx, request)
}

// checkStanding refuses a coupon that plainly cannot be had. It grants nothing. A coupon that this very booking has reserved
// since the last look is no reason to refuse it.
func (h *handlers) checkStanding(ctx context.Context, request booking.Request) error {
	if request.CouponCode == "" {
		return nil
	}
	standing, err := h.queries.CouponStanding(ctx, db.CouponStandingParams{
		BookingID: request.BookingID, CustomerID: request.CustomerID, Code: request.CouponCode, ShowID: request.ShowID,
	})
	if err != nil {
		return fmt.Errorf("look at the coupon: %w", err)
	}
	if refusal := booking.CouponStanding(standing).Refusal(); refusal != nil {
		return refusal
	}
	return nil
}

// checkShow refuses what plainly cannot be had, so that no workflow starts for it. It grants nothing.
func checkShow(request booking.Request, before db.BookingPrechecksRow) error {
	switch {
	case before.ShowStatus == "":
		return notFound("show")
	case before.ShowStatus == booking.ShowStatusCancelled:
		return booking.ShowIsCancelled(request.ShowID)
	case before.ShowStatus != booking.ShowStatusOnSale:
		return booking.Refuse(booking.CodeConflict, "This show is not on sale.").With("showId", request.ShowID)
	case before.Started:
		return booking.Refuse(booking.CodeConflict, "This show has started.").With("showId", request.ShowID)
	case len(before.Unknown) > 0:
		return unknownSeats(booking.SortSeats(before.Unknown))
	case len(before.Taken) > 0:
		return booking.SeatsTaken(request.ShowID, booking.SortSeats(before.Taken))
	case len(before.Own) > 0:
		return booking.SeatsAreYours(request.ShowID, before.OwnBooking, booking.SortSeats(before.Own))
	}
	limited, err := booking.HoldLimited(request.ShowID, before.Refusal)
	if limited != nil {
		return limited
	}
	return err
}

// startHold starts the booking's workflow, unless it runs already, and waits until it holds the seats. Repeated, it gets the
// first one's answer from Temporal.
func (h *handlers) startHold(ctx context.Context, request booking.Request, summary string) error {
	start := h.temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID:                       booking.WorkflowID(request.BookingID),
		TaskQueue:                booking.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword(booking.AttributeStatus).ValueSet(string(booking.StatusInitiated)),
			temporal.NewSearchAttributeKeyKeyword(booking.AttributeCustomer).ValueSet(request.CustomerID),
			temporal.NewSearchAttributeKeyKeyword(booking.AttributeShow).ValueSet(request.ShowID),
			temporal.NewSearchAttributeKeyKeyword(booking.AttributeTheatre).ValueSet(request.TheatreID),
		),
		StaticSummary: summary,
		Priority:      temporal.Priority{PriorityKey: priorityBuying},
	}, booking.BookingWorkflow, request)
	update, err := h.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: booking.WorkflowID(request.BookingID), UpdateID: booking.UpdateHold, UpdateName: booking.UpdateHold,
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	var held booking.Hold
	if err == nil {
		err = update.Get(ctx, &held)
	}
	if hasNoWorkflow(err) {
		return h.holdOfClosed(ctx, request)
	}
	if err != nil {
		return fromWorkflow(err, request.RequestHash)
	}
	if held.RequestHash != request.RequestHash {
		return booking.KeyReused()
	}
	return nil
}

// holdOfClosed answers when the workflow is over and its update forgotten: by its result. Nil means that there is a booking to read.
func (h *handlers) holdOfClosed(ctx context.Context, request booking.Request) error {
	var outcome booking.Outcome
	err := h.outcomeOf(ctx, booking.WorkflowID(request.BookingID), &outcome)
	if errors.Is(err, errCutShort) {
		_, ok, err := h.bookingRow(ctx, request.BookingID)
		if err == nil && !ok {
			err = booking.NotServed()
		}
		return err
	}
	if err != nil {
		return err
	}
	switch {
	case outcome.RequestHash != request.RequestHash:
		return booking.KeyReused()
	case outcome.Refusal != nil:
		return forCaller(outcome.Refusal, request.RequestHash)
	}
	return nil
}

// errCutShort says that a workflow has no outcome: somebody has terminated it, perhaps before its first task.
var errCutShort = errors.New("the workflow was cut short")

// outcomeOf reads how a workflow has ended. One that is forgotten between two looks at it is begun anew by a repeat.
func (h *handlers) outcomeOf(ctx context.Context, workflowID string, outcome any) error {
	switch err := h.temporal.GetWorkflow(ctx, workflowID, "").Get(ctx, outcome); {
	case hasNoWorkflow(err):
		return temporalFailed(err)
	case isCutShort(err):
		return fmt.Errorf("%w: %w", errCutShort, err)
	case err != nil:
		return fmt.Errorf("read the outcome of %s: %w", workflowID, err)
	}
	return nil
}

// hasNoWorkflow says whether an update found its workflow over, or unknown.
func hasNoWorkflow(err error) bool {
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	var missing *serviceerror.NotFound
	var ended *temporal.ApplicationError
	return errors.As(err, &started) || errors.As(err, &missing) ||
		errors.As(err, &ended) && ended.Type() == updateOutlived
}

// isCutShort says whether a workflow has ended without a word of its own.
func isCutShort(err error) bool {
	var (
		terminated *temporal.TerminatedError
		timedOut   *temporal.TimeoutError
		canceled   *temporal.CanceledError
	)
	return errors.As(err, &terminated) || errors.As(err, &timedOut) || errors.As(err, &canceled)
}

// updateOutlived is the type of the server's error for an update that was accepted, but whose workflow ended before it.
const updateOutlived = "AcceptedUpdateCompletedWorkflow"

// maxSummary is how many bytes Temporal keeps of a summary.
const maxSummary = 200

// summary tells an operator what a workflow is about: "2 seats A10 A11 · Sholay · Fri 18:30".
func (h *handlers) summary(request booking.Request, before db.BookingPrechecksRow) string {
	noun := "seats"
	if len(request.Seats) == 1 {
		noun = "seat"
	}
	when := ""
	if start, err := h.zones.in(before.StartsAt, before.TimeZone); err == nil {
		when = start.Format(" · Mon 15:04")
	}
	title := before.MovieTitle
	what := fmt.Sprintf("%d %s %s · ", len(request.Seats), noun, strings.Join(request.Seats, " "))
	return what + strings.ToValidUTF8(title[:min(len(title), maxSummary-len(what)-len(when))], "") + when
}
