package operations

import (
	"context"
	"fmt"
	"strings"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

// cascadeSubject is what a cascade is about: a show, a theatre or a movie.
type cascadeSubject struct {
	kind booking.CascadeKind
	id   string
	// theatreID is empty for a movie.
	theatreID string
	// summary tells operators what is cancelled.
	summary string
	// played says that it is a show that is over.
	played bool
	// cascadeID is the existing cascade, of the kind cascadeKind; empty when there is none. The cascade of
	// a show may be its theatre's or its movie's.
	cascadeID   string
	cascadeKind booking.CascadeKind
}

// cascadeSubject reads what somebody wants to cancel, and refuses callers who may not cancel it.
func (o *Operations) cascadeSubject(ctx context.Context, who accounts.Caller, kind booking.CascadeKind, id string) (cascadeSubject, error) {
	if !booking.IsID(id) {
		return cascadeSubject{}, booking.NotFound(strings.ToLower(string(kind)))
	}
	subject := cascadeSubject{kind: kind, id: id, cascadeKind: kind}
	var ofPartner bool
	var err error
	switch kind {
	case booking.CascadeShow:
		ofPartner, err = o.readShow(ctx, who, &subject)
	case booking.CascadeTheatre:
		ofPartner, err = o.readTheatre(ctx, who, &subject)
	case booking.CascadeMovie:
		err = o.readMovie(ctx, &subject)
	}
	switch {
	case db.IsNotFound(err):
		return cascadeSubject{}, booking.NotFound(strings.ToLower(string(kind)))
	case err != nil:
		return cascadeSubject{}, fmt.Errorf("read %s: %w", id, err)
	case who.Role != accounts.Admin && !ofPartner:
		return cascadeSubject{}, booking.Refuse(booking.CodeForbidden, "This theatre is another partner's.")
	}
	return subject, nil
}

func (o *Operations) readShow(ctx context.Context, who accounts.Caller, into *cascadeSubject) (ofPartner bool, err error) {
	row, err := o.queries.ShowToCancel(ctx, db.ShowToCancelParams{ID: into.id, PartnerID: who.ID})
	if err != nil {
		return false, err
	}
	start, err := db.LocalTime(row.StartsAt, row.TimeZone)
	if err != nil {
		return false, err
	}
	into.theatreID, into.played, into.cascadeID = row.TheatreID, row.Ended, row.CascadeID
	into.cascadeKind = booking.CascadeKind(row.CascadeKind)
	into.summary = "cancel the show" + start.Format(" · Mon 2 Jan 15:04 · ") + row.TheatreName + " · " + row.MovieTitle
	return row.OfPartner, nil
}

func (o *Operations) readTheatre(ctx context.Context, who accounts.Caller, into *cascadeSubject) (ofPartner bool, err error) {
	row, err := o.queries.TheatreToDeactivate(ctx, db.TheatreToDeactivateParams{ID: into.id, PartnerID: who.ID})
	if err != nil {
		return false, err
	}
	into.theatreID, into.cascadeID, into.summary = into.id, row.CascadeID, "deactivate the theatre · "+row.Name
	return row.OfPartner, nil
}

func (o *Operations) readMovie(ctx context.Context, into *cascadeSubject) error {
	row, err := o.queries.MovieToWithdraw(ctx, into.id)
	if err != nil {
		return err
	}
	into.cascadeID, into.summary = row.CascadeID, "withdraw the movie · "+row.Title
	return nil
}

// cascade is the cancellation of the subject.
func (s cascadeSubject) cascade(request booking.CascadeRequest) engine.Cascade {
	return engine.Cascade{Request: request, TheatreID: s.theatreID, Summary: s.summary}
}
