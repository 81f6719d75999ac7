package activities_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func cascade(kind booking.CascadeKind, subjectID string) booking.CascadeRequest {
	return booking.CascadeRequest{
		CascadeID: booking.CascadeID(kind, subjectID), Kind: kind, SubjectID: subjectID, Actor: "us_ben", Reason: "the projector burnt",
		CorrelationID: "test",
	}
}

func (f *fixture) closeForSale(kind booking.CascadeKind, subjectID string) booking.CascadeState {
	f.t.Helper()
	state, err := f.steps.CloseForSale(f.t.Context(), cascade(kind, subjectID))
	require.NoError(f.t, err)
	return state
}

// refuseClosing requires that a cascade is refused, and returns the details of the refusal.
func (f *fixture) refuseClosing(code booking.Code, kind booking.CascadeKind, subjectID string) map[string]any {
	f.t.Helper()
	_, err := f.steps.CloseForSale(f.t.Context(), cascade(kind, subjectID))
	return refusalOf(f.t, err, code).Details
}

// cancelForShow is what the cascade has done to a sold booking.
func (f *fixture) cancelForShow(id string) booking.CancelledSeats {
	f.t.Helper()
	req := cancelRequest(id)
	req.Cause, req.Actor, req.Reason = booking.CauseShowCancelled, "us_ben", booking.ReasonShowCancelled
	done, err := f.steps.CancelSeats(f.t.Context(), req)
	require.NoError(f.t, err)
	return done
}

func (f *fixture) progress(kind booking.CascadeKind, subjectID string) booking.CascadeProgress {
	f.t.Helper()
	progress, err := f.steps.CascadeProgress(f.t.Context(), booking.CascadeRef{CascadeID: booking.CascadeID(kind, subjectID)})
	require.NoError(f.t, err)
	return progress
}

// noteCascade notes an event for the cascade of the show.
func (f *fixture) noteCascade(event booking.CascadeEvent) (booking.CascadeState, error) {
	return f.numberedNote(f.count(`SELECT noted + 1 FROM cascades`), event)
}

func (f *fixture) numberedNote(number int, event booking.CascadeEvent) (booking.CascadeState, error) {
	return f.steps.NoteCascade(f.t.Context(), booking.CascadeNote{
		CascadeID: booking.CascadeID(booking.CascadeShow, "sh_1"), Number: number, Event: event, Actor: "us_ben", Reason: "test", CorrelationID: "test",
	})
}

const cascadeTrail = `SELECT string_agg(event, ' ' ORDER BY id) FROM cascade_events`

func TestACancelledShowSellsNothingMore(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1")

	state := f.closeForSale(booking.CascadeShow, "sh_1")

	require.Equal(t, booking.CascadeState{
		CascadeID: booking.CascadeID(booking.CascadeShow, "sh_1"), Status: booking.CascadeCancelling, Shows: 1,
	}, state)
	requireRefusal(t, f.confirm(wallet("bk_1", quote)), booking.CodeConflict)
	_, err := f.steps.LockSeats(t.Context(), request("bk_2", "us_ben", "A2"))
	requireRefusal(t, err, booking.CodeValidation)
	require.Equal(t, state, f.closeForSale(booking.CascadeShow, "sh_1"), "and once more is harmless")
	require.Equal(t, "STARTED", f.text(cascadeTrail))
}

func TestAShowThatCannotBeCancelledStaysAsItIs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.refuseClosing(booking.CodeNotFound, booking.CascadeShow, "sh_none")
	f.refuseClosing(booking.CodeNotFound, booking.CascadeTheatre, "th_none")
	f.refuseClosing(booking.CodeNotFound, booking.CascadeMovie, "mv_none")
	f.showIn("-4 hours")

	require.Equal(t, "sh_1", f.refuseClosing(booking.CodeInvalidState, booking.CascadeShow, "sh_1")["showId"])

	require.Equal(t, 0, f.count(`SELECT count(*) FROM cascades`))
	require.Equal(t, "ON_SALE", f.text(`SELECT status FROM shows`))
	f.showIn("-1 hour")
	f.closeForSale(booking.CascadeShow, "sh_1")
}

// programme adds to the fixture's show one that is over, one that is running, and one of another
// theatre with another movie, all on sale.
const programme = `
INSERT INTO theatres VALUES ('th_2', 'mumbai', 'Eros', 'Churchgate', 'Asia/Kolkata', 'INR', 1000, 1800);
INSERT INTO screens VALUES ('sc_2', 'th_2', 'Screen 1');
INSERT INTO seat_layouts VALUES ('ly_2', 'sc_2', 1);
INSERT INTO movies VALUES ('mv_2', 'Deewaar', 176, 'hi', ARRAY['Action'], 1975, 'Two brothers.');
INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format) VALUES
    ('sh_over', 'mv_1', 'sc_1', 'ly_1', now() - interval '1 day', now() - interval '20 hours', 'hi', '2D'),
    ('sh_on', 'mv_1', 'sc_1', 'ly_1', now() - interval '1 hour', now() + interval '2 hours', 'hi', '2D'),
    ('sh_2', 'mv_2', 'sc_1', 'ly_1', now() + interval '2 days', now() + interval '2 days 3 hours', 'hi', '2D'),
    ('sh_other', 'mv_1', 'sc_2', 'ly_2', now() + interval '1 day', now() + interval '28 hours', 'hi', '2D');
`

const cancelledShows = `SELECT COALESCE(string_agg(id, ' ' ORDER BY id), '') FROM shows WHERE status = 'CANCELLED'`

func TestATheatreIsDeactivatedWithItsShowsToCome(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(programme)

	require.Equal(t, 2, f.closeForSale(booking.CascadeTheatre, "th_1").Shows)

	require.Equal(t, "sh_1 sh_2", f.text(cancelledShows), "what has begun or is over is left alone, and so are others")
	require.Equal(t, "INACTIVE", f.text(`SELECT status FROM theatres WHERE id = 'th_1'`))
	require.Equal(t, 2, f.closeForSale(booking.CascadeTheatre, "th_1").Shows, "and once more is harmless")
}

func TestAMovieIsWithdrawnWithItsShowsToCome(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(programme)
	f.closeForSale(booking.CascadeShow, "sh_1")

	require.Equal(t, 1, f.closeForSale(booking.CascadeMovie, "mv_1").Shows, "the other has its own cascade")

	require.Equal(t, "sh_1 sh_other", f.text(cancelledShows))
	require.Equal(t, "WITHDRAWN", f.text(`SELECT status FROM movies WHERE id = 'mv_1'`))
	refusal := f.refuseClosing(booking.CodeConflict, booking.CascadeShow, "sh_other")
	require.Equal(t, booking.CascadeID(booking.CascadeMovie, "mv_1"), refusal["cascadeId"])
}

// A worker may have died during the first try, which takes effect while the second one runs.
func TestClosingForSaleTwiceAtOnceIsClosingOnce(t *testing.T) {
	t.Parallel()
	for kind, subject := range map[booking.CascadeKind]string{
		booking.CascadeShow: "sh_1", booking.CascadeTheatre: "th_1", booking.CascadeMovie: "mv_1",
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			states, errs := make([]booking.CascadeState, fixtureConns), make([]error, fixtureConns)
			var all sync.WaitGroup
			for i := range states {
				all.Go(func() { states[i], errs[i] = f.steps.CloseForSale(t.Context(), cascade(kind, subject)) })
			}
			all.Wait()
			for i, state := range states {
				require.NoError(t, errs[i])
				require.Equal(t, states[0], state)
			}
			require.Equal(t, 1, states[0].Shows)
			require.Equal(t, "STARTED", f.text(cascadeTrail))
		})
	}
}

func TestACascadeReadsItsBookingsPageByPage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for n := 1; n <= 5; n++ {
		f.hold(fmt.Sprintf("bk_%d", n), "us_ben", fmt.Sprintf("A%d", n))
	}
	f.release("bk_2", booking.StatusExpired)
	f.closeForSale(booking.CascadeShow, "sh_1")
	var read []string
	page := booking.CascadePage{CascadeID: booking.CascadeID(booking.CascadeShow, "sh_1"), Most: 2}
	for {
		found, err := f.steps.FindCascadeBookings(t.Context(), page)
		require.NoError(t, err)
		for _, b := range found.Bookings {
			require.Equal(t, "th_1 us_ben SEATS_LOCKED", b.TheatreID+" "+b.CustomerID+" "+string(b.Status))
			read = append(read, b.BookingID)
			page.After = b.CascadePosition
		}
		if len(found.Bookings) < 2 {
			break
		}
	}
	require.Equal(t, []string{"bk_1", "bk_3", "bk_4", "bk_5"}, read)
}

func TestACascadeTakesItsTimeWhileOthersBuy(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(programme)
	f.exec(`INSERT INTO show_prices SELECT 'sh_2', category, amount FROM show_prices WHERE show_id = 'sh_1'`)
	f.steps.CascadePerSecond = 5
	f.hold("bk_1", "us_asha", "A1")
	f.closeForSale(booking.CascadeShow, "sh_1")
	pace := func() int {
		found, err := f.steps.FindCascadeBookings(t.Context(), booking.CascadePage{CascadeID: booking.CascadeID(booking.CascadeShow, "sh_1"), Most: 2})
		require.NoError(t, err)
		return found.PerSecond
	}
	require.Zero(t, pace(), "who had wanted this show is no buyer")

	req := request("bk_2", "us_ben", "A1")
	req.ShowID = "sh_2"
	_, err := f.steps.LockSeats(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, 5, pace())

	f.exec(`ALTER TABLE booking_events DISABLE TRIGGER USER; UPDATE booking_events SET at = at - interval '2 minutes'`)
	require.Zero(t, pace())
}

func TestTheProgressOfACascadeAddsUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_card", "us_ben", "A1")
	f.soldHybrid("bk_hybrid", 10000, "A2")
	f.soldByCard("bk_before", "us_ben", "A3")
	f.cancelSeats("bk_before")
	f.hold("bk_expired", "us_ben", "A4")
	f.release("bk_expired", booking.StatusExpired)
	paying := f.card("bk_paying", f.hold("bk_paying", "us_ben", "A5"))
	f.hold("bk_held", "us_ben", "A6")
	f.closeForSale(booking.CascadeShow, "sh_1")

	p := f.progress(booking.CascadeShow, "sh_1")
	require.Equal(t, []int{4, 0, 0, 1, 2, 2, 0}, []int{p.Found, p.Cancelled, p.Released, p.AlreadyCancelled, p.Sold, p.Unpaid, p.Undecided - 1})
	require.Empty(t, p.Refunds, "what goes back for another reason is not the cascade's")
	require.False(t, p.Done())

	f.cancelForShow("bk_card")
	f.cancelForShow("bk_hybrid")
	f.release("bk_held", booking.StatusCancelled)
	_, err := f.steps.ReleaseSeats(t.Context(), booking.Release{
		BookingID: "bk_paying", To: booking.StatusCancelled, Actor: booking.ActorSystem, Reason: "test", CorrelationID: "test", Undecided: true,
	})
	require.NoError(t, err)

	p = f.progress(booking.CascadeShow, "sh_1")
	require.Equal(t, []int{4, 2, 2, 1, 0, 0, 1}, []int{p.Found, p.Cancelled, p.Released, p.AlreadyCancelled, p.Sold, p.Unpaid, p.Undecided})
	require.Equal(t, []booking.CascadeRefunds{
		{Tender: booking.TenderCard, Status: booking.RefundInitiated, Count: 2, Amount: booking.Money{Amount: twoSeats - 10000, Currency: "INR"}},
		{Tender: booking.TenderWallet, Status: booking.RefundSucceeded, Count: 1, Amount: booking.Money{Amount: 10000, Currency: "INR"}},
	}, p.Refunds)
	require.Equal(t, 2, p.Waiting())

	f.bank.pay(paying.IntentID)
	require.Equal(t, booking.SettledRefunded, f.settle(paying).Result)
	_, err = f.steps.RefundIntent(t.Context(), booking.RefundOrder{
		RefundID: booking.RefundID(paying.IntentID), IntentID: paying.IntentID, BookingID: "bk_paying", PaymentID: paying.ID,
		Amount: paying.Card, Reason: "test", CorrelationID: "test",
	})
	require.NoError(t, err)

	p = f.progress(booking.CascadeShow, "sh_1")
	require.Equal(t, 0, p.Undecided)
	require.Equal(t, 1, p.Refunds[1].Count, "money that was faster than the news goes back, and counts: %v", p.Refunds)
}

func TestACascadeIsPausedResumedAndFinishedOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.closeForSale(booking.CascadeShow, "sh_1")
	for _, step := range []struct {
		event  booking.CascadeEvent
		status booking.CascadeStatus
		paused bool
	}{
		{booking.CascadePaused, booking.CascadeCancelling, true},
		{booking.CascadePaused, booking.CascadeCancelling, true},
		{booking.CascadeAllCancelled, booking.CascadeRefunding, true},
		{booking.CascadeResumed, booking.CascadeRefunding, false},
		{booking.CascadePaused, booking.CascadeRefunding, true},
		{booking.CascadeCameToItsEnd, booking.CascadeFinished, false},
		{booking.CascadeCameToItsEnd, booking.CascadeFinished, false},
		{booking.CascadeAllCancelled, booking.CascadeFinished, false},
	} {
		state, err := f.noteCascade(step.event)
		require.NoError(t, err)
		require.Equal(t, step.status, state.Status)
		require.Equal(t, step.paused, state.Paused)
	}
	_, err := f.noteCascade(booking.CascadePaused)
	requireRefusal(t, err, booking.CodeInvalidState)
	require.Equal(t, "STARTED PAUSED REFUNDING RESUMED PAUSED FINISHED", f.text(cascadeTrail))
}

// A confirmation that races with the closing has either committed before it, and is then found by the cascade, or is refused.
func TestAConfirmThatRacesWithTheClosingIsFoundOrRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const buyers = 7
	payments := make([]booking.Payment, buyers)
	for i := range payments {
		id := fmt.Sprintf("bk_%d", i)
		payments[i] = f.card(id, f.hold(id, "us_ben", fmt.Sprintf("A%d", i+1)))
		f.bank.pay(payments[i].IntentID)
	}
	start := make(chan struct{})
	refused := make([]error, buyers)
	var all sync.WaitGroup
	for i, payment := range payments {
		all.Go(func() {
			<-start
			refused[i] = f.confirm(payment)
		})
	}
	var found booking.CascadeBookings
	all.Go(func() {
		<-start
		f.closeForSale(booking.CascadeShow, "sh_1")
		var err error
		found, err = f.steps.FindCascadeBookings(context.WithoutCancel(t.Context()), booking.CascadePage{
			CascadeID: booking.CascadeID(booking.CascadeShow, "sh_1"), Most: 100,
		})
		require.NoError(t, err)
	})
	close(start)
	all.Wait()

	status := map[string]booking.Status{}
	for _, b := range found.Bookings {
		status[b.BookingID] = b.Status
	}
	for i, err := range refused {
		id := payments[i].BookingID
		if err == nil {
			require.Equal(t, booking.StatusConfirmed, status[id], "the cascade knows every sale as soon as it has closed the show")
		} else {
			requireRefusal(t, err, booking.CodeConflict)
			require.NotEqual(t, booking.StatusConfirmed, f.status(id))
		}
	}
}

// A show is closed even when many bookings for it are being confirmed at every moment.
func TestAShowThatSellsWithoutAPauseIsClosedSoon(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	closed := make(chan struct{})
	var all sync.WaitGroup
	for range fixtureConns - 2 {
		all.Go(func() {
			for {
				select {
				case <-closed:
					return
				default:
					tx, err := f.worker.Begin(context.WithoutCancel(t.Context()))
					require.NoError(t, err)
					_, err = tx.Exec(context.WithoutCancel(t.Context()), `SELECT FROM shows WHERE id = 'sh_1' FOR SHARE`)
					require.NoError(t, err)
					_, err = tx.Exec(context.WithoutCancel(t.Context()), `SELECT pg_sleep(0.005)`)
					require.NoError(t, err)
					require.NoError(t, tx.Commit(context.WithoutCancel(t.Context())))
				}
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	_, err := f.steps.CloseForSale(ctx, cascade(booking.CascadeShow, "sh_1"))
	close(closed)
	all.Wait()
	require.NoError(t, err)
}

func TestASweepFindsCascadesThatHaveNotFinished(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.closeForSale(booking.CascadeShow, "sh_1")

	found, err := f.steps.FindAbandoned(t.Context())
	require.NoError(t, err)
	require.Equal(t, []booking.CascadeRequest{cascade(booking.CascadeShow, "sh_1")}, found.Cascades)

	_, err = f.noteCascade(booking.CascadeCameToItsEnd)
	require.NoError(t, err)
	found, err = f.steps.FindAbandoned(t.Context())
	require.NoError(t, err)
	require.Empty(t, found.Cascades)
}

// Money may be waited for for weeks, and so may the end of its cascades. Those have their workflows,
// and must not hide one that has lost its own.
func TestASweepFindsEachOfManyUnfinishedCascades(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const more = booking.SweepMost / 2
	f.exec(fmt.Sprintf(`
INSERT INTO movies SELECT 'mv_more_' || n, 'More ' || n, 100, 'hi', ARRAY['Action'], 1975, 'More.' FROM generate_series(1, %[1]d) n;
INSERT INTO cascades (id, kind, movie_id, actor, reason, correlation_id)
SELECT 'cs_' || n, 'MOVIE', 'mv_more_' || n, 'us_ben', 'test', 'test' FROM generate_series(1, %[1]d) n`, booking.SweepMost+more))
	seen := map[string]bool{}
	for range 100 {
		found, err := f.steps.FindAbandoned(t.Context())
		require.NoError(t, err)
		require.Len(t, found.Cascades, booking.SweepMost)
		for _, c := range found.Cascades {
			seen[c.CascadeID] = true
		}
	}
	require.Len(t, seen, booking.SweepMost+more)
}

// Two cascades may close the same show at once. The second one waits for the lock of the first, and acts on what it has read before.
func TestAShowBelongsToTheCascadeThatClosedItFirst(t *testing.T) {
	t.Parallel()
	closed := func(kind booking.CascadeKind, subjectID string) string {
		return fmt.Sprintf(`
			INSERT INTO cascades (id, kind, show_id, theatre_id, actor, reason, correlation_id)
			VALUES ('%[1]s', '%[2]s', CASE '%[2]s' WHEN 'SHOW' THEN '%[3]s' END, CASE '%[2]s' WHEN 'THEATRE' THEN '%[3]s' END, 'us_ben', 'flood', 'test');
			UPDATE shows SET status = 'CANCELLED' WHERE id = 'sh_1';
			INSERT INTO cascade_shows VALUES ('sh_1', '%[1]s');`, booking.CascadeID(kind, subjectID), kind, subjectID)
	}
	t.Run("a show after its theatre", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		err := f.whileRowLocked("shows", "sh_1", closed(booking.CascadeTheatre, "th_1"), func() error {
			_, err := f.steps.CloseForSale(t.Context(), cascade(booking.CascadeShow, "sh_1"))
			return err
		})
		require.Equal(t, booking.CascadeID(booking.CascadeTheatre, "th_1"), refusalOf(t, err, booking.CodeConflict).Details["cascadeId"])
	})
	t.Run("a theatre after one of its shows", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		f.exec(programme)
		var state booking.CascadeState
		err := f.whileRowLocked("shows", "sh_1", closed(booking.CascadeShow, "sh_1"), func() (err error) {
			state, err = f.steps.CloseForSale(t.Context(), cascade(booking.CascadeTheatre, "th_1"))
			return err
		})
		require.NoError(t, err)
		require.Equal(t, 1, state.Shows, "the other one has its own cascade")
		require.Equal(t, "sh_1 sh_2", f.text(cancelledShows))
	})
}

// There are so many shows that they are counted in several statements.
func TestTheProgressOfACascadeOfManyShowsAddsUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(`
INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
SELECT 'sh_more_' || n, 'mv_1', 'sc_1', 'ly_1', now() + make_interval(days => n + 1), now() + make_interval(days => n + 1, hours => 3), 'hi', '2D'
FROM generate_series(1, 45) n;
INSERT INTO bookings (id, customer_id, show_id, layout_id, status, seat_labels, request_hash, correlation_id, expires_at)
SELECT 'bk_more_' || n, 'us_ben', 'sh_more_' || n, 'ly_1', 'SEATS_LOCKED', '{A1}', 'hash', 'test', now() FROM generate_series(1, 45) n`)
	f.closeForSale(booking.CascadeTheatre, "th_1")
	f.exec(`
INSERT INTO refunds (id, booking_id, intent_id, tender, amount, currency, reason, status, correlation_id)
SELECT 're_' || n, 'bk_more_' || n, 'pi_' || n, 'CARD', 100, 'INR', 'test', CASE WHEN n = 45 THEN 'FAILED' ELSE 'INITIATED' END, 'test'
FROM generate_series(1, 45) n`)

	p := f.progress(booking.CascadeTheatre, "th_1")

	require.Equal(t, []int{46, 45, 45, 45}, []int{p.Shows, p.Found, p.Unpaid, p.Waiting()})
	require.Equal(t, []booking.CascadeRefunds{
		{Tender: booking.TenderCard, Status: booking.RefundFailed, Count: 1, Amount: booking.Money{Amount: 100, Currency: "INR"}},
		{Tender: booking.TenderCard, Status: booking.RefundInitiated, Count: 44, Amount: booking.Money{Amount: 4400, Currency: "INR"}},
	}, p.Refunds)
}

func TestAPauseThatComesLateDoesNotUndoTheResumeAfterIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.closeForSale(booking.CascadeShow, "sh_1")
	paused, err := f.numberedNote(1, booking.CascadePaused)
	require.NoError(t, err)
	require.True(t, paused.Paused)
	resumed, err := f.numberedNote(2, booking.CascadeResumed)
	require.NoError(t, err)
	require.False(t, resumed.Paused)

	late, err := f.numberedNote(1, booking.CascadePaused)
	require.NoError(t, err)

	require.Equal(t, resumed, late)
	require.Equal(t, "STARTED PAUSED RESUMED", f.text(cascadeTrail))
}
