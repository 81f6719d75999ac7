package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// flagKinds are all kinds of flag.
var flagKinds = []booking.FlagKind{
	booking.FlagAudit, booking.FlagDispute, booking.FlagOutsideRefund, booking.FlagProvider, booking.FlagRefund, booking.FlagStrayMoney,
}

// ListFlags lists a page of the flags that are open or, when asked for, of those that are not.
func (h *handlers) ListFlags(c echo.Context, params openapi.ListFlagsParams) error {
	size, err := pageSize(params.Limit)
	if err != nil {
		return err
	}
	before, err := numberPosition(flagList, params.Cursor)
	if err != nil {
		return err
	}
	var kind *string
	if params.Kind != nil {
		if !slices.Contains(flagKinds, *params.Kind) {
			return malformed("kind", "kind must be AUDIT, DISPUTE, OUTSIDE_REFUND, PROVIDER, REFUND or STRAY_MONEY.")
		}
		kind = (*string)(params.Kind)
	}
	var page []db.Flag
	if ctx := c.Request().Context(); params.Open == nil || *params.Open {
		page, err = db.Search(ctx, h.pool, (*db.Queries).FlagsOpenBefore, db.FlagsOpenBeforeParams{BeforeID: before, Kind: kind, PageSize: size + 1})
	} else {
		page, err = db.Search(ctx, h.pool, (*db.Queries).FlagsResolvedBefore, db.FlagsResolvedBeforeParams{BeforeID: before, Kind: kind, PageSize: size + 1})
	}
	if err != nil {
		return fmt.Errorf("read flags: %w", err)
	}
	var list openapi.FlagList
	page, list.NextCursor = cut(page, size, func(last db.Flag) *string { return encodeCursor(flagList, flagID(last.ID)) })
	list.Flags = make([]openapi.Flag, len(page))
	for i, row := range page {
		list.Flags[i] = flagView(row)
	}
	return c.JSON(http.StatusOK, list)
}

// ResolveFlag puts a flag down, in the name of the administrator who does it.
func (h *handlers) ResolveFlag(c echo.Context, id string, _ openapi.ResolveFlagParams) error {
	number, ok := flagNumber(id)
	if !ok {
		return notFound("flag")
	}
	reason, err := adminReason(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	row, err := h.queries.FlagResolve(ctx, db.FlagResolveParams{ID: number, ResolvedBy: principalOf(c).id, Resolution: reason})
	if err == nil {
		return c.JSON(http.StatusOK, flagView(row))
	}
	if !db.IsNotFound(err) {
		return fmt.Errorf("resolve flag: %w", err)
	}
	switch row, err = h.queries.FlagByID(ctx, number); {
	case db.IsNotFound(err):
		return notFound("flag")
	case err != nil:
		return fmt.Errorf("read flag: %w", err)
	}
	return booking.Refuse(booking.CodeInvalidState, "This flag is resolved already.").
		With("resolvedBy", row.ResolvedBy).With("resolvedAt", row.ResolvedAt)
}

func flagView(row db.Flag) openapi.Flag {
	view := openapi.Flag{
		Id: flagID(row.ID), Kind: row.Kind, Subject: row.Subject, Message: row.Message, RaisedAt: row.RaisedAt.UTC(),
		ResolvedBy: row.ResolvedBy, Resolution: row.Resolution,
	}
	if row.ResolvedAt != nil {
		at := row.ResolvedAt.UTC()
		view.ResolvedAt = &at
	}
	return view
}

func flagID(number int64) string { return strconv.FormatInt(number, 10) }

// flagNumber reads what flagID wrote.
func flagNumber(id string) (number int64, ok bool) {
	number, err := strconv.ParseInt(id, 10, 64)
	return number, err == nil && number > 0 && flagID(number) == id
}
