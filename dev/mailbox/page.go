package mailbox

import (
	"encoding/json"
	"html/template"
	"io"
	"mime/quotedprintable"
	"net/http"
	netmail "net/mail"
	"slices"
	"strings"
)

// textOf reads the body of a mail of plain text.
func textOf(message *netmail.Message) (string, error) {
	body := message.Body
	if strings.EqualFold(message.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	return strings.ReplaceAll(string(text), "\r\n", "\n"), err
}

// Handler shows the mails, newest first: at / to people, at /mails.json to programs, of one recipient with ?to=.
func (b *Box) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		_ = page.Execute(w, b.newest(r))
	})
	mux.HandleFunc("GET /mails.json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"mails": b.newest(r)})
	})
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	return mux
}

func (b *Box) newest(r *http.Request) []Mail {
	mails := b.Mails()
	slices.Reverse(mails)
	if to := r.URL.Query().Get("to"); to != "" {
		mails = slices.DeleteFunc(mails, func(m Mail) bool { return m.To != to })
	}
	return mails
}

var page = template.Must(template.New("mails").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Mailbox</title><meta name="viewport" content="width=device-width">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}
article{border:1px solid #bbb;border-radius:.5rem;padding:0 1rem;margin:1rem 0}h2{font-size:1.1rem}pre{white-space:pre-wrap}</style>
</head><body><h1>Mailbox</h1><p>What the system has mailed since it was started, newest first. Nothing of it leaves this machine.</p>
{{range .}}<article><h2>{{.Subject}}</h2><p>to {{.To}} · <time>{{.ReceivedAt.Format "2006-01-02 15:04:05 UTC"}}</time></p><pre>{{.Text}}</pre></article>
{{else}}<p>No mail yet.</p>{{end}}</body></html>
`))
