package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/boxoffice/boxoffice/dev/measure"
)

const (
	// wirePatience bounds how long an answer may take: longer than the API takes for anything.
	wirePatience = 90 * time.Second
	// wireBuffer is how much a connection reads at once, in bytes.
	wireBuffer = 16 << 10
	// openAtOnce is how many connections are opened at the same time: fewer than the kernel keeps waiting for a listener.
	openAtOnce = 64
)

// wire is a connection over which requests go one after another. It does as little as a client can do: clients share the processors with the servers
// that they measure, and a slow client would hide the difference between product and floor.
type wire struct {
	conn   net.Conn
	reader *bufio.Reader
}

// openWires opens so many connections to an address and sends a request over each, so that both ends have used it.
func openWires(ctx context.Context, address string, many int) ([]*wire, error) {
	wires := make([]*wire, many)
	alive := request(http.MethodGet, "/livez", "", "", nil)
	var opening errgroup.Group
	opening.SetLimit(openAtOnce)
	for i := range wires {
		opening.Go(func() error {
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			if err != nil {
				return err
			}
			wires[i] = &wire{conn: conn, reader: bufio.NewReaderSize(conn, wireBuffer)}
			_, _, err = wires[i].ask(alive)
			return err
		})
	}
	if err := opening.Wait(); err != nil {
		closeWires(wires)
		return nil, fmt.Errorf("open connections to %s: %w", address, err)
	}
	return wires, nil
}

func closeWires(wires []*wire) {
	for _, w := range wires {
		if w != nil {
			_ = w.conn.Close()
		}
	}
}

// request is an HTTP request as it goes over a wire. Token and key may be empty.
func request(method, path, token, key string, body []byte) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: bench\r\n", method, path)
	if token != "" {
		fmt.Fprintf(&text, "Authorization: Bearer %s\r\n", token)
	}
	if key != "" {
		fmt.Fprintf(&text, "Idempotency-Key: %s\r\n", key)
	}
	if body != nil {
		fmt.Fprintf(&text, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	text.WriteString("\r\n")
	text.Write(body)
	return text.Bytes()
}

// ask sends a request and reads the answer to its end. It returns the body of a 201 and of an unexpected answer, and skips others.
func (w *wire) ask(request []byte) (status int, body []byte, err error) {
	if err := w.conn.SetDeadline(time.Now().Add(wirePatience)); err != nil {
		return 0, nil, err
	}
	if _, err := w.conn.Write(request); err != nil {
		return 0, nil, err
	}
	answer, err := http.ReadResponse(w.reader, nil)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	switch answer.StatusCode {
	case http.StatusOK, http.StatusConflict:
		_, err = io.Copy(io.Discard, answer.Body)
	default:
		body, err = io.ReadAll(answer.Body)
	}
	return answer.StatusCode, body, err
}

// fetch sends a request and gives the answer's header and body.
func fetch(ctx context.Context, address string, text []byte) (http.Header, []byte, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(wirePatience)); err != nil {
		return nil, nil, err
	}
	if _, err := conn.Write(text); err != nil {
		return nil, nil, err
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, body)
	}
	return answer.Header, body, err
}

// sendFor has so many clients send requests for a length of time, each as soon as it has the answer to the one before. Every answer must have the
// given status.
func sendFor(ctx context.Context, address string, clients int, length time.Duration, status int, next func(client, n int) []byte) (side, error) {
	wires, err := openWires(ctx, address, clients)
	if err != nil {
		return side{}, err
	}
	defer closeWires(wires)
	var latencies measure.Latencies
	var asking errgroup.Group
	began := time.Now()
	for client, w := range wires {
		asking.Go(func() error {
			for n := 0; time.Since(began) < length && ctx.Err() == nil; n++ {
				text := next(client, n)
				sent := time.Now()
				got, body, err := w.ask(text)
				if err == nil && got != status {
					err = fmt.Errorf("an answer is %d instead of %d: %s", got, status, body)
				}
				if err != nil {
					return err
				}
				latencies.Add(time.Since(sent))
			}
			return ctx.Err()
		})
	}
	if err := asking.Wait(); err != nil {
		return side{}, err
	}
	return sideOf(&latencies, time.Since(began)), nil
}
