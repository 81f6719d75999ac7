package notify

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// Whatever a title, a name or an address contains: a message has the headers that we gave it and no
// others, one recipient, and the intended subject.
func FuzzCompose(f *testing.F) {
	f.Add("asha@example.com", "Reminder: Sholay on 20 November, 18:30", "Dear Asha,\n\nyour show begins soon.\n")
	f.Add("asha@example.com\r\nBcc: eve@example.com", "x\r\nBcc: eve@example.com\r\n\r\nbody", ".\r\n.\r\nMAIL FROM:<>")
	f.Add("Asha <asha@example.com>", "日本語 \x00\x7f", "")
	f.Add(`"a b"@example.com`, "=?utf-8?q?=0d=0aBcc:_x?=", "é")
	f.Add("asha@example.com, eve@example.com", strings.Repeat("long ", 100), strings.Repeat("x", 2000))
	mailer := &smtpMailer{from: netmail.Address{Name: "Boxoffice", Address: "tickets@example.com"}}
	f.Fuzz(func(t *testing.T, to, subject, text string) {
		composed, err := mailer.compose(Message{ID: "nt_1", To: to, Subject: subject, Text: text})
		if err != nil {
			failed, ok := errors.AsType[*Error](err)
			require.True(t, ok)
			require.Equal(t, KindRefused, failed.Kind)
			return
		}
		var written bytes.Buffer
		_, err = composed.WriteTo(&written)
		require.NoError(t, err)
		read, err := netmail.ReadMessage(&written)
		require.NoError(t, err)
		known := []string{
			"Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To",
		}
		for name, values := range read.Header {
			require.Contains(t, known, name)
			require.Len(t, values, 1, name)
		}
		recipients, err := read.Header.AddressList("To")
		require.NoError(t, err)
		require.Len(t, recipients, 1)
		require.Equal(t, to, recipients[0].Address)
		envelope, err := composed.GetRecipients()
		require.NoError(t, err)
		require.Len(t, envelope, 1)
		if utf8.ValidString(subject) && !slices.ContainsFunc([]rune(subject), func(r rune) bool { return r < ' ' || r == 0x7f }) && !strings.Contains(subject, "=?") {
			decoded, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
			require.NoError(t, err)
			require.Equal(t, strings.Join(strings.Fields(subject), " "), strings.Join(strings.Fields(decoded), " "))
		}
		body, err := io.ReadAll(quotedprintable.NewReader(read.Body))
		require.NoError(t, err)
		require.NotContains(t, read.Header.Get("Content-Transfer-Encoding"), "8bit", "old servers read seven bits")
		if utf8.ValidString(text) && !strings.Contains(text, "\r") {
			require.Equal(t, strings.TrimRight(text, "\n"), strings.TrimRight(strings.ReplaceAll(string(body), "\r\n", "\n"), "\n"))
		}
	})
}

// A mail server's URL contains a password, which no error may show.
func FuzzConfig(f *testing.F) {
	f.Add("smtp://user:secret-word@mail.example.com:587", "Boxoffice <tickets@example.com>")
	f.Add("smtps://mail.example.com", "tickets@example.com")
	f.Add("smtp://user:secret-word@[::1", "x")
	f.Add("http://user:secret-word@mail.example.com:x", "x\r\ny@z")
	f.Fuzz(func(t *testing.T, address, from string) {
		mailer, err := New(Config{URL: address, From: from})
		if err != nil {
			require.Nil(t, mailer)
			require.NotContains(t, err.Error(), "secret-word")
			return
		}
		if address == "" {
			require.Nil(t, mailer)
			return
		}
		made, ok := mailer.(*smtpMailer)
		require.True(t, ok)
		require.NotContains(t, made.from.Address, "\n")
	})
}
