package engine

import (
	"context"

	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/booking"
)

// Pay has a booking's workflow start an attempt to collect the quote, and waits for the answer: that it is paid, or how its card
// part is to be paid. A repeated request gets the answer of the first, as it was then; the payment's row says how it stands now.
//
// The update goes to booking.WorkflowID and has the payment's id.
//
// Errors: the refusals of the booking workflow; booking.KeyReused when another request came before under the same id and was
// refused (one that was carried out is returned: compare its RequestHash first); ErrNoWorkflow when the booking has ended.
func (e *Engine) Pay(ctx context.Context, bookingID string, request booking.PayRequest) (paid booking.Payment, err error) {
	err = e.update(ctx, client.UpdateWorkflowOptions{
		WorkflowID: booking.WorkflowID(bookingID), UpdateID: request.PaymentID, UpdateName: booking.UpdatePay, Args: []any{request},
	}, request.RequestHash, &paid)
	return paid, err
}
