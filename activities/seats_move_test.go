package activities_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

func moveRequest(id, bookingID string, from, to []string) booking.SeatMove {
	return booking.SeatMove{
		MoveID: id, BookingID: bookingID, From: from, To: to, RequestHash: "hash of " + id, Actor: "us_ada", Reason: "the seat is broken", CorrelationID: "test",
	}
}

func (f *fixture) move(id, bookingID string, from, to []string) error {
	return f.steps.MoveSeats(f.t.Context(), moveRequest(id, bookingID, from, to))
}

func (f *fixture) refuseMove(code booking.Code, from, to []string) *booking.Refusal {
	f.t.Helper()
	before := f.seats("bk_1")
	refusal := refusalOf(f.t, f.move("sm_refused", "bk_1", from, to), code)
	require.Equal(f.t, before, f.seats("bk_1"))
	require.Equal(f.t, 0, f.count(`SELECT count(*) FROM seat_moves WHERE id = 'sm_refused'`))
	return refusal
}

// seats are those of a booking according to its rows, its labels and the claims, which must all agree.
func (f *fixture) seats(bookingID string) string {
	f.t.Helper()
	rows := f.text(`SELECT COALESCE(string_agg(s.seat || ':' || s.price, ' ' ORDER BY s.seat), '') FROM booking_seats s WHERE s.booking_id = $1 AND s.cancellation_id IS NULL`, bookingID)
	require.Equal(f.t, f.text(`SELECT COALESCE(string_agg(s.seat, ' ' ORDER BY s.seat), '') FROM booking_seats s WHERE s.booking_id = $1 AND s.cancellation_id IS NULL`, bookingID),
		f.text(`SELECT COALESCE(string_agg(c.seat, ' ' ORDER BY c.seat), '') FROM claims c WHERE c.booking_id = $1 AND c.state = 'SOLD'`, bookingID))
	require.Equal(f.t, f.text(`SELECT string_agg(s.seat, ' ' ORDER BY s.seat) FROM booking_seats s WHERE s.booking_id = $1`, bookingID),
		f.text(`SELECT string_agg(label, ' ' ORDER BY label) FROM bookings b CROSS JOIN unnest(b.seat_labels) AS label WHERE b.id = $1`, bookingID))
	return rows
}

// requireSeatsSound runs the audit's checks of seats and quotes.
func (f *fixture) requireSeatsSound() {
	f.t.Helper()
	q := db.New(f.owner)
	sold, err := q.AuditSeatsSold(f.t.Context(), 10)
	require.NoError(f.t, err)
	require.Empty(f.t, sold)
	bought, err := q.AuditSeatsBought(f.t.Context(), 10)
	require.NoError(f.t, err)
	require.Empty(f.t, bought)
	quotes, err := q.AuditBookingsQuote(f.t.Context(), 10)
	require.NoError(f.t, err)
	require.Empty(f.t, quotes)
	cancelled, err := q.AuditBookingsCancelled(f.t.Context(), 10)
	require.NoError(f.t, err)
	require.Empty(f.t, cancelled)
	f.requireBooks()
}

func TestABookingMovesToOtherSeats(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		from, to []string
		want     string
		trail    string
	}{
		"all":              {nil, []string{"A5", "A6"}, "A5:18000 A6:18000", "{A1,A2} {A5,A6}"},
		"one":              {[]string{"A2"}, []string{"A7"}, "A1:18000 A7:18000", "{A2} {A7}"},
		"another category": {[]string{"A1"}, []string{"B10"}, "A2:18000 B10:18000", "{A1} {B10}"},
		"overlapping":      {nil, []string{"A2", "A3"}, "A2:18000 A3:18000", "{A1,A2} {A3,A2}"},
		"one side named":   {[]string{"A1", "A2"}, []string{"A1", "A3"}, "A1:18000 A3:18000", "{A1,A2} {A1,A3}"},
		"its own":          {nil, []string{"A1", "A2"}, "A1:18000 A2:18000", "{A1,A2} {A1,A2}"},
		"a lapsed hold":    {[]string{"A1"}, []string{"A9"}, "A2:18000 A9:18000", "{A1} {A9}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.soldByCard("bk_1", "us_ben", "A1", "A2")
			f.hold("bk_lapsed", "us_asha", "A9")
			f.letHoldLapse("bk_lapsed")
			for range 2 {
				require.NoError(t, f.move("sm_1", "bk_1", test.from, test.to))
				require.Equal(t, test.want, f.seats("bk_1"))
			}
			require.Equal(t, 1, f.count(`SELECT count(*) FROM seat_moves`))
			require.Equal(t, test.trail, f.text(`SELECT from_seats::text || ' ' || to_seats::text FROM seat_moves WHERE actor = 'us_ada' AND reason = 'the seat is broken'`))
			f.requireSeatsSound()

			moved := moveRequest("sm_1", "bk_1", nil, []string{"B1", "B2"})
			moved.RequestHash = "another"
			requireRefusal(t, f.steps.MoveSeats(t.Context(), moved), booking.CodeIdempotencyKeyReused)
		})
	}
}

func TestTheOldSeatsAreOnSaleAndTheNewOnesAreNot(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	require.NoError(t, f.move("sm_1", "bk_1", nil, []string{"B1", "B2"}))
	f.hold("bk_2", "us_asha", "A1", "A2")
	_, err := f.steps.LockSeats(t.Context(), request("bk_3", "us_asha", "B1"))
	requireRefusal(t, err, booking.CodeSeatLockFailed)
	require.NoError(t, f.move("sm_2", "bk_1", []string{"B1"}, []string{"A3"}))
	require.Equal(t, "A3:18000 B2:18000", f.seats("bk_1"))
	f.requireSeatsSound()
}

func TestAMoveIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1", "A2", "A3")
	f.soldByCard("bk_2", "us_asha", "B1")
	f.hold("bk_3", "us_asha", "B2")
	taken := f.refuseMove(booking.CodeSeatLockFailed, nil, []string{"B1", "B2", "B3"})
	require.Equal(t, []string{"B1", "B2"}, taken.Details["unavailableSeatIds"])
	require.Equal(t, "fromSeats", f.refuseMove(booking.CodeValidation, []string{"B1"}, []string{"A5"}).Details["field"])
	require.Equal(t, []string{"Z9"}, f.refuseMove(booking.CodeValidation, []string{"A1"}, []string{"Z9"}).Details["unknownSeatIds"])
	require.Equal(t, []string{"A2"}, f.refuseMove(booking.CodeValidation, []string{"A1"}, []string{"A2"}).Details["ownSeatIds"])
	require.EqualValues(t, 3, f.refuseMove(booking.CodeValidation, nil, []string{"A5"}).Details["seats"])
	f.cancelSeats("bk_1", "A3")
	require.Equal(t, []string{"A3"}, f.refuseMove(booking.CodeValidation, []string{"A1"}, []string{"A3"}).Details["cancelledSeatIds"])
	require.Equal(t, "fromSeats", f.refuseMove(booking.CodeValidation, []string{"A3"}, []string{"A5"}).Details["field"])
	requireRefusal(t, f.move("sm_1", "bk_none", nil, []string{"A5"}), booking.CodeNotFound)
	requireRefusal(t, f.move("sm_1", "bk_3", nil, []string{"A5"}), booking.CodeInvalidState)

	f.exec(`UPDATE shows SET starts_at = now() - interval '3 hours', ends_at = now() - interval '1 second'`)
	require.NotNil(t, f.refuseMove(booking.CodeInvalidState, nil, []string{"A5", "A6"}))
	f.exec(`UPDATE shows SET ends_at = now() + interval '1 hour'`)
	require.NoError(t, f.move("sm_2", "bk_1", nil, []string{"A5", "A6"}), "a show that is under way has broken seats, too")
	f.exec(`UPDATE shows SET status = 'CANCELLED'`)
	require.NotNil(t, f.refuseMove(booking.CodeInvalidState, nil, []string{"A7", "A8"}))
	f.requireSeatsSound()
}

// By then the seats may have been promised to somebody else.
func TestAMoveThatComesTooLateIsOnlyLookedUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1")
	late := moveRequest("sm_1", "bk_1", nil, []string{"A2"})
	late.TooLate = true

	requireRefusal(t, f.steps.MoveSeats(t.Context(), late), booking.CodeUnavailable)
	require.Equal(t, "A1:18000", f.seats("bk_1"))

	require.NoError(t, f.move("sm_1", "bk_1", nil, []string{"A2"}))
	require.NoError(t, f.steps.MoveSeats(t.Context(), late), "it was made in time")
	require.Equal(t, "A2:18000", f.seats("bk_1"))
}

// A cancellation gives back what was paid, to the last paisa, even if the customer was moved to other seats in between.
func TestMovedSeatsAreGivenBackAtTheirPrice(t *testing.T) {
	t.Parallel()
	refunds := func(moved bool) (amounts []int64) {
		f := newFixture(t)
		f.soldByCard("bk_1", "us_ben", "A1", "A2", "B1")
		f.showIn("30 hours")
		last := "B1"
		if moved {
			require.NoError(t, f.move("sm_1", "bk_1", []string{"A1", "B1"}, []string{"A10", "B9"}))
			require.NoError(t, f.move("sm_2", "bk_1", []string{"B9"}, []string{"A1"}))
			last = "A1"
		}
		one, rest := f.cancelSeats("bk_1", last), f.cancelSeats("bk_1")
		require.Equal(t, booking.StatusCancelled, rest.Status)
		require.Equal(t, 0, f.count(`SELECT count(*) FROM claims`))
		f.requireSeatsSound()
		return []int64{one.Paid.Amount, one.Amount.Amount, rest.Paid.Amount, rest.Amount.Amount}
	}
	require.Equal(t, refunds(false), refunds(true))
}

func TestAMoveAndItsRivals(t *testing.T) {
	t.Parallel()
	for range 8 {
		f := newFixture(t)
		f.soldByCard("bk_1", "us_ben", "A3", "B5")
		f.soldByCard("bk_2", "us_asha", "A8")
		var wait sync.WaitGroup
		for _, rival := range []func(ctx context.Context) error{
			func(ctx context.Context) error {
				return f.steps.MoveSeats(ctx, moveRequest("sm_1", "bk_1", nil, []string{"A1", "B1"}))
			},
			func(ctx context.Context) error {
				return f.steps.MoveSeats(ctx, moveRequest("sm_1", "bk_1", nil, []string{"A1", "B1"}))
			},
			func(ctx context.Context) error {
				return f.steps.MoveSeats(ctx, moveRequest("sm_2", "bk_2", nil, []string{"B1"}))
			},
			func(ctx context.Context) error {
				_, err := f.steps.LockSeats(ctx, request("bk_3", "us_asha", "A1", "A3", "B1", "B5"))
				return err
			},
			func(ctx context.Context) error {
				_, err := f.steps.CancelSeats(ctx, cancelRequest("bk_1", "B5"))
				return err
			},
		} {
			wait.Go(func() {
				if err := rival(t.Context()); err != nil {
					refusal := anyRefusal(t, err)
					require.NotNil(t, refusal, "%v", err)
				}
			})
		}
		wait.Wait()
		require.Equal(t, 0, f.count(`SELECT count(*) FROM claims c LEFT JOIN booking_seats s ON s.booking_id = c.booking_id AND s.seat = c.seat
		                             WHERE c.state = 'SOLD' AND (s.seat IS NULL OR s.cancellation_id IS NOT NULL)`))
		f.seats("bk_1")
		f.seats("bk_2")
	}
}

func TestAnAbandonedBookingIsEnded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_ben", "A1"))
	end := booking.Release{BookingID: "bk_1", To: booking.StatusExpired, Actor: "us_ada", Reason: "lost", CorrelationID: "test", Undecided: true}
	for range 2 {
		ended, err := f.steps.EndAbandoned(t.Context(), end)
		require.NoError(t, err)
		require.Equal(t, booking.EndedBooking{Status: booking.StatusExpired, Intents: []string{payment.IntentID}}, ended)
	}
	require.Equal(t, 0, f.count(`SELECT count(*) FROM claims`))
	require.Equal(t, 1, f.count(`SELECT count(*) FROM operator_trail WHERE actor = 'us_ada' AND subject = 'bk_1' AND action = 'EXPIRE_BOOKING' AND reason = 'lost'`))

	f.soldByCard("bk_2", "us_asha", "A2")
	end.BookingID = "bk_2"
	ended, err := f.steps.EndAbandoned(t.Context(), end)
	require.NoError(t, err)
	require.Equal(t, booking.StatusConfirmed, ended.Status)
	require.Empty(t, ended.Intents)
}

// What operators do is always recorded, and never without a reason.
func TestTheOperatorsTrailIsKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1")
	require.NoError(t, f.move("sm_1", "bk_1", nil, []string{"A2"}))
	f.exec(`INSERT INTO operator_actions (actor, action, subject, reason, correlation_id) VALUES ('us_ada', 'REPLAY_WEBHOOK', 'evt_1', 'lost', 'test')`)
	for _, statement := range []string{
		`UPDATE seat_moves SET reason = 'x'`, `DELETE FROM seat_moves`, `TRUNCATE seat_moves`,
		`UPDATE operator_actions SET reason = 'x'`, `DELETE FROM operator_actions`, `TRUNCATE operator_actions`,
	} {
		_, err := f.owner.Exec(t.Context(), statement)
		require.ErrorContains(t, err, "append only", statement)
	}
	_, err := f.owner.Exec(t.Context(), `INSERT INTO operator_actions (actor, action, subject, reason, correlation_id) VALUES ('us_ada', 'REPLAY_WEBHOOK', 'evt_1', '', 'test')`)
	require.True(t, db.Violates(err, "operator_actions_have_a_reason"), "%v", err)
	move := moveRequest("sm_2", "bk_1", nil, []string{"A3"})
	move.Reason = ""
	require.Error(t, f.steps.MoveSeats(t.Context(), move))
	require.Equal(t, "A2:18000", f.seats("bk_1"))
}

// anyRefusal is the refusal in an error, or nil.
func anyRefusal(t *testing.T, err error) *booking.Refusal {
	t.Helper()
	appErr, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok || appErr.Type() != booking.RefusalType {
		return nil
	}
	var refusal booking.Refusal
	require.NoError(t, appErr.Details(&refusal))
	return &refusal
}
