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

func (h *house) closeForSale(kind booking.CascadeKind, subjectID string) booking.CascadeState {
	h.t.Helper()
	state, err := h.steps.CloseForSale(h.t.Context(), cascade(kind, subjectID))
	require.NoError(h.t, err)
	return state
}

// refuseClosing wants a cascade to be refused, and says with which details.
func (h *house) refuseClosing(code booking.Code, kind booking.CascadeKind, subjectID string) map[string]any {
	h.t.Helper()
	_, err := h.steps.CloseForSale(h.t.Context(), cascade(kind, subjectID))
	return refusalOf(h.t, err, code).Details
}

// cancelForShow is what the cascade has done to a sold booking.
func (h *house) cancelForShow(id string) booking.CancelledSeats {
	h.t.Helper()
	req := cancelRequest(id)
	req.Cause, req.Actor, req.Reason = booking.CauseShowCancelled, "us_ben", booking.ReasonShowCancelled
	done, err := h.steps.CancelSeats(h.t.Context(), req)
	require.NoError(h.t, err)
	return done
}

func (h *house) progress(kind booking.CascadeKind, subjectID string) booking.CascadeProgress {
	h.t.Helper()
	progress, err := h.steps.CascadeProgress(h.t.Context(), booking.CascadeRef{CascadeID: booking.CascadeID(kind, subjectID)})
	require.NoError(h.t, err)
	return progress
}

// noteCascade writes an event of the cascade of the show.
func (h *house) noteCascade(event booking.CascadeEvent) (booking.CascadeState, error) {
	return h.numberedNote(h.count(`SELECT noted + 1 FROM cascades`), event)
}

func (h *house) numberedNote(number int, event booking.CascadeEvent) (booking.CascadeState, error) {
	return h.steps.NoteCascade(h.t.Context(), booking.CascadeNote{
		CascadeID: booking.CascadeID(booking.CascadeShow, "sh_1"), Number: number, Event: event, Actor: "us_ben", Reason: "test", CorrelationID: "test",
	})
}

const cascadeTrail = `SELECT string_agg(event, ' ' ORDER BY id) FROM cascade_events`

func TestACancelledShowSellsNothingMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	quote := h.hold("bk_1", "us_asha", "A1")

	state := h.closeForSale(booking.CascadeShow, "sh_1")

	require.Equal(t, booking.CascadeState{
		CascadeID: booking.CascadeID(booking.CascadeShow, "sh_1"), Status: booking.CascadeCancelling, Shows: 1,
	}, state)
	requireRefusal(t, h.confirm(wallet("bk_1", quote)), booking.CodeConflict)
	_, err := h.steps.LockSeats(t.Context(), request("bk_2", "us_ben", "A2"))
	requireRefusal(t, err, booking.CodeConflict)
	require.Equal(t, state, h.closeForSale(booking.CascadeShow, "sh_1"), "and once more is harmless")
	require.Equal(t, "STARTED", h.text(cascadeTrail))
}

func TestAShowThatCannotBeCancelledStaysAsItIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.refuseClosing(booking.CodeNotFound, booking.CascadeShow, "sh_none")
	h.refuseClosing(booking.CodeNotFound, booking.CascadeTheatre, "th_none")
	h.refuseClosing(booking.CodeNotFound, booking.CascadeMovie, "mv_none")
	h.showIn("-4 hours")

	require.Equal(t, "sh_1", h.refuseClosing(booking.CodeInvalidState, booking.CascadeShow, "sh_1")["showId"])

	require.Equal(t, 0, h.count(`SELECT count(*) FROM cascades`))
	require.Equal(t, "ON_SALE", h.text(`SELECT status FROM shows`))
	h.showIn("-1 hour")
	h.closeForSale(booking.CascadeShow, "sh_1")
}

// programme adds to the house's show one that is over, one that is on, and one of another theatre with another movie, all on sale.
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
	h := newHouse(t)
	h.exec(programme)

	require.Equal(t, 2, h.closeForSale(booking.CascadeTheatre, "th_1").Shows)

	require.Equal(t, "sh_1 sh_2", h.text(cancelledShows), "what has begun or is over is left alone, and so are others")
	require.Equal(t, "INACTIVE", h.text(`SELECT status FROM theatres WHERE id = 'th_1'`))
	require.Equal(t, 2, h.closeForSale(booking.CascadeTheatre, "th_1").Shows, "and once more is harmless")
}

func TestAMovieIsWithdrawnWithItsShowsToCome(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(programme)
	h.closeForSale(booking.CascadeShow, "sh_1")

	require.Equal(t, 1, h.closeForSale(booking.CascadeMovie, "mv_1").Shows, "the other has its own cascade")

	require.Equal(t, "sh_1 sh_other", h.text(cancelledShows))
	require.Equal(t, "WITHDRAWN", h.text(`SELECT status FROM movies WHERE id = 'mv_1'`))
	refusal := h.refuseClosing(booking.CodeConflict, booking.CascadeShow, "sh_other")
	require.Equal(t, booking.CascadeID(booking.CascadeMovie, "mv_1"), refusal["cascadeId"])
}

// A worker may have died over the first try, which takes effect while the second one runs.
func TestClosingForSaleTwiceAtOnceIsClosingOnce(t *testing.T) {
	t.Parallel()
	for kind, subject := range map[booking.CascadeKind]string{
		booking.CascadeShow: "sh_1", booking.CascadeTheatre: "th_1", booking.CascadeMovie: "mv_1",
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			states, errs := make([]booking.CascadeState, fixtureConns), make([]error, fixtureConns)
			var all sync.WaitGroup
			for i := range states {
				all.Go(func() { states[i], errs[i] = h.steps.CloseForSale(t.Context(), cascade(kind, subject)) })
			}
			all.Wait()
			for i, state := range states {
				require.NoError(t, errs[i])
				require.Equal(t, states[0], state)
			}
			require.Equal(t, 1, states[0].Shows)
			require.Equal(t, "STARTED", h.text(cascadeTrail))
		})
	}
}

func TestACascadeReadsItsBookingsPageByPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for n := 1; n <= 5; n++ {
		h.hold(fmt.Sprintf("bk_%d", n), "us_ben", fmt.Sprintf("A%d", n))
	}
	h.release("bk_2", booking.StatusExpired)
	h.closeForSale(booking.CascadeShow, "sh_1")
	var read []string
	page := booking.CascadePage{CascadeID: booking.CascadeID(booking.CascadeShow, "sh_1"), Most: 2}
	for {
		found, err := h.steps.FindCascadeBookings(t.Context(), page)
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
	h := newHouse(t)
	h.exec(programme)
	h.exec(`INSERT INTO show_prices SELECT 'sh_2', category, amount FROM show_prices WHERE show_id = 'sh_1'`)
	h.steps.CascadePerSecond = 5
	h.hold("bk_1", "us_asha", "A1")
	h.closeForSale(booking.CascadeShow, "sh_1")
	pace := func() int {
		found, err := h.steps.FindCascadeBookings(t.Context(), booking.CascadePage{CascadeID: booking.CascadeID(booking.CascadeShow, "sh_1"), Most: 2})
		require.NoError(t, err)
		return found.PerSecond
	}
	require.Zero(t, pace(), "who had wanted this show is no buyer")

	req := request("bk_2", "us_ben", "A1")
	req.ShowID = "sh_2"
	_, err := h.steps.LockSeats(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, 5, pace())

	h.exec(`ALTER TABLE booking_events DISABLE TRIGGER USER; UPDATE booking_events SET at = at - interval '2 minutes'`)
	require.Zero(t, pace())
}

func TestTheProgressOfACascadeAddsUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.soldByCard("bk_card", "us_ben", "A1")
	h.soldHybrid("bk_hybrid", 10000, "A2")
	h.soldByCard("bk_before", "us_ben", "A3")
	h.cancelSeats("bk_before")
	h.hold("bk_expired", "us_ben", "A4")
	h.release("bk_expired", booking.StatusExpired)
	paying := h.card("bk_paying", h.hold("bk_paying", "us_ben", "A5"))
	h.hold("bk_held", "us_ben", "A6")
	h.closeForSale(booking.CascadeShow, "sh_1")

	p := h.progress(booking.CascadeShow, "sh_1")
	require.Equal(t, []int{4, 0, 0, 1, 2, 2, 0}, []int{p.Found, p.Cancelled, p.Released, p.AlreadyCancelled, p.Sold, p.Unpaid, p.Undecided - 1})
	require.Empty(t, p.Refunds, "what goes back for another reason is not the cascade's")
	require.False(t, p.Done())

	h.cancelForShow("bk_card")
	h.cancelForShow("bk_hybrid")
	h.release("bk_held", booking.StatusCancelled)
	_, err := h.steps.ReleaseSeats(t.Context(), booking.Release{
		BookingID: "bk_paying", To: booking.StatusCancelled, Actor: booking.ActorSystem, Reason: "test", CorrelationID: "test", Undecided: true,
	})
	require.NoError(t, err)

	p = h.progress(booking.CascadeShow, "sh_1")
	require.Equal(t, []int{4, 2, 2, 1, 0, 0, 1}, []int{p.Found, p.Cancelled, p.Released, p.AlreadyCancelled, p.Sold, p.Unpaid, p.Undecided})
	require.Equal(t, []booking.CascadeRefunds{
		{Tender: booking.TenderCard, Status: booking.RefundInitiated, Count: 2, Amount: booking.Money{Amount: twoSeats - 10000, Currency: "INR"}},
		{Tender: booking.TenderWallet, Status: booking.RefundSucceeded, Count: 1, Amount: booking.Money{Amount: 10000, Currency: "INR"}},
	}, p.Refunds)
	require.Equal(t, 2, p.Waiting())

	h.bank.pay(paying.IntentID)
	require.Equal(t, booking.SettledRefunded, h.settle(paying).Result)
	_, err = h.steps.RefundIntent(t.Context(), booking.RefundOrder{
		RefundID: booking.RefundID(paying.IntentID), IntentID: paying.IntentID, BookingID: "bk_paying", PaymentID: paying.ID,
		Amount: paying.Card, Reason: "test", CorrelationID: "test",
	})
	require.NoError(t, err)

	p = h.progress(booking.CascadeShow, "sh_1")
	require.Equal(t, 0, p.Undecided)
	require.Equal(t, 1, p.Refunds[1].Count, "money that was faster than the news goes back, and counts: %v", p.Refunds)
}

func TestACascadeIsPausedResumedAndFinishedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.closeForSale(booking.CascadeShow, "sh_1")
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
		state, err := h.noteCascade(step.event)
		require.NoError(t, err)
		require.Equal(t, step.status, state.Status)
		require.Equal(t, step.paused, state.Paused)
	}
	_, err := h.noteCascade(booking.CascadePaused)
	requireRefusal(t, err, booking.CodeInvalidState)
	require.Equal(t, "STARTED PAUSED REFUNDING RESUMED PAUSED FINISHED", h.text(cascadeTrail))
}

// Whoever confirms while the show is being closed for sale has done so before it, and is then found by the cascade, or is refused.
func TestAConfirmThatRacesWithTheClosingIsFoundOrRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const buyers = 7
	payments := make([]booking.Payment, buyers)
	for i := range payments {
		id := fmt.Sprintf("bk_%d", i)
		payments[i] = h.card(id, h.hold(id, "us_ben", fmt.Sprintf("A%d", i+1)))
		h.bank.pay(payments[i].IntentID)
	}
	start := make(chan struct{})
	refused := make([]error, buyers)
	var all sync.WaitGroup
	for i, payment := range payments {
		all.Go(func() {
			<-start
			refused[i] = h.confirm(payment)
		})
	}
	var found booking.CascadeBookings
	all.Go(func() {
		<-start
		h.closeForSale(booking.CascadeShow, "sh_1")
		var err error
		found, err = h.steps.FindCascadeBookings(context.WithoutCancel(t.Context()), booking.CascadePage{
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
			require.NotEqual(t, booking.StatusConfirmed, h.status(id))
		}
	}
}

// A show on which many are confirming at every moment is closed all the same.
func TestAShowThatSellsWithoutAPauseIsClosedSoon(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	closed := make(chan struct{})
	var all sync.WaitGroup
	for range fixtureConns - 2 {
		all.Go(func() {
			for {
				select {
				case <-closed:
					return
				default:
					tx, err := h.worker.Begin(context.WithoutCancel(t.Context()))
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
	_, err := h.steps.CloseForSale(ctx, cascade(booking.CascadeShow, "sh_1"))
	close(closed)
	all.Wait()
	require.NoError(t, err)
}

func TestASweepFindsCascadesThatHaveNotFinished(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.closeForSale(booking.CascadeShow, "sh_1")

	found, err := h.steps.FindAbandoned(t.Context())
	require.NoError(t, err)
	require.Equal(t, []booking.CascadeRequest{cascade(booking.CascadeShow, "sh_1")}, found.Cascades)

	_, err = h.noteCascade(booking.CascadeCameToItsEnd)
	require.NoError(t, err)
	found, err = h.steps.FindAbandoned(t.Context())
	require.NoError(t, err)
	require.Empty(t, found.Cascades)
}

// Money may wait for weeks, and the cascades with it. They have their workflows, and hide none that has lost its own.
func TestASweepFindsEachOfManyUnfinishedCascades(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const more = booking.SweepMost / 2
	h.exec(fmt.Sprintf(`
INSERT INTO movies SELECT 'mv_more_' || n, 'More ' || n, 100, 'hi', ARRAY['Action'], 1975, 'More.' FROM generate_series(1, %[1]d) n;
INSERT INTO cascades (id, kind, movie_id, actor, reason, correlation_id)
SELECT 'cs_' || n, 'MOVIE', 'mv_more_' || n, 'us_ben', 'test', 'test' FROM generate_series(1, %[1]d) n`, booking.SweepMost+more))
	seen := map[string]bool{}
	for range 100 {
		found, err := h.steps.FindAbandoned(t.Context())
		require.NoError(t, err)
		require.Len(t, found.Cascades, booking.SweepMost)
		for _, c := range found.Cascades {
			seen[c.CascadeID] = true
		}
	}
	require.Len(t, seen, booking.SweepMost+more)
}

// Two cascades may close the same show at once. The second one waits for the lock of the first, with what it has read before.
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
		h := newHouse(t)
		err := h.whileRowLocked("shows", "sh_1", closed(booking.CascadeTheatre, "th_1"), func() error {
			_, err := h.steps.CloseForSale(t.Context(), cascade(booking.CascadeShow, "sh_1"))
			return err
		})
		require.Equal(t, booking.CascadeID(booking.CascadeTheatre, "th_1"), refusalOf(t, err, booking.CodeConflict).Details["cascadeId"])
	})
	t.Run("a theatre after one of its shows", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		h.exec(programme)
		var state booking.CascadeState
		err := h.whileRowLocked("shows", "sh_1", closed(booking.CascadeShow, "sh_1"), func() (err error) {
			state, err = h.steps.CloseForSale(t.Context(), cascade(booking.CascadeTheatre, "th_1"))
			return err
		})
		require.NoError(t, err)
		require.Equal(t, 1, state.Shows, "the other one has its own cascade")
		require.Equal(t, "sh_1 sh_2", h.text(cancelledShows))
	})
}

// So many shows that they are counted in several statements.
func TestTheProgressOfACascadeOfManyShowsAddsUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`
INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
SELECT 'sh_more_' || n, 'mv_1', 'sc_1', 'ly_1', now() + make_interval(days => n + 1), now() + make_interval(days => n + 1, hours => 3), 'hi', '2D'
FROM generate_series(1, 45) n;
INSERT INTO bookings (id, customer_id, show_id, layout_id, status, seat_labels, request_hash, correlation_id, expires_at)
SELECT 'bk_more_' || n, 'us_ben', 'sh_more_' || n, 'ly_1', 'SEATS_LOCKED', '{A1}', 'hash', 'test', now() FROM generate_series(1, 45) n`)
	h.closeForSale(booking.CascadeTheatre, "th_1")
	h.exec(`
INSERT INTO refunds (id, booking_id, intent_id, tender, amount, currency, reason, status, correlation_id)
SELECT 're_' || n, 'bk_more_' || n, 'pi_' || n, 'CARD', 100, 'INR', 'test', CASE WHEN n = 45 THEN 'FAILED' ELSE 'INITIATED' END, 'test'
FROM generate_series(1, 45) n`)

	p := h.progress(booking.CascadeTheatre, "th_1")

	require.Equal(t, []int{46, 45, 45, 45}, []int{p.Shows, p.Found, p.Unpaid, p.Waiting()})
	require.Equal(t, []booking.CascadeRefunds{
		{Tender: booking.TenderCard, Status: booking.RefundFailed, Count: 1, Amount: booking.Money{Amount: 100, Currency: "INR"}},
		{Tender: booking.TenderCard, Status: booking.RefundInitiated, Count: 44, Amount: booking.Money{Amount: 4400, Currency: "INR"}},
	}, p.Refunds)
}

func TestAPauseThatComesLateDoesNotUndoTheResumeAfterIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.closeForSale(booking.CascadeShow, "sh_1")
	paused, err := h.numberedNote(1, booking.CascadePaused)
	require.NoError(t, err)
	require.True(t, paused.Paused)
	resumed, err := h.numberedNote(2, booking.CascadeResumed)
	require.NoError(t, err)
	require.False(t, resumed.Paused)

	late, err := h.numberedNote(1, booking.CascadePaused)
	require.NoError(t, err)

	require.Equal(t, resumed, late)
	require.Equal(t, "STARTED PAUSED RESUMED", h.text(cascadeTrail))
}
