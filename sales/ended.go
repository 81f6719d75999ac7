package sales

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
)

// endedMessages say why a step is impossible for a booking that has ended, for each way in which it may have.
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

// refuseEnded says why a step is impossible for a booking without a workflow. A booking that should
// have one is unavailable: Temporal may be catching up with PostgreSQL, or the other way round.
func (s *Sales) refuseEnded(ctx context.Context, bookingID string, why endedMessages) error {
	status, err := s.queries.BookingStatus(ctx, bookingID)
	if err != nil {
		return fmt.Errorf("read the booking: %w", err)
	}
	if refusal := why.refuse(bookingID, status); refusal != nil {
		return refusal
	}
	s.options.Logger.ErrorContext(ctx, "an open booking has no workflow", "bookingId", bookingID, "status", status)
	return booking.Unavailable()
}
