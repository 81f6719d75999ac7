package api_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

const checkIns = "/api/v1/check-ins"

// scan has staff scan a ticket.
func (b *bundle) scan(code string) answer {
	b.Helper()
	return b.do(call{method: http.MethodPost, path: checkIns, user: sam, body: map[string]any{"qrCodeData": code}})
}

// checkIn is for a ticket that cannot be scanned.
func (b *bundle) checkIn(bookingID string) answer {
	b.Helper()
	return b.do(call{method: http.MethodPost, path: checkIns, user: sam, body: map[string]any{"bookingId": bookingID}})
}

func (b *bundle) booking(id string) (view openapi.Booking) {
	b.Helper()
	b.get(asha, bookings+"/"+id).is(http.StatusOK, &view)
	return view
}

// startsIn moves the fixture's usual show, which takes three hours.
func (b *bundle) startsIn(interval string) {
	b.Helper()
	b.exec(`UPDATE shows SET starts_at = now() + $1::text::interval, ends_at = now() + $1::text::interval + interval '3 hours' WHERE id = 'sh_hindi'`, interval)
}

// withTicket has a confirmed booking of two seats for a show that begins soon.
func withTicket(t *testing.T) (b *bundle, code string) {
	t.Helper()
	b = setup(t)
	b.exec(`UPDATE shows SET status = 'CANCELLED' WHERE id IN ('sh_started', 'sh_closed')`) // they must not overlap
	b.startsIn("30 minutes")
	b.insert(row{id: "bk_1", status: booking.StatusConfirmed})
	return b, b.booking("bk_1").Ticket.QrCodeData
}

func TestATicketIsGoodOnce(t *testing.T) {
	t.Parallel()
	b, code := withTicket(t)
	require.Nil(t, b.booking("bk_1").CheckedInAt)

	var first, second openapi.CheckIn
	b.scan(code).is(http.StatusOK, &first)
	require.False(t, first.AlreadyCheckedIn)
	require.Equal(t, "bk_1", first.BookingId)
	require.Equal(t, []string{"A1", "A2"}, first.SeatIds)
	require.Equal(t, "Sholay", first.Show.MovieTitle)
	require.Equal(t, "Screen 1", first.Show.ScreenName)
	require.WithinDuration(t, time.Now(), first.CheckedInAt, time.Minute)
	for _, again := range []answer{b.scan(code), b.checkIn("bk_1"), b.do(call{method: http.MethodPost, path: checkIns, user: ada, body: map[string]any{"bookingId": "bk_1"}})} {
		again.is(http.StatusOK, &second)
		require.True(t, second.AlreadyCheckedIn)
		require.True(t, first.CheckedInAt.Equal(second.CheckedInAt), "the first scan counts")
	}

	require.Equal(t, 1, b.count(`SELECT count(*) FROM check_ins WHERE booking_id = 'bk_1' AND show_id = 'sh_hindi' AND staff_id = $1 AND correlation_id <> ''`, sam))
	view := b.booking("bk_1")
	require.True(t, first.CheckedInAt.Equal(*view.CheckedInAt))
	require.Nil(t, view.Attendance, "the show is not over")
}

func TestTwoDoorsScanATicketAtOnce(t *testing.T) {
	t.Parallel()
	b, code := withTicket(t)
	var all sync.WaitGroup
	answers := make([]answer, 8)
	for i := range answers {
		all.Go(func() { answers[i] = b.scan(code) })
	}
	all.Wait()

	first := 0
	for _, got := range answers {
		var said openapi.CheckIn
		got.is(http.StatusOK, &said)
		if !said.AlreadyCheckedIn {
			first++
		}
	}
	require.Equal(t, 1, first)
}

func TestCheckInOpensAnHourBeforeTheShowAndClosesWithItsEnd(t *testing.T) {
	t.Parallel()
	b, code := withTicket(t)
	for startsIn, message := range map[string]string{"61 minutes": "too early", "3 days": "too early", "-181 minutes": "too late"} {
		b.startsIn(startsIn)
		got := b.scan(code)
		details := got.refuses(http.StatusConflict, booking.CodeConflict)
		require.Contains(t, string(got.body), message)
		opens, err := time.Parse(time.RFC3339, fmt.Sprint(details["opensAt"]))
		require.NoError(t, err)
		closes, err := time.Parse(time.RFC3339, fmt.Sprint(details["closesAt"]))
		require.NoError(t, err)
		require.Equal(t, 4*time.Hour, closes.Sub(opens))
		require.Contains(t, details["opensAt"], "+05:30", "as the theatre's clock has it")
	}
	require.Zero(t, b.count("SELECT count(*) FROM check_ins"))
	for _, good := range []string{"59 minutes", "-1 minute", "-179 minutes"} {
		b.startsIn(good)
		b.scan(code).is(http.StatusOK, nil)
		b.exec(`SET session_replication_role = replica; DELETE FROM check_ins; RESET session_replication_role`)
	}
	b.startsIn("-179 minutes")
	b.scan(code).is(http.StatusOK, nil)
	b.startsIn("-10 hours")
	var late openapi.CheckIn
	b.scan(code).is(http.StatusOK, &late)
	require.True(t, late.AlreadyCheckedIn)
}

func TestOnlyConfirmedBookingsAreLetIn(t *testing.T) {
	t.Parallel()
	b, code := withTicket(t)
	b.insert(row{id: "bk_unpaid", seats: []string{"A3"}})
	b.insert(row{id: "bk_failed", seats: []string{"A4"}, status: booking.StatusFailed})
	b.insert(row{id: "bk_expired", seats: []string{"A4"}, status: booking.StatusExpired})
	for id, status := range map[string]string{"bk_unpaid": "SEATS_LOCKED", "bk_failed": "FAILED", "bk_expired": "EXPIRED"} {
		require.Equal(t, status, b.checkIn(id).refuses(http.StatusConflict, booking.CodeInvalidState)["status"])
	}
	for _, id := range []string{"bk_2", "", "a/b", "\x00", strings.Repeat("x", 65)} {
		b.checkIn(id).refuses(http.StatusNotFound, booking.CodeNotFound)
	}
	b.exec(`UPDATE bookings SET status = 'COMPLETED' WHERE id = 'bk_1'`)
	b.startsIn("-10 hours")
	b.scan(code).refuses(http.StatusConflict, booking.CodeConflict)
	b.exec(`UPDATE bookings SET status = 'CANCELLED' WHERE id = 'bk_1'`)
	b.startsIn("0 hours")
	require.Equal(t, "CANCELLED", b.scan(code).refuses(http.StatusConflict, booking.CodeInvalidState)["status"])
	require.Zero(t, b.count("SELECT count(*) FROM check_ins"))
}

func TestACancellationAfterTheCheckInIsSeen(t *testing.T) {
	t.Parallel()
	b, code := withTicket(t)
	b.scan(code).is(http.StatusOK, nil)
	b.exec(`UPDATE bookings SET status = 'CANCELLED' WHERE id = 'bk_1'`)
	require.Equal(t, "CANCELLED", b.scan(code).refuses(http.StatusConflict, booking.CodeInvalidState)["status"])
}

func TestNobodyIsLetIntoACancelledShow(t *testing.T) {
	t.Parallel()
	b, code := withTicket(t)
	b.insert(row{id: "bk_2", seats: []string{"A3"}, status: booking.StatusConfirmed})
	b.scan(code).is(http.StatusOK, nil)
	b.exec(`UPDATE shows SET status = 'CANCELLED' WHERE id = 'sh_hindi'`)
	for _, got := range []answer{b.scan(code), b.checkIn("bk_2")} {
		require.Equal(t, "sh_hindi", got.refuses(http.StatusConflict, booking.CodeInvalidState)["showId"])
	}
}

func TestATicketIsGoodForTheSeatsThatAreLeft(t *testing.T) {
	t.Parallel()
	b, old := withTicket(t)
	b.exec(`INSERT INTO cancellations (id, booking_id, seats, percent, fee, paid, amount, currency, refund_to, cause, actor, reason, correlation_id)
	        VALUES ('cx_1', 'bk_1', '{A1}', 100, 0, 15000, 15000, 'INR', 'ORIGINAL', 'OPERATOR', 'us_ada', 'test', 'test')`)
	b.exec(`UPDATE booking_seats SET cancellation_id = 'cx_1' WHERE booking_id = 'bk_1' AND seat = 'A1'`)
	var said openapi.CheckIn
	b.scan(old).is(http.StatusOK, &said)
	require.Equal(t, []string{"A2"}, said.SeatIds)
}

func TestForgedTicketsAreRefused(t *testing.T) {
	t.Parallel()
	b, code := withTicket(t)
	parts := strings.Split(code, ".")
	other := base64.RawURLEncoding.EncodeToString([]byte(`{"t":"tk_1","b":"bk_1","s":"sh_hindi","p":["A1","A2","A3"]}`))
	for _, forged := range []string{
		"", ".", "BOX1", "BOX1..", code + "A", code[1:], "BOX2." + parts[1] + "." + parts[2], "BOX1." + other + "." + parts[2],
		parts[0] + "." + parts[1], parts[0] + "." + parts[1] + ".", "bk_1", strings.Repeat("x", 5000), "\x00",
	} {
		require.Equal(t, "qrCodeData", b.scan(forged).refuses(http.StatusBadRequest, booking.CodeValidation)["field"], "%q", forged)
	}
	post := func(body any) answer {
		return b.do(call{method: http.MethodPost, path: checkIns, user: sam, body: body})
	}
	require.Equal(t, "qrCodeData", post(map[string]any{}).refuses(http.StatusBadRequest, booking.CodeValidation)["field"])
	require.Equal(t, "bookingId", post(map[string]any{"qrCodeData": code, "bookingId": "bk_1"}).refuses(http.StatusBadRequest, booking.CodeValidation)["field"])
	require.Zero(t, b.count("SELECT count(*) FROM check_ins"))
}

// A scan waits for a cancellation that is being written, and then lets nobody in.
func TestAScanSeesTheCancellationThatItWaitedFor(t *testing.T) {
	t.Parallel()
	b, code := withTicket(t)
	tx, err := b.admin.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = tx.Exec(t.Context(), `UPDATE bookings SET status = 'CANCELLED' WHERE id = 'bk_1'`)
	require.NoError(t, err)
	done := make(chan answer, 1)
	go func() { done <- b.scan(code) }()
	require.Eventually(t, func() bool {
		return b.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0
	}, patience, 5*time.Millisecond)
	require.NoError(t, tx.Commit(t.Context()))

	(<-done).refuses(http.StatusConflict, booking.CodeInvalidState)
	require.Zero(t, b.count("SELECT count(*) FROM check_ins"))
}

func TestACompletedBookingSaysWhetherItsCustomerCame(t *testing.T) {
	t.Parallel()
	b, code := withTicket(t)
	b.insert(row{id: "bk_2", seats: []string{"A3"}, status: booking.StatusConfirmed})
	b.insert(row{id: "bk_3", seats: []string{"B1"}, show: "sh_tamil", status: booking.StatusConfirmed})
	b.scan(code).is(http.StatusOK, nil)
	b.exec(`UPDATE bookings SET status = 'COMPLETED'`)
	for id, want := range map[string]booking.Attendance{"bk_1": booking.Attended, "bk_2": booking.NoShow, "bk_3": booking.AttendanceUnknown} {
		view := b.booking(id)
		require.Equal(t, want, *view.Attendance, id)
		require.Equal(t, id == "bk_1", view.CheckedInAt != nil)
		require.NotNil(t, view.Ticket)
		b.cancel(asha, id, nil).refuses(http.StatusConflict, booking.CodeInvalidState)
		b.get(asha, bookings+"/"+id+"/cancellation").refuses(http.StatusConflict, booking.CodeInvalidState)
		b.post(asha, bookings+"/"+id+"/payments", "key-00001", pay("CARD")).refuses(http.StatusUnprocessableEntity, booking.CodeInvalidState)
	}
	var list openapi.BookingList
	b.get(asha, bookings).is(http.StatusOK, &list)
	require.Len(t, list.Bookings, 3)
	require.Empty(t, b.temporal.starts)
}
