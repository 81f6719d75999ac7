package api_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/crowd"
)

func TestCities(t *testing.T) {
	t.Parallel()
	var list openapi.CityList
	setup(t).get("", "/api/v1/cities").is(http.StatusOK, &list)
	require.Equal(t, []openapi.City{{CityId: "london", Name: "London", CountryCode: "GB"}, {CityId: "mumbai", Name: "Mumbai", CountryCode: "IN"}}, list.Cities)
}

func TestMoviesInPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var first, second openapi.MovieList
	b.get("", "/api/v1/movies?limit=2").is(http.StatusOK, &first)
	require.Equal(t, []string{"Arrival", "Sholay"}, titles(first.Movies))
	require.NotNil(t, first.NextCursor)
	b.get("", "/api/v1/movies?limit=2&cursor="+*first.NextCursor).is(http.StatusOK, &second)
	require.Equal(t, []string{"Zodiac"}, titles(second.Movies))
	require.Nil(t, second.NextCursor)

	for query, field := range map[string]string{
		"limit=0": "limit", "limit=101": "limit", "limit=x": "limit", "cursor=%21": "cursor", "cursor=AA": "cursor",
	} {
		details := b.get("", "/api/v1/movies?"+query).refuses(http.StatusBadRequest, booking.CodeValidation)
		require.Equal(t, field, details["field"], query)
	}
}

func TestNothingIsShownOfWhatHasLeftTheProgramme(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.begun(booking.CascadeMovie, "mv_sholay", ada)
	b.begun(booking.CascadeTheatre, "th_odeon", ada)
	var all openapi.MovieList
	b.get("", "/api/v1/movies").is(http.StatusOK, &all)
	require.Equal(t, []string{"Arrival", "Zodiac"}, titles(all.Movies))
	for _, city := range []string{"mumbai", "london"} {
		var list openapi.CityMovies
		b.get("", "/api/v1/cities/"+city+"/movies").is(http.StatusOK, &list)
		require.Empty(t, list.Movies)
	}
	var shows openapi.ShowList
	b.get("", "/api/v1/cities/mumbai/movies/mv_sholay/shows").is(http.StatusOK, &shows)
	require.Empty(t, shows.Theatres)
}

func TestACancelledShowSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.begun(booking.CascadeShow, "sh_hindi", ada)
	var show openapi.Show
	b.get("", "/api/v1/shows/sh_hindi").is(http.StatusOK, &show)
	require.Equal(t, "CANCELLED", show.Status)
	details := b.get("", "/api/v1/shows/sh_hindi/seats").refuses(http.StatusConflict, booking.CodeConflict)
	require.Equal(t, map[string]any{"showId": "sh_hindi", "showStatus": "CANCELLED"}, details)
	details = b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A1")).refuses(http.StatusBadRequest, booking.CodeValidation)
	require.Equal(t, "CANCELLED", details["reason"])
	require.Empty(t, b.temporal.starts)
}

func TestWhatPlaysInACity(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var list openapi.CityMovies
	b.get("", "/api/v1/cities/mumbai/movies").is(http.StatusOK, &list)
	require.Equal(t, "Mumbai", list.City.Name)
	require.Equal(t, []string{"Sholay"}, titles(list.Movies))
	b.get("", "/api/v1/cities/atlantis/movies").refuses(http.StatusNotFound, booking.CodeNotFound)
	b.get("", "/api/v1/cities/a%00b/movies").refuses(http.StatusNotFound, booking.CodeNotFound)
}

func titles(movies []openapi.Movie) []string {
	found := make([]string, len(movies))
	for i, movie := range movies {
		found[i] = movie.Title
	}
	return found
}

func TestShowsOfADay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	require.NoError(t, err)
	start := showStart(b, "sh_hindi").In(kolkata)
	path := "/api/v1/cities/mumbai/movies/mv_sholay/shows"
	day := "?date=" + start.Format(time.DateOnly)

	var list openapi.ShowList
	b.get("", path+day).is(http.StatusOK, &list)
	require.Equal(t, "Sholay", list.Movie.Title)
	require.Len(t, list.Theatres, 2, "closed and started shows are left out")
	require.Equal(t, "Eros", list.Theatres[0].Name)
	require.Equal(t, "Regal", list.Theatres[1].Name)
	require.Len(t, list.Theatres[1].Shows, 1)
	show := list.Theatres[1].Shows[0]
	require.Equal(t, "sh_hindi", show.ShowId)
	require.Equal(t, "Screen 1", show.ScreenName)
	require.Equal(t, start.Format(time.RFC3339Nano), show.StartTime.Format(time.RFC3339Nano), "with the theatre's offset")
	require.EqualValues(t, 15000, show.PriceFrom)
	require.Equal(t, "INR", show.Currency)
	require.Equal(t, openapi.Availability{TotalSeats: 10, AvailableSeats: 10, Status: openapi.AVAILABLE}, show.Availability)

	for query, want := range map[string]int{
		day + "&language=tamil": 1, day + "&format=IMAX": 1, day + "&format=3D": 0, day + "&language=Tamil&format=2D": 0,
		"?date=" + start.AddDate(0, 0, 1).Format(time.DateOnly): 0, "?date=2001-01-01": 0,
	} {
		b.get("", path+query).is(http.StatusOK, &list)
		require.Len(t, list.Theatres, want, query)
	}

	today := func() string { return time.Now().In(kolkata).Format(time.DateOnly) }
	before := today()
	b.get("", path).is(http.StatusOK, &list)
	if before == today() { // or else midnight has passed meanwhile
		require.Equal(t, start.Format(time.DateOnly) == before, len(list.Theatres) > 0, "today by default")
	}

	for query, field := range map[string]string{
		"?date=tomorrow": "date", "?date=2026-02-30": "date", "?date=0001-01-01": "date", "?format=4D": "format", "?language=": "language",
		"?language=%ff": "language", "?language=" + url.QueryEscape("a\x00"): "language",
		"?language=" + url.QueryEscape("Hin\ndi"): "language", "?language=" + url.QueryEscape("Hindi\x7f"): "language",
	} {
		details := b.get("", path+query).refuses(http.StatusBadRequest, booking.CodeValidation)
		require.Equal(t, field, details["field"], query)
	}
	b.get("", "/api/v1/cities/atlantis/movies/mv_sholay/shows").refuses(http.StatusNotFound, booking.CodeNotFound)
	b.get("", "/api/v1/cities/mumbai/movies/mv_none/shows").refuses(http.StatusNotFound, booking.CodeNotFound)
}

func showStart(b *bundle, id string) (start time.Time) {
	b.Helper()
	require.NoError(b, b.admin.QueryRow(b.Context(), "SELECT starts_at FROM shows WHERE id = $1", id).Scan(&start))
	return start
}

func TestAvailabilityOfAShow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	sold := func(n int, status openapi.AvailabilityStatus) {
		t.Helper()
		var show openapi.Show
		b.get("", "/api/v1/shows/sh_hindi").is(http.StatusOK, &show)
		require.Equal(t, openapi.Availability{TotalSeats: 10, AvailableSeats: 10 - n, Status: status}, show.Availability)
	}
	b.insert(row{id: "bk_1", seats: []string{"A1", "A2", "A3"}, status: booking.StatusConfirmed})
	b.insert(row{id: "bk_2", seats: []string{"B1", "B2", "B3"}})
	sold(6, openapi.AVAILABLE)
	b.insert(row{id: "bk_3", seats: []string{"B4"}})
	sold(7, openapi.FASTFILLING)
	b.insert(row{id: "bk_4", seats: []string{"A4", "A5", "B5"}, status: booking.StatusConfirmed})
	sold(10, openapi.SOLDOUT)
	b.exec("UPDATE claims SET held_until = now() - interval '1 s' WHERE state = 'HELD'")
	sold(6, openapi.AVAILABLE)
}

func TestOneShow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var show openapi.Show
	b.get("", "/api/v1/shows/sh_london").is(http.StatusOK, &show)
	require.Equal(t, "Arrival", show.Movie.Title)
	require.Equal(t, "Odeon", show.Theatre.Name)
	require.Equal(t, "London", show.City.Name)
	require.Equal(t, []openapi.Price{{Type: "STANDARD", Price: 15000}, {Type: "PREMIUM", Price: 25000}}, show.Prices)
	require.Equal(t, 300, show.HoldSeconds)
	require.Equal(t, "ON_SALE", show.Status)
	for _, id := range []string{"sh_none", "a%00b", "%ff", "x%20y"} {
		b.get("", "/api/v1/shows/"+id).refuses(http.StatusNotFound, booking.CodeNotFound)
		b.get("", "/api/v1/shows/"+id+"/seats").refuses(http.StatusNotFound, booking.CodeNotFound)
	}
}

// Clocks that are turned at midnight show its hour twice, or that before it, or not at all: a show is on the day that its start time says.
func TestAShowIsListedOnTheDayOfItsStartTimeAlsoWhereMidnightComesTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`DELETE FROM show_prices; DELETE FROM shows`)
	for zone, night := range map[string]time.Time{
		"Atlantic/Azores":  time.Date(2027, 10, 31, 0, 15, 0, 0, time.UTC),
		"America/Havana":   time.Date(2027, 11, 7, 4, 15, 0, 0, time.UTC),
		"Asia/Beirut":      time.Date(2027, 10, 30, 21, 15, 0, 0, time.UTC),
		"America/Santiago": time.Date(2027, 9, 5, 4, 15, 0, 0, time.UTC), // no midnight
	} {
		_, err := b.admin.Exec(t.Context(), `UPDATE theatres SET time_zone = $1 WHERE id = 'th_regal'`, zone)
		require.NoError(t, err)
		_, err = b.admin.Exec(t.Context(), `
			INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
			SELECT 'sh_' || extract(epoch FROM at)::bigint, 'mv_sholay', 'sc_regal', 'ly_regal', at, at + interval '10 minutes', 'Hindi', '2D'
			FROM generate_series($1::timestamptz - interval '3 hours', $1 + interval '3 hours', '30 minutes') AS at`, night)
		require.NoError(t, err)
		b.exec(`INSERT INTO show_prices SELECT id, 'STANDARD', 15000 FROM shows`)
		place, err := time.LoadLocation(zone)
		require.NoError(t, err)
		listed := 0
		for days := -1; days <= 1; days++ {
			date := night.In(place).AddDate(0, 0, days).Format(time.DateOnly)
			var list openapi.ShowList
			b.get("", "/api/v1/cities/mumbai/movies/mv_sholay/shows?date="+date).is(http.StatusOK, &list)
			for _, theatre := range list.Theatres {
				for _, show := range theatre.Shows {
					require.Equal(t, date, show.StartTime.Format(time.DateOnly), "%s: %s", zone, show.StartTime)
					listed++
				}
			}
		}
		require.Equal(t, 13, listed, "%s: every show is listed once", zone)
		b.exec(`DELETE FROM show_prices; DELETE FROM shows`)
	}
}

func TestSeatMap(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_held", seats: []string{"A1"}})
	b.insert(row{id: "bk_sold", seats: []string{"A2"}, status: booking.StatusConfirmed})
	b.insert(row{id: "bk_late", seats: []string{"A3"}, expires: -time.Minute})
	b.insert(row{id: "bk_gone", seats: []string{"A4"}, expires: -time.Hour})

	for range 2 { // the second answer comes with the layout from memory
		var drawn openapi.SeatMap
		b.get("", "/api/v1/shows/sh_hindi/seats").is(http.StatusOK, &drawn)
		require.Equal(t, "INR", drawn.Currency)
		require.Len(t, drawn.SeatMap.Rows, 2)
		require.Equal(t, "A", drawn.SeatMap.Rows[0].RowLabel)
		seats := drawn.SeatMap.Rows[0].Seats
		require.Len(t, seats, 5)
		require.Equal(t, openapi.SeatLocked, seats[0].Status)
		require.NotNil(t, seats[0].LockExpiresAt)
		require.WithinDuration(t, time.Now().Add(5*time.Minute), *seats[0].LockExpiresAt, time.Minute)
		_, offset := seats[0].LockExpiresAt.Zone()
		require.Equal(t, 5*3600+1800, offset)
		require.True(t, seats[0].Wheelchair)
		require.Equal(t, openapi.Seat{SeatId: "A2", Number: 2, Position: 2, Type: "STANDARD", Price: 15000, Status: openapi.SeatSold}, seats[1])
		require.Equal(t, openapi.Seat{SeatId: "A3", Number: 3, Position: 4, Type: "STANDARD", Price: 15000, Status: openapi.SeatLocked}, seats[2], "no wrong deadline")
		require.Equal(t, openapi.SeatAvailable, seats[3].Status, "past deadline and grace")
		require.Equal(t, openapi.Seat{SeatId: "B5", Number: 5, Position: 5, Type: "PREMIUM", Price: 25000, Status: openapi.SeatAvailable}, drawn.SeatMap.Rows[1].Seats[4])
	}
	var other openapi.SeatMap
	b.get("", "/api/v1/shows/sh_tamil/seats").is(http.StatusOK, &other)
	require.Equal(t, openapi.SeatAvailable, other.SeatMap.Rows[0].Seats[0].Status)
}

// Whoever sees a price is told whether it is what will be paid: by the law of the theatre's country, unless the theatre says otherwise.
func TestEveryPriceComesWithWhatItHolds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for show, want := range map[string]booking.PriceMode{"sh_hindi": booking.PricesAdded, "sh_london": booking.PricesInclusive} {
		var drawn openapi.SeatMap
		b.get("", "/api/v1/shows/"+show+"/seats").is(http.StatusOK, &drawn)
		require.Equal(t, want, drawn.PriceMode)
		var told openapi.Show
		b.get("", "/api/v1/shows/"+show).is(http.StatusOK, &told)
		require.Equal(t, want, told.PriceMode)
		var list openapi.ShowList
		b.get("", "/api/v1/cities/"+told.City.CityId+"/movies/"+told.Movie.MovieId+"/shows?date="+told.StartTime.Format(time.DateOnly)).is(http.StatusOK, &list)
		require.NotEmpty(t, list.Theatres)
		for _, theatre := range list.Theatres {
			require.Equal(t, want, theatre.Shows[0].PriceMode)
		}
	}
}

func TestSeatsWithoutAPriceAreNotOffered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec("DELETE FROM show_prices WHERE show_id = 'sh_hindi' AND category = 'STANDARD'")
	var drawn openapi.SeatMap
	b.get("", "/api/v1/shows/sh_hindi/seats").is(http.StatusOK, &drawn)
	require.Len(t, drawn.SeatMap.Rows, 1)
	require.Equal(t, "B", drawn.SeatMap.Rows[0].RowLabel)
	var show openapi.Show
	b.get("", "/api/v1/shows/sh_hindi").is(http.StatusOK, &show)
	require.Equal(t, openapi.Availability{TotalSeats: 5, AvailableSeats: 5, Status: openapi.AVAILABLE}, show.Availability)
	details := b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A1", "B1")).refuses(http.StatusBadRequest, booking.CodeValidation)
	require.Equal(t, []any{"A1"}, details["unknownSeatIds"])

	path := "/api/v1/cities/mumbai/movies/mv_sholay/shows?date=" + theatreDay(b, "sh_hindi")
	var list openapi.ShowList
	b.get("", path).is(http.StatusOK, &list)
	require.Len(t, list.Theatres, 2)
	require.EqualValues(t, 25000, list.Theatres[1].Shows[0].PriceFrom)
	require.Equal(t, 5, list.Theatres[1].Shows[0].Availability.TotalSeats)
	b.exec("UPDATE show_prices SET category = 'BALCONY' WHERE show_id = 'sh_hindi'")
	b.get("", path).is(http.StatusOK, &list)
	require.Len(t, list.Theatres, 1, "a show without a seat that has a price is not for sale")
}

func TestAHouseThatIsTooLargeHasNoMap(t *testing.T) {
	t.Parallel()
	b := setup(t)
	big := crowd.Show{ID: "sh_big", TheatreID: "th_regal", MovieID: "mv_sholay", Seats: 50_001, StartsAt: time.Now().Add(48 * time.Hour), Hold: 5 * time.Minute}
	require.NoError(t, crowd.OpenShow(t.Context(), b.admin, big))
	details := b.get("", "/api/v1/shows/sh_big/seats").refuses(http.StatusConflict, booking.CodeConflict)
	require.EqualValues(t, 50_000, details["maxSeats"])
	big.ID, big.Seats = "sh_large", 50_000
	require.NoError(t, crowd.OpenShow(t.Context(), b.admin, big))
	var drawn openapi.SeatMap
	b.get("", "/api/v1/shows/sh_large/seats").is(http.StatusOK, &drawn)
	seats := 0
	for _, row := range drawn.SeatMap.Rows {
		seats += len(row.Seats)
	}
	require.Equal(t, big.Seats, seats, "everything or nothing")
}

// theatreDay is the day of a show of Mumbai, as the city counts days.
func theatreDay(b *bundle, show string) string {
	b.Helper()
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	require.NoError(b, err)
	return showStart(b, show).In(kolkata).Format(time.DateOnly)
}
