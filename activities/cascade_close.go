package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// CloseForSale begins a cascade: in one transaction its shows are cancelled, and the theatre or movie is withdrawn
// from the programme. From then on none of their seats are sold: a booking that was being confirmed at the same time
// has been confirmed before, and a later one finds the show cancelled. A repeat returns how the cascade stands.
func (a *Activities) CloseForSale(ctx context.Context, req booking.CascadeRequest) (state booking.CascadeState, err error) {
	err = db.InTx(ctx, a.pool, func(q *db.Queries) error {
		_, err := q.CascadeLock(ctx, req.CascadeID)
		if db.IsNotFound(err) {
			err = closeForSale(ctx, q, req)
		}
		if err != nil {
			return err
		}
		state, err = cascadeState(ctx, q, req.CascadeID)
		return err
	})
	return state, classify(err)
}

func closeForSale(ctx context.Context, q *db.Queries, req booking.CascadeRequest) error {
	start := db.CascadeStartParams{
		ID: req.CascadeID, Kind: req.Kind, Actor: req.Actor, Reason: req.Reason, CorrelationID: req.CorrelationID,
	}
	var shows []string
	var err error
	switch req.Kind {
	case booking.CascadeShow:
		start.ShowID, shows = &req.SubjectID, []string{req.SubjectID}
		err = lockShow(ctx, q, req)
	case booking.CascadeTheatre:
		start.TheatreID = &req.SubjectID
		shows, err = withdraw(ctx, q, q.TheatreDeactivate, req.SubjectID, db.ShowsToComeLockParams{TheatreID: &req.SubjectID})
	case booking.CascadeMovie:
		start.MovieID = &req.SubjectID
		shows, err = withdraw(ctx, q, q.MovieWithdraw, req.SubjectID, db.ShowsToComeLockParams{MovieID: &req.SubjectID})
	}
	if err != nil {
		return err
	}
	// While this run waited for its locks, another one may have done all of it.
	if _, err := q.CascadeLock(ctx, req.CascadeID); !db.IsNotFound(err) {
		return err
	}
	if err := q.CascadeStart(ctx, start); err != nil {
		return fmt.Errorf("write the cascade: %w", err)
	}
	if _, err := q.ShowsCancel(ctx, db.ShowsCancelParams{CascadeID: req.CascadeID, Shows: shows}); err != nil {
		return fmt.Errorf("cancel the shows: %w", err)
	}
	return nil
}

// lockShow refuses a show that cannot be cancelled, and keeps one that can from being sold.
func lockShow(ctx context.Context, q *db.Queries, req booking.CascadeRequest) error {
	ended, err := q.ShowLock(ctx, req.SubjectID)
	if db.IsNotFound(err) {
		return booking.Refuse(booking.CodeNotFound, "There is no such show.")
	}
	if err != nil {
		return fmt.Errorf("lock the show: %w", err)
	}
	cascadeID, err := q.CascadeOfShow(ctx, req.SubjectID)
	switch {
	case err == nil && cascadeID == req.CascadeID:
		return nil
	case err == nil:
		return booking.Refuse(booking.CodeConflict, "The show is cancelled already.").With("cascadeId", cascadeID)
	case !db.IsNotFound(err):
		return fmt.Errorf("find the show's cascade: %w", err)
	case ended:
		return booking.ShowPlayed(req.SubjectID)
	}
	return nil
}

// withdraw takes a theatre or a movie out of the programme, and finds its upcoming shows.
func withdraw(
	ctx context.Context, q *db.Queries, end func(context.Context, string) (int64, error), subjectID string, whose db.ShowsToComeLockParams,
) ([]string, error) {
	found, err := end(ctx, subjectID)
	if err != nil {
		return nil, fmt.Errorf("take %s out of the programme: %w", subjectID, err)
	}
	if found == 0 {
		return nil, booking.Refuse(booking.CodeNotFound, "There is no such theatre or movie.")
	}
	// The query is about a theatre or about a movie, and each has an index.
	if err := q.PlanByValues(ctx); err != nil {
		return nil, fmt.Errorf("prepare to lock the shows: %w", err)
	}
	shows, err := q.ShowsToComeLock(ctx, whose)
	if err != nil {
		return nil, fmt.Errorf("lock the shows: %w", err)
	}
	return shows, nil
}

func cascadeState(ctx context.Context, q *db.Queries, id string) (booking.CascadeState, error) {
	row, err := q.CascadeState(ctx, id)
	if err != nil {
		return booking.CascadeState{}, fmt.Errorf("read cascade: %w", err)
	}
	return booking.CascadeState{CascadeID: row.ID, Status: row.Status, Paused: row.Paused, Noted: int(row.Noted), Shows: int(row.Shows)}, nil
}
