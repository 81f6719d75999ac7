package sales

import (
	"context"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// PayAtOnce is how a booking is paid in the same go as it is held.
type PayAtOnce struct {
	// Method must be WALLET: everything else needs the customer once more.
	Method booking.Method
	// OnRefusal is what becomes of the seats when the wallet holds too little; nil stands for RELEASE. If they cannot be sold any more they go back anyway.
	OnRefusal *booking.SeatsOnRefusal
}

// read refuses what cannot be paid at once.
func (p PayAtOnce) read(wanted HoldRequest, request booking.Request) (*booking.PayAtOnce, error) {
	if p.Method != booking.MethodWallet {
		return nil, booking.InvalidField("pay.method", "Only WALLET can pay with the same request. Leave pay out, and pay the booking in a second step.")
	}
	if request.CustomerID != wanted.By.ID {
		return nil, booking.Refuse(booking.CodeForbidden, "Only its owner may pay from a wallet.").With("field", "pay")
	}
	keep := p.OnRefusal != nil && *p.OnRefusal == booking.HoldSeats
	if !keep && p.OnRefusal != nil && *p.OnRefusal != booking.ReleaseSeats {
		return nil, booking.InvalidField("pay.onRefusal", "onRefusal must be RELEASE or HOLD.")
	}
	hash, err := payHash(p.Method, nil)
	return &booking.PayAtOnce{
		PayRequest: booking.PayRequest{
			PaymentID: booking.PaymentID(request.BookingID, wanted.IdempotencyKey), Method: p.Method,
			RequestHash: hash, CorrelationID: request.CorrelationID,
		},
		KeepSeats: keep,
	}, err
}

// withPayRefusal adds why a booking was not paid at once. refused is what its workflow has said about it; nil when it was not asked, as for a repeat.
func (s *Sales) withPayRefusal(
	ctx context.Context, request booking.Request, before db.BookingPrechecksRow, b Booking, refused *booking.Refusal,
) (_ Booking, err error) {
	if refused == nil && onlyTheWorkflowKnows(b) {
		if refused, err = s.askIfPaid(ctx, request, before); err != nil {
			return Booking{}, err
		}
		if b, err = s.held(ctx, request); err != nil {
			return Booking{}, err
		}
	}
	switch {
	case refused != nil:
	case b.Status == booking.StatusSeatsLocked:
		refused = booking.Refuse(booking.CodeConflict, "The booking was not paid at once. Pay it in a second step, or cancel it.")
	case onlyTheWorkflowKnows(b) && !request.Pay.KeepSeats:
		return Booking{}, booking.NotServed() // the workflow was cut short, or is forgotten
	}
	b.PayRefusal = refused
	return b, err
}

// onlyTheWorkflowKnows says that the row does not tell whether the booking is about to be paid, or has been refused.
func onlyTheWorkflowKnows(b Booking) bool {
	switch b.Status {
	case booking.StatusSeatsLocked:
		return true
	case booking.StatusFailed, booking.StatusCancelled:
		return b.ConfirmedAt == nil
	default:
		return false
	}
}

// askIfPaid asks the workflow of a booking that exists already. It needs no place among the holds, but counts as one that its customer waits for.
func (s *Sales) askIfPaid(ctx context.Context, request booking.Request, before db.BookingPrechecksRow) (refused *booking.Refusal, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	if err := s.queuers.join(request.CustomerID, request.BookingID); err != nil {
		return nil, err
	}
	defer s.queuers.leave(request.CustomerID, request.BookingID)
	request.TheatreID = before.TheatreID
	return s.start(ctx, request, titleOf(before))
}
