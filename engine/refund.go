package engine

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
)

// The workflow of a refund is booking.RefundWorkflowID. Every call starts it: if it is running it is
// joined, otherwise it runs again. People who are buying go before it.

// RetryRefund has a refused refund sent to the provider once more, and waits for the answer. A command
// is carried out once for each CommandID, however often it is sent.
//
// Errors: the refusals of the refund's workflow.
func (e *Engine) RetryRefund(ctx context.Context, command booking.RefundCommand) error {
	return e.commandRefund(ctx, booking.UpdateRetry, command)
}

// DivertRefund has the money of a refused refund paid into the customer's wallet. It is otherwise like RetryRefund.
func (e *Engine) DivertRefund(ctx context.Context, command booking.RefundCommand) error {
	return e.commandRefund(ctx, booking.UpdateDivert, command)
}

// SettleRefund ends a refused refund as given back by hand. It is otherwise like RetryRefund.
func (e *Engine) SettleRefund(ctx context.Context, command booking.RefundCommand) error {
	return e.commandRefund(ctx, booking.UpdateSettle, command)
}

// CloseRefund ends a refund whose money the customer's bank has given back. It is otherwise like RetryRefund.
func (e *Engine) CloseRefund(ctx context.Context, command booking.RefundCommand) error {
	return e.commandRefund(ctx, booking.UpdateClose, command)
}

// commandRefund sends an update without an id of its own: a command that had to be refused for a moment may be sent
// again while the workflow waits for the provider, and one that has been carried out is known by its command id.
func (e *Engine) commandRefund(ctx context.Context, update string, command booking.RefundCommand) error {
	var receipt booking.RefundReceipt
	err := explainShort(e.openPatiently(ctx, opening{
		start: settling(booking.RefundWorkflowID(command.RefundID)), workflow: booking.RefundWorkflow,
		input:  booking.RefundRequest{RefundID: command.RefundID, CorrelationID: command.CorrelationID},
		update: update, args: []any{command},
	}, &receipt))
	if err != nil {
		return fmt.Errorf("%s refund %s: %w", update, command.RefundID, err)
	}
	return nil
}

// TellRefund tells the workflow of a refund that the provider has an event for it. It is the signal
// booking.SignalRefundEvent; the workflow itself asks the provider what has happened. Any failure is ErrUnavailable.
func (e *Engine) TellRefund(ctx context.Context, news booking.RefundEvent) error {
	start := settling(booking.RefundWorkflowID(news.RefundID))
	_, err := e.temporal.SignalWithStartWorkflow(ctx, start.ID, booking.SignalRefundEvent, news, start,
		booking.RefundWorkflow, booking.RefundRequest{RefundID: news.RefundID, CorrelationID: news.CorrelationID})
	if err != nil {
		return unavailable(err)
	}
	return nil
}
