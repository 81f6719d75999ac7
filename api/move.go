package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// MoveBooking gives a confirmed booking other seats: once for each key, however often it comes.
func (h *handlers) MoveBooking(c echo.Context, bookingID openapi.BookingId, params openapi.MoveBookingParams) error {
	if err := checkIdempotencyKey(params.IdempotencyKey); err != nil {
		return err
	}
	move, err := readMove(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	end, err := h.bookingEnd(ctx, bookingID)
	if err != nil {
		return err
	}
	move.BookingID, move.ShowID, move.MoveID = bookingID, end.ShowID, booking.SeatMoveID(bookingID, principalOf(c).id, params.IdempotencyKey)
	move.Actor, move.CorrelationID = principalOf(c).id, correlationID(c)
	view, done, err := h.seatMove(ctx, move)
	if err != nil {
		return err
	}
	if !done {
		if end.Status != booking.StatusConfirmed {
			return booking.WrongState("Only a confirmed booking can be moved to other seats.", end.Status)
		}
		if view, err = h.moveSeats(ctx, move); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, view)
}

// readMove reads the body, and refuses what cannot be wished for of any booking.
func readMove(c echo.Context) (move booking.SeatMove, err error) {
	var body openapi.MoveBookingRequest
	if err := decode(c, &body); err != nil {
		return move, err
	}
	if move.Reason, err = checkReason(body.Reason); err != nil {
		return move, err
	}
	if move.To, err = moveSide("toSeats", body.ToSeats); err != nil {
		return move, err
	}
	if body.FromSeats != nil {
		if move.From, err = moveSide("fromSeats", *body.FromSeats); err != nil {
			return move, err
		}
		if len(move.From) != len(move.To) {
			return move, booking.InvalidField("toSeats", "There must be as many new seats as old ones.").With("seats", len(move.From))
		}
	}
	move.RequestHash, err = requestHash(move.From, move.To, move.Reason)
	return move, err
}

// moveSide gives the seats of one side of a move in their order.
func moveSide(field string, labels []string) ([]string, error) {
	if n := len(labels); n == 0 || n > booking.MaxSeats {
		return nil, booking.InvalidField(field, "Name 1 to 10 seats.").With("maxSeats", booking.MaxSeats)
	}
	var unknown []string
	for _, seat := range labels {
		if !booking.IsSeatLabel(seat) {
			unknown = append(unknown, shortened(seat))
		}
	}
	if len(unknown) > 0 {
		return nil, booking.InvalidField(field, "These are no seats.").With("unknownSeatIds", unknown)
	}
	seats := booking.SortSeats(labels)
	for i := 1; i < len(seats); i++ {
		if seats[i] == seats[i-1] {
			return nil, booking.InvalidField(field, "Seat "+seats[i]+" is named twice.").With("duplicateSeatIds", []string{seats[i]})
		}
	}
	return seats, nil
}

// seatMove reads a move that has been made.
func (h *handlers) seatMove(ctx context.Context, move booking.SeatMove) (view openapi.SeatMove, done bool, err error) {
	row, err := h.queries.SeatMoveByID(ctx, move.MoveID)
	switch {
	case db.IsNotFound(err):
		return view, false, nil
	case err != nil:
		return view, false, fmt.Errorf("read the move: %w", err)
	case row.SeatMove.RequestHash != move.RequestHash:
		return view, false, booking.KeyReused()
	}
	made := row.SeatMove
	return openapi.SeatMove{
		Id: made.ID, BookingId: made.BookingID, ShowId: row.ShowID, FromSeats: made.FromSeats, ToSeats: made.ToSeats, SeatIds: row.Seats,
		Reason: made.Reason, Actor: made.Actor, At: made.At.UTC(),
	}, true, nil
}

// moveSeats has the seats changed by a workflow. A move that was refused may be asked for again with the same key.
func (h *handlers) moveSeats(ctx context.Context, move booking.SeatMove) (openapi.SeatMove, error) {
	if err := h.engine.Move(ctx, move); err != nil {
		return openapi.SeatMove{}, err
	}
	view, done, err := h.seatMove(ctx, move)
	if err == nil && !done {
		err = fmt.Errorf("move %s was made but says nothing about it", move.MoveID)
	}
	return view, err
}
