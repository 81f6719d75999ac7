package pgtest

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Proxy stands between a test's connections and PostgreSQL. It counts how often they wait for an answer, and can break them.
type Proxy struct {
	dsn string

	mu         sync.Mutex
	roundTrips int
	cut        string
	answered   bool
	cuts       int
}

// NewProxy starts a proxy for the server and database at dsn, until the test ends.
func NewProxy(tb testing.TB, dsn string) *Proxy {
	tb.Helper()
	address, err := url.Parse(dsn)
	require.NoError(tb, err)
	server := address.Host
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	address.Host = listener.Addr().String()
	p := &Proxy{dsn: address.String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.serve(client, server) })
		}
	})
	tb.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	return p
}

// DSN is for connections through the proxy. They have to be closed before the test ends.
func (p *Proxy) DSN() string { return p.dsn }

// RoundTrips is how often answers have been waited for so far, apart from those of connecting: for everything that was sent together, once.
func (p *Proxy) RoundTrips() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.roundTrips
}

// CutBefore breaks the next connection that is about to execute a statement that begins with prefix: PostgreSQL gets what was sent before it.
func (p *Proxy) CutBefore(prefix string) { p.set(prefix, false) }

// CutAfter does so once PostgreSQL has answered everything that was sent together with the statement. The answer is lost.
func (p *Proxy) CutAfter(prefix string) { p.set(prefix, true) }

// Cuts is how many connections have been broken.
func (p *Proxy) Cuts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

func (p *Proxy) set(prefix string, answered bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut, p.answered = prefix, answered
}

// link is a connection through the proxy.
type link struct {
	*Proxy
	client, server net.Conn
	// prepared are the texts of prepared statements by their names.
	prepared map[string]string

	// losing says that the client gets no answers any more.
	losing atomic.Bool
}

func (p *Proxy) serve(client net.Conn, address string) {
	server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", address)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{Proxy: p, client: client, server: server, prepared: map[string]string{}}
	var answering sync.WaitGroup
	answering.Go(l.answer)
	l.ask()
	_, _ = client.Close(), server.Close()
	answering.Wait()
}

// answer carries what the server sends, until it ends or the answer that is to be lost has come.
func (l *link) answer() {
	defer func() { _, _ = l.client.Close(), l.server.Close() }()
	buffer := make([]byte, 64<<10)
	var lost []byte
	for {
		n, err := l.server.Read(buffer)
		if err != nil {
			return
		}
		if l.losing.Load() {
			if lost = append(lost, buffer[:n]...); bytes.Contains(lost, readyForQuery) {
				return
			}
			continue
		}
		if _, err := l.client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// readyForQuery is the head of the message with which the server ends its answer.
var readyForQuery = []byte{'Z', 0, 0, 0, 5}

// ask carries what the client sends, message by message, until it ends or is cut off.
func (l *link) ask() {
	kind, whole, err := message(l.client, false) // its first message has no type
	for err == nil && l.lets(kind, whole) {
		if _, err = l.server.Write(whole); err == nil {
			kind, whole, err = message(l.client, true)
		}
	}
}

// Types of clients' messages.
const (
	parse = 'P'
	bind  = 'B'
	query = 'Q'
	synch = 'S'
)

// lets says whether a message may go on to the server.
func (l *link) lets(kind byte, whole []byte) bool {
	sql := ""
	switch kind {
	case parse:
		l.prepared[text(whole, 0)] = text(whole, 1)
	case bind:
		sql = l.prepared[text(whole, 1)]
	case query:
		sql = text(whole, 0)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if kind == query || kind == synch {
		l.roundTrips++
	}
	if l.cut == "" || !strings.HasPrefix(sql, l.cut) {
		return true
	}
	l.cut = ""
	l.cuts++
	l.losing.Store(l.answered)
	return l.answered
}

// message reads a whole message and returns its type, zero when it has none.
func message(from io.Reader, typed bool) (kind byte, whole []byte, err error) {
	head := make([]byte, 5)
	if !typed {
		head = head[1:]
	}
	if _, err := io.ReadFull(from, head); err != nil {
		return 0, nil, err
	}
	if typed {
		kind = head[0]
	}
	length := binary.BigEndian.Uint32(head[len(head)-4:])
	whole = make([]byte, len(head)-4+int(length))
	copy(whole, head)
	_, err = io.ReadFull(from, whole[len(head):])
	return kind, whole, err
}

// text is the n-th of the texts with which the content of a message begins.
func text(whole []byte, n int) string {
	return string(bytes.Split(whole[5:], []byte{0})[n])
}
