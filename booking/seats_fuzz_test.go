package booking_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// Every statement visits the seats of a show in this order; without one order for all of them bookings would deadlock.
func FuzzSeatOrder(f *testing.F) {
	f.Add("A2 A10 Z1 AA1")
	f.Add("B1 A1 A1 a1 A0 A1x 7 é9")
	f.Fuzz(func(t *testing.T, text string) {
		labels := strings.Fields(text)
		sorted := booking.SortSeats(labels)
		require.ElementsMatch(t, labels, sorted)
		slices.Reverse(labels)
		if !slices.ContainsFunc(labels, func(label string) bool { return !booking.IsSeatLabel(label) }) {
			require.Equal(t, sorted, booking.SortSeats(labels), "whatever the order in which they were named")
		}
	})
}
