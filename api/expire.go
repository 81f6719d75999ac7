package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
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
	case db.IsNotFound(err):
		return end, notFound("booking")
	case err != nil:
		return end, fmt.Errorf("read booking: %w", err)
	}
	return end, nil
}

// expire has the booking's workflow end it, or another one when there is none.
func (h *handlers) expire(ctx context.Context, request booking.ExpireRequest) (booking.Expiry, error) {
	expiry, err := h.engine.Expire(ctx, request)
	if err == nil || !errors.Is(err, engine.ErrNoWorkflow) && !isEnded(err) {
		return expiry, err
	}
	end, readErr := h.bookingEnd(ctx, request.BookingID)
	switch {
	case readErr != nil:
		return expiry, readErr
	case !isUnpaid(end.Status):
		return expiry, notExpirable(end.Status)
	case isEnded(err):
		return expiry, fmt.Errorf("%w: %w", unavailable(), err)
	}
	return h.engine.EndAbandoned(ctx, request, end.ShowID)
}
