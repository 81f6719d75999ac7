package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// MoveSeats moves a confirmed booking to other seats of its show in one transaction: the new ones are
// sold to it, the old ones go back on sale, and the booking lists the new ones in the places, and at
// the prices, of the old. Or it refuses and changes nothing. A repeat finds the first move.
func (a *Activities) MoveSeats(ctx context.Context, move booking.SeatMove) error {
	return classify(db.InTx(ctx, a.pool, func(q *db.Queries) error {
		b, err := q.BookingForUpdate(ctx, move.BookingID)
		if db.IsNotFound(err) {
			return booking.Refuse(booking.CodeNotFound, "There is no such booking.").With("field", "bookingId")
		}
		if err != nil {
			return fmt.Errorf("lock booking: %w", err)
		}
		done, err := q.SeatMoveByID(ctx, move.MoveID)
		switch {
		case err == nil && done.SeatMove.RequestHash != move.RequestHash:
			return booking.KeyReused()
		case !db.IsNotFound(err):
			return err
		case move.TooLate:
			return booking.NotMoved()
		}
		return moveSeats(ctx, q, b, move)
	}))
}

func moveSeats(ctx context.Context, q *db.Queries, b db.BookingForUpdateRow, move booking.SeatMove) error {
	terms, err := q.SeatMoveTerms(ctx, db.SeatMoveTermsParams{BookingID: b.ID, Wanted: move.To})
	if err != nil {
		return fmt.Errorf("read the terms: %w", err)
	}
	if err := refuseImmovable(b, terms.Ended); err != nil {
		return err
	}
	from, to, err := pairSeats(move, terms)
	if err != nil {
		return err
	}
	if err := takeOver(ctx, q, b, from, to); err != nil {
		return err
	}
	leaving := orAll(move.From, terms.Seats)
	err = q.SeatMoveWrite(ctx, db.SeatMoveWriteParams{
		ID: move.MoveID, BookingID: b.ID, FromSeats: leaving, ToSeats: renamed(leaving, from, to),
		RequestHash: move.RequestHash, Actor: move.Actor, Reason: move.Reason, CorrelationID: move.CorrelationID,
	})
	if err != nil {
		return fmt.Errorf("write the move: %w", err)
	}
	return nil
}

func refuseImmovable(b db.BookingForUpdateRow, ended bool) error {
	switch {
	case b.Status != booking.StatusConfirmed:
		return booking.WrongState("Only a confirmed booking can be moved to other seats.", b.Status)
	case b.ShowStatus == booking.ShowStatusCancelled:
		return booking.WrongState("The show is cancelled.", b.Status).With("showId", b.ShowID)
	case ended:
		return booking.WrongState("The show is over.", b.Status).With("showId", b.ShowID)
	default:
		return nil
	}
}

// pairSeats says which seats change, and to which, in seating order; seats that are in both lists stay.
func pairSeats(move booking.SeatMove, terms db.SeatMoveTermsRow) (from, to []string, err error) {
	leaving := orAll(move.From, terms.Seats)
	if unknown := without(leaving, terms.Seats); len(unknown) > 0 {
		return nil, nil, booking.InvalidField("fromSeats", "The booking has no such seats.").With("unknownSeatIds", unknown)
	}
	if len(move.To) != len(leaving) {
		return nil, nil, booking.InvalidField("toSeats", "There must be as many new seats as old ones.").With("seats", len(leaving))
	}
	if len(terms.Unknown) > 0 {
		return nil, nil, booking.InvalidField("toSeats", "This show does not have all of these seats.").With("unknownSeatIds", booking.SortSeats(terms.Unknown))
	}
	from, to = booking.SortSeats(without(leaving, move.To)), booking.SortSeats(without(move.To, leaving))
	if mine := common(to, terms.Seats); len(mine) > 0 {
		return nil, nil, booking.InvalidField("toSeats", "The booking has some of these seats already.").With("ownSeatIds", mine)
	}
	// A seat is given back only once, and its refund is known by its label.
	if given := common(to, terms.Cancelled); len(given) > 0 {
		return nil, nil, booking.InvalidField("toSeats", "The booking has given some of these seats back.").With("cancelledSeatIds", given)
	}
	return from, to, nil
}

// takeOver takes the new seats and gives the old ones back.
func takeOver(ctx context.Context, q *db.Queries, b db.BookingForUpdateRow, from, to []string) error {
	if len(from) == 0 {
		return nil
	}
	both := booking.SortSeats(slices.Concat(from, to))
	mine, err := q.ClaimsTakeOver(ctx, db.ClaimsTakeOverParams{BookingID: b.ID, Seats: both})
	if err != nil {
		return fmt.Errorf("take the seats: %w", err)
	}
	if taken := without(both, mine); len(taken) > 0 {
		return booking.SeatsTaken(b.ShowID, taken)
	}
	given, err := q.ClaimsGiveBack(ctx, db.ClaimsGiveBackParams{BookingID: b.ID, Seats: from})
	if err != nil {
		return fmt.Errorf("put the seats on sale: %w", err)
	}
	moved, err := q.SeatsMove(ctx, db.SeatsMoveParams{BookingID: b.ID, FromSeats: from, ToSeats: to})
	if err != nil {
		return fmt.Errorf("change the seats: %w", err)
	}
	if int(given) != len(from) || int(moved) != len(from) {
		return errors.New("a locked, confirmed booking does not own all of its seats")
	}
	return q.SeatLabelsMove(ctx, db.SeatLabelsMoveParams{BookingID: b.ID, FromSeats: from, ToSeats: to})
}

// renamed are labels with their new names.
func renamed(labels, from, to []string) []string {
	names := slices.Clone(labels)
	for i, label := range names {
		if n := slices.Index(from, label); n >= 0 {
			names[i] = to[n]
		}
	}
	return names
}

// orAll is named, or all when nothing is named.
func orAll(named, all []string) []string {
	if len(named) == 0 {
		return all
	}
	return named
}

// without are the labels that others does not have.
func without(labels, others []string) []string {
	return slices.DeleteFunc(slices.Clone(labels), func(label string) bool { return slices.Contains(others, label) })
}

// common are the labels that others has, too.
func common(labels, others []string) []string {
	return slices.DeleteFunc(slices.Clone(labels), func(label string) bool { return !slices.Contains(others, label) })
}
