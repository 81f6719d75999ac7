package seed

import (
	"testing"
	"time"
	_ "time/tzdata" // the machine may have none

	"github.com/stretchr/testify/require"
)

func rooms(t *testing.T) []auditorium {
	t.Helper()
	all, err := auditoriums()
	require.NoError(t, err)
	return all
}

func dayOn(year int, month time.Month, dayOfMonth int) day {
	return dayOf(time.Date(year, month, dayOfMonth, 12, 0, 0, 0, time.UTC), time.UTC)
}

func TestShowsKeepTheHoursOfTheirScreen(t *testing.T) {
	t.Parallel()
	first := dayOn(2026, time.October, 1)
	for _, room := range rooms(t) {
		var before show
		for d := first; d < first+200; d++ {
			today := room.shows(d)
			require.GreaterOrEqual(t, len(today), 3, "%s on %s", room.id, d.date())
			for n, s := range today {
				local := s.starts.In(room.zone)
				clockTime := at(local.Hour(), local.Minute())
				require.Equal(t, d, dayOf(s.starts, room.zone))
				require.GreaterOrEqual(t, clockTime, max(room.theatre.opens, at(10, 0)))
				require.LessOrEqual(t, clockTime, min(room.theatre.lastStart, at(23, 30)))
				require.Zero(t, local.Minute()%5)
				require.Equal(t, time.Duration(s.film.runtime)*time.Minute, s.ends.Sub(s.starts))
				if n > 0 {
					pause := s.starts.Sub(before.ends)
					require.GreaterOrEqual(t, pause, 15*time.Minute, "%s at %s", room.id, s.starts)
					require.Less(t, pause, 20*time.Minute, "%s at %s", room.id, s.starts)
				}
				require.True(t, s.starts.After(before.ends), "%s at %s", room.id, s.starts)
				before = s
			}
		}
	}
}

func TestShowsSayWhatIsShownAndForHowMuch(t *testing.T) {
	t.Parallel()
	ids, formats := map[string]bool{}, map[string]int{}
	dubbed := 0
	for _, s := range upcoming(rooms(t), time.Date(2026, time.October, 7, 4, 0, 0, 0, time.UTC)) {
		require.False(t, ids[s.id], "%s twice", s.id)
		ids[s.id] = true
		require.Contains(t, append([]string{s.film.language}, s.film.dubs...), s.language, s.film.title)
		require.Contains(t, []string{format2D, s.room.format}, s.format)
		formats[s.format]++
		if s.language != s.film.language {
			dubbed++
		}
		require.Len(t, s.prices, len(s.room.layout.categories()))
		for _, price := range s.prices {
			require.Positive(t, price.amount)
		}
	}
	require.Positive(t, formats[format3D])
	require.Positive(t, formats[formatIMAX])
	require.Positive(t, dubbed)
}

func TestNearlyEveryFilmRunsSomewhereEveryWeek(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, time.October, 5, 0, 0, 0, 0, time.UTC)
	for week := range 30 {
		running := map[string]bool{}
		for _, s := range upcoming(rooms(t), monday.AddDate(0, 0, 7*week)) {
			running[s.film.id] = true
		}
		require.GreaterOrEqual(t, len(running), len(moviesOfIndia)+len(moviesFromElsewhere)-4, "week %d", week)
	}
}

func TestADayIsPlannedTheSameWheneverItIsAsked(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.October, 7, 9, 0, 0, 0, time.UTC)
	today, tomorrow := map[string]time.Time{}, map[string]time.Time{}
	for _, s := range upcoming(rooms(t), now) {
		today[s.id] = s.starts
	}
	for _, s := range upcoming(rooms(t), now.AddDate(0, 0, 1)) {
		tomorrow[s.id] = s.starts
	}
	fresh := 0
	for id, starts := range tomorrow {
		if _, planned := today[id]; !planned {
			fresh++
			require.True(t, starts.After(now.AddDate(0, 0, 5)), "%s would change a planned day", starts)
		}
	}
	require.Positive(t, fresh)
	require.Less(t, fresh, len(tomorrow)/4)
}

func TestOnlyWhatHasNotBegunIsUpcoming(t *testing.T) {
	t.Parallel()
	all := rooms(t)
	for hour := range 48 {
		now := time.Date(2026, time.October, 24, hour, 30, 0, 0, time.UTC)
		days := map[string]map[day]bool{}
		for _, s := range upcoming(all, now) {
			require.True(t, s.starts.After(now))
			if days[s.room.id] == nil {
				days[s.room.id] = map[day]bool{}
			}
			days[s.room.id][dayOf(s.starts, s.room.zone)] = true
		}
		for _, room := range all {
			require.GreaterOrEqual(t, len(days[room.id]), daysAhead-1, "%s at %s", room.id, now)
		}
	}
}

func TestClocksChangeButShowTimesDoNot(t *testing.T) {
	t.Parallel()
	for _, change := range []struct {
		city string
		day  day
		pass time.Duration // from ten o'clock the day before
	}{
		{"london", dayOn(2026, time.October, 25), 25 * time.Hour},
		{"london", dayOn(2027, time.March, 28), 23 * time.Hour},
		{"berlin", dayOn(2026, time.October, 25), 25 * time.Hour},
		{"new-york", dayOn(2026, time.November, 1), 25 * time.Hour},
		{"new-york", dayOn(2027, time.March, 14), 23 * time.Hour},
		{"mumbai", dayOn(2026, time.October, 25), 24 * time.Hour},
	} {
		for _, room := range rooms(t) {
			if room.city.id != change.city {
				continue
			}
			first, before := room.shows(change.day)[0], room.shows(change.day - 1)[0]
			require.Equal(t, change.pass, first.starts.Sub(before.starts), room.id)
			require.Equal(t, before.starts.Format("15:04"), first.starts.Format("15:04"), room.id)
		}
	}
}
