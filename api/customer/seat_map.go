package customer

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/catalogue"
	"github.com/boxoffice/boxoffice/db"
)

const (
	// maxDrawings bounds the memory of what is drawn already: one of 400 seats takes about 90 KB.
	maxDrawings = 200
	// seatEnding is about how many bytes price and status of a seat take.
	seatEnding = 40
)

// GetSeatMap draws every seat of a show as it is now, or was SeatMapAge ago. A seat that has no price is not for sale and left out: drawn for nothing, it would look
// like a gift.
func (h *Handlers) GetSeatMap(c echo.Context, showID openapi.ShowId, _ openapi.GetSeatMapParams) error {
	if !booking.IsID(showID) {
		return booking.NotFound("show")
	}
	return answerWith(c, h.seatMaps, showID, func(ctx context.Context) ([]byte, error) {
		seats, err := h.Catalogue.SeatMap(ctx, showID, h.Now())
		if err != nil {
			return nil, err
		}
		return drawMap(seats, h.drawings.of(seats.Layout)), nil
	})
}

// drawings remembers what is the same for every show of a layout.
type drawings struct{ known *lru.Cache[string, *drawing] }

func newDrawings() *drawings {
	known, err := lru.New[string, *drawing](maxDrawings)
	if err != nil {
		panic(err) // the size is a constant of ours
	}
	return &drawings{known}
}

// of finds the drawing of a layout, or makes it.
func (d *drawings) of(layout *catalogue.Layout) *drawing {
	if known, ok := d.known.Get(layout.ID); ok && known.layout == layout {
		return known
	}
	made := newDrawing(layout)
	if layout.Kept {
		d.known.Add(layout.ID, made)
	}
	return made
}

// drawing is a layout, ready to be written into seat maps: all that is the same for every show is encoded already.
type drawing struct {
	layout *catalogue.Layout
	rows   []drawnRow
	// categories numbers the categories of seats.
	categories map[string]int
	// size is about how many bytes a map takes.
	size int
}

// drawnRow has the beginning of a row's JSON.
type drawnRow struct {
	head  string
	seats []drawnSeat
}

// drawnSeat has the beginning of a seat's JSON, up to its price.
type drawnSeat struct {
	head     string
	category int
}

func newDrawing(layout *catalogue.Layout) *drawing {
	d := &drawing{layout: layout, categories: map[string]int{}}
	row := ""
	for i, seat := range layout.Seats {
		if i == 0 || seat.RowLabel != row {
			row = seat.RowLabel
			d.rows = append(d.rows, drawnRow{head: string(appendJSON([]byte(`{"rowLabel":`), row)) + `,"seats":[`})
			d.size += len(d.rows[len(d.rows)-1].head)
		}
		category, known := d.categories[seat.Category]
		if !known {
			category = len(d.categories)
			d.categories[seat.Category] = category
		}
		last := &d.rows[len(d.rows)-1]
		last.seats = append(last.seats, drawnSeat{head: seatHead(seat), category: category})
		d.size += len(last.seats[len(last.seats)-1].head) + seatEnding
	}
	return d
}

// seatHead is the JSON of an openapi.Seat up to its price.
func seatHead(seat db.SeatsOfLayoutRow) string {
	head := appendJSON([]byte(`{"seatId":`), seat.Label)
	head = strconv.AppendInt(append(head, `,"number":`...), int64(seat.Number), 10)
	head = strconv.AppendInt(append(head, `,"position":`...), int64(seat.Position), 10)
	head = appendJSON(append(head, `,"type":`...), seat.Category)
	head = strconv.AppendBool(append(head, `,"wheelchair":`...), seat.Wheelchair)
	return string(append(head, `,"price":`...))
}

// appendJSON appends a text as JSON.
func appendJSON(to []byte, text string) []byte {
	encoded, _ := json.Marshal(text) // a string can always be encoded
	return append(to, encoded...)
}

// drawMap writes the JSON of an openapi.SeatMap. Encoding ten thousand seats one by one would take longer than all the rest.
func drawMap(seats catalogue.SeatMap, layout *drawing) []byte {
	endings := endingsOf(seats, layout)
	drawn := make([]byte, 0, layout.size)
	drawn = append(drawn, `{"currency":`...)
	drawn = appendJSON(drawn, seats.Currency)
	drawn = append(drawn, `,"priceMode":`...)
	drawn = appendJSON(drawn, string(seats.PriceMode))
	drawn = append(drawn, `,"screenName":`...)
	drawn = appendJSON(drawn, seats.ScreenName)
	drawn = append(drawn, `,"seatMap":{"rows":[`...)
	n, firstRow := 0, true
	for _, row := range layout.rows {
		firstSeat := true
		for _, seat := range row.seats {
			ending := endings[seat.category]
			claim := seats.Claims[n]
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
			drawn = append(drawn, ending[claim.Status]...)
			if !claim.Deadline.IsZero() {
				drawn = append(drawn, `,"lockExpiresAt":"`...)
				drawn = claim.Deadline.AppendFormat(drawn, time.RFC3339Nano)
				drawn = append(drawn, '"')
			}
			drawn = append(drawn, '}')
		}
		if !firstSeat {
			drawn = append(drawn, ']', '}')
		}
	}
	drawn = append(drawn, `]},"showId":`...)
	drawn = appendJSON(drawn, seats.ShowID)
	drawn = append(drawn, `,"startTime":"`...)
	drawn = seats.StartsAt.AppendFormat(drawn, time.RFC3339Nano)
	drawn = append(drawn, `","theatreId":`...)
	drawn = appendJSON(drawn, seats.TheatreID)
	return append(drawn, '}')
}

// endings are the ends of a seat's JSON but for a deadline, for each status.
type endings [catalogue.SeatSold + 1]string

// endingsOf are the endings for each category of the layout; nil for a category without a price.
func endingsOf(seats catalogue.SeatMap, layout *drawing) []*endings {
	all := make([]*endings, len(layout.categories))
	for category, amount := range seats.Prices {
		at, known := layout.categories[category]
		if !known {
			continue
		}
		price := strconv.FormatInt(amount, 10) + `,"status":"`
		all[at] = &endings{
			catalogue.SeatAvailable: price + string(openapi.SeatAvailable) + `"`,
			catalogue.SeatLocked:    price + string(openapi.SeatLocked) + `"`,
			catalogue.SeatSold:      price + string(openapi.SeatSold) + `"`,
		}
	}
	return all
}
