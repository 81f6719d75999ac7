package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
)

func seatMap(rows ...[]openapi.Seat) openapi.SeatMap {
	var seats openapi.SeatMap
	for _, row := range rows {
		seats.SeatMap.Rows = append(seats.SeatMap.Rows, openapi.SeatRow{Seats: row})
	}
	return seats
}

func seat(label string, position int, price int64) openapi.Seat {
	return openapi.Seat{SeatId: label, Position: position, Price: price, Status: openapi.SeatAvailable}
}

func taken(s openapi.Seat) openapi.Seat {
	s.Status = openapi.SeatSold
	return s
}

func forWheelchair(s openapi.Seat) openapi.Seat {
	s.Wheelchair = true
	return s
}

func TestPairSitsTogether(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		seats openapi.SeatMap
		want  []string
	}{
		"the cheapest, as far back as possible": {
			seatMap([]openapi.Seat{seat("A1", 1, 100), seat("A2", 2, 100)}, []openapi.Seat{seat("B1", 1, 100), seat("B2", 2, 100)},
				[]openapi.Seat{seat("C1", 1, 200), seat("C2", 2, 200)}),
			[]string{"B1", "B2"},
		},
		"not across an aisle":      {seatMap([]openapi.Seat{seat("A1", 1, 100), seat("A2", 3, 100), seat("A3", 4, 100)}), []string{"A2", "A3"}},
		"not beside somebody else": {seatMap([]openapi.Seat{seat("A1", 1, 100), taken(seat("A2", 2, 100)), seat("A3", 3, 100)}), []string{}},
		"not where a wheelchair goes": {
			seatMap([]openapi.Seat{forWheelchair(seat("A1", 1, 100)), seat("A2", 2, 100)}), []string{},
		},
		"a full show": {seatMap(), []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, labels(pair(tc.seats)))
		})
	}
}

func TestCheapestSeat(t *testing.T) {
	t.Parallel()
	best, found := cheapest(seatMap([]openapi.Seat{seat("A1", 1, 300), taken(seat("A2", 2, 100)), seat("A3", 3, 200), seat("A4", 4, 200)}))
	require.True(t, found)
	require.Equal(t, "A3", best.SeatId)

	_, found = cheapest(seatMap([]openapi.Seat{taken(seat("A1", 1, 100))}))
	require.False(t, found)
}

func TestFindSeats(t *testing.T) {
	t.Parallel()
	seats := seatMap([]openapi.Seat{seat("A1", 1, 100), seat("A2", 2, 100)}, []openapi.Seat{seat("B1", 1, 100)})
	require.Equal(t, []string{"A2", "B1"}, labels(find(seats, []string{"B1", "A2", "Z9"})))
}
