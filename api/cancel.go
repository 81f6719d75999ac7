package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/engine"
	"github.com/boxoffice/boxoffice/pricing"
)

// cancelWish is what a customer wants to give back, and how.
type cancelWish struct {
	// seats are in their order; none stand for all that are left.
	seats    []string
	refundTo booking.RefundTo
	// refundToNamed: the customer has said where the money is to go. Who has not takes it as it went.
	refundToNamed bool
	// expected is what has to go back; nil for whatever it is.
	expected *int64
}

// CancelBooking gives seats of a booking back: all of an unpaid one, any of a confirmed one.
func (h *handlers) CancelBooking(c echo.Context, bookingID openapi.BookingId, _ openapi.CancelBookingParams) error {
	wish, err := readCancelWish(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	waiting, cancel := context.WithTimeout(ctx, h.config.WorkflowTimeout)
	defer cancel()
	row, view, err := h.ownBookingView(waiting, principalOf(c), bookingID)
	if err != nil {
		return err
	}
	var answer openapi.Cancellation
	if isUnpaid(view.Status) {
		answer, err = h.cancelUnpaid(ctx, bookingID, wish, correlationID(c))
	} else {
		answer, err = h.cancelPaid(waiting, row, view, wish, correlationID(c))
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
}

// readCancelWish reads the body, and refuses what cannot be wished for of any booking.
func readCancelWish(c echo.Context) (cancelWish, error) {
	var body openapi.CancelBookingRequest
	if err := decodeOptional(c, &body); err != nil {
		return cancelWish{}, err
	}
	wish := cancelWish{refundTo: booking.RefundToOriginal, expected: body.ExpectedRefund}
	if body.RefundTo != nil {
		wish.refundTo, wish.refundToNamed = *body.RefundTo, true
	}
	if !isRefundTo(wish.refundTo) {
		return cancelWish{}, booking.InvalidField("refundTo", "refundTo must be ORIGINAL or WALLET.")
	}
	if wish.expected != nil && *wish.expected < 0 {
		return cancelWish{}, booking.InvalidField("expectedRefund", "expectedRefund cannot be negative.")
	}
	var err error
	wish.seats, err = cancelSeatsWish(body.SeatIds)
	return wish, err
}

func isRefundTo(to booking.RefundTo) bool {
	return to == booking.RefundToOriginal || to == booking.RefundToWallet
}

// cancelSeatsWish gives the named seats in their order; nil when none are named.
func cancelSeatsWish(labels *[]string) ([]string, error) {
	if labels == nil {
		return nil, nil
	}
	if n := len(*labels); n == 0 || n > booking.MaxSeats || slices.Contains(*labels, "") {
		return nil, booking.InvalidField("seatIds", "Name 1 to 10 seats, or leave seatIds out for all of them.").With("maxSeats", booking.MaxSeats)
	}
	var unknown []string
	for _, seat := range *labels {
		if !booking.IsSeatLabel(seat) {
			unknown = append(unknown, shortened(seat))
		}
	}
	if len(unknown) > 0 {
		return nil, notInBooking(unknown)
	}
	return sortDistinct(*labels)
}

func notInBooking(seats []string) error {
	return booking.InvalidField("seatIds", "The booking has no such seats.").With("unknownSeatIds", seats)
}

// isUnpaid says that a booking's own workflow is in charge of it.
func isUnpaid(status booking.Status) bool {
	return status == booking.StatusInitiated || status.Payable()
}

// wholeOnly refuses to give back a part of an unpaid booking.
func (w cancelWish) wholeOnly() error {
	if w.seats != nil {
		return booking.InvalidField("seatIds", "An unpaid booking is cancelled as a whole: leave seatIds out.")
	}
	return nil
}

// cancelUnpaid has the booking's workflow give all seats back.
func (h *handlers) cancelUnpaid(ctx context.Context, bookingID string, wish cancelWish, correlationID string) (openapi.Cancellation, error) {
	if err := wish.wholeOnly(); err != nil {
		return openapi.Cancellation{}, err
	}
	if err := (pricing.Refund{}).RefuseUnless(wish.expected); err != nil {
		return openapi.Cancellation{}, err
	}
	err := h.engine.CancelUnpaid(ctx, bookingID, booking.CancelRequest{CorrelationID: correlationID, At: h.now().UTC()})
	if errors.Is(err, engine.ErrNoWorkflow) {
		err = h.cancelAbandoned(ctx, bookingID, correlationID)
	}
	if err != nil && !isEnded(err) {
		return openapi.Cancellation{}, err
	}
	return h.cancelledUnpaid(ctx, bookingID, err)
}

// cancelAbandoned cancels a booking that has lost its workflow, if it still waits for money.
func (h *handlers) cancelAbandoned(ctx context.Context, bookingID, correlationID string) error {
	end, err := h.bookingEnd(ctx, bookingID)
	if err != nil || !isUnpaid(end.Status) {
		return err
	}
	_, err = h.engine.EndAbandoned(ctx, booking.ExpireRequest{
		BookingID: bookingID, To: booking.StatusCancelled, Actor: string(booking.ActorCustomer), Reason: reasonCustomer, CorrelationID: correlationID,
	}, end.ShowID)
	return err
}

// isEnded says that the workflow refused a step because the booking had ended, or could no longer be stopped.
func isEnded(err error) bool {
	refusal, ok := errors.AsType[*booking.Refusal](err)
	return ok && (refusal.Code == booking.CodeInvalidState || refusal.Code == booking.CodeBookingExpired)
}

// cancelledUnpaid answers from what is written: a cancelled booking has been cancelled, whoever asked for it and however often. Any
// other cannot be any more: a workflow that said why knows best, unless the money was faster. What that gives back is for its
// customer to see first.
func (h *handlers) cancelledUnpaid(ctx context.Context, bookingID string, said error) (openapi.Cancellation, error) {
	row, ok, err := h.bookingRow(ctx, bookingID)
	switch status := row.Booking.Status; {
	case err != nil:
		return openapi.Cancellation{}, fmt.Errorf("read the booking: %w", err)
	case !ok:
		return openapi.Cancellation{}, notFound("booking")
	case status == booking.StatusConfirmed || status == booking.StatusCompleted:
		return openapi.Cancellation{}, notCancellable.refuse(bookingID, status)
	case status != booking.StatusCancelled && isEnded(said):
		return openapi.Cancellation{}, said
	case status != booking.StatusCancelled:
		return openapi.Cancellation{}, h.refuseEnded(ctx, bookingID, notCancellable)
	}
	view, err := h.bookingView(row)
	if err != nil {
		return openapi.Cancellation{}, err
	}
	return wholeCancellation(view), nil
}

// wholeCancellation answers for a booking of which nothing is left.
func wholeCancellation(view openapi.Booking) openapi.Cancellation {
	answer := openapi.Cancellation{BookingId: view.Id, Status: view.Status, SeatIds: make([]string, len(view.Seats)), Refunds: view.Refunds}
	for i, seat := range view.Seats {
		answer.SeatIds[i] = seat.Id
	}
	return answer
}
