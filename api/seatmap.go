package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// GetSeatMap draws every seat of a show as it is now: the layout from memory, and over it the claims of this one show. A seat that has
// no price is not for sale and left out: drawn for nothing, it would look like a gift. A cancelled show has no map: its seats, free or sold,
// mean nothing any more.
func (h *handlers) GetSeatMap(c echo.Context, showID openapi.ShowId, _ openapi.GetSeatMapParams) error {
	if !isID(showID) {
		return notFound("show")
	}
	drawn, err := h.pages.get(c.Request().Context(), "seats\x00"+showID, func(ctx context.Context) ([]byte, error) { return h.seatMap(ctx, showID) })
	if err != nil {
		return err
	}
	return c.JSONBlob(http.StatusOK, drawn)
}

func (h *handlers) seatMap(ctx context.Context, showID string) ([]byte, error) {
	show, err := h.queries.SeatMap(ctx, showID)
	if db.IsNotFound(err) {
		return nil, notFound("show")
	}
	if err != nil {
		return nil, err
	}
	if show.Status == booking.ShowStatusCancelled {
		return nil, booking.ShowIsCancelled(showID)
	}
	seating, err := h.layout(ctx, show.LayoutID)
	if err != nil {
		return nil, err
	}
	return h.drawMap(showID, show, seating)
}

// drawMap writes the JSON of an openapi.SeatMap. Encoding ten thousand seats one by one would take longer than all the rest.
func (h *handlers) drawMap(showID string, show db.SeatMapRow, seating *layout) ([]byte, error) {
	claims, err := h.readClaims(show, seating)
	if err != nil {
		return nil, err
	}
	endings := endingsOf(show, seating)
	drawn := make([]byte, 0, seating.size)
	drawn = append(drawn, `{"currency":`...)
	drawn = appendJSON(drawn, show.Currency)
	drawn = append(drawn, `,"priceMode":`...)
	drawn = appendJSON(drawn, string(show.PriceMode))
	drawn = append(drawn, `,"rows":[`...)
	n, firstRow := 0, true
	for _, row := range seating.rows {
		firstSeat := true
		for _, seat := range row.seats {
			ending := endings[seat.category]
			claim := claims[n]
			n++
			if ending == nil {
				continue
			}
			switch {
			case !firstSeat:
				drawn = append(drawn, ',')
			case firstRow:
				drawn = append(drawn, row.head...)
			default:
				drawn = append(append(drawn, ','), row.head...)
			}
			firstSeat, firstRow = false, false
			drawn = append(drawn, seat.head...)
			drawn = append(drawn, ending[claim.status]...)
			if !claim.deadline.IsZero() {
				drawn = append(drawn, `,"lockExpiresAt":"`...)
				drawn = claim.deadline.AppendFormat(drawn, time.RFC3339Nano)
				drawn = append(drawn, '"')
			}
			drawn = append(drawn, '}')
		}
		if !firstSeat {
			drawn = append(drawn, ']', '}')
		}
	}
	drawn = append(drawn, `],"showId":`...)
	drawn = appendJSON(drawn, showID)
	return append(drawn, '}'), nil
}

// claimed is what somebody's claim makes of a seat.
type claimed struct {
	status seatStatus
	// deadline is the customer's, in the theatre's own time; zero for none.
	deadline time.Time
}

type seatStatus byte

const (
	seatAvailable seatStatus = iota
	seatLocked
	seatSold
	seatStatuses
)

// endingsOf are the ends of a seat's JSON but for a deadline, for each category of the layout and each status. Nil for a category without
// a price.
func endingsOf(show db.SeatMapRow, seating *layout) []*[seatStatuses]string {
	endings := make([]*[seatStatuses]string, len(seating.categories))
	for i, category := range show.Categories {
		at, known := seating.categories[category]
		if !known {
			continue
		}
		price := strconv.FormatInt(show.Amounts[i], 10) + `,"status":"`
		endings[at] = &[seatStatuses]string{
			seatAvailable: price + string(openapi.SeatAvailable) + `"`,
			seatLocked:    price + string(openapi.SeatLocked) + `"`,
			seatSold:      price + string(openapi.SeatSold) + `"`,
		}
	}
	return endings
}

// readClaims says of each seat of the layout what it is. A deadline that has passed is not shown: the seat stays locked until its booking
// is wound up.
func (h *handlers) readClaims(show db.SeatMapRow, seating *layout) ([]claimed, error) {
	claims := make([]claimed, len(seating.places))
	if show.Claims == "" {
		return claims, nil
	}
	now := h.now()
	for claim := range strings.SplitSeq(show.Claims, ",") {
		seat, until, held := strings.Cut(claim, "@")
		at, known := seating.places[seat]
		if !known {
			continue
		}
		if !held {
			claims[at].status = seatSold
			continue
		}
		claims[at].status = seatLocked
		micros, err := strconv.ParseInt(until, 10, 64)
		if err != nil {
			return nil, err
		}
		if deadline := time.UnixMicro(micros).Add(-booking.HoldGrace); deadline.After(now) {
			if claims[at].deadline, err = h.zones.in(deadline, show.TimeZone); err != nil {
				return nil, err
			}
		}
	}
	return claims, nil
}
