package notify_test

import (
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/mailbox"
	"github.com/boxoffice/boxoffice/notify"
)

const sender = "Boxoffice <tickets@example.com>"

// server is a listening mailbox, and a mailer that sends to it.
func server(t *testing.T) (*mailbox.Box, notify.Mailer) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	box := mailbox.New()
	ended := make(chan error, 1)
	go func() { ended <- box.ServeSMTP(listener) }()
	t.Cleanup(func() {
		require.NoError(t, box.Close())
		require.NoError(t, <-ended)
	})
	mailer, err := notify.New(notify.Config{URL: "smtp://" + listener.Addr().String(), From: sender})
	require.NoError(t, err)
	return box, mailer
}

func open(t *testing.T, mailer notify.Mailer) notify.Session {
	t.Helper()
	session, err := mailer.Open(t.Context())
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return session
}

func message(id string) notify.Message {
	return notify.Message{ID: id, To: id + "@example.com", Subject: "Reminder: Amélie", Text: "Dear Asha,\n\n₹100.00\n.\n"}
}

func requireFailure(t *testing.T, err error, kind notify.Kind, code string) {
	t.Helper()
	var failed *notify.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, kind, failed.Kind)
	require.Equal(t, code, failed.Code)
	require.NotContains(t, err.Error(), "@")
}

func TestManyMessagesGoOverOneConnection(t *testing.T) {
	t.Parallel()
	box, mailer := server(t)
	session := open(t, mailer)
	require.NoError(t, session.Send(message("one")))
	require.NoError(t, session.Send(message("two")))
	received, connections := box.Counts()
	require.Equal(t, []int{2, 1}, []int{received, connections})

	mail := box.Mails()[0]
	require.Equal(t, "tickets@example.com", mail.From)
	require.Equal(t, "one@example.com", mail.To)
	require.Equal(t, "Reminder: Amélie", mail.Subject)
	require.Equal(t, message("one").Text, mail.Text)
	require.Equal(t, "one@example.com", mail.MessageID, "the notice's id at the domain of the sender")
	require.Equal(t, `"Boxoffice" <tickets@example.com>`, mail.Header.Get("From"))
	require.Equal(t, "auto-generated", mail.Header.Get("Auto-Submitted"))
	require.NotEmpty(t, mail.Header.Get("Date"))
}

func TestAnswersAreClassifiedAndNotQuoted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		stage mailbox.Stage
		reply int
		kind  notify.Kind
		code  string
	}{
		"unknown address":      {mailbox.StageRecipient, 550, notify.KindRefused, "REFUSED_550"},
		"full mailbox":         {mailbox.StageRecipient, 452, notify.KindDeferred, "DEFERRED_452"},
		"greylisted":           {mailbox.StageRecipient, 451, notify.KindDeferred, "DEFERRED_451"},
		"unwanted content":     {mailbox.StageContent, 554, notify.KindRefused, "REFUSED_554"},
		"not now":              {mailbox.StageContent, 451, notify.KindDeferred, "DEFERRED_451"},
		"sender not allowed":   {mailbox.StageSender, 550, notify.KindUnavailable, "SENDER_REFUSED_550"},
		"too much from us":     {mailbox.StageSender, 451, notify.KindUnavailable, "SENDER_REFUSED_451"},
		"the server goes down": {mailbox.StageRecipient, 421, notify.KindUnavailable, "CLOSING_421"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box, mailer := server(t)
			session := open(t, mailer)
			box.SetFault(func(stage mailbox.Stage, to string) error {
				if stage != tc.stage {
					return nil
				}
				return &smtp.SMTPError{Code: tc.reply, Message: "no mail for <" + to + ">, asha@example.com"}
			})
			requireFailure(t, session.Send(message("asha")), tc.kind, tc.code)
			if tc.kind == notify.KindUnavailable {
				return
			}
			box.SetFault(nil)
			require.NoError(t, session.Send(message("ben")), "the connection goes on")
		})
	}
}

func TestConnectionLostInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, stage := range []mailbox.Stage{mailbox.StageSender, mailbox.StageRecipient, mailbox.StageContent, mailbox.StageAccepted} {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			box, mailer := server(t)
			session := open(t, mailer)
			require.NoError(t, session.Send(message("one")))
			box.SetFault(func(at mailbox.Stage, _ string) error {
				if at == stage {
					box.HangUp()
				}
				return nil
			})
			requireFailure(t, session.Send(message("two")), notify.KindUnavailable, "CONNECTION_LOST")
			requireFailure(t, session.Send(message("three")), notify.KindUnavailable, "CONNECTION_LOST")
			box.SetFault(nil)
			require.NoError(t, open(t, mailer).Send(message("two")))
		})
	}
}

func TestServerThatIsAwayOrNoMailServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	mailer, err := notify.New(notify.Config{URL: "smtp://" + listener.Addr().String(), From: sender})
	require.NoError(t, err)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			_, _ = conn.Write([]byte("554 not for you, asha@example.com\r\n"))
			_ = conn.Close()
		}
	}()
	_, err = mailer.Open(t.Context())
	requireFailure(t, err, notify.KindUnavailable, "UNREACHABLE_554")
	require.NoError(t, listener.Close())
	_, err = mailer.Open(t.Context())
	requireFailure(t, err, notify.KindUnavailable, "UNREACHABLE")
}

// strict answers like a server that refuses the first content before it comes, and accepts no second sender within one message.
func strict(t *testing.T, conn net.Conn) {
	t.Helper()
	answers := textproto.NewConn(conn)
	say := func(line string) { _ = answers.PrintfLine("%s", line) }
	say("220 strict")
	for begun, contents := false, 0; ; {
		line, err := answers.ReadLine()
		verb, _, _ := strings.Cut(line, " ")
		switch {
		case err != nil:
			return
		case verb == "QUIT":
			say("221 bye")
			return
		case verb == "MAIL" && begun:
			say("503 nested MAIL")
		case verb == "DATA" && contents == 0:
			contents++
			say("451 not now")
		case verb == "DATA":
			say("354 go on")
			_, _ = answers.ReadDotLines()
			say("250 taken")
		default:
			begun = verb == "MAIL" || begun && verb != "RSET"
			say("250 yes")
		}
	}
}

func TestRefusedContentIsNotTheNextMessages(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if conn, err := listener.Accept(); err == nil {
			strict(t, conn)
			_ = conn.Close()
		}
	}()
	mailer, err := notify.New(notify.Config{URL: "smtp://" + listener.Addr().String(), From: sender})
	require.NoError(t, err)
	session, err := mailer.Open(t.Context())
	require.NoError(t, err)
	requireFailure(t, session.Send(message("one")), notify.KindDeferred, "DEFERRED_451")
	require.NoError(t, session.Send(message("two")))
	session.Close()
	require.NoError(t, listener.Close())
	<-ended
}

func TestServerThatHangsIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }() // the system accepts connections, and nobody answers
	mailer, err := notify.New(notify.Config{URL: "smtp://" + listener.Addr().String(), From: sender})
	require.NoError(t, err)
	began := time.Now()
	_, err = mailer.Open(t.Context())
	requireFailure(t, err, notify.KindUnavailable, "UNREACHABLE")
	require.Less(t, time.Since(began), notify.OpenTimeout+time.Minute)
}

func TestServerThatIsSlowToAcceptIsWaitedFor(t *testing.T) {
	t.Parallel()
	box, mailer := server(t)
	session := open(t, mailer)
	box.SetFault(func(stage mailbox.Stage, _ string) error {
		if stage == mailbox.StageAccepted {
			<-time.After(notify.OpenTimeout + time.Second)
		}
		return nil
	})
	require.NoError(t, session.Send(message("one")))
	require.Len(t, box.Mails(), 1)
}

func TestNothingGetsOutOfItsHeader(t *testing.T) {
	t.Parallel()
	box, mailer := server(t)
	session := open(t, mailer)
	evil := message("one")
	evil.Subject = "Hello\r\nBcc: eve@example.com\r\n\r\nBuy this"
	require.NoError(t, session.Send(evil))
	mail := box.Mails()[0]
	require.Equal(t, "Hello Bcc: eve@example.com Buy this", mail.Subject)
	require.Empty(t, mail.Header.Get("Bcc"))
	require.Equal(t, evil.Text, mail.Text)

	for _, to := range []string{"", "asha", "asha@example.com\r\nRCPT TO:<eve@example.com>", "a@example.com, b@example.com", "Asha <asha@example.com>", "@", "a b@example.com", strings.Repeat("\x00", 3)} {
		evil.To = to
		requireFailure(t, session.Send(evil), notify.KindRefused, "BAD_ADDRESS")
	}
	require.NoError(t, session.Send(message("two")))
	require.Len(t, box.Mails(), 2)
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	none, err := notify.New(notify.Config{From: sender})
	require.NoError(t, err)
	require.Nil(t, none)
	for _, url := range []string{
		"smtp://mail.example.com", "smtp://user:secret@mail.example.com:2525", "smtps://user:secret@mail.example.com", "smtp://[::1]:25/",
	} {
		mailer, err := notify.New(notify.Config{URL: url, From: "tickets@example.com"})
		require.NoError(t, err, url)
		require.NotNil(t, mailer)
	}
	for _, url := range []string{"mail.example.com:25", "http://mail.example.com", "smtp://", "smtp://u:secret@host:port", "smtp://host/path", "smtp://u:secret@host?tls=no", "smtp://host:99999"} {
		_, err := notify.New(notify.Config{URL: url, From: sender})
		require.Error(t, err, url)
		require.NotContains(t, err.Error(), "secret")
	}
	_, err = notify.New(notify.Config{URL: "smtp://mail.example.com"})
	require.ErrorContains(t, err, "MAIL_FROM")
}

// A password is not sent to another machine that offers no encryption.
func TestPasswordStaysHere(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	require.NoError(t, err)
	box := mailbox.New()
	go func() { _ = box.ServeSMTP(listener) }()
	defer box.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	mailer, err := notify.New(notify.Config{URL: "smtp://user:secret@0.0.0.0:" + port, From: sender})
	require.NoError(t, err)
	_, err = mailer.Open(t.Context())
	requireFailure(t, err, notify.KindUnavailable, "UNREACHABLE")
}
