package workflows

import (
	"cmp"
	"errors"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// EndAbandoned ends an unpaid booking whose workflow is gone, on behalf of an operator or of its customer,
// as a sweep would: the seats go back on sale, and settlements follow what may have been paid for them.
func EndAbandoned(ctx workflow.Context, req booking.ExpireRequest) (booking.Expiry, error) {
	// An operator's cancel must not leave the money where it is.
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	expiry := booking.Expiry{BookingID: req.BookingID}
	ended, err := endAbandoned(ctx, booking.Release{
		BookingID: req.BookingID, To: cmp.Or(req.To, booking.StatusExpired), Actor: booking.Actor(req.Actor), Reason: req.Reason,
		CorrelationID: req.CorrelationID, Undecided: true,
	})
	if err != nil {
		return expiry, err
	}
	expiry.Status = ended.Status
	var defects error
	for _, intentID := range ended.Intents {
		defects = errors.Join(defects, startSettlement(ctx, intentID, sweepReason, req.CorrelationID))
	}
	return expiry, defects
}
