package booking

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// DetailUnknownSeats is the detail of a refusal that names the seats which are not there.
const DetailUnknownSeats = "unknownSeatIds"

// MaxSeats is how many seats one booking may hold; the same limit as SkyFox's and pretix's default.
const MaxSeats = 10

// seatLabel is a row of one or two letters and a place from 1 to 999: A10, AB7.
var seatLabel = regexp.MustCompile(`^[A-Z]{1,2}[1-9][0-9]{0,2}$`)

// IsSeatLabel says whether text has the form of a seat label.
func IsSeatLabel(text string) bool { return seatLabel.MatchString(text) }

// SeatList reads the seats that a field of a request names, and gives them in their order. It refuses none, more than MaxSeats, what can
// be no seat of any show, and a seat that is named twice.
func SeatList(field string, labels []string) ([]string, error) {
	if n := len(labels); n == 0 || n > MaxSeats {
		return nil, InvalidField(field, "Name 1 to "+strconv.Itoa(MaxSeats)+" seats.").With("maxSeats", MaxSeats)
	}
	var unknown []string
	for _, label := range labels {
		if !IsSeatLabel(label) {
			unknown = append(unknown, Excerpt(label))
		}
	}
	if len(unknown) > 0 {
		return nil, InvalidField(field, "Some of these are no seats. Seats are named like A12.").With(DetailUnknownSeats, unknown)
	}
	seats := SortSeats(labels)
	for i := 1; i < len(seats); i++ {
		if seats[i] == seats[i-1] {
			return nil, InvalidField(field, "Seat "+seats[i]+" is named twice.").With("duplicateSeatIds", []string{seats[i]})
		}
	}
	return seats, nil
}

// SomeSeats is SeatList for a field that may be left out, which stands for all seats: nil gives nil.
func SomeSeats(field string, labels []string) ([]string, error) {
	if labels == nil {
		return nil, nil
	}
	if n := len(labels); n == 0 || n > MaxSeats || slices.Contains(labels, "") {
		return nil, InvalidField(field, "Name 1 to "+strconv.Itoa(MaxSeats)+" seats, or leave "+field+" out for all of them.").With("maxSeats", MaxSeats)
	}
	return SeatList(field, labels)
}

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
