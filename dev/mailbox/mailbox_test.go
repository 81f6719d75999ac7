package mailbox_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/mailbox"
)

func open(t *testing.T) (box *mailbox.Box, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	box = mailbox.New()
	ended := make(chan error, 1)
	serving := box
	go func() { ended <- serving.ServeSMTP(listener) }()
	t.Cleanup(func() {
		require.NoError(t, serving.Close())
		require.NoError(t, <-ended)
	})
	return box, listener.Addr().String()
}

func mail(subject, text string) []byte {
	return []byte("From: tickets@example.com\r\nSubject: " + subject + "\r\nMessage-ID: <1@example.com>\r\n\r\n" + text)
}

func TestMailsAreKeptAndShown(t *testing.T) {
	t.Parallel()
	box, address := open(t)
	show := func(path string) string {
		recorder := httptest.NewRecorder()
		box.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, http.StatusOK, recorder.Code)
		return recorder.Body.String()
	}
	require.Contains(t, show("/"), "No mail yet.")

	require.NoError(t, smtp.SendMail(address, nil, "tickets@example.com", []string{"asha@example.com"}, mail("=?utf-8?q?Am=C3=A9lie?=", "<b>hello</b>\r\n")))
	require.NoError(t, smtp.SendMail(address, nil, "tickets@example.com", []string{"ben@example.com"}, mail("Two", "world\r\n")))
	require.Contains(t, show("/"), "&lt;b&gt;hello&lt;/b&gt;", "a mail cannot become part of the page")
	require.Less(t, strings.Index(show("/"), "Two"), strings.Index(show("/"), "Amélie"), "newest first")

	var list struct{ Mails []mailbox.Mail }
	require.NoError(t, json.Unmarshal([]byte(show("/mails.json?to="+url.QueryEscape("asha@example.com"))), &list))
	require.Len(t, list.Mails, 1)
	require.Equal(t, "Amélie", list.Mails[0].Subject)
	require.Equal(t, "1@example.com", list.Mails[0].MessageID)
	require.Equal(t, "<b>hello</b>\n", list.Mails[0].Text)
	require.NoError(t, json.Unmarshal([]byte(show("/mails.json?to=nobody")), &list))
	require.Empty(t, list.Mails)
}

func TestOldMailsGoFirstAndWhatIsNoMailIsRefused(t *testing.T) {
	t.Parallel()
	box, address := open(t)
	client, err := smtp.Dial(address)
	require.NoError(t, err)
	send := func(content []byte) error {
		require.NoError(t, client.Mail("tickets@example.com"))
		require.NoError(t, client.Rcpt("asha@example.com"))
		writer, err := client.Data()
		require.NoError(t, err)
		_, err = writer.Write(content)
		require.NoError(t, err)
		return writer.Close()
	}
	require.ErrorContains(t, send([]byte("no header at all")), "554")
	for i := range 510 {
		require.NoError(t, send(mail(fmt.Sprint("mail ", i), "text")))
	}
	require.NoError(t, client.Quit())
	mails := box.Mails()
	require.Len(t, mails, 500)
	require.Equal(t, "mail 509", mails[499].Subject)
	require.Equal(t, "mail 10", mails[0].Subject)
	require.Equal(t, 11, mails[0].Number)
	received, connections := box.Counts()
	require.Equal(t, []int{510, 1}, []int{received, connections})
}
