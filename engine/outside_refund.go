package engine

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
)

// The refunds that somebody made at the provider by hand belong to one workflow for each charge, booking.OutsideRefundsWorkflowID. Whoever has
// something to tell it starts it: it is joined when it runs, and runs again otherwise. It may wait for people who are buying.

// AssignOutsideRefund says for which seats a refund of this charge was, and waits until that is written, for as long as ctx lasts. A command
// is carried out once for each CommandID, however often it comes.
//
// Errors: the refusals of the charge's workflow.
func (e *Engine) AssignOutsideRefund(ctx context.Context, intentID string, command booking.OutsideRefundCommand) error {
	return e.commandOutsideRefund(ctx, booking.UpdateAssign, intentID, command)
}

// WriteOffOutsideRefund says that a refund of this charge was for nothing that was owed. It is otherwise like AssignOutsideRefund.
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

// TellOutsideRefunds tells the workflow of a charge that more of it may have been given back, or less. It is the signal
// booking.SignalOutsideRefund; the workflow asks the provider for itself. Any failure is ErrUnavailable.
func (e *Engine) TellOutsideRefunds(ctx context.Context, news booking.OutsideRefundEvent) error {
	start := settling(booking.OutsideRefundsWorkflowID(news.IntentID))
	_, err := e.temporal.SignalWithStartWorkflow(ctx, start.ID, booking.SignalOutsideRefund, news, start,
		booking.OutsideRefundsWorkflow, booking.OutsideRefundsRequest{IntentID: news.IntentID, CorrelationID: news.CorrelationID})
	if err != nil {
		return unavailable(err)
	}
	return nil
}
