package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// teller prints what happens. It sits between the customers and the network, and so sees every request.
type teller struct {
	out   io.Writer
	where addresses

	mu    sync.Mutex
	calls []call
}

// call is a request with its answer. count is how often in a row it was sent.
type call struct {
	method, target string
	status         int
	took           time.Duration
	count          int
}

func newTeller(out io.Writer, where addresses) *teller { return &teller{out: out, where: where} }

// RoundTrip implements http.RoundTripper.
func (t *teller) RoundTrip(req *http.Request) (*http.Response, error) {
	start := time.Now()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	target := strings.TrimPrefix(req.URL.String(), t.where.api)
	t.calls = record(t.calls, call{req.Method, target, res.StatusCode, time.Since(start), 1})
	return res, nil
}

// record adds a call. One that repeats the call before with the same answer only adds to it.
func record(calls []call, next call) []call {
	if last := len(calls) - 1; last >= 0 {
		before := &calls[last]
		if before.method == next.method && before.target == next.target && before.status == next.status {
			before.count++
			before.took += next.took
			return calls
		}
	}
	return append(calls, next)
}

func (t *teller) title(n int, text string) { _, _ = fmt.Fprintf(t.out, "\n%d. %s\n", n, text) }

// step does something, prints the requests that it took, and then what it found worth knowing.
func (t *teller) step(what string, do func() error, facts ...func() string) error {
	_, _ = fmt.Fprintf(t.out, "\n   %s\n", what)
	err := do()
	t.mu.Lock()
	calls := t.calls
	t.calls = nil
	t.mu.Unlock()
	for _, c := range calls {
		_, _ = fmt.Fprintln(t.out, "     "+c.String())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	for _, fact := range facts {
		_, _ = fmt.Fprintln(t.out, "       "+fact())
	}
	return nil
}

func (t *teller) note(text string) { _, _ = fmt.Fprintln(t.out, "       "+text) }

func (t *teller) end(text string, lines []string) {
	_, _ = fmt.Fprintf(t.out, "\n%s\n\n", text)
	for _, line := range lines {
		_, _ = fmt.Fprintln(t.out, "  "+line)
	}
}

// String is one line: "POST /api/v1/bookings → 201 in 23 ms".
func (c call) String() string {
	text := fmt.Sprintf("%s %s → %d in %s", c.method, c.target, c.status, c.took.Round(time.Millisecond))
	if c.count > 1 {
		text = fmt.Sprintf("%s %s → %d, %d times in %s", c.method, c.target, c.status, c.count, c.took.Round(time.Millisecond))
	}
	return text
}
