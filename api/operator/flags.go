package operator

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// ListFlags lists a page of the flags that are open or, when asked for, of those that are not.
func (h *Handlers) ListFlags(c echo.Context, params openapi.ListFlagsParams) error {
	page, err := request.GreatestFirst("flags", params.Limit, params.Cursor)
	if err != nil {
		return err
	}
	kind := (*string)(params.Kind)
	var rows []db.Flag
	if ctx := c.Request().Context(); params.Open == nil || *params.Open {
		rows, err = db.Search(ctx, h.Pool, (*db.Queries).FlagsOpenBefore, db.FlagsOpenBeforeParams{BeforeID: page.Before, Kind: kind, PageSize: page.Fetch()})
	} else {
		rows, err = db.Search(ctx, h.Pool, (*db.Queries).FlagsResolvedBefore, db.FlagsResolvedBeforeParams{BeforeID: page.Before, Kind: kind, PageSize: page.Fetch()})
	}
	if err != nil {
		return fmt.Errorf("read flags: %w", err)
	}
	var list openapi.FlagList
	rows, list.NextCursor = request.CutNumber(page, rows, func(last db.Flag) int64 { return last.ID })
	list.Flags = make([]openapi.Flag, len(rows))
	for i, row := range rows {
		list.Flags[i] = flagView(row)
	}
	return c.JSON(http.StatusOK, list)
}

// ResolveFlag puts a flag down, in the name of the administrator who does it.
func (h *Handlers) ResolveFlag(c echo.Context, id string, _ openapi.ResolveFlagParams) error {
	number, ok := flagNumber(id)
	if !ok {
		return booking.NotFound("flag")
	}
	by, err := request.By(c)
	if err != nil {
		return err
	}
	row, err := h.Operations.ResolveFlag(c.Request().Context(), number, by)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, flagView(row))
}

func flagView(row db.Flag) openapi.Flag {
	return openapi.Flag{
		FlagId: flagID(row.ID), Kind: row.Kind, Subject: row.Subject, Message: row.Message, RaisedAt: row.RaisedAt.UTC(),
		ResolvedBy: row.ResolvedBy, ResolvedAt: answer.UTC(row.ResolvedAt), Resolution: row.Resolution,
	}
}

func flagID(number int64) string { return strconv.FormatInt(number, 10) }

// flagNumber reads what flagID wrote.
func flagNumber(id string) (number int64, ok bool) {
	number, err := strconv.ParseInt(id, 10, 64)
	return number, err == nil && number > 0 && flagID(number) == id
}
