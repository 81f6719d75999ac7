package operations

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// MoveRequest asks for other seats for a confirmed booking.
type MoveRequest struct {
	BookingID, IdempotencyKey string
	// From are the seats to leave; nil for all that are left. To are as many.
	From, To []string
	By       By
}

// Move gives a confirmed booking other seats of its show: once for each key, however often it is sent.
// A move that was refused may be asked for again with the same key.
//
// Errors: VALIDATION_ERROR with the field's name; NOT_FOUND; INVALID_STATE; SEAT_LOCK_FAILED;
// IDEMPOTENCY_KEY_REUSED; UNAVAILABLE when no worker took it in time.
func (o *Operations) Move(ctx context.Context, wanted MoveRequest) (made db.SeatMoveByIDRow, err error) {
	move, err := wanted.read()
	if err != nil {
		return made, err
	}
	end, err := o.bookingEnd(ctx, wanted.BookingID)
	if err != nil {
		return made, err
	}
	move.ShowID = end.ShowID
	made, done, err := o.moveMade(ctx, move)
	switch {
	case err != nil || done:
		return made, err
	case end.Status != booking.StatusConfirmed:
		return made, booking.WrongState("Only a confirmed booking can be moved to other seats.", end.Status)
	}
	if err := o.options.Engine.Move(ctx, move); err != nil {
		return made, err
	}
	made, done, err = o.moveMade(ctx, move)
	if err == nil && !done {
		err = fmt.Errorf("move %s was made but says nothing about it", move.MoveID)
	}
	return made, err
}

// read refuses what is invalid for any booking.
func (w MoveRequest) read() (move booking.SeatMove, err error) {
	move = booking.SeatMove{
		MoveID: booking.SeatMoveID(w.BookingID, w.By.ActorID, w.IdempotencyKey), BookingID: w.BookingID,
		Actor: w.By.ActorID, Reason: w.By.Reason, CorrelationID: w.By.CorrelationID,
	}
	if move.To, err = booking.SeatList("toSeats", w.To); err != nil {
		return move, err
	}
	if move.From, err = booking.SomeSeats("fromSeats", w.From); err != nil {
		return move, err
	}
	if move.From != nil && len(move.From) != len(move.To) {
		return move, booking.InvalidField("toSeats", "There must be as many new seats as old ones.").With("seats", len(move.From))
	}
	move.RequestHash, err = booking.RequestHash(move.From, move.To, move.Reason)
	return move, err
}

// moveMade reads a move that has been made; another request under its key is refused.
func (o *Operations) moveMade(ctx context.Context, move booking.SeatMove) (made db.SeatMoveByIDRow, done bool, err error) {
	made, err = o.queries.SeatMoveByID(ctx, move.MoveID)
	switch {
	case db.IsNotFound(err):
		return made, false, nil
	case err != nil:
		return made, false, fmt.Errorf("read the move: %w", err)
	case made.SeatMove.RequestHash != move.RequestHash:
		return made, false, booking.KeyReused()
	}
	return made, true, nil
}
