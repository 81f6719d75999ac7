// Package partner is the JSON face for those who run theatres: what they may do with their own, and administrators with all.
package partner

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/operations"
)

// cascadesPath is where cascades are.
const cascadesPath = "/api/v1/admin/cascades/"

// Handlers implement the partners' operations of openapi.ServerInterface.
type Handlers struct{ operations *operations.Operations }

// New makes the handlers.
func New(of *operations.Operations) *Handlers { return &Handlers{of} }

// CancelShow cancels a show with all of its bookings.
func (h *Handlers) CancelShow(c echo.Context, showID openapi.ShowId, _ openapi.CancelShowParams) error {
	return h.begin(c, booking.CascadeShow, showID)
}

// DeactivateTheatre takes a theatre out of the programme, and cancels its shows to come.
func (h *Handlers) DeactivateTheatre(c echo.Context, theatreID openapi.TheatreId, _ openapi.DeactivateTheatreParams) error {
	return h.begin(c, booking.CascadeTheatre, theatreID)
}

// WithdrawMovie takes a movie out of the programme, and cancels its shows to come.
func (h *Handlers) WithdrawMovie(c echo.Context, movieID openapi.MovieId, _ openapi.WithdrawMovieParams) error {
	return h.begin(c, booking.CascadeMovie, movieID)
}

func (h *Handlers) begin(c echo.Context, kind booking.CascadeKind, id string) error {
	by, err := request.By(c)
	if err != nil {
		return err
	}
	report, err := h.operations.BeginCascade(c.Request().Context(), identity.Caller(c), kind, id, by)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, cascadesPath+report.Cascade.ID)
	return c.JSON(http.StatusAccepted, reportView(report))
}

// PauseCascade has a cascade begin with no other booking.
func (h *Handlers) PauseCascade(c echo.Context, cascadeID openapi.CascadeId, _ openapi.PauseCascadeParams) error {
	return command(c, cascadeID, h.operations.PauseCascade)
}

// ResumeCascade has a cascade go on.
func (h *Handlers) ResumeCascade(c echo.Context, cascadeID openapi.CascadeId, _ openapi.ResumeCascadeParams) error {
	return command(c, cascadeID, h.operations.ResumeCascade)
}

func command(
	c echo.Context, cascadeID string, send func(context.Context, accounts.Caller, string, operations.By) (operations.CascadeReport, error),
) error {
	by, err := request.By(c)
	if err != nil {
		return err
	}
	report, err := send(c.Request().Context(), identity.Caller(c), cascadeID, by)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, reportView(report))
}

// GetCascade tells what a cascade has done and what is left.
func (h *Handlers) GetCascade(c echo.Context, cascadeID openapi.CascadeId, _ openapi.GetCascadeParams) error {
	report, err := h.operations.Cascade(c.Request().Context(), identity.Caller(c), cascadeID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, reportView(report))
}

// ListCascades lists a page of the cascades: to an administrator all, to a partner those of own theatres.
func (h *Handlers) ListCascades(c echo.Context, params openapi.ListCascadesParams) error {
	page, err := request.NewestFirst("cascades", params.Limit, params.Cursor)
	if err != nil {
		return err
	}
	cascades, err := h.operations.Cascades(c.Request().Context(), identity.Caller(c), operations.CascadeFilter{
		Before: page.Before, BeforeID: page.BeforeID, Most: page.Fetch(), Status: params.Status, Kind: params.Kind,
	})
	if err != nil {
		return err
	}
	var list openapi.CascadeList
	cascades, list.NextCursor = request.CutTime(page, cascades, func(last operations.Cascade) (time.Time, string) { return last.StartedAt, last.ID })
	list.Cascades = make([]openapi.Cascade, len(cascades))
	for i, cascade := range cascades {
		list.Cascades[i] = cascadeView(cascade)
	}
	return c.JSON(http.StatusOK, list)
}

func cascadeView(cascade operations.Cascade) openapi.Cascade {
	return openapi.Cascade{
		CascadeId: cascade.ID, Kind: cascade.Kind, SubjectId: cascade.SubjectID, Status: cascade.Status, Paused: cascade.Paused, Shows: cascade.Shows,
		Actor: cascade.Actor, Reason: cascade.Reason, StartedAt: cascade.StartedAt.UTC(), FinishedAt: answer.UTC(cascade.FinishedAt),
	}
}

func reportView(report operations.CascadeReport) openapi.CascadeReport {
	view := openapi.CascadeReport{
		Cascade: cascadeView(report.Cascade), Progress: progressView(report.Progress), Events: make([]openapi.CascadeChange, len(report.Events)),
	}
	for i, event := range report.Events {
		view.Events[i] = openapi.CascadeChange{Event: booking.CascadeEvent(event.Event), Actor: event.Actor, Reason: event.Reason, At: event.At.UTC()}
	}
	return view
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
