package seed

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

var allLayouts = map[string]layout{
	"studio": studio, "parlour": parlour, "cabin": cabin, "club": club,
	"gallery": gallery, "hall": hall, "balcony": balcony, "grand": grand,
}

func TestLayoutsHaveTheirSeats(t *testing.T) {
	t.Parallel()
	counts := map[string]int{}
	for name, l := range allLayouts {
		counts[name] = len(l.seats())
	}
	require.Equal(t, map[string]int{
		"studio": 60, "parlour": 72, "cabin": 96, "club": 124, "gallery": 162, "hall": 218, "balcony": 282, "grand": 400,
	}, counts)
}

func TestSeatsAreInTheirPlaces(t *testing.T) {
	t.Parallel()
	for name, l := range allLayouts {
		labels := map[string]bool{}
		var before seat
		wheelchairs, gaps := 0, 0
		for _, s := range l.seats() {
			label := fmt.Sprintf("%s%d", s.row, s.number)
			require.True(t, booking.IsSeatLabel(label), "%s %s", name, label)
			require.False(t, labels[label], "%s %s twice", name, label)
			labels[label] = true
			require.NotEqual(t, "I", s.row)
			if s.row != before.row {
				before = seat{row: s.row}
			}
			require.Equal(t, before.number+1, s.number, "%s %s", name, label)
			require.Greater(t, s.position, before.position, "%s %s", name, label)
			if s.position > before.position+1 {
				gaps++
			}
			if s.wheelchair {
				wheelchairs++
			}
			before = s
		}
		require.Positive(t, wheelchairs, name)
		require.Positive(t, gaps, "%s has no aisle", name)
	}
}

func TestRowsAreAsWideAsTheScreen(t *testing.T) {
	t.Parallel()
	for name, l := range allLayouts {
		width := widthOf(l[0])
		for _, b := range l {
			require.Equal(t, width, widthOf(b), "%s %s", name, b.rows)
		}
	}
}

func widthOf(b block) int {
	width := 0
	for _, r := range b.plan {
		width += r.places
	}
	return width
}
