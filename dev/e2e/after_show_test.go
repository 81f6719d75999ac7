package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db/seed"
)

// From the door to the end of the show: one customer comes with one of two seats, another does not come.
func TestAShowIsPlayed(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t)
	show := sys.show(t, 5*time.Minute)
	guest, came := sys.soldByCard(t, "show-guest", show, "pm_card_visa", "A1", "A2")
	absent, missed := sys.soldByCard(t, "show-absent", show, "pm_card_visa", "B1")
	sold, err := guest.Booking(t.Context(), came)
	require.NoError(t, err)
	_, err = guest.CancelSeats(t.Context(), came, "A2")
	require.NoError(t, err)
	staff, err := sys.Visitor.Login(t.Context(), "staff@example.com", seed.Password)
	require.NoError(t, err)

	_, err = staff.Scan(t.Context(), sold.Ticket.QrCodeData)
	refused(t, err, http.StatusConflict, booking.CodeConflict)
	sys.moveShow(t, show, 30*time.Minute)
	for _, again := range []bool{false, true} {
		in, err := staff.Scan(t.Context(), sold.Ticket.QrCodeData)
		require.NoError(t, err)
		require.Equal(t, again, in.AlreadyCheckedIn)
		require.Equal(t, []string{"A1"}, in.SeatIds)
	}
	_, err = guest.Scan(t.Context(), sold.Ticket.QrCodeData)
	refused(t, err, http.StatusForbidden, booking.CodeForbidden)

	sys.moveShow(t, show, -4*time.Hour)
	schedule := sys.Temporal.ScheduleClient().GetHandle(t.Context(), booking.CompleteShowsScheduleID)
	require.NoError(t, schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	await(t, guest, came, booking.StatusCompleted)
	await(t, absent, missed, booking.StatusCompleted)

	seen, err := guest.Booking(t.Context(), came)
	require.NoError(t, err)
	require.Equal(t, booking.Attended, *seen.Attendance)
	require.NotNil(t, seen.CheckedInAt)
	unseen, err := absent.Booking(t.Context(), missed)
	require.NoError(t, err)
	require.Equal(t, booking.NoShow, *unseen.Attendance)
	_, err = absent.Cancel(t.Context(), missed)
	refused(t, err, http.StatusConflict, booking.CodeInvalidState)
	sys.audit(t)
}

// moveShow has a show of three hours begin so long after now.
func (sys *system) moveShow(t *testing.T, show string, begins time.Duration) {
	t.Helper()
	_, err := sys.Owner.Exec(t.Context(),
		`UPDATE shows SET starts_at = now() + $2::interval, ends_at = now() + $2::interval + interval '3 hours' WHERE id = $1`, show, begins)
	require.NoError(t, err)
}
