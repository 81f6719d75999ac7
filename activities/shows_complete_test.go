package activities_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/boxoffice/boxoffice/activities"
	"github.com/boxoffice/boxoffice/booking"
)

// completeShows runs in an activity environment, because the step heartbeats.
func completeShows(steps *activities.Activities) (done booking.CompletedShows, err error) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(steps.CompleteShows)
	value, err := env.ExecuteActivity(steps.CompleteShows)
	if err == nil {
		err = value.Get(&done)
	}
	return done, err
}

func (f *fixture) completeShows() booking.CompletedShows {
	f.t.Helper()
	done, err := completeShows(f.steps)
	require.NoError(f.t, err)
	return done
}

// showOver moves the show so that it ended so long ago.
func (f *fixture) showOver(interval string) {
	f.t.Helper()
	_, err := f.owner.Exec(f.t.Context(), `UPDATE shows SET starts_at = now() - $1::text::interval - interval '3 hours',
		ends_at = now() - $1::text::interval`, interval)
	require.NoError(f.t, err)
}

// checkIn scans the ticket of a booking.
func (f *fixture) checkIn(id string) {
	f.t.Helper()
	_, err := f.owner.Exec(f.t.Context(), `INSERT INTO check_ins (booking_id, show_id, staff_id, correlation_id)
		SELECT id, show_id, 'us_asha', 'test' FROM bookings WHERE id = $1`, id)
	require.NoError(f.t, err)
}

func (f *fixture) reason(id string) string {
	f.t.Helper()
	return f.text(`SELECT actor || ': ' || reason FROM booking_events WHERE booking_id = $1 AND to_status = 'COMPLETED'`, id)
}

// sell writes confirmed bookings of the fixture's show, in bulk and without their money.
func (f *fixture) sell(show string, n int) {
	f.t.Helper()
	_, err := f.owner.Exec(f.t.Context(), `
		WITH sold AS (
			INSERT INTO bookings (id, customer_id, show_id, layout_id, status, seat_labels, request_hash, correlation_id, expires_at,
			                      currency, subtotal, discount, fees, tax, total, applied_offers)
			SELECT 'bk_' || $1 || '_' || n, 'us_asha', $1, 'ly_1', 'CONFIRMED', ARRAY['A1'], 'hash', 'test', now(), 'INR', 0, 0, 0, 0, 0, '[]'
			FROM generate_series(1, $2::int) n
			RETURNING id)
		INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
		SELECT id, 'PAYMENT_PENDING', 'CONFIRMED', 'test', 'CUSTOMER', 'test' FROM sold`, show, n)
	require.NoError(f.t, err)
}

// addShow adds another show on the fixture's screen, which ended so many days ago.
func (f *fixture) addShow(id, status string, daysAgo int) {
	f.t.Helper()
	_, err := f.owner.Exec(f.t.Context(), `
		INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format, status)
		SELECT $1, movie_id, screen_id, layout_id, now() - make_interval(days => $3::int, hours => 3), now() - make_interval(days => $3::int),
		       language, format, $2
		FROM shows WHERE id = 'sh_1'`, id, status, daysAgo)
	require.NoError(f.t, err)
}

func TestBookingsAreCompletedAfterTheirShow(t *testing.T) {
	t.Parallel()
	f := newFixtureWithCoupons(t)
	f.showIn("50 hours")
	require.NoError(t, f.confirm(wallet("bk_coupon", f.holdWith("TEN", "bk_coupon", "us_asha", "A1"))))
	f.soldHybrid("bk_hybrid", 5000, "A2", "A3")
	f.cancelSeats("bk_hybrid", "A3")
	card := f.soldByCard("bk_card", "us_ben", "A4")
	f.soldByCard("bk_back", "us_ben", "A5")
	f.cancelSeats("bk_back")

	require.Zero(t, f.completeShows(), "the show has not begun")
	f.showOver("10 minutes")
	require.Zero(t, f.completeShows(), "it has just ended")
	f.showOver("16 minutes")
	want := booking.CompletedShows{Shows: 1, Bookings: 3}
	require.Equal(t, want, f.completeShows())
	require.Zero(t, f.completeShows(), "once is enough")

	for _, id := range []string{"bk_coupon", "bk_hybrid", "bk_card"} {
		require.Equal(t, booking.StatusCompleted, f.status(id))
		require.Equal(t, "INITIATED SEATS_LOCKED PAYMENT_PENDING CONFIRMED COMPLETED", f.trail(id))
		require.Equal(t, "SYSTEM: the show has been played", f.reason(id))
	}
	require.Equal(t, booking.StatusCancelled, f.status("bk_back"))
	f.requireRedemption("bk_coupon", "CONSUMED")
	f.requireUses("TEN", 1)
	f.requireSeats("bk_hybrid", "SOLD", 1)
	for _, id := range []string{"bk_hybrid", "bk_card"} {
		require.EqualValues(t, booking.StatusCompleted, f.refuseCancel(booking.CodeInvalidState, id).Details["status"])
	}
	require.NoError(t, f.confirm(card), "a late repeat of the confirmation finds it done")
	f.requireBooks()
	for _, breach := range f.auditBooks().Broken {
		require.Contains(t, breach.Check, "temporal.", "no worker follows the refunds of this fixture: %s", breach)
	}
}

func TestWhoCameIsKnownOnlyWhereTicketsAreScanned(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.addShow("sh_scanned", "CLOSED", 1)
	f.addShow("sh_open_doors", "ON_SALE", 2)
	f.sell("sh_scanned", 3)
	f.sell("sh_open_doors", 2)
	f.checkIn("bk_sh_scanned_2")

	require.Equal(t, booking.CompletedShows{Shows: 2, Bookings: 5, Attended: 1, NoShows: 2}, f.completeShows())

	for id, reason := range map[string]string{
		"bk_sh_scanned_1": "SYSTEM: no-show", "bk_sh_scanned_2": "SYSTEM: attended", "bk_sh_scanned_3": "SYSTEM: no-show",
		"bk_sh_open_doors_1": "SYSTEM: the show has been played", "bk_sh_open_doors_2": "SYSTEM: the show has been played",
	} {
		require.Equal(t, reason, f.reason(id))
	}
}

func TestTheBookingsOfACancelledShowAreLeftToTheirCancellation(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.addShow("sh_off", "CANCELLED", 1)
	f.sell("sh_off", 2)

	require.Zero(t, f.completeShows())

	require.Equal(t, 2, f.count(`SELECT count(*) FROM bookings WHERE status = 'CONFIRMED'`))
}

// A full hall whose bookings were not completed for long: three concurrent completions share the work.
func TestManyBookingsAreCompletedByManyAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.addShow("sh_big", "ON_SALE", 1)
	f.sell("sh_big", 10_000)
	const small = booking.CompletionShows + 20
	for n := range small {
		id := "sh_small_" + time.Duration(n).String()
		f.addShow(id, "ON_SALE", n+2)
		f.sell(id, 1)
	}
	var (
		mu       sync.Mutex
		all      sync.WaitGroup
		sum      int
		failures error
	)
	began := time.Now()
	for range 3 {
		all.Go(func() {
			done, err := completeShows(f.steps)
			mu.Lock()
			defer mu.Unlock()
			sum += done.Bookings
			failures = errors.Join(failures, err)
		})
	}
	all.Wait()
	t.Logf("completed in %s", time.Since(began))

	require.NoError(t, failures)
	require.Equal(t, 10_000+small, sum, "each is counted once")
	require.Equal(t, 10_000+small, f.count(`SELECT count(*) FROM bookings WHERE status = 'COMPLETED'`))
	require.Equal(t, 10_000+small, f.count(`SELECT count(*) FROM booking_events WHERE from_status = 'CONFIRMED' AND to_status = 'COMPLETED'`))
}

func TestACompletionThatWasCutOffIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.addShow("sh_big", "ON_SALE", 1)
	f.sell("sh_big", 2*booking.CompletionBatch+5)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	ctx, die := context.WithCancel(t.Context())
	env.SetWorkerOptions(worker.Options{BackgroundActivityContext: ctx})
	env.SetOnActivityHeartbeatListener(func(*activity.Info, converter.EncodedValues) { die() })
	env.RegisterActivity(f.steps.CompleteShows)
	_, err := env.ExecuteActivity(f.steps.CompleteShows)
	require.Error(t, err)
	require.Equal(t, booking.CompletionBatch, f.count(`SELECT count(*) FROM bookings WHERE status = 'COMPLETED'`))

	require.Equal(t, booking.CompletedShows{Shows: 1, Bookings: booking.CompletionBatch + 5}, f.completeShows())
}

// A cancellation that has locked the booking comes first, and one that comes later is refused.
func TestACompletionLeavesABookingThatIsBeingCancelled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1")
	f.soldByCard("bk_2", "us_ben", "A2")
	f.showOver("1 hour")
	tx, err := f.owner.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = tx.Exec(t.Context(), `SELECT FROM bookings WHERE id = 'bk_1' FOR UPDATE`)
	require.NoError(t, err)

	require.Equal(t, booking.CompletedShows{Shows: 1, Bookings: 1}, f.completeShows(), "it waits for nobody")
	require.Equal(t, booking.StatusConfirmed, f.status("bk_1"))
	require.NoError(t, tx.Rollback(t.Context()))

	require.Equal(t, booking.CompletedShows{Shows: 1, Bookings: 1}, f.completeShows())
	require.Equal(t, booking.StatusCompleted, f.status("bk_1"))
}

func TestACompletionAndACancellationAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	seats := []string{"A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10"}
	for _, seat := range seats {
		f.soldByCard("bk_"+seat, "us_ben", seat)
	}
	f.showOver("1 hour")
	var (
		all sync.WaitGroup
		mu  sync.Mutex
	)
	var failed error
	cancelled := 0
	for _, seat := range seats {
		req := cancelRequest("bk_" + seat)
		req.Cause = booking.CauseOperator
		all.Go(func() {
			if _, err := f.steps.CancelSeats(t.Context(), req); err != nil {
				requireRefusal(t, err, booking.CodeInvalidState)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			cancelled++
		})
	}
	all.Go(func() { _, failed = completeShows(f.steps) })
	all.Wait()
	require.NoError(t, failed)
	f.completeShows()

	require.Equal(t, cancelled, f.count(`SELECT count(*) FROM bookings WHERE status = 'CANCELLED'`))
	require.Equal(t, len(seats)-cancelled, f.count(`SELECT count(*) FROM bookings WHERE status = 'COMPLETED'`))
	require.Equal(t, len(seats)-cancelled, f.count(`SELECT count(*) FROM claims WHERE state = 'SOLD'`))
	f.requireBooks()
}

// The transaction that cancels a show may be running when a completion begins.
func TestACompletionSeesThatTheShowWasCancelledWhileItWaited(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.addShow("sh_2", "ON_SALE", 1)
	f.sell("sh_2", 3)
	tx, err := f.owner.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = tx.Exec(t.Context(), `UPDATE shows SET status = 'CANCELLED' WHERE id = 'sh_2'`)
	require.NoError(t, err)
	type result struct {
		booking.CompletedShows
		err error
	}
	done := make(chan result, 1)
	go func() {
		completed, err := completeShows(f.steps)
		done <- result{completed, err}
	}()
	require.Eventually(t, func() bool {
		return f.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0
	}, 2*time.Minute, 5*time.Millisecond)
	require.NoError(t, tx.Commit(t.Context()))

	require.Zero(t, <-done)
	require.Equal(t, 3, f.count(`SELECT count(*) FROM bookings WHERE status = 'CONFIRMED'`))
}

// Nobody may have the money back for seats that they are sitting on.
func TestACustomerWhoHasCheckedInCannotCancel(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")

	err := f.whileLocked("bk_1", `INSERT INTO check_ins (booking_id, show_id, staff_id, correlation_id) VALUES ('bk_1', 'sh_1', 'us_asha', 'test')`,
		func() error { return second(f.steps.CancelSeats(t.Context(), cancelRequest("bk_1", "A1"))) })

	requireRefusal(t, err, booking.CodeInvalidState)
	f.requireSeats("bk_1", "SOLD", 2)
	byCinema := cancelRequest("bk_1")
	byCinema.Cause = booking.CauseOperator
	done, err := f.steps.CancelSeats(t.Context(), byCinema)
	require.NoError(t, err)
	require.Equal(t, booking.StatusCancelled, done.Status, "the cinema may send them out again")
	f.requireBooks()
}

func TestMoneyForACompletedBookingGoesBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1")
	f.showOver("1 hour")
	f.completeShows()
	f.exec(`INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, intent_id, request_hash, correlation_id)
	        VALUES ('pay_2', 'bk_1', 2, 'CARD', 'INR', 0, 22420, 'CANCELLED', 'pi_2', 'hash', 'test')`)

	decision, err := f.steps.SettleMoney(t.Context(), booking.Settlement{Intent: booking.ClosedIntent{
		IntentID: "pi_2", BookingID: "bk_1", PaymentID: "pay_2", Received: booking.Money{Amount: 22420, Currency: "INR"},
	}})

	require.NoError(t, err)
	require.Equal(t, booking.SettledRefunded, decision.Result)
	require.Equal(t, 1, f.flags(booking.FlagStrayMoney))
	require.Equal(t, booking.StatusCompleted, f.status("bk_1"))
}
