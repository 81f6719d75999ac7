package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// withKeptAnswers is a server that keeps answers for as long as one does by default. Its clock stands.
func withKeptAnswers(t *testing.T) *bundle {
	t.Helper()
	b := setup(t, keepingAnswers(t))
	b.stop()
	return b
}

// keepingAnswers keeps answers for as long as one does by default.
func keepingAnswers(t *testing.T) func(*api.Config) {
	t.Helper()
	usual := defaults(t)
	return func(config *api.Config) {
		config.SeatMapAge, config.ProgrammeAge = usual.SeatMapAge, usual.ProgrammeAge
	}
}

// stop lets the server's clock stand.
func (b *bundle) stop() {
	at := time.Now()
	b.stopped.Store(&at)
}

// left is how many seats of a show its page says are left.
func (b *bundle) left(showID string) int {
	b.Helper()
	var show openapi.Show
	b.get("", "/api/v1/shows/"+showID).is(http.StatusOK, &show)
	return show.Availability.AvailableSeats
}

func TestASeatMapIsNoOlderThanFiftyMilliseconds(t *testing.T) {
	t.Parallel()
	b := withKeptAnswers(t)
	require.Equal(t, openapi.SeatAvailable, b.seat("sh_hindi", "A1").Status)
	b.insert(row{id: "bk_1", seats: []string{"A1"}})
	b.later(49 * time.Millisecond)
	require.Equal(t, openapi.SeatAvailable, b.seat("sh_hindi", "A1").Status, "as others have just seen it")
	require.Equal(t, openapi.SeatAvailable, b.seat("sh_tamil", "A1").Status, "each show has its own map")
	b.later(time.Millisecond)
	require.Equal(t, openapi.SeatLocked, b.seat("sh_hindi", "A1").Status)
	b.do(call{method: http.MethodHead, path: "/api/v1/shows/sh_hindi/seats"}).is(http.StatusOK, nil)
}

func TestTheProgrammeIsNoOlderThanASecond(t *testing.T) {
	t.Parallel()
	b := withKeptAnswers(t)
	const movies, shows = "/api/v1/cities/mumbai/movies", "/api/v1/cities/mumbai/movies/mv_sholay/shows?date="
	start := showStart(b, "sh_hindi")
	listed := func(more string) int {
		var list openapi.ShowList
		b.get("", shows+start.Format(time.DateOnly)+more).is(http.StatusOK, &list)
		return len(list.Theatres)
	}
	playing := func() []string {
		var list openapi.CityMovies
		b.get("", movies).is(http.StatusOK, &list)
		return titles(list.Movies)
	}
	all := listed("")
	require.Positive(t, all)
	require.Equal(t, 10, b.left("sh_hindi"))
	require.Equal(t, []string{"Sholay"}, playing())
	b.exec("UPDATE shows SET status = 'CANCELLED' WHERE movie_id = 'mv_sholay'")
	b.insert(row{id: "bk_1", seats: []string{"A1"}})
	b.later(999 * time.Millisecond)
	require.Equal(t, all, listed(""))
	require.Equal(t, 10, b.left("sh_hindi"))
	require.Equal(t, []string{"Sholay"}, playing())
	require.Zero(t, listed("&format=2D"), "another question has an answer of its own")
	b.later(time.Millisecond)
	require.Zero(t, listed(""))
	require.Equal(t, 9, b.left("sh_hindi"))
	require.Empty(t, playing())
}

func TestWhoChangesSeatsSeesThatAtOnce(t *testing.T) {
	t.Parallel()
	b := withKeptAnswers(t)
	b.holds()
	sees := func(status openapi.SeatStatus, left int, why string) {
		t.Helper()
		require.Equal(t, status, b.seat("sh_hindi", "A1").Status, why)
		require.Equal(t, left, b.left("sh_hindi"), why)
	}
	sees(openapi.SeatAvailable, 10, "nobody has held it")
	b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A1")).is(http.StatusCreated, nil)
	sees(openapi.SeatLocked, 9, "held")

	id := booking.ID(asha, "key-00001")
	b.temporal.onUpdate = answering(func(options client.UpdateWorkflowOptions) (any, error) {
		request := asked[booking.PayRequest](b, options.Args)
		b.exec("UPDATE claims SET state = 'SOLD', held_until = NULL WHERE booking_id = $1", id)
		return booking.Payment{ID: request.PaymentID, BookingID: id, RequestHash: request.RequestHash, Status: booking.PaymentSucceeded, Method: booking.MethodWallet, BookingStatus: booking.StatusConfirmed, Attempt: 1, Wallet: booking.Money{Amount: 15000, Currency: "INR"}}, nil
	})
	b.post(asha, bookings+"/"+id+"/payments", "key-00002", map[string]any{"method": "WALLET"}).is(http.StatusCreated, nil)
	sees(openapi.SeatSold, 9, "paid")

	b.temporal.onUpdate = answering(func(client.UpdateWorkflowOptions) (any, error) {
		b.exec("DELETE FROM claims WHERE booking_id = $1", id)
		b.exec("UPDATE bookings SET status = 'CANCELLED' WHERE id = $1", id)
		return booking.Cancellation{BookingID: id, Status: booking.StatusCancelled}, nil
	})
	b.cancel(asha, id, nil).is(http.StatusOK, nil)
	sees(openapi.SeatAvailable, 10, "given back")
}

func TestWhoGivesSomeSeatsBackSeesThatAtOnce(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t, keepingAnswers(t))
	b.stop()
	b.cancelsSeats()
	require.Equal(t, openapi.SeatSold, b.seat("sh_hindi", "A2").Status)
	b.cancel(asha, "bk_1", map[string]any{"seatIds": []string{"A2"}}).is(http.StatusOK, nil)
	require.Equal(t, openapi.SeatAvailable, b.seat("sh_hindi", "A2").Status)
	require.Equal(t, openapi.SeatSold, b.seat("sh_hindi", "A1").Status)
}

func TestWhoPaysAgainSeesThatAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, keepingAnswers(t))
	b.stop()
	b.insert(row{id: "bk_1"})
	b.temporal.onUpdate = answering(func(options client.UpdateWorkflowOptions) (any, error) {
		request := asked[booking.PayRequest](b, options.Args)
		if b.count("SELECT count(*) FROM payments") == 0 {
			b.insertPayment(request.PaymentID, "bk_1", request.RequestHash, booking.PaymentSucceeded)
		} else {
			b.exec("UPDATE claims SET state = 'SOLD', held_until = NULL")
		}
		return booking.Payment{ID: request.PaymentID, BookingID: "bk_1", RequestHash: request.RequestHash, Status: booking.PaymentSucceeded, Method: booking.MethodWallet, BookingStatus: booking.StatusConfirmed, Attempt: 1, Wallet: booking.Money{Amount: 30000, Currency: "INR"}}, nil
	})
	b.post(asha, payments, "pay-key-1", pay("WALLET")).is(http.StatusCreated, nil)
	require.Equal(t, openapi.SeatLocked, b.seat("sh_hindi", "A1").Status)
	b.post(asha, payments, "pay-key-1", pay("WALLET")).is(http.StatusCreated, nil)
	require.Equal(t, openapi.SeatSold, b.seat("sh_hindi", "A1").Status)
}

func TestEachPageOfTheProgrammeIsKeptByItself(t *testing.T) {
	t.Parallel()
	b := withKeptAnswers(t)
	page := func(query string) (list openapi.MovieList) {
		b.get("", "/api/v1/movies"+query).is(http.StatusOK, &list)
		return list
	}
	first := page("?limit=1")
	require.Len(t, first.Movies, 1)
	second := page("?limit=1&cursor=" + *first.NextCursor)
	require.Len(t, second.Movies, 1)
	require.Greater(t, second.Movies[0].Title, first.Movies[0].Title)
	require.Equal(t, append(titles(first.Movies), titles(second.Movies)...), titles(page("?limit=2").Movies))
	require.Equal(t, first, page("?limit=1"))
}

func TestWhatIsRefusedIsNotKept(t *testing.T) {
	t.Parallel()
	b := withKeptAnswers(t)
	b.get("", "/api/v1/cities/pune/movies").refuses(http.StatusNotFound, booking.CodeNotFound)
	b.exec("INSERT INTO cities (id, name, country_code) VALUES ('pune', 'Pune', 'IN')")
	b.get("", "/api/v1/cities/pune/movies").is(http.StatusOK, nil)
}

func TestWhoAsksTooOftenIsRefusedWhatIsKept(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *api.Config) {
		config.ProgrammeAge, config.UserRate, config.UserBurst = time.Second, 0.001, 2
	})
	for range 2 {
		b.get("", "/api/v1/cities").is(http.StatusOK, nil)
	}
	b.get("", "/api/v1/cities").refuses(http.StatusTooManyRequests, booking.CodeRateLimited)
}

func TestAnswersAreNeverKeptForLongerThanTheContractSays(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*api.Config){
		"API_SEAT_MAP_AGE must be 0 to 50ms": func(c *api.Config) { c.SeatMapAge = 51 * time.Millisecond },
		"API_PROGRAMME_AGE must be 0 to 1s":  func(c *api.Config) { c.ProgrammeAge = -1 },
	} {
		config := defaults(t)
		change(&config)
		_, err := api.New(config, api.Deps{})
		require.ErrorContains(t, err, want)
	}
}
