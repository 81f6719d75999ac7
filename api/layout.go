package api

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

const (
	// maxLayouts bounds the memory of seat layouts: one of 400 seats takes about 90 KB.
	maxLayouts = 200
	// maxKeptSeats is how many seats a layout may have to be kept in memory. Larger ones, if there are any, are read each time.
	maxKeptSeats = 10_000
	// maxDrawnSeats is how many seats a layout may have to be drawn: more than any house has, and more than anybody would look at.
	maxDrawnSeats = 50_000
	// seatEnding is about how many bytes price and status of a seat take.
	seatEnding = 40
)

// layout is a screen's seating, ready to be written into seat maps: all that is the same for every show is encoded already. It is never
// changed: the schema lets no layout change that a show uses.
type layout struct {
	rows []layoutRow
	// places numbers the seats in the order of the house, by label, and categories the kinds of seats.
	places, categories map[string]int
	// size is about how many bytes a map takes.
	size int
}

// layoutRow has the beginning of a row's JSON.
type layoutRow struct {
	head  string
	seats []layoutSeat
}

// layoutSeat has the beginning of a seat's JSON, up to its price.
type layoutSeat struct {
	head     string
	category int
}

// layout finds a layout in memory, or reads it.
func (h *handlers) layout(ctx context.Context, id string) (*layout, error) {
	if known, ok := h.layouts.get(id); ok {
		return known, nil
	}
	seats, err := h.queries.SeatsOfLayout(ctx, db.SeatsOfLayoutParams{LayoutID: id, Most: maxDrawnSeats + 1})
	if err != nil {
		return nil, err
	}
	if len(seats) > maxDrawnSeats {
		return nil, booking.Refuse(booking.CodeConflict, "This house has too many seats to be drawn.").With("maxSeats", maxDrawnSeats)
	}
	read := newLayout(seats)
	if len(seats) > maxKeptSeats {
		return read, nil
	}
	return h.layouts.getOrAdd(id, func() *layout { return read }), nil
}

func newLayout(seats []db.SeatsOfLayoutRow) *layout {
	l := &layout{places: make(map[string]int, len(seats)), categories: map[string]int{}}
	row := ""
	for i, seat := range seats {
		if i == 0 || seat.RowLabel != row {
			row = seat.RowLabel
			l.rows = append(l.rows, layoutRow{head: string(appendJSON([]byte(`{"row":`), row)) + `,"seats":[`})
			l.size += len(l.rows[len(l.rows)-1].head)
		}
		category, known := l.categories[seat.Category]
		if !known {
			category = len(l.categories)
			l.categories[seat.Category] = category
		}
		l.places[seat.Label] = i
		last := &l.rows[len(l.rows)-1]
		last.seats = append(last.seats, layoutSeat{head: seatHead(seat), category: category})
		l.size += len(last.seats[len(last.seats)-1].head) + seatEnding
	}
	return l
}

// seatHead is the JSON of an openapi.Seat up to its price.
func seatHead(seat db.SeatsOfLayoutRow) string {
	head := appendJSON([]byte(`{"id":`), seat.Label)
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
