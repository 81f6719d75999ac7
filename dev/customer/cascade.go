package customer

import (
	"context"
	"fmt"
	"net/url"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// What follows is for a customer who is an administrator or, for what is about own theatres, a partner.

// CancelShow cancels a show with all of its bookings. A repeat finds the cascade of the first.
func (c *Customer) CancelShow(ctx context.Context, showID, reason string) (openapi.CascadeReport, error) {
	return c.act(ctx, "/admin/shows/"+url.PathEscape(showID)+"/cancel", reason)
}

// DeactivateTheatre takes a theatre out of the programme, and cancels its shows to come.
func (c *Customer) DeactivateTheatre(ctx context.Context, theatreID, reason string) (openapi.CascadeReport, error) {
	return c.act(ctx, "/admin/theatres/"+url.PathEscape(theatreID)+"/deactivate", reason)
}

// WithdrawMovie takes a movie out of the programme, and cancels its shows to come.
func (c *Customer) WithdrawMovie(ctx context.Context, movieID, reason string) (openapi.CascadeReport, error) {
	return c.act(ctx, "/admin/movies/"+url.PathEscape(movieID)+"/withdraw", reason)
}

// PauseCascade has a cascade begin with no other booking.
func (c *Customer) PauseCascade(ctx context.Context, id, reason string) (openapi.CascadeReport, error) {
	return c.act(ctx, "/admin/cascades/"+url.PathEscape(id)+"/pause", reason)
}

// ResumeCascade has a cascade go on.
func (c *Customer) ResumeCascade(ctx context.Context, id, reason string) (openapi.CascadeReport, error) {
	return c.act(ctx, "/admin/cascades/"+url.PathEscape(id)+"/resume", reason)
}

// Cascade reads what a cascade has done and what is left.
func (c *Customer) Cascade(ctx context.Context, id string) (openapi.CascadeReport, error) {
	return get[openapi.CascadeReport](ctx, c, "/admin/cascades/"+url.PathEscape(id))
}

// Cascades are the latest cascades that the customer may see.
func (c *Customer) Cascades(ctx context.Context) ([]openapi.Cascade, error) {
	list, err := get[openapi.CascadeList](ctx, c, "/admin/cascades?limit=100")
	return list.Cascades, err
}

// AwaitCascade reads a cascade until it has finished, or ctx ends.
func (c *Customer) AwaitCascade(ctx context.Context, id string) (openapi.CascadeReport, error) {
	return await(ctx, func() (openapi.CascadeReport, error) { return c.Cascade(ctx, id) },
		func(r openapi.CascadeReport) bool { return r.Cascade.Status == booking.CascadeFinished },
		func(r openapi.CascadeReport) string { return fmt.Sprintf("cascade %s to finish, it is %+v", id, r) })
}

func (c *Customer) act(ctx context.Context, path, reason string) (openapi.CascadeReport, error) {
	return post[openapi.CascadeReport](ctx, c, path, "", openapi.AdminReason{Reason: reason})
}
