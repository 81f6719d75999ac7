package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

const notices = "/api/v1/notices"

// tell writes a notice of a booking, some minutes ago.
func (b *bundle) tell(bookingID string, kind booking.NoticeKind, minutesAgo int) {
	b.Helper()
	b.exec(`INSERT INTO notices (booking_id, show_id, customer_id, kind, created_at, starts_at, moved_from)
	        SELECT b.id, b.show_id, b.customer_id, $2, now() - make_interval(mins => $3), sh.starts_at,
	               CASE WHEN $2 = 'SHOW_MOVED' THEN sh.starts_at - interval '2 hours' END
	        FROM bookings b JOIN shows sh ON sh.id = b.show_id WHERE b.id = $1`, bookingID, kind, minutesAgo)
}

func TestNotices(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var list openapi.NoticeList
	b.get(asha, notices).is(http.StatusOK, &list)
	require.Equal(t, openapi.NoticeList{Notices: []openapi.Notice{}}, list)

	b.insert(row{id: "bk_1", status: booking.StatusConfirmed})
	b.insert(row{id: "bk_2", show: "sh_london", status: booking.StatusCancelled})
	b.insert(row{id: "bk_ravi", customer: ravi, seats: []string{"B1"}, status: booking.StatusConfirmed})
	b.tell("bk_1", booking.NoticeReminder, 5)
	b.tell("bk_2", booking.NoticeShowCancelled, 3)
	b.tell("bk_ravi", booking.NoticeReminder, 1)
	b.exec(`UPDATE notices SET status = 'SENT', sent_at = now() WHERE booking_id = 'bk_1'`)

	b.get(asha, notices).is(http.StatusOK, &list)
	require.Len(t, list.Notices, 2, "only one's own")
	require.Nil(t, list.NextCursor)
	cancelled, reminder := list.Notices[0], list.Notices[1]
	require.Equal(t, booking.NoticeShowCancelled, cancelled.Kind)
	require.Equal(t, "bk_2", cancelled.BookingId)
	require.Equal(t, "sh_london", cancelled.ShowId)
	require.Contains(t, cancelled.Subject, "Cancelled: Arrival on ")
	require.Contains(t, cancelled.Text, "Nothing was charged")
	require.Nil(t, cancelled.MailedAt)
	require.Equal(t, booking.NoticeReminder, reminder.Kind)
	require.Contains(t, reminder.Subject, "Reminder: Sholay on ")
	require.Contains(t, reminder.Text, "(UTC+05:30)")
	require.NotNil(t, reminder.MailedAt)
	_, offset := reminder.CreatedAt.Zone()
	require.Equal(t, 5*3600+1800, offset, "the theatre's own")
}

func TestARemindersWordsFollowItsBooking(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1", seats: []string{"A1"}, status: booking.StatusConfirmed})
	b.insert(row{id: "bk_2", seats: []string{"B1"}, status: booking.StatusConfirmed})
	b.tell("bk_1", booking.NoticeReminder, 5)
	b.tell("bk_2", booking.NoticeReminder, 3)
	b.exec(`UPDATE notices SET status = 'SENT', sent_at = now() - interval '4 min' WHERE booking_id = 'bk_1'`)
	for _, id := range []string{"bk_1", "bk_2"} {
		b.writeCancellation(booking.CancelSeatsRequest{BookingID: id, RefundTo: booking.RefundToWallet})
		b.exec("UPDATE bookings SET status = 'CANCELLED' WHERE id = $1", id)
	}
	var list openapi.NoticeList
	b.get(asha, notices).is(http.StatusOK, &list)
	require.Len(t, list.Notices, 1, "nobody is to come who was not told before the booking was cancelled")
	require.Equal(t, "bk_1", list.Notices[0].BookingId)
	require.Contains(t, list.Notices[0].Text, "Seats    A1\n", "as it was mailed")
}

func TestNoticesArePaged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 5 {
		id := fmt.Sprintf("bk_%d", i)
		b.insert(row{id: id, seats: []string{fmt.Sprintf("A%d", i+1)}, status: booking.StatusConfirmed})
		b.tell(id, booking.NoticeReminder, 7) // all at one time
	}
	seen := map[string]bool{}
	path := notices + "?limit=2"
	for range 3 {
		var list openapi.NoticeList
		b.get(asha, path).is(http.StatusOK, &list)
		for _, notice := range list.Notices {
			require.False(t, seen[notice.NoticeId], "twice")
			seen[notice.NoticeId] = true
		}
		if list.NextCursor != nil {
			path = notices + "?limit=2&cursor=" + url.QueryEscape(*list.NextCursor)
		}
	}
	require.Len(t, seen, 5)
	b.get(asha, notices+"?limit=101").refuses(http.StatusBadRequest, booking.CodeValidation)
	b.get(asha, notices+"?cursor=nonsense").refuses(http.StatusBadRequest, booking.CodeValidation)
	b.get("", notices).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
}

func TestWhatWasMailedStaysAsMailed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1", status: booking.StatusConfirmed})
	b.insert(row{id: "bk_2", seats: []string{"B1"}, status: booking.StatusConfirmed})
	b.tell("bk_1", booking.NoticeReminder, 9)
	b.tell("bk_2", booking.NoticeReminder, 8)
	b.exec(`UPDATE notices SET status = 'SENT', sent_at = now(), subject = 'Reminder: as mailed', words = 'Dear Asha, as mailed' WHERE booking_id = 'bk_1'`)
	var before, after openapi.NoticeList
	b.get(asha, notices).is(http.StatusOK, &before)
	b.exec(`UPDATE notices SET status = 'SENT', sent_at = now() WHERE booking_id = 'bk_2'`) // by a worker of the past
	b.exec(`UPDATE shows SET starts_at = starts_at + interval '1 day', ends_at = ends_at + interval '1 day' WHERE id = 'sh_hindi'`)
	b.exec(`UPDATE movies SET title = 'Another' WHERE id = 'mv_sholay'`)
	b.get(asha, notices).is(http.StatusOK, &after)
	require.Equal(t, "Reminder: as mailed", after.Notices[1].Subject)
	require.Equal(t, "Dear Asha, as mailed", after.Notices[1].Text)
	_, begins, _ := strings.Cut(before.Notices[0].Text, "Begins")
	begins, _, _ = strings.Cut(begins, "\n")
	require.Contains(t, after.Notices[0].Text, "Begins"+begins, "the time is kept even of what was mailed before words were")
}

func TestNoticesOfMoves(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1", status: booking.StatusConfirmed})
	b.exec(`INSERT INTO seat_moves (id, booking_id, from_seats, to_seats, request_hash, actor, reason, correlation_id)
	        VALUES ('sm_1', 'bk_1', '{A9,A2}', '{A1,A2}', 'hash', 'us_ada', 'broken', 'test')`)
	b.tell("bk_1", booking.NoticeShowMoved, 2)
	b.tell("bk_1", booking.NoticeSeatsMoved, 1)
	b.exec(`UPDATE notices SET occasion = 'sm_1' WHERE kind = 'SEATS_MOVED'`)
	var list openapi.NoticeList
	b.get(asha, notices).is(http.StatusOK, &list)
	require.Len(t, list.Notices, 2)
	require.Contains(t, list.Notices[0].Subject, "New seats: Sholay on ")
	require.Contains(t, list.Notices[0].Text, "  Seats    A1 A2\n  Not      A9\n")
	require.Contains(t, list.Notices[1].Subject, "New time: Sholay on ")
	require.Contains(t, list.Notices[1].Text, "  Not      ")

	b.exec(`UPDATE shows SET starts_at = starts_at + interval '1 day', ends_at = ends_at + interval '1 day' WHERE id = 'sh_hindi'`)
	b.get(asha, notices).is(http.StatusOK, &list)
	require.Len(t, list.Notices, 1, "a time that nobody was told and that is not the show's any more is told to nobody")
	require.Equal(t, booking.NoticeSeatsMoved, list.Notices[0].Kind)
}
