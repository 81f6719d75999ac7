package engine

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
)

// The refunds that somebody made at the provider by hand belong to one workflow for each charge, booking.OutsideRefundsWorkflowID.
// Every call starts it: if it is running it is joined, otherwise it runs again. People who are buying go before it.

// AssignOutsideRefund says which seats a refund of this charge was for, and waits until that is written,
// or until ctx ends. A command is carried out once for each CommandID, however often it is sent.
//
// Errors: the refusals of the charge's workflow.
func (e *Engine) AssignOutsideRefund(ctx context.Context, intentID string, command booking.OutsideRefundCommand) error {
	return e.commandOutsideRefund(ctx, booking.UpdateAssign, intentID, command)
}

// WriteOffOutsideRefund says that a refund of this charge paid nothing that was owed. It is otherwise like AssignOutsideRefund.
func (e *Engine) WriteOffOutsideRefund(ctx context.Context, intentID string, command booking.OutsideRefundCommand) error {
	return e.commandOutsideRefund(ctx, booking.UpdateWriteOff, intentID, command)
}

func (e *Engine) commandOutsideRefund(ctx context.Context, update, intentID string, command booking.OutsideRefundCommand) error {
	var done booking.OutsideRefund
	err := explainShort(e.open(ctx, opening{
		start: settling(booking.OutsideRefundsWorkflowID(intentID)), workflow: booking.OutsideRefundsWorkflow,
		input:  booking.OutsideRefundsRequest{IntentID: intentID, CorrelationID: command.CorrelationID},
		update: update, args: []any{command},
	}, &done))
	if err != nil {
		return fmt.Errorf("%s %s: %w", update, command.OutsideRefundID, err)
	}
	return nil
}

// TellOutsideRefunds tells the workflow of a charge that more of it may have been given back, or less. It is
// the signal booking.SignalOutsideRefund; the workflow itself asks the provider. Any failure is ErrUnavailable.
func (e *Engine) TellOutsideRefunds(ctx context.Context, news booking.OutsideRefundEvent) error {
	start := settling(booking.OutsideRefundsWorkflowID(news.IntentID))
	_, err := e.temporal.SignalWithStartWorkflow(ctx, start.ID, booking.SignalOutsideRefund, news, start,
		booking.OutsideRefundsWorkflow, booking.OutsideRefundsRequest{IntentID: news.IntentID, CorrelationID: news.CorrelationID})
	if err != nil {
		return unavailable(err)
	}
	return nil
}
