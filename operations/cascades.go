package operations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// Cascade is a cascade as a caller may see it: a partner learns no operator's id except their own.
type Cascade struct {
	db.Cascade

	// SubjectID is the show, theatre or movie.
	SubjectID string
	Shows     int
}

// CascadeFilter says which cascades to read.
type CascadeFilter struct {
	Before   time.Time
	BeforeID string
	Most     int32
	// Status and Kind are nil for any.
	Status *booking.CascadeStatus
	Kind   *booking.CascadeKind
}

// Cascades reads up to a number of cascades, the latest first: all for an administrator, those of their own theatres for a partner.
func (o *Operations) Cascades(ctx context.Context, who accounts.Caller, wanted CascadeFilter) ([]Cascade, error) {
	filter := db.CascadesBeforeParams{
		BeforeTime: wanted.Before, BeforeID: wanted.BeforeID, Status: (*string)(wanted.Status), Kind: (*string)(wanted.Kind), PageSize: wanted.Most,
	}
	if who.Role != accounts.Admin {
		filter.PartnerID = &who.ID
	}
	rows, err := db.Search(ctx, o.options.Pool, (*db.Queries).CascadesBefore, filter)
	if err != nil {
		return nil, fmt.Errorf("read cascades: %w", err)
	}
	cascades := make([]Cascade, len(rows))
	for i, row := range rows {
		cascades[i] = cascadeFor(who, row.Cascade, int(row.Shows))
	}
	return cascades, nil
}

// CascadeReport is what a cascade has done and what is left, all at one moment, so that its counts add up.
type CascadeReport struct {
	Cascade  Cascade
	Progress booking.CascadeProgress
	Events   []db.CascadeEvent
}

// Cascade reads a cascade from the database alone.
//
// Errors: NOT_FOUND; FORBIDDEN when it is about another partner's shows.
func (o *Operations) Cascade(ctx context.Context, who accounts.Caller, cascadeID string) (report CascadeReport, err error) {
	err = db.InSnapshot(ctx, o.options.Pool, func(q *db.Queries) error {
		row, err := cascadeOf(ctx, q, who, cascadeID)
		if err != nil {
			return err
		}
		if report.Progress, err = q.CascadeProgress(ctx, cascadeID); err != nil {
			return fmt.Errorf("count the progress of cascade %s: %w", cascadeID, err)
		}
		report.Cascade = cascadeFor(who, row, report.Progress.Shows)
		if report.Events, err = q.CascadeEventsToShow(ctx, cascadeID); err != nil {
			return fmt.Errorf("read the events of cascade %s: %w", cascadeID, err)
		}
		for i := range report.Events {
			report.Events[i].Actor = actorFor(who, report.Events[i].Actor)
		}
		return nil
	})
	return report, err
}

// cascadeOf reads a cascade for a caller who may see it, and refuses it to everybody else.
func cascadeOf(ctx context.Context, q *db.Queries, who accounts.Caller, cascadeID string) (db.Cascade, error) {
	if !booking.IsID(cascadeID) {
		return db.Cascade{}, booking.NotFound("cascade")
	}
	row, err := q.CascadeView(ctx, db.CascadeViewParams{ID: cascadeID, PartnerID: who.ID})
	switch {
	case db.IsNotFound(err):
		return db.Cascade{}, booking.NotFound("cascade")
	case err != nil:
		return db.Cascade{}, fmt.Errorf("read cascade: %w", err)
	case who.Role != accounts.Admin && !row.OfPartner:
		return db.Cascade{}, booking.Refuse(booking.CodeForbidden, "This cascade is about another partner's shows.")
	}
	return row.Cascade, nil
}

func cascadeFor(who accounts.Caller, row db.Cascade, shows int) Cascade {
	row.Actor = actorFor(who, row.Actor)
	return Cascade{Cascade: row, SubjectID: cascadeSubjectID(row), Shows: shows}
}

// cascadeSubjectID is the id of the show, theatre or movie: a cascade has one of them.
func cascadeSubjectID(row db.Cascade) string {
	for _, id := range []*string{row.ShowID, row.TheatreID, row.MovieID} {
		if id != nil {
			return *id
		}
	}
	return ""
}

// actorFor says who did something, as the caller may see it.
func actorFor(who accounts.Caller, actor string) string {
	if who.Role == accounts.Admin || actor == who.ID || booking.Actor(actor).IsRole() {
		return actor
	}
	return string(booking.ActorOperator)
}

// BeginCascade cancels a show, or withdraws a theatre or a movie from the programme and cancels its
// upcoming shows, and returns its cascade, of which there is only one. A repeat finds it. A request that is
// refused may have been overtaken by another one for the same thing: then it has succeeded nevertheless.
//
// Errors: NOT_FOUND; FORBIDDEN when it is another partner's; INVALID_STATE for a show that is over; CONFLICT for a partner whose show was cancelled
// with its movie.
func (o *Operations) BeginCascade(ctx context.Context, who accounts.Caller, kind booking.CascadeKind, id string, by By) (report CascadeReport, err error) {
	subject, err := o.cascadeSubject(ctx, who, kind, id)
	if err != nil {
		return report, err
	}
	if subject.cascadeID == "" {
		if subject.played {
			return report, booking.ShowPlayed(id)
		}
		said := o.options.Engine.BeginCascade(ctx, subject.cascade(booking.CascadeRequest{
			CascadeID: booking.CascadeID(kind, id), Kind: kind, SubjectID: id, Actor: by.ActorID, Reason: by.Reason, CorrelationID: by.CorrelationID,
		}))
		if _, refused := errors.AsType[*booking.Refusal](said); said != nil && !refused {
			return report, said
		}
		if subject, err = o.cascadeSubject(ctx, who, kind, id); err != nil {
			return report, err
		}
		switch {
		case subject.cascadeID == "" && said != nil:
			return report, said
		case subject.cascadeID == "":
			return report, fmt.Errorf("the cascade of %s has begun but has no row", id)
		}
	}
	if subject.cascadeKind == booking.CascadeMovie && who.Role != accounts.Admin {
		return report, booking.Refuse(booking.CodeConflict, "The show is cancelled already, with all shows of its movie.").With("showId", id)
	}
	return o.Cascade(ctx, who, subject.cascadeID)
}

// PauseCascade keeps a cascade from beginning with any other booking, and returns it as it is afterwards. A repeat changes nothing.
//
// Errors: those of Cascade; INVALID_STATE when it has finished; the refusals of its workflow.
func (o *Operations) PauseCascade(ctx context.Context, who accounts.Caller, cascadeID string, by By) (CascadeReport, error) {
	return o.commandCascade(ctx, who, cascadeID, true, by)
}

// ResumeCascade lets a cascade go on. It is otherwise like PauseCascade.
func (o *Operations) ResumeCascade(ctx context.Context, who accounts.Caller, cascadeID string, by By) (CascadeReport, error) {
	return o.commandCascade(ctx, who, cascadeID, false, by)
}

// commandCascade makes the workflow of a cascade pause or go on, unless it already is as requested. If
// the workflow is gone, the same cascade continues in a new one.
func (o *Operations) commandCascade(ctx context.Context, who accounts.Caller, cascadeID string, pause bool, by By) (report CascadeReport, err error) {
	row, err := cascadeOf(ctx, o.queries, who, cascadeID)
	switch {
	case err != nil:
		return report, err
	case row.Status == booking.CascadeFinished:
		return report, booking.CascadeIsFinished()
	case row.Paused == pause:
		return o.Cascade(ctx, who, cascadeID)
	}
	subject, err := o.cascadeSubject(ctx, who, row.Kind, cascadeSubjectID(row))
	if err != nil {
		return report, err
	}
	cascade := subject.cascade(booking.CascadeRequest{
		CascadeID: row.ID, Kind: row.Kind, SubjectID: subject.id, Actor: row.Actor, Reason: row.Reason, CorrelationID: row.CorrelationID,
	})
	command := booking.CascadeCommand{Actor: by.ActorID, Reason: by.Reason, CorrelationID: by.CorrelationID}
	if pause {
		err = o.options.Engine.PauseCascade(ctx, cascade, command)
	} else {
		err = o.options.Engine.ResumeCascade(ctx, cascade, command)
	}
	if err != nil {
		return report, err
	}
	return o.Cascade(ctx, who, cascadeID)
}
