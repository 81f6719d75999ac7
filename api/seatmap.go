package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// maxLayouts bounds the memory of seat layouts: a layout of 400 seats takes about 50 KB.
const maxLayouts = 200

// claimSold is the state of a claim that nobody can take any more.
const claimSold = "SOLD"

// layout is a screen's seating, ready to be copied into a seat map. It is never changed: the schema lets no layout
// change that a show uses.
type layout struct {
	rows []openapi.SeatRow
}

// GetSeatMap draws every seat of a show as it is now: the layout from memory, and over it the claims of this one show. A seat that has
// no price is not for sale and left out: drawn for nothing, it would look like a gift. A cancelled show has no map: its seats, free or sold,
// mean nothing any more.
func (h *handlers) GetSeatMap(c echo.Context, showID openapi.ShowId, _ openapi.GetSeatMapParams) error {
	if !isID(showID) {
		return notFound("show")
	}
	ctx := c.Request().Context()
	show, err := h.queries.ShowForSeatMap(ctx, showID)
	if errors.Is(err, pgx.ErrNoRows) {
		return notFound("show")
	}
	if err != nil {
		return err
	}
	if show.Status == booking.ShowStatusCancelled {
		return booking.ShowIsCancelled(showID)
	}
	seating, err := h.layout(ctx, show.LayoutID)
	if err != nil {
		return err
	}
	prices, err := h.queries.ShowPrices(ctx, showID)
	if err != nil {
		return err
	}
	claims, err := h.queries.ClaimsInForce(ctx, showID)
	if err != nil {
		return err
	}
	priceOf := make(map[string]int64, len(prices))
	for _, price := range prices {
		priceOf[price.Category] = price.Amount
	}
	claimOf := make(map[string]db.ClaimsInForceRow, len(claims))
	for _, claim := range claims {
		claimOf[claim.Seat] = claim
	}
	drawn := openapi.SeatMap{ShowId: showID, Currency: show.Currency, Rows: make([]openapi.SeatRow, 0, len(seating.rows))}
	for _, row := range seating.rows {
		seats := make([]openapi.Seat, 0, len(row.Seats))
		for _, seat := range row.Seats {
			var forSale bool
			if seat.Price, forSale = priceOf[seat.Type]; !forSale {
				continue
			}
			if claim, taken := claimOf[seat.Id]; taken {
				if err := h.drawClaim(&seat, claim, show.TimeZone); err != nil {
					return err
				}
			}
			seats = append(seats, seat)
		}
		if len(seats) > 0 {
			drawn.Rows = append(drawn.Rows, openapi.SeatRow{Row: row.Row, Seats: seats})
		}
	}
	return c.JSON(http.StatusOK, drawn)
}

// drawClaim says what a claim in force makes of a seat. A deadline that has passed is not shown: the seat stays locked
// until its booking is wound up.
func (h *handlers) drawClaim(seat *openapi.Seat, claim db.ClaimsInForceRow, timeZone string) error {
	if claim.State == claimSold {
		seat.Status = openapi.SeatSold
		return nil
	}
	seat.Status = openapi.SeatLocked
	if claim.HeldUntil == nil {
		return nil
	}
	deadline := claim.HeldUntil.Add(-booking.HoldGrace)
	if !deadline.After(h.now()) {
		return nil
	}
	expires, err := h.zones.in(deadline, timeZone)
	if err != nil {
		return err
	}
	seat.LockExpiresAt = &expires
	return nil
}

// layout finds a layout in memory, or reads it.
func (h *handlers) layout(ctx context.Context, id string) (*layout, error) {
	if known, ok := h.layouts.get(id); ok {
		return known, nil
	}
	seats, err := h.queries.SeatsOfLayout(ctx, id)
	if err != nil {
		return nil, err
	}
	read := &layout{rows: []openapi.SeatRow{}}
	for _, seat := range seats {
		last := len(read.rows) - 1
		if last < 0 || read.rows[last].Row != seat.RowLabel {
			read.rows = append(read.rows, openapi.SeatRow{Row: seat.RowLabel})
			last++
		}
		read.rows[last].Seats = append(read.rows[last].Seats, openapi.Seat{
			Id: seat.Label, Number: int(seat.Number), Position: int(seat.Position), Type: seat.Category, Wheelchair: seat.Wheelchair,
			Status: openapi.SeatAvailable,
		})
	}
	return h.layouts.getOrAdd(id, func() *layout { return read }), nil
}
