package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// ExpireBooking ends the hold of an unpaid booking in the name of an administrator.
func (h *handlers) ExpireBooking(c echo.Context, bookingID openapi.BookingId, _ openapi.ExpireBookingParams) error {
	reason, err := adminReason(c)
	if err != nil {
		return err
	}
	ctx, cancel := toTheEnd(c.Request().Context(), h.config.patience())
	defer cancel()
	before, err := h.bookingEnd(ctx, bookingID)
	if err != nil {
		return err
	}
	request := booking.ExpireRequest{BookingID: bookingID, Actor: principalOf(c).id, Reason: reason, CorrelationID: correlationID(c), At: h.now().UTC()}
	switch {
	case expiredBy(before, request):
		return c.JSON(http.StatusOK, openapi.BookingExpiry{BookingId: bookingID, Status: before.Status})
	case !isUnpaid(before.Status):
		return notExpirable(before.Status)
	}
	expiry, err := h.expire(ctx, request)
	if err != nil {
		return err
	}
	after, err := h.bookingEnd(ctx, bookingID)
	if err != nil {
		return err
	}
	if !expiredBy(after, request) {
		// Somebody or something was faster: the booking's own trail does not tell of the administrator.
		done := act{
			action: actionExpireBooking, subject: bookingID, actor: request.Actor, reason: reason, correlationID: request.CorrelationID, bookingID: &bookingID,
		}
		if err := done.note(ctx, h.queries, map[string]string{"status": string(expiry.Status)}); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, openapi.BookingExpiry{BookingId: bookingID, Status: expiry.Status})
}

func notExpirable(status booking.Status) error {
	return booking.WrongState("Only a booking that waits for money can be expired.", status)
}

// expiredBy says that this very request, or a repeat of it, has ended the booking.
func expiredBy(end db.BookingEndRow, request booking.ExpireRequest) bool {
	return end.Status == booking.StatusExpired && end.Actor == request.Actor && end.Reason == request.Reason
}

// bookingEnd reads how a booking stands.
func (h *handlers) bookingEnd(ctx context.Context, bookingID string) (db.BookingEndRow, error) {
	if !isID(bookingID) {
		return db.BookingEndRow{}, notFound("booking")
	}
	end, err := h.queries.BookingEnd(ctx, bookingID)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return end, notFound("booking")
	case err != nil:
		return end, fmt.Errorf("read booking: %w", err)
	}
	return end, nil
}

// unknownUpdate is how a workflow says that its code is older than its caller's. Its error has no type of its own.
const unknownUpdate = "unknown update " + booking.UpdateExpire

// expire has the booking's workflow end it, or another one when there is none.
func (h *handlers) expire(ctx context.Context, request booking.ExpireRequest) (expiry booking.Expiry, err error) {
	waiting, cancel := context.WithTimeout(ctx, h.config.WorkflowTimeout)
	defer cancel()
	err = fromWorkflow(h.update(ctx, waiting, client.UpdateWorkflowOptions{
		WorkflowID: booking.WorkflowID(request.BookingID), UpdateName: booking.UpdateExpire, Args: []any{request},
	}, &expiry), "")
	switch {
	case err != nil && strings.Contains(err.Error(), unknownUpdate):
		return expiry, booking.Refuse(booking.CodeConflict, "This booking runs on an older version, which cannot be told. It ends at its deadline.")
	case err == nil || !hasNoWorkflow(err) && !isEnded(err):
		return expiry, err
	}
	end, readErr := h.bookingEnd(ctx, request.BookingID)
	switch {
	case readErr != nil:
		return expiry, readErr
	case !isUnpaid(end.Status):
		return expiry, notExpirable(end.Status)
	case isEnded(err):
		return expiry, temporalFailed(err)
	}
	return h.endAbandoned(ctx, request, end.ShowID)
}

// endAbandoned ends a booking that has lost its workflow.
func (h *handlers) endAbandoned(ctx context.Context, request booking.ExpireRequest, showID string) (expiry booking.Expiry, err error) {
	err = h.runShort(ctx, client.StartWorkflowOptions{
		ID:                    booking.EndAbandonedWorkflowID(request.BookingID),
		StaticSummary:         "end a booking without a workflow",
		TypedSearchAttributes: ofShow(showID),
	}, booking.EndAbandonedWorkflow, request, &expiry)
	return expiry, err
}

func ofShow(showID string) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(temporal.NewSearchAttributeKeyKeyword(booking.AttributeShow).ValueSet(showID))
}

// runShort runs a short workflow for an administrator, or joins the one that runs already, and waits for its result.
func (h *handlers) runShort(ctx context.Context, options client.StartWorkflowOptions, workflow string, input, result any) error {
	options.TaskQueue = booking.TaskQueue
	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	options.WorkflowIDReusePolicy = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	options.Priority = temporal.Priority{PriorityKey: prioritySettling}
	waiting, cancel := context.WithTimeout(ctx, h.config.WorkflowTimeout)
	defer cancel()
	run, err := h.temporal.ExecuteWorkflow(waiting, options, workflow, input)
	if err != nil {
		return temporalFailed(err)
	}
	patient, cancelPatient := context.WithTimeout(ctx, h.config.ProviderTimeout)
	defer cancelPatient()
	switch err := run.Get(patient, result); {
	case hasNoWorkflow(err):
		return temporalFailed(err)
	case err != nil:
		return fmt.Errorf("run %s: %w", options.ID, err)
	}
	return nil
}
