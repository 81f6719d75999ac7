package activities_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/boxoffice/boxoffice/activities"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/mailbox"
	"github.com/boxoffice/boxoffice/notify"
)

// post is a fixture with a mail server.
type post struct {
	*fixture
	box      *mailbox.Box
	mailer   notify.Mailer
	notifier *activities.Notifier
}

// remindBefore is longer than the fixture's show is away.
const remindBefore = 48 * time.Hour

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{fixture: newFixture(t), box: mailbox.New()}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = p.box.ServeSMTP(listener) }()
	t.Cleanup(func() { _ = p.box.Close() })
	p.mailer, err = notify.New(notify.Config{URL: "smtp://" + listener.Addr().String(), From: "tickets@example.com"})
	require.NoError(t, err)
	p.notifier = activities.NewNotifier(p.worker, p.mailer, remindBefore)
	return p
}

func reminder() booking.NotifyShowRequest {
	return booking.NotifyShowRequest{Kind: booking.NoticeReminder, ShowID: "sh_1", CorrelationID: "test"}
}

func showCancelled() booking.NotifyShowRequest {
	return booking.NotifyShowRequest{Kind: booking.NoticeShowCancelled, ShowID: "sh_1", CorrelationID: "test"}
}

// sell confirms a booking by wallet.
func (p *post) sell(id, customer string, seats ...string) {
	p.t.Helper()
	require.NoError(p.t, p.confirm(wallet(id, p.hold(id, customer, seats...))))
}

// crowd writes confirmed bookings of a seat each, for as many customers.
func (p *post) crowd(n int) {
	p.t.Helper()
	p.exec(fmt.Sprintf(`
		INSERT INTO users (id, email, name) SELECT 'us_' || n, 'c' || n || '@example.com', 'Customer ' || n FROM generate_series(1, %[1]d) n;
		INSERT INTO bookings (id, customer_id, show_id, layout_id, status, seat_labels, request_hash, correlation_id, expires_at,
		                      currency, subtotal, discount, fees, tax, total, applied_offers)
		SELECT 'bk_' || n, 'us_' || n, 'sh_1', 'ly_1', 'CONFIRMED', ARRAY['A1'], 'hash', 'test', now(), 'INR', 100, 0, 0, 0, 100, '[]'
		FROM generate_series(1, %[1]d) n;`, n))
}

func (p *post) writes(req booking.NotifyShowRequest) int {
	p.t.Helper()
	done, err := p.notifier.WriteNotices(p.t.Context(), req)
	require.NoError(p.t, err)
	return done.Written
}

// sends runs the step in an activity environment, because the step heartbeats.
func (p *post) sends(req booking.NotifyShowRequest) (standing booking.NoticesStanding, err error) {
	return sendWith(p.t, p.notifier, req)
}

func sendWith(t *testing.T, notifier *activities.Notifier, req booking.NotifyShowRequest) (standing booking.NoticesStanding, err error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.SetTestTimeout(time.Minute)
	env.RegisterActivity(notifier.SendNotices)
	value, err := env.ExecuteActivity(notifier.SendNotices, req)
	if err == nil {
		require.NoError(t, value.Get(&standing))
	}
	return standing, err
}

func (p *post) sent(req booking.NotifyShowRequest) booking.NoticesStanding {
	p.t.Helper()
	standing, err := p.sends(req)
	require.NoError(p.t, err)
	return standing
}

// letTimeGoBy brings a show nearer, as time does, without moving it.
func (p *post) letTimeGoBy(startsAt string) {
	p.t.Helper()
	p.exec(`ALTER TABLE shows DISABLE TRIGGER shows_moves_are_noted;
	        UPDATE shows SET starts_at = ` + startsAt + `, ends_at = ` + startsAt + ` + interval '4 hours';
	        ALTER TABLE shows ENABLE TRIGGER shows_moves_are_noted;
	        UPDATE notices SET starts_at = ` + startsAt + ` WHERE status = 'PENDING'`)
}

// letPausePass makes unsent notices due.
func (p *post) letPausePass() {
	p.exec(`UPDATE notices SET next_try_at = now() WHERE status = 'PENDING'`)
}

func (p *post) notice(bookingID string) string {
	p.t.Helper()
	return p.text(`SELECT status || ' ' || attempts || ' ' || COALESCE(failure_code, '-') FROM notices WHERE booking_id = $1`, bookingID)
}

func TestReminderIsWrittenAndSentOnce(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.sell("bk_1", "us_asha", "A1", "A2")
	p.hold("bk_2", "us_ben", "B1")
	require.Equal(t, 1, p.writes(reminder()), "who has not paid is not reminded")
	require.Zero(t, p.writes(reminder()))
	require.Equal(t, booking.NoticesStanding{Sent: 1}, p.sent(reminder()))
	require.Equal(t, booking.NoticesStanding{Sent: 1}, p.sent(reminder()))
	require.Equal(t, "SENT 1 -", p.notice("bk_1"))

	mails := p.box.Mails()
	require.Len(t, mails, 1)
	require.Equal(t, "asha@example.com", mails[0].To)
	require.Contains(t, mails[0].Subject, "Reminder: Sholay on ")
	require.Equal(t, p.text(`SELECT id FROM notices`)+"@example.com", mails[0].MessageID)
	for _, text := range []string{"Dear Asha,", "Regal, Colaba", "Screen 1", "(UTC+05:30)", "A1 A2", "bk_1"} {
		require.Contains(t, mails[0].Text, text)
	}
}

func TestOnlyShowsThatBeginSoonAreRemindedOf(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.sell("bk_1", "us_asha", "A1")
	find := func() []booking.ShowNotice {
		found, err := p.notifier.FindShowsToNotify(t.Context())
		require.NoError(t, err)
		return found.Shows
	}
	for name, start := range map[string]string{
		"it is far off": `now() + interval '3 days'`,
		"it has begun":  `now() - interval '1 minute'`,
	} {
		p.letTimeGoBy(start)
		require.Empty(t, find(), name)
		require.Zero(t, p.writes(reminder()), name)
	}
	p.letTimeGoBy(`now() + interval '1 day'`)
	require.Equal(t, []booking.ShowNotice{{Kind: booking.NoticeReminder, ShowID: "sh_1"}}, find())
	require.Equal(t, 1, p.writes(reminder()))
	require.Empty(t, find(), "somebody is sending it")

	p.exec(`UPDATE notices SET next_try_at = now() - interval '1 hour'`)
	require.Equal(t, []booking.ShowNotice{{Kind: booking.NoticeReminder, ShowID: "sh_1"}}, find(), "nobody is")
	p.sent(reminder())
	p.sell("bk_2", "us_asha", "A2")
	require.Equal(t, []booking.ShowNotice{{Kind: booking.NoticeReminder, ShowID: "sh_1"}}, find(), "somebody has bought since")
	require.Equal(t, 1, p.writes(reminder()))

	p.exec(`UPDATE shows SET status = 'CANCELLED'`)
	require.Zero(t, p.writes(reminder()))
	p.sent(reminder())
	require.Equal(t, "SKIPPED 0 CANCELLED", p.notice("bk_2"))
}

func TestReminderIsNeverSentLate(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.sell("bk_1", "us_asha", "A1")
	p.sell("bk_2", "us_asha", "A2")
	require.Equal(t, 2, p.writes(reminder()))
	_, err := p.steps.CancelSeats(t.Context(), booking.CancelSeatsRequest{
		BookingID: "bk_2", RefundTo: booking.RefundToOriginal, Cause: booking.CauseOperator, Actor: "us_op", Reason: "test", CorrelationID: "test",
	})
	require.NoError(t, err)
	p.letTimeGoBy(`now() - interval '1 second'`)
	require.Equal(t, booking.NoticesStanding{Skipped: 2}, p.sent(reminder()))
	require.Equal(t, "SKIPPED 0 TOO_LATE", p.notice("bk_1"))
	require.Equal(t, "SKIPPED 0 CANCELLED", p.notice("bk_2"))
	require.Empty(t, p.box.Mails())
}

// The show begins while its batch is being sent.
func TestReminderStopsAtTheStart(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.sell("bk_1", "us_asha", "A1")
	p.sell("bk_2", "us_asha", "A2")
	p.writes(reminder())
	p.letTimeGoBy(`now() + interval '15 seconds'`)
	starts := time.Now().Add(15 * time.Second)
	p.box.SetFault(func(stage mailbox.Stage, _ string) error {
		if stage == mailbox.StageContent {
			<-time.After(time.Until(starts) + 100*time.Millisecond)
		}
		return nil
	})
	standing := p.sent(reminder())
	require.Equal(t, 1, standing.Sent)
	require.Equal(t, booking.NoticesStanding{Sent: 1, Skipped: 1}, p.sent(reminder()))
	require.Len(t, p.box.Mails(), 1)
}

func TestEverybodyLearnsThatTheShowIsCancelled(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.sell("bk_sold", "us_asha", "A1", "A2")
	p.sell("bk_cancelled_before", "us_asha", "A3")
	p.hold("bk_held", "us_ben", "A4")
	p.hold("bk_expired", "us_ben", "A5")
	cancel := func(id string, cause booking.CancellationCause, seats ...string) {
		_, err := p.steps.CancelSeats(t.Context(), booking.CancelSeatsRequest{
			BookingID: id, Seats: seats, RefundTo: booking.RefundToOriginal, Cause: cause, Actor: "us_op",
			Reason: "because of " + string(cause), CorrelationID: "test",
		})
		require.NoError(t, err)
	}
	cancel("bk_cancelled_before", booking.CauseCustomer)
	cancel("bk_sold", booking.CauseCustomer, "A2")
	p.release("bk_expired", booking.StatusExpired)
	require.Zero(t, p.writes(showCancelled()), "the show is on")

	p.exec(`UPDATE shows SET status = 'CANCELLED'`)
	require.Zero(t, p.writes(showCancelled()), "nobody has lost anything yet")
	_, err := p.steps.ReleaseSeats(t.Context(), booking.Release{
		BookingID: "bk_held", To: booking.StatusCancelled, Actor: booking.ActorSystem, Reason: booking.ReasonShowCancelled, CorrelationID: "test",
	})
	require.NoError(t, err)
	require.Equal(t, 1, p.writes(showCancelled()))
	require.Equal(t, booking.NoticesStanding{Sent: 1}, p.sent(showCancelled()))
	cancel("bk_sold", booking.CauseShowCancelled)
	require.Equal(t, 1, p.writes(showCancelled()), "who is cancelled late is told in a second run")
	require.Equal(t, booking.NoticesStanding{Sent: 2}, p.sent(showCancelled()))

	mails := p.box.Mails()
	require.Len(t, mails, 2)
	require.Equal(t, "ben@example.com", mails[0].To)
	require.Contains(t, mails[0].Text, "Nothing was charged")
	require.Equal(t, "asha@example.com", mails[1].To)
	require.Contains(t, mails[1].Subject, "Cancelled: Sholay on ")
	require.Contains(t, mails[1].Text, "Seats    A1\n", "A2 was gone before")
	require.Contains(t, mails[1].Text, "to your wallet with us")
	require.Equal(t, 1, strings.Count(mails[1].Text, "₹"), "what the customer's own cancellation gave back is another matter")
}

// What a cascade failed to tell is found when it is old enough.
func TestForgottenCancellationsAreFound(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.sell("bk_1", "us_asha", "A1")
	p.exec(`UPDATE shows SET status = 'CANCELLED';
		INSERT INTO cancellations (id, booking_id, seats, percent, fee, paid, amount, currency, refund_to, cause, actor, reason, correlation_id, at)
		VALUES ('cx_1', 'bk_1', '{A1}', 100, 0, 100, 100, 'INR', 'ORIGINAL', 'SHOW_CANCELLED', 'us_op', 'test', 'test', now() - interval '1 hour');
		UPDATE bookings SET status = 'CANCELLED'`)
	found, err := p.notifier.FindShowsToNotify(t.Context())
	require.NoError(t, err)
	require.Equal(t, []booking.ShowNotice{{Kind: booking.NoticeShowCancelled, ShowID: "sh_1"}}, found.Shows)
	require.Equal(t, 1, p.writes(showCancelled()))
	p.sent(showCancelled())
	found, err = p.notifier.FindShowsToNotify(t.Context())
	require.NoError(t, err)
	require.Empty(t, found.Shows)
}

func TestTwoThousandNoticesGoOverFewConnections(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.crowd(2000)
	require.Equal(t, 2000, p.writes(reminder()))
	require.Equal(t, booking.NoticesStanding{Sent: 2000}, p.sent(reminder()))
	received, connections := p.box.Counts()
	require.Equal(t, 2000, received)
	require.LessOrEqual(t, connections, 20)
}

func TestTwoSendersSendEachNoticeOnce(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.crowd(500)
	var both sync.WaitGroup
	written := make([]int, 2)
	for i := range written {
		both.Go(func() { written[i] = p.writes(reminder()) })
	}
	both.Wait()
	require.Equal(t, 500, written[0]+written[1])
	for range 2 {
		both.Go(func() {
			_, err := p.sends(reminder())
			if err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	require.Equal(t, booking.NoticesStanding{Sent: 500}, p.sent(reminder()))
	received, _ := p.box.Counts()
	require.Equal(t, 500, received)
}

// cutOff is a mailer whose step is stopped after so many messages.
type cutOff struct {
	notify.Mailer

	after int
	die   context.CancelFunc
}

type cutOffSession struct {
	notify.Session

	mailer *cutOff
}

func (c *cutOff) Open(ctx context.Context) (notify.Session, error) {
	session, err := c.Mailer.Open(ctx)
	return cutOffSession{session, c}, err
}

func (s cutOffSession) Send(message notify.Message) error {
	err := s.Session.Send(message)
	if s.mailer.after--; s.mailer.after == 0 {
		s.mailer.die()
	}
	return err
}

// A worker that dies after the server has accepted a mail, but before that is recorded, sends this one mail again, with the same id.
func TestCutOffBetweenAcceptedAndMarked(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.crowd(5)
	p.writes(reminder())
	// The database can no longer mark the third one, nor release anything, as if the worker had been killed.
	p.exec(`CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	            IF (SELECT count(*) FROM notices WHERE status = 'SENT') >= 2 THEN RAISE 'the worker is dead'; END IF;
	            RETURN NEW;
	        END $$;
	        CREATE TRIGGER stay BEFORE UPDATE ON notices FOR EACH ROW EXECUTE FUNCTION stay()`)
	_, err := p.sends(reminder())
	require.Error(t, err)
	p.exec(`DROP TRIGGER stay ON notices`)
	require.Len(t, p.box.Mails(), 3)

	standing := p.sent(reminder())
	require.Equal(t, 2, standing.Sent)
	require.Equal(t, 3, standing.Pending, "they are the dead one's until its claim ends")
	require.Greater(t, standing.NextTry, time.Minute)
	p.letPausePass()
	require.Equal(t, booking.NoticesStanding{Sent: 5}, p.sent(reminder()))

	ids := map[string]int{}
	for _, mail := range p.box.Mails() {
		ids[mail.MessageID]++
	}
	require.Len(t, ids, 5)
	require.Len(t, p.box.Mails(), 6, "one was sent twice, under one id")
}

func TestStepThatIsStoppedGivesBackWhatItHasNotTried(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.crowd(5)
	p.writes(reminder())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	dying := activities.NewNotifier(p.worker, &cutOff{Mailer: p.mailer, after: 2, die: stop}, remindBefore)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{BackgroundActivityContext: ctx})
	env.RegisterActivity(dying.SendNotices)
	_, err := env.ExecuteActivity(dying.SendNotices, reminder())
	require.Error(t, err)
	require.Equal(t, 2, p.count(`SELECT count(*) FROM notices WHERE status = 'SENT'`))
	require.Equal(t, 3, p.count(`SELECT count(*) FROM notices WHERE status = 'PENDING' AND next_try_at <= now()`))
	require.Equal(t, booking.NoticesStanding{Sent: 5}, p.sent(reminder()))
	require.Len(t, p.box.Mails(), 5)
}

func TestRefusedAndDeferredAddresses(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.crowd(4)
	p.exec(`UPDATE users SET email = 'no address' WHERE id = 'us_4'`)
	p.writes(reminder())
	p.box.SetFault(func(stage mailbox.Stage, to string) error {
		switch {
		case stage != mailbox.StageRecipient:
			return nil
		case to == "c1@example.com":
			return &smtp.SMTPError{Code: 550, Message: "no such user: " + to}
		case to == "c2@example.com":
			return &smtp.SMTPError{Code: 451, Message: "later, " + to}
		}
		return nil
	})
	standing := p.sent(reminder())
	require.Equal(t, booking.NoticesStanding{Sent: 1, Failed: 2, Pending: 1, NextTry: standing.NextTry}, standing)
	require.InDelta(t, time.Minute, standing.NextTry, float64(5*time.Second))
	require.Equal(t, "FAILED 1 REFUSED_550", p.notice("bk_1"))
	require.Equal(t, "PENDING 1 DEFERRED_451", p.notice("bk_2"))
	require.Equal(t, "FAILED 1 BAD_ADDRESS", p.notice("bk_4"))
	require.Equal(t, 1, p.sent(reminder()).Pending, "not before its time")
	require.Equal(t, "PENDING 1 DEFERRED_451", p.notice("bk_2"))

	for range 7 {
		p.letPausePass()
		standing = p.sent(reminder())
	}
	require.Equal(t, booking.NoticesStanding{Sent: 1, Failed: 3}, standing, "not for ever")
	require.Equal(t, "FAILED 8 DEFERRED_451", p.notice("bk_2"))
}

// A server that defers everything is left alone: it is not tried for each of ten thousand customers.
func TestServerThatDefersEverythingIsLeftAlone(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.crowd(50)
	p.writes(reminder())
	p.box.SetFault(func(stage mailbox.Stage, _ string) error {
		if stage == mailbox.StageRecipient {
			return &smtp.SMTPError{Code: 450, Message: "slow down"}
		}
		return nil
	})
	require.Equal(t, 50, p.sent(reminder()).Pending)
	require.Equal(t, 10, p.count(`SELECT count(*) FROM notices WHERE attempts = 1`))
	p.box.SetFault(nil)
	require.Equal(t, 40, p.sent(reminder()).Sent, "the others first")
}

func TestMailServerIsAwayOrDiesInTheMiddle(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.crowd(20)
	p.writes(reminder())
	p.box.SetFault(func(stage mailbox.Stage, to string) error {
		if stage == mailbox.StageContent && to == "c7@example.com" {
			p.box.HangUp()
		}
		return nil
	})
	_, err := p.sends(reminder())
	requireUnavailable(t, err, "CONNECTION_LOST")
	require.Equal(t, "PENDING 1 CONNECTION_LOST", p.notice("bk_7"))
	require.Equal(t, 19, p.count(`SELECT count(*) FROM notices WHERE status = 'SENT' OR next_try_at <= now()`), "nobody waits for the seventh")
	standing, err := p.sends(reminder())
	require.NoError(t, err)
	require.Equal(t, 19, standing.Sent)

	require.NoError(t, p.box.Close())
	p.letPausePass()
	_, err = p.sends(reminder())
	requireUnavailable(t, err, "UNREACHABLE")
	require.Equal(t, "PENDING 1 CONNECTION_LOST", p.notice("bk_7"), "it was not tried")
	p.exec(`UPDATE notices SET created_at = now() - interval '4 days' WHERE status = 'PENDING'`)
	require.Equal(t, booking.NoticesStanding{Sent: 19, Failed: 1}, p.sent(reminder()))
	require.Equal(t, "FAILED 1 GAVE_UP", p.notice("bk_7"))
}

func requireUnavailable(t *testing.T, err error, code string) {
	t.Helper()
	var appErr *temporal.ApplicationError
	require.ErrorAs(t, err, &appErr)
	require.Equal(t, "MailServerUnavailable", appErr.Type())
	require.False(t, appErr.NonRetryable())
	require.Contains(t, appErr.Message(), code)
	require.NotContains(t, err.Error(), "example.com")
}

func TestWithoutAMailServerNoticesAreThereAndNotMailed(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.sell("bk_1", "us_asha", "A1")
	require.Equal(t, 1, p.writes(reminder()))
	standing, err := sendWith(t, activities.NewNotifier(p.worker, nil, remindBefore), reminder())
	require.NoError(t, err)
	require.Equal(t, booking.NoticesStanding{Skipped: 1}, standing)
	require.Equal(t, "SKIPPED 0 MAIL_OFF", p.notice("bk_1"))
}

func TestUnknownKindOfNotice(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	_, err := p.notifier.WriteNotices(t.Context(), booking.NotifyShowRequest{Kind: "GREETING", ShowID: "sh_1"})
	requireRefusal(t, err, booking.CodeValidation)
}

func TestNoticesAreKeptAndEndOnce(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.sell("bk_1", "us_asha", "A1")
	p.writes(reminder())
	p.sent(reminder())
	for _, sql := range []string{
		`UPDATE notices SET status = 'PENDING', sent_at = NULL`, `UPDATE notices SET attempts = 7`, `DELETE FROM notices`, `TRUNCATE notices`,
	} {
		_, err := p.owner.Exec(t.Context(), sql)
		require.ErrorContains(t, err, "append only", sql)
	}
	for _, sql := range []string{`DELETE FROM notices`, `UPDATE notices SET kind = 'REMINDER'`, `UPDATE notices SET customer_id = 'us_ben'`} {
		_, err := p.worker.Exec(t.Context(), sql)
		require.ErrorContains(t, err, "permission denied", sql)
	}
}

func showMoved() booking.NotifyShowRequest {
	return booking.NotifyShowRequest{Kind: booking.NoticeShowMoved, ShowID: "sh_1", CorrelationID: "test"}
}

func seatsMoved() booking.NotifyShowRequest {
	return booking.NotifyShowRequest{Kind: booking.NoticeSeatsMoved, ShowID: "sh_1", CorrelationID: "test"}
}

// moveShow makes the show begin so many hours from now.
func (p *post) moveShow(hours int) {
	p.t.Helper()
	p.exec(fmt.Sprintf(`UPDATE shows SET starts_at = date_trunc('hour', now()) + interval '%[1]d hours', ends_at = date_trunc('hour', now()) + interval '%[2]d hours'`, hours, hours+4))
}

// begins is when the show begins, in the words of a notice.
func (p *post) begins() string {
	p.t.Helper()
	return p.text(`SELECT to_char(starts_at AT TIME ZONE 'Asia/Kolkata', 'FMDay, FMDD FMMonth YYYY, HH24:MI') || ' (UTC+05:30)' FROM shows`)
}

// wanted are the kinds of notices that customers of the show have yet to get.
func (p *post) wanted() []booking.NoticeKind {
	p.t.Helper()
	found, err := p.notifier.FindShowsToNotify(p.t.Context())
	require.NoError(p.t, err)
	kinds := []booking.NoticeKind{}
	for _, show := range found.Shows {
		kinds = append(kinds, show.Kind)
	}
	return kinds
}

func TestAMovedShowIsToldAndRemindedOfAgain(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.moveShow(5)
	p.sell("bk_1", "us_asha", "A1")
	p.hold("bk_held", "us_ben", "B1")
	require.Equal(t, []booking.NoticeKind{booking.NoticeReminder}, p.wanted(), "who books after a move knows the new time")
	require.Equal(t, 1, p.writes(reminder()))
	require.Equal(t, booking.NoticesStanding{Sent: 1}, p.sent(reminder()))
	before := p.begins()

	p.moveShow(7)
	p.sell("bk_late", "us_asha", "A2")
	require.Equal(t, []booking.NoticeKind{booking.NoticeReminder, booking.NoticeShowMoved}, p.wanted())
	require.Equal(t, 1, p.writes(showMoved()), "nobody who has not paid, or who booked later")
	require.Zero(t, p.writes(showMoved()))
	require.Equal(t, booking.NoticesStanding{Sent: 1}, p.sent(showMoved()))
	require.Equal(t, booking.NoticesStanding{Sent: 1}, p.sent(showMoved()))
	require.Equal(t, 2, p.writes(reminder()), "for the new time, and for who booked since")
	require.Zero(t, p.writes(reminder()))
	require.Equal(t, booking.NoticesStanding{Sent: 3}, p.sent(reminder()))
	require.Empty(t, p.wanted())

	mails := p.box.Mails()
	require.Len(t, mails, 4)
	require.Contains(t, mails[0].Text, "Begins   "+before)
	require.Equal(t, "asha@example.com", mails[1].To)
	require.Contains(t, mails[1].Subject, "New time: Sholay on ")
	require.Contains(t, mails[1].Text, "Begins   "+p.begins()+"\n  Not      "+before+"\n")
	require.Contains(t, mails[2].Text, "Begins   "+p.begins())
	ids := map[string]bool{}
	for _, mail := range mails {
		ids[mail.MessageID] = true
	}
	require.Len(t, ids, 4, "no mail program takes one for another")
	require.Equal(t, mails[0].Text, p.text(`SELECT words FROM notices WHERE kind = 'REMINDER' AND booking_id = 'bk_1' ORDER BY created_at LIMIT 1`), "as it was mailed")
}

func TestOnlyCustomersWhoWereToldOfAMoveAreToldThatItWasUndone(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.moveShow(60)
	p.sell("bk_1", "us_asha", "A1")
	first := p.begins()
	p.moveShow(62)
	p.moveShow(60)
	require.Empty(t, p.wanted())
	require.Zero(t, p.writes(showMoved()))

	p.moveShow(64)
	between := p.begins()
	require.Equal(t, 1, p.writes(showMoved()))
	p.sent(showMoved())
	p.moveShow(60)
	require.Equal(t, []booking.NoticeKind{booking.NoticeShowMoved}, p.wanted())
	require.Equal(t, 1, p.writes(showMoved()))
	p.sent(showMoved())
	require.Empty(t, p.wanted())
	mails := p.box.Mails()
	require.Len(t, mails, 2)
	require.Contains(t, mails[1].Text, "Begins   "+first+"\n  Not      "+between+"\n")
}

// A notice of a new time that was not mailed is never mailed once the show has yet another time.
func TestAShowIsMovedAgainBeforeAnybodyIsTold(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.moveShow(5)
	p.sell("bk_1", "us_asha", "A1")
	first := p.begins()
	p.moveShow(6)
	require.Equal(t, 1, p.writes(showMoved()))
	require.Equal(t, 1, p.writes(reminder()))
	p.moveShow(7)
	require.Equal(t, 1, p.writes(showMoved()))
	require.Equal(t, 1, p.writes(reminder()))
	require.Equal(t, booking.NoticesStanding{Sent: 1, Skipped: 1}, p.sent(showMoved()))
	require.Equal(t, booking.NoticesStanding{Sent: 1, Skipped: 1}, p.sent(reminder()))
	require.Equal(t, 2, p.count(`SELECT count(*) FROM notices WHERE failure_code = 'MOVED'`))
	mails := p.box.Mails()
	require.Len(t, mails, 2)
	require.Contains(t, mails[0].Text, "Begins   "+p.begins()+"\n  Not      "+first+"\n")
	require.Contains(t, mails[1].Text, "Begins   "+p.begins()+"\n")
}

func TestOtherSeatsAreToldOnce(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.sell("bk_1", "us_asha", "A1", "A2")
	p.sell("bk_2", "us_asha", "A5")
	require.NoError(t, p.move("sm_none", "bk_2", nil, []string{"A5"}))
	require.NotContains(t, p.wanted(), booking.NoticeSeatsMoved, "nothing has changed")
	require.NoError(t, p.move("sm_1", "bk_1", nil, []string{"A2", "A7"}))
	require.Contains(t, p.wanted(), booking.NoticeSeatsMoved)
	require.Equal(t, 1, p.writes(seatsMoved()))
	require.Zero(t, p.writes(seatsMoved()))
	require.Equal(t, booking.NoticesStanding{Sent: 1}, p.sent(seatsMoved()))
	require.NoError(t, p.move("sm_1", "bk_1", nil, []string{"A2", "A7"}), "the repeat of a move")
	require.Zero(t, p.writes(seatsMoved()))
	require.NoError(t, p.move("sm_2", "bk_1", []string{"A7"}, []string{"A8"}))
	require.Equal(t, 1, p.writes(seatsMoved()), "another move")
	require.Equal(t, booking.NoticesStanding{Sent: 2}, p.sent(seatsMoved()))
	require.NotContains(t, p.wanted(), booking.NoticeSeatsMoved)

	mails := p.box.Mails()
	require.Len(t, mails, 2)
	require.Contains(t, mails[0].Subject, "New seats: Sholay on ")
	require.Contains(t, mails[0].Text, "Seats    A7 A2\n  Not      A1\n")
	require.Contains(t, mails[1].Text, "Seats    A8 A2\n  Not      A7\n")
}

func TestNobodyIsToldOfMovesOfWhatIsOverOrCancelled(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.moveShow(5)
	p.sell("bk_1", "us_asha", "A1")
	p.sell("bk_2", "us_asha", "A2")
	require.NoError(t, p.move("sm_1", "bk_1", nil, []string{"A7"}))
	p.moveShow(6)
	require.Equal(t, 2, p.writes(showMoved()))
	require.Equal(t, 1, p.writes(seatsMoved()))
	_, err := p.steps.CancelSeats(t.Context(), booking.CancelSeatsRequest{
		BookingID: "bk_1", RefundTo: booking.RefundToOriginal, Cause: booking.CauseOperator, Actor: "us_op", Reason: "test", CorrelationID: "test",
	})
	require.NoError(t, err)
	p.letTimeGoBy(`now() - interval '5 hours'`)
	require.Equal(t, booking.NoticesStanding{Skipped: 2}, p.sent(showMoved()))
	require.Equal(t, booking.NoticesStanding{Skipped: 1}, p.sent(seatsMoved()))
	require.Equal(t, "CANCELLED,TOO_LATE", p.text(`SELECT string_agg(failure_code, ',' ORDER BY booking_id) FROM notices WHERE kind = 'SHOW_MOVED'`))
	require.Empty(t, p.wanted())
	require.Empty(t, p.box.Mails())
}

// Two workers at once, or one that starts again, write each notice once.
func TestMovesAreToldOnceByTwoWriters(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.crowd(300)
	p.moveShow(7)
	var both sync.WaitGroup
	written := make([]int, 2)
	for i := range written {
		both.Go(func() { written[i] = p.writes(showMoved()) })
	}
	both.Wait()
	require.Equal(t, 300, written[0]+written[1])
	require.Equal(t, booking.NoticesStanding{Sent: 300}, p.sent(showMoved()))
}
