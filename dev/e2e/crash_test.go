package e2e_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// The worker is killed with SIGKILL at each step of a booking, started again, and the booking ends as if nothing had
// happened.
//
//nolint:paralleltest,tparallel // there is one worker to kill
func TestTheWorkerMayDieAtAnyStep(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t)
	for _, step := range []struct {
		name string
		run  func(t *testing.T, sys *system)
	}{
		{"while the seats are locked", killInLock},
		{"while the seats are locked, and comes back when the customer has left", killInLockForLong},
		{"in the middle of a purchase in one request", killInPurchase},
		{"after the hold", killAfterHold},
		{"after the provider made the intent and before we know it", killAfterIntent},
		{"after the charge", killAfterCharge},
		{"in the middle of the confirmation", killInConfirm},
		{"at the deadline", killAtDeadline},
	} {
		t.Run(step.name, func(t *testing.T) { step.run(t, sys) })
	}
	sys.audit(t)
}

func (sys *system) killWorker(t *testing.T) {
	t.Helper()
	require.NoError(t, sys.Kill(stack.Worker))
}

func (sys *system) startWorker(t *testing.T) {
	t.Helper()
	require.NoError(t, sys.StartPart(t.Context(), stack.Worker))
}

// blockAndKill runs do while the owner blocks the worker's next statement, and kills the worker as soon as it waits. The API waits longer for a
// worker than a request may take, so do runs in the background: call what is returned to wait for it, after the worker has been started again.
func (sys *system) blockAndKill(t *testing.T, lock string, args []any, do func()) (done func()) {
	t.Helper()
	tx, err := sys.Owner.BeginTx(t.Context(), pgx.TxOptions{})
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = tx.Exec(t.Context(), lock, args...)
	require.NoError(t, err)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		do()
	}()
	eventually(t, "the worker waits for the lock", func() bool {
		return sys.workerWaits(t)
	})
	sys.killWorker(t)
	require.NoError(t, tx.Rollback(t.Context()))
	return func() { <-answered }
}

// workerWaits says whether a statement of the worker waits for a lock. Only the superuser sees that.
func (sys *system) workerWaits(t *testing.T) bool {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), sys.SuperuserDSN("postgres"))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	var waiting int
	require.NoError(t, conn.QueryRow(t.Context(),
		`SELECT count(*) FROM pg_stat_activity WHERE application_name = 'boxoffice-worker' AND wait_event_type = 'Lock'`).Scan(&waiting))
	return waiting > 0
}

func killInLock(t *testing.T, sys *system) {
	t.Helper()
	buyer := sys.buyer(t, "buyer", 50000)
	show := sys.show(t, 5*time.Minute)
	book := func() (openapi.Booking, error) { return buyer.Book(t.Context(), "kill-in-lock", show, "A1", "A2") }
	answered := sys.blockAndKill(t, `LOCK TABLE booking_seats IN EXCLUSIVE MODE`, nil, func() { _, _ = book() })
	sys.startWorker(t)
	answered()

	var held openapi.Booking
	eventually(t, "the same request gets the hold", func() bool {
		var err error
		held, err = book()
		return err == nil && held.Pricing != nil
	})
	_, err := buyer.Pay(t.Context(), "kill-in-lock-pay", held.BookingId, booking.MethodWallet)
	require.NoError(t, err)
	sys.requireSold(t, show, 2)
}

func killInLockForLong(t *testing.T, sys *system) {
	t.Helper()
	buyer := sys.buyer(t, "buyer", 50000)
	show := sys.show(t, 5*time.Minute)
	began := time.Now()
	answered := sys.blockAndKill(t, `LOCK TABLE booking_seats IN EXCLUSIVE MODE`, nil, func() {
		_, _ = buyer.Book(t.Context(), "kill-for-long", show, "A1")
	})
	eventually(t, "PostgreSQL has finished the statement for nobody", func() bool {
		return sys.count(t, `SELECT count(*) FROM claims WHERE show_id = $1`, show) == 1
	})
	eventually(t, "the request is too old", func() bool { return time.Since(began) > booking.MaxRequestAge+time.Second })
	sys.startWorker(t)
	answered()

	eventually(t, "the seat is free again", func() bool {
		return sys.count(t, `SELECT count(*) FROM claims WHERE show_id = $1`, show) == 0
	})
	_, err := buyer.Book(t.Context(), "kill-for-long", show, "A1")
	require.Error(t, err, "the same key gets the same refusal")
	_, err = buyer.Book(t.Context(), "kill-for-long-again", show, "A1")
	require.NoError(t, err)
}

func killInPurchase(t *testing.T, sys *system) {
	t.Helper()
	buyer := sys.buyer(t, "buyer", 50000)
	show := sys.show(t, 5*time.Minute)
	buy := func() (openapi.Booking, error) {
		return buyer.BuyAtOnce(t.Context(), "kill-in-purchase", show, booking.ReleaseSeats, "A1", "A2")
	}
	answered := sys.blockAndKill(t, `LOCK TABLE ledger_entries IN EXCLUSIVE MODE`, nil, func() { _, _ = buy() })
	sys.startWorker(t)
	answered()

	var bought openapi.Booking
	eventually(t, "the same request gets the tickets", func() bool {
		var err error
		bought, err = buy()
		return err == nil && bought.Status == booking.StatusConfirmed
	})
	require.Len(t, bought.Payments, 1)
	require.NotNil(t, bought.Ticket)
	sys.requireSold(t, show, 2)
}

func killAfterHold(t *testing.T, sys *system) {
	t.Helper()
	buyer := sys.buyer(t, "buyer", 50000)
	show := sys.show(t, 5*time.Minute)
	held, err := buyer.Book(t.Context(), "kill-after-hold", show, "A1")
	require.NoError(t, err)
	sys.killWorker(t)
	sys.startWorker(t)

	eventually(t, "the booking can be paid", func() bool {
		_, err := buyer.Pay(t.Context(), "kill-after-hold-pay", held.BookingId, booking.MethodWallet)
		return err == nil
	})
	await(t, buyer, held.BookingId, booking.StatusConfirmed)
	sys.requireSold(t, show, 1)
}

func killAfterIntent(t *testing.T, sys *system) {
	t.Helper()
	buyer := sys.buyer(t, "buyer", 0)
	show := sys.show(t, 5*time.Minute)
	held, err := buyer.Book(t.Context(), "kill-after-intent", show, "A1")
	require.NoError(t, err)
	sys.requestFault(t, stripesim.RequestFault{Operation: "create_intent", Mode: stripesim.HangAfter, Times: 1})
	paying := make(chan struct{})
	go func() {
		defer close(paying)
		_, _ = buyer.Pay(t.Context(), "kill-after-intent-pay", held.BookingId, booking.MethodCard)
	}()
	eventually(t, "the provider has made the intent", func() bool { return len(sys.intentsOf(t, held.BookingId)) == 1 })
	sys.killWorker(t)
	sys.startWorker(t)
	<-paying

	var payment openapi.Payment
	eventually(t, "the same request gets the intent", func() bool {
		payment, err = buyer.Pay(t.Context(), "kill-after-intent-pay", held.BookingId, booking.MethodCard)
		return err == nil
	})
	require.Len(t, sys.intentsOf(t, held.BookingId), 1, "one attempt, one intent")
	_, err = buyer.EnterCard(t.Context(), payment, "pm_card_visa")
	require.NoError(t, err)
	await(t, buyer, held.BookingId, booking.StatusConfirmed)
	sys.requireSold(t, show, 1)
}

func (sys *system) holdAndPayByCard(t *testing.T, key, show string) (customerBooking openapi.Booking, payment openapi.Payment, enterCard func(), wait func(booking.Status)) {
	t.Helper()
	buyer := sys.buyer(t, "buyer", 0)
	held, err := buyer.Book(t.Context(), key, show, "A1")
	require.NoError(t, err)
	payment, err = buyer.Pay(t.Context(), key+"-pay", held.BookingId, booking.MethodCard)
	require.NoError(t, err)
	return held, payment, func() {
			if _, err := buyer.EnterCard(t.Context(), payment, "pm_card_visa"); err != nil {
				t.Errorf("enter card: %v", err)
			}
		}, func(want booking.Status) {
			await(t, buyer, held.BookingId, want)
		}
}

func killAfterCharge(t *testing.T, sys *system) {
	t.Helper()
	show := sys.show(t, 5*time.Minute)
	held, _, enterCard, wait := sys.holdAndPayByCard(t, "kill-after-charge", show)
	sys.killWorker(t)
	enterCard()
	eventually(t, "the webhook was taken although the worker is dead", func() bool {
		return sys.count(t, `SELECT count(*) FROM webhook_events WHERE booking_id = $1 AND outcome = 'SIGNALLED'`, held.BookingId) == 1
	})
	sys.startWorker(t)

	wait(booking.StatusConfirmed)
	sys.requireSold(t, show, 1)
	sys.requirePaidOnce(t, held)
}

func killInConfirm(t *testing.T, sys *system) {
	t.Helper()
	show := sys.show(t, 5*time.Minute)
	held, _, enterCard, wait := sys.holdAndPayByCard(t, "kill-in-confirm", show)
	answered := sys.blockAndKill(t, `SELECT FROM bookings WHERE id = $1 FOR UPDATE`, []any{held.BookingId}, enterCard)
	sys.startWorker(t)
	answered()

	wait(booking.StatusConfirmed)
	sys.requireSold(t, show, 1)
	sys.requirePaidOnce(t, held)
}

func killAtDeadline(t *testing.T, sys *system) {
	t.Helper()
	show := sys.show(t, shortHold)
	held, payment, _, wait := sys.holdAndPayByCard(t, "kill-at-deadline", show)
	sys.killWorker(t)
	eventually(t, "the deadline has passed", func() bool { return time.Now().After(held.ExpiresAt) })
	require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM claims WHERE show_id = $1`, show), "nobody takes the seats meanwhile")
	sys.startWorker(t)

	wait(booking.StatusExpired)
	require.Equal(t, 0, sys.count(t, `SELECT count(*) FROM claims WHERE show_id = $1`, show))
	require.Equal(t, "canceled", sys.intent(t, payment).Status)
}

func (sys *system) requireSold(t *testing.T, show string, seats int) {
	t.Helper()
	require.Equal(t, seats, sys.count(t, `SELECT count(*) FROM claims WHERE show_id = $1 AND state = 'SOLD'`, show))
	require.Equal(t, seats, sys.count(t, `SELECT count(*) FROM claims WHERE show_id = $1`, show))
}

func (sys *system) requirePaidOnce(t *testing.T, b openapi.Booking) {
	t.Helper()
	collected, returned := sys.moneyOf(t, b.BookingId)
	require.Equal(t, b.Pricing.Total, collected)
	require.Zero(t, returned)
	require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM ledger_transactions WHERE booking_id = $1`, b.BookingId))
}

// quickly is shorter than any of the API's time-outs for the provider or a queue, and longer than Temporal needs on a busy machine.
const quickly = 18 * time.Second

// While the worker or Temporal is away, booking says so quickly and everything else works.
func TestBookingIsUnavailableQuicklyAndBrowsingGoesOn(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t)
	// With the product's own time-outs, which the other tests' system has not.
	sys.SetEnv(stack.API)
	require.NoError(t, sys.StopPart(t.Context(), stack.API))
	require.NoError(t, sys.StartPart(t.Context(), stack.API))
	show := sys.show(t, 5*time.Minute)
	buyer := sys.buyer(t, "buyer", 50000)
	requireUnavailable := func(key, seat string) {
		t.Helper()
		began := time.Now()
		_, err := buyer.Book(t.Context(), key, show, seat)
		took := time.Since(began)
		refusal := refusalOf(t, err, http.StatusServiceUnavailable, "UNAVAILABLE")
		require.NotEmpty(t, refusal.RetryAfter)
		require.Less(t, took, quickly)
		_, err = sys.Visitor.Seats(t.Context(), show)
		require.NoError(t, err)
		_, err = sys.Visitor.Movies(t.Context(), "mumbai")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, sys.reachable(t, "/readyz"))
	}

	require.NoError(t, sys.Kill(stack.Worker))
	requireUnavailable("without-worker", "A1")
	require.NoError(t, sys.Kill(stack.Temporal))
	requireUnavailable("without-temporal", "A2")

	require.NoError(t, sys.StartPart(t.Context(), stack.Temporal))
	require.NoError(t, sys.StartPart(t.Context(), stack.Worker))
	eventually(t, "a new request is served", func() bool {
		_, err := buyer.Book(t.Context(), "with-everything", show, "A3")
		return err == nil
	})

	require.NoError(t, sys.Kill(stack.Postgres))
	require.Equal(t, http.StatusOK, sys.reachable(t, "/livez"))
	// A backend may outlive the killed postmaster for a moment.
	eventually(t, "the API says that it is not ready", func() bool { return sys.reachable(t, "/readyz") == http.StatusServiceUnavailable })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := buyer.Book(ctx, "without-postgres", show, "A4")
	refused(t, err, http.StatusServiceUnavailable, "UNAVAILABLE")
	require.NoError(t, sys.StartPart(t.Context(), stack.Postgres))
	eventually(t, "the database is back", func() bool {
		_, err := buyer.Book(t.Context(), "with-postgres", show, "A5")
		return err == nil
	})
	sys.audit(t)
}
