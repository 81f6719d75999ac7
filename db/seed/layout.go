package seed

import "strings"

// Seat categories. A theatre prices each category that its layouts use.
const (
	standard = "STANDARD"
	premium  = "PREMIUM"
	recliner = "RECLINER"
)

// layout is the seating of a screen, from the row nearest to the picture to the last.
type layout []block

// block is a group of rows that look alike.
type block struct {
	rows     string // the letters of the rows, separated by blanks
	category string
	plan     []run // from the left
}

// run is a stretch of a row: places side by side, or a gap where nothing stands.
type run struct {
	places     int
	gap        bool
	wheelchair bool
}

// aisle is a way through, as wide as a seat.
var aisle = run{places: 1, gap: true}

func seats(n int) run       { return run{places: n} }
func wheelchairs(n int) run { return run{places: n, wheelchair: true} }

// indent leaves n places empty: the short rows of a curved front, or room for a door.
func indent(n int) run { return run{places: n, gap: true} }

// seat is one place of a layout.
type seat struct {
	row        string
	number     int32 // counts the seats of the row from the left
	position   int32 // counts the places of the row from the left, gaps included
	category   string
	wheelchair bool
}

func (l layout) seats() []seat {
	var all []seat
	for _, b := range l {
		for row := range strings.FieldsSeq(b.rows) {
			all = append(all, b.seatsOfRow(row)...)
		}
	}
	return all
}

func (b block) seatsOfRow(row string) []seat {
	var all []seat
	var number, position int32
	for _, r := range b.plan {
		for range r.places {
			position++
			if r.gap {
				continue
			}
			number++
			all = append(all, seat{row: row, number: number, position: position, category: b.category, wheelchair: r.wheelchair})
		}
	}
	return all
}

// categories lists what the layout has, in the order of its rows.
func (l layout) categories() []string {
	var all []string
	known := map[string]bool{}
	for _, b := range l {
		if !known[b.category] {
			known[b.category] = true
			all = append(all, b.category)
		}
	}
	return all
}
