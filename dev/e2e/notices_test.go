package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/mailbox"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// A customer is reminded of a show although the mail server was away at first, and is told that the show is cancelled.
func TestCustomersAreTold(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t)
	show := sys.show(t, 5*time.Minute)
	asha, ben := sys.buyer(t, "asha", 0), sys.buyer(t, "ben", 50000)
	bought, _ := sys.boughtByCard(t, asha, show, "pm_card_visa", "A1", "A2")
	sys.moveShow(t, show, 2*time.Hour)

	require.NoError(t, sys.StopPart(t.Context(), stack.Mailbox))
	schedule := sys.Temporal.ScheduleClient().GetHandle(t.Context(), booking.RemindersScheduleID)
	require.NoError(t, schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	eventually(t, "the notices of the new time are written", func() bool {
		return sys.count(t, `SELECT count(*) FROM notices WHERE booking_id = $1 AND status = 'PENDING'`, bought.BookingId) == 2
	})
	told, err := asha.Notices(t.Context())
	require.NoError(t, err)
	require.Len(t, told, 2, "they can be read although they cannot be mailed")
	require.Nil(t, told[0].MailedAt)

	held, err := ben.Book(t.Context(), "ben-books-b1", show, "B1")
	require.NoError(t, err, "nobody else waits for the mail server")
	_, err = ben.Pay(t.Context(), "ben-pays-b1", held.BookingId, booking.MethodWallet)
	require.NoError(t, err)

	require.NoError(t, sys.StartPart(t.Context(), stack.Mailbox))
	eventually(t, "both are reminded, and who booked before the move is told of it", func() bool { return len(sys.mails(t)) == 3 })
	begin := map[string]int{}
	for _, mail := range sys.mails(t) {
		kind, _, _ := strings.Cut(mail.Subject, ":")
		begin[kind]++
	}
	require.Equal(t, map[string]int{"Reminder": 2, "New time": 1}, begin)

	_, err = sys.operator(t).CancelShow(t.Context(), show, "the projector is broken")
	require.NoError(t, err)
	await(t, asha, bought.BookingId, booking.StatusCancelled)
	await(t, ben, held.BookingId, booking.StatusCancelled)
	run, err := sys.Temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: booking.NotifyShowWorkflowID(booking.NoticeShowCancelled, show), TaskQueue: booking.TaskQueue,
	}, booking.NotifyShowWorkflow, booking.NotifyShowRequest{Kind: booking.NoticeShowCancelled, ShowID: show, CorrelationID: "e2e"})
	require.NoError(t, err)
	var standing booking.NoticesStanding
	require.NoError(t, run.Get(t.Context(), &standing))
	require.Equal(t, booking.NoticesStanding{Sent: 2}, standing)
	require.Len(t, sys.mails(t), 5)
	told, err = asha.Notices(t.Context())
	require.NoError(t, err)
	require.Equal(t, booking.NoticeShowCancelled, told[0].Kind)
	require.Contains(t, told[0].Text, "₹200.00 to the card that you paid with")
	require.NotNil(t, told[0].MailedAt)
	told, err = ben.Notices(t.Context())
	require.NoError(t, err)
	require.Contains(t, told[0].Text, "₹100.00 to your wallet with us")
	sys.audit(t)
}

// mails are those that the system has sent since its mailbox was started.
func (sys *system) mails(t *testing.T) []mailbox.Mail {
	t.Helper()
	res, err := http.Get(sys.MailboxURL() + "/mails.json")
	require.NoError(t, err)
	defer res.Body.Close()
	var list struct{ Mails []mailbox.Mail }
	require.NoError(t, json.NewDecoder(res.Body).Decode(&list))
	return list.Mails
}
