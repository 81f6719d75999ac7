package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// cascadesPath is where cascades are.
const cascadesPath = "/api/v1/admin/cascades/"

var (
	cascadeKinds    = []booking.CascadeKind{booking.CascadeShow, booking.CascadeTheatre, booking.CascadeMovie}
	cascadeStatuses = []booking.CascadeStatus{booking.CascadeCancelling, booking.CascadeRefunding, booking.CascadeFinished}
)

// ListCascades lists a page of the cascades: to an administrator all, to a partner those of own theatres.
func (h *handlers) ListCascades(c echo.Context, params openapi.ListCascadesParams) error {
	size, err := pageSize(params.Limit)
	if err != nil {
		return err
	}
	before, beforeID, err := timePosition(cascadeList, params.Cursor)
	if err != nil {
		return err
	}
	if params.Status != nil && !slices.Contains(cascadeStatuses, *params.Status) {
		return malformed("status", "status must be CANCELLING, REFUNDING or FINISHED.")
	}
	if params.Kind != nil && !slices.Contains(cascadeKinds, *params.Kind) {
		return malformed("kind", "kind must be SHOW, THEATRE or MOVIE.")
	}
	who := principalOf(c)
	wanted := db.CascadesBeforeParams{
		BeforeTime: before, BeforeID: beforeID, Status: (*string)(params.Status), Kind: (*string)(params.Kind), PageSize: size + 1,
	}
	if who.role != openapi.ADMIN {
		wanted.PartnerID = &who.id
	}
	page, err := db.Search(c.Request().Context(), h.pool, (*db.Queries).CascadesBefore, wanted)
	if err != nil {
		return fmt.Errorf("read cascades: %w", err)
	}
	var list openapi.CascadeList
	page, list.NextCursor = cut(page, size, func(last db.CascadesBeforeRow) *string {
		return timeCursor(cascadeList, last.Cascade.StartedAt, last.Cascade.ID)
	})
	list.Cascades = make([]openapi.Cascade, len(page))
	for i, row := range page {
		list.Cascades[i] = cascadeView(row.Cascade, int(row.Shows), who)
	}
	return c.JSON(http.StatusOK, list)
}

// GetCascade tells what a cascade has done and what is left.
func (h *handlers) GetCascade(c echo.Context, cascadeID openapi.CascadeId, _ openapi.GetCascadeParams) error {
	return h.answerCascade(c, http.StatusOK, cascadeID)
}

// answerCascade answers with a cascade as it is at this moment.
func (h *handlers) answerCascade(c echo.Context, status int, cascadeID string) error {
	report, err := h.cascadeReport(c.Request().Context(), principalOf(c), cascadeID)
	if err != nil {
		return err
	}
	return c.JSON(status, report)
}

// cascadeReport reads a cascade, all at one moment, so that its counts add up. It asks nobody but the database.
func (h *handlers) cascadeReport(ctx context.Context, who principal, cascadeID string) (report openapi.CascadeReport, err error) {
	err = db.InSnapshot(ctx, h.pool, func(q *db.Queries) error {
		row, err := cascadeOf(ctx, q, who, cascadeID)
		if err != nil {
			return err
		}
		progress, err := q.CascadeProgress(ctx, cascadeID)
		if err != nil {
			return fmt.Errorf("count the progress of cascade %s: %w", cascadeID, err)
		}
		events, err := q.CascadeEventsToShow(ctx, cascadeID)
		if err != nil {
			return fmt.Errorf("read the events of cascade %s: %w", cascadeID, err)
		}
		report = openapi.CascadeReport{
			Cascade: cascadeView(row, progress.Shows, who), Progress: progressView(progress), Events: make([]openapi.CascadeChange, len(events)),
		}
		for i, event := range events {
			report.Events[i] = openapi.CascadeChange{
				Event: booking.CascadeEvent(event.Event), Actor: actorFor(who, event.Actor), Reason: event.Reason, At: event.At.UTC(),
			}
		}
		return nil
	})
	return report, err
}

// cascadeOf reads a cascade for somebody who may see it, and refuses it to everybody else.
func cascadeOf(ctx context.Context, q *db.Queries, who principal, cascadeID string) (db.Cascade, error) {
	if !isID(cascadeID) {
		return db.Cascade{}, notFound("cascade")
	}
	row, err := q.CascadeView(ctx, db.CascadeViewParams{ID: cascadeID, PartnerID: who.id})
	switch {
	case db.IsNotFound(err):
		return db.Cascade{}, notFound("cascade")
	case err != nil:
		return db.Cascade{}, fmt.Errorf("read cascade: %w", err)
	case who.role != openapi.ADMIN && !row.OfPartner:
		return db.Cascade{}, booking.Refuse(booking.CodeForbidden, "This cascade is about another partner's shows.")
	}
	return row.Cascade, nil
}

func cascadeView(row db.Cascade, shows int, who principal) openapi.Cascade {
	view := openapi.Cascade{
		Id: row.ID, Kind: row.Kind, SubjectId: cascadeSubjectID(row), Status: row.Status, Paused: row.Paused, Shows: shows,
		Actor: actorFor(who, row.Actor), Reason: row.Reason, StartedAt: row.StartedAt.UTC(),
	}
	if row.FinishedAt != nil {
		at := row.FinishedAt.UTC()
		view.FinishedAt = &at
	}
	return view
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

// actorFor says who did something. A partner learns no operator's id but the own one.
func actorFor(who principal, actor string) string {
	if who.role == openapi.ADMIN || actor == who.id || booking.Actor(actor).IsRole() {
		return actor
	}
	return string(booking.ActorOperator)
}

func progressView(p booking.CascadeProgress) openapi.CascadeProgress {
	view := openapi.CascadeProgress{
		Found: p.Found, Cancelled: p.Cancelled, Released: p.Released, AlreadyCancelled: p.AlreadyCancelled,
		Left: openapi.CascadeLeft{Sold: p.Sold, Unpaid: p.Unpaid}, Undecided: p.Undecided,
		Refunds: make([]openapi.CascadeRefunds, len(p.Refunds)), Waiting: p.Waiting(), NeedsAttention: p.NeedsAttention(), At: p.At.UTC(),
	}
	for i, r := range p.Refunds {
		view.Refunds[i] = openapi.CascadeRefunds{
			Tender: r.Tender, Currency: r.Amount.Currency, Status: r.Status, Count: r.Count, Amount: r.Amount.Amount,
		}
	}
	return view
}
