package booking

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// MaxSeats is how many seats one booking may hold; the same limit as SkyFox's and pretix's default.
const MaxSeats = 10

// seatLabel is a row of one or two letters and a place from 1 to 999: A10, AB7.
var seatLabel = regexp.MustCompile(`^[A-Z]{1,2}[1-9][0-9]{0,2}$`)

// IsSeatLabel says whether text has the form of a seat label.
func IsSeatLabel(text string) bool { return seatLabel.MatchString(text) }

// SortSeats puts labels in seating order: row by row, then by place (A2 before A10, Z1 before AA1).
//
// Every statement that touches several claims goes through them in the same order, so that two bookings with
// seats in common wait for each other instead of deadlocking.
func SortSeats(labels []string) []string {
	sorted := slices.Clone(labels)
	slices.SortFunc(sorted, compareSeats)
	return sorted
}

func compareSeats(a, b string) int {
	rowA, placeA := splitSeat(a)
	rowB, placeB := splitSeat(b)
	if len(rowA) != len(rowB) {
		return len(rowA) - len(rowB)
	}
	if c := strings.Compare(rowA, rowB); c != 0 {
		return c
	}
	return placeA - placeB
}

func splitSeat(label string) (row string, place int) {
	digits := strings.IndexAny(label, "0123456789")
	if digits < 0 {
		return label, 0
	}
	place, err := strconv.Atoi(label[digits:])
	if err != nil {
		return label, 0
	}
	return label[:digits], place
}
