package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// requireGrace checks that the claims of a booking last for as long as it may be paid, and for the grace after that.
func (f *fixture) requireGrace(id string, seats int) {
	f.t.Helper()
	require.Equal(f.t, seats, f.count(`
		SELECT count(*) FROM claims c JOIN bookings b ON b.id = c.booking_id
		WHERE b.id = $1 AND c.state = 'HELD' AND c.held_until = b.expires_at + make_interval(secs => $2)`, id, booking.HoldGrace.Seconds()))
}

func TestAHoldKeepsItsSeatsForTheGraceAfterItsDeadline(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.hold("bk_1", "us_asha", "A1", "A2")
	f.requireGrace("bk_1", 2)

	f.letHoldLapse("bk_1")
	f.hold("bk_2", "us_ben", "A2")
	f.release("bk_2", booking.StatusExpired)
	require.NoError(t, f.lock("bk_1", "us_asha", "A1", "A2"), "nobody else wants them any more")

	f.requireGrace("bk_1", 2)
}

func TestSeatsInTheirGraceAreNobodyElses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.soldByCard("bk_sold", "us_ben", "B1")
	late := f.card("bk_late", f.hold("bk_late", "us_ben", "A1"))
	f.release("bk_late", booking.StatusExpired)
	f.hold("bk_1", "us_asha", "A1")
	f.exec(`UPDATE bookings SET expires_at = now() - interval '1 minute' WHERE id = 'bk_1'`)

	requireRefusal(t, f.lock("bk_2", "us_ben", "A1"), booking.CodeSeatLockFailed)
	requireRefusal(t, f.move("sm_1", "bk_sold", nil, []string{"A1"}), booking.CodeSeatLockFailed)
	require.Equal(t, booking.SettledRefunded, f.settle(late).Result)
	f.requireSeats("bk_1", "HELD", 1)

	f.letHoldLapse("bk_1")
	require.Equal(t, booking.SettledConfirmed, f.settle(late).Result, "now it is anybody's")
	f.requireSeats("bk_late", "SOLD", 1)
}

// A step that was thought dead, or a workflow that was reset, asks for seats that the booking has lost.
func TestALockThatIsRepeatedAfterASeatWasLostIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.hold("bk_1", "us_asha", "A1", "A2", "A3")
	f.letHoldLapse("bk_1")
	f.hold("bk_2", "us_ben", "A2")
	f.hold("bk_3", "us_asha", "A3")

	refusal := refusalOf(t, f.lock("bk_1", "us_asha", "A1", "A2", "A3"), booking.CodeSeatLockFailed)
	require.Equal(t, []string{"A2"}, refusal.Details["unavailableSeatIds"], "A3 is the customer's own")
	f.release("bk_2", booking.StatusExpired)
	refusal = refusalOf(t, f.lock("bk_1", "us_asha", "A1", "A2", "A3"), booking.CodeConflict)
	require.Equal(t, "bk_3", refusal.Details["bookingId"])

	f.requireSeats("bk_1", "HELD", 1)
	f.requireSeats("bk_3", "HELD", 1)
}
