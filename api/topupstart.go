package api

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// startTopUp starts the top-up's workflow, unless it runs already, and waits until the top-up can be paid: while waiting lasts for a worker to
// take it on, then within the provider's time. Repeated, it gets the first one's answer from Temporal.
func (h *handlers) startTopUp(ctx, waiting context.Context, request booking.TopUpRequest) (opened booking.TopUp, err error) {
	start := h.temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID:                       booking.TopUpWorkflowID(request.TopUpID),
		TaskQueue:                booking.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword(booking.AttributeCustomer).ValueSet(request.UserID),
		),
		StaticSummary: "top-up of " + request.Amount.String(),
		Priority:      temporal.Priority{PriorityKey: priorityBuying},
	}, booking.TopUpWorkflow, request)
	update, err := h.temporal.UpdateWithStartWorkflow(waiting, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: booking.TopUpWorkflowID(request.TopUpID), UpdateID: booking.UpdateOpen, UpdateName: booking.UpdateOpen,
			WaitForStage: client.WorkflowUpdateStageAccepted,
		},
	})
	if err == nil {
		patient, cancel := context.WithTimeout(ctx, h.config.ProviderTimeout)
		defer cancel()
		err = update.Get(patient, &opened)
	}
	switch {
	case err != nil:
		return booking.TopUp{}, fromWorkflow(err, request.RequestHash)
	case opened.RequestHash != request.RequestHash:
		return booking.TopUp{}, booking.KeyReused()
	}
	return opened, nil
}

// topUpOfClosed answers when the workflow is over and its update forgotten: by its result. Nil means that there is a top-up to read.
func (h *handlers) topUpOfClosed(ctx context.Context, request booking.TopUpRequest) error {
	var outcome booking.TopUpOutcome
	err := h.outcomeOf(ctx, booking.TopUpWorkflowID(request.TopUpID), &outcome)
	if errors.Is(err, errCutShort) {
		_, known, err := h.topUpRow(ctx, request)
		if err == nil && !known {
			err = booking.TopUpCutShort()
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
