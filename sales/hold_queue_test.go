package sales

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func placed(s *seeker) bool {
	select {
	case <-s.place:
		return true
	default:
		return false
	}
}

func hasNews(s *seeker) bool {
	select {
	case <-s.news:
		return true
	default:
		return false
	}
}

func TestWhoWantsAnothersSeatWaitsForHim(t *testing.T) {
	t.Parallel()
	a := newHoldQueue(2)
	now := time.Now()
	first := a.enter("sh", []string{"A1"})
	second := a.enter("sh", []string{"A1", "A2"})
	third := a.enter("sh", []string{"A2"})
	apart := a.enter("sh", []string{"B1"})
	elsewhere := a.enter("sh_other", []string{"A1"})
	require.True(t, placed(first))
	require.False(t, placed(second))
	require.False(t, placed(third), "it waits for one who waits")
	require.True(t, placed(apart), "the second place is for who is in nobody's way")
	require.False(t, placed(elsewhere), "another show, but no place")

	a.leave(first, true, now)
	require.True(t, hasNews(second))
	require.False(t, hasNews(third))
	require.True(t, placed(second), "it came before the other one")
	require.Equal(t, now, a.aliveSince(now.Add(-time.Second)))
	require.Equal(t, now.Add(time.Second), a.aliveSince(now.Add(time.Second)))

	a.leave(second, false, now)
	require.False(t, hasNews(third), "nothing was decided")
	require.True(t, placed(third))
	a.leave(third, true, now)
	a.leave(apart, true, now)
	require.True(t, placed(elsewhere))
	a.leave(elsewhere, true, now)
	require.Empty(t, a.queues)
	require.Equal(t, 2, a.places)
}

// Whoever comes and goes: no two requests that want the same seat have places, no more places are
// taken than there are, and while one is free no request waits that is not behind another.
func TestPlacesAreGivenInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const places = 3
		a := newHoldQueue(places)
		var here []*seeker
		check := func() {
			before, has := map[seatOfShow]bool{}, 0
			for _, s := range here { // in the order of arrival
				inTheWay := false
				for _, wanted := range s.wants {
					inTheWay = inTheWay || before[wanted]
					before[wanted] = true
				}
				if placed(s) {
					has++
					if inTheWay {
						t.Fatalf("%v has a place before its turn", s.wants)
					}
				} else if !inTheWay && a.places > 0 {
					t.Fatalf("%v waits for nobody", s.wants)
				}
			}
			if has+a.places != places {
				t.Fatalf("%d have places, %d are free", has, a.places)
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if len(here) == 0 || rapid.Bool().Draw(t, "comes") {
				seats := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A1", "A2", "A3", "A4", "A5", "A6"}), 1, 3, rapid.ID).Draw(t, "seats")
				here = append(here, a.enter("sh", seats))
			} else {
				at := rapid.IntRange(0, len(here)-1).Draw(t, "goes")
				a.leave(here[at], rapid.Bool().Draw(t, "decided"), time.Now())
				here = append(here[:at], here[at+1:]...)
			}
			check()
		}
		for _, s := range here {
			a.leave(s, true, time.Now())
		}
		if len(a.queues) != 0 || len(a.ready) != 0 || a.places != places {
			t.Fatalf("something is left: %v", a.queues)
		}
	})
}
