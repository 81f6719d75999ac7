package operations

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// ResolveFlag resolves a flag.
//
// Errors: NOT_FOUND; INVALID_STATE when somebody has resolved it already.
func (o *Operations) ResolveFlag(ctx context.Context, number int64, by By) (db.Flag, error) {
	flag, err := o.queries.FlagResolve(ctx, db.FlagResolveParams{ID: number, ResolvedBy: by.ActorID, Resolution: by.Reason})
	if err == nil {
		return flag, nil
	}
	if !db.IsNotFound(err) {
		return flag, fmt.Errorf("resolve flag: %w", err)
	}
	switch flag, err = o.queries.FlagByID(ctx, number); {
	case db.IsNotFound(err):
		return flag, booking.NotFound("flag")
	case err != nil:
		return flag, fmt.Errorf("read flag: %w", err)
	}
	return flag, booking.Refuse(booking.CodeInvalidState, "This flag is resolved already.").
		With("resolvedBy", flag.ResolvedBy).With("resolvedAt", flag.ResolvedAt)
}
