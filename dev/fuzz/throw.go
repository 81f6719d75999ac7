package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/dev/apifuzz"
)

const (
	// answerPatience bounds one request.
	answerPatience = 45 * time.Second
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 8 << 20
	// mostComplaints is how many wrong answers are shown.
	mostComplaints = 10
	// rareOneIn is how seldom a request may be for an operation that takes much of the programme away.
	rareOneIn = 200
)

// wasteful are operations that would soon leave nothing to book.
var wasteful = []string{"cancelShow", "deactivateTheatre", "withdrawMovie"}

// findings are what came of the requests.
type findings struct {
	mu         sync.Mutex
	sent       int
	statuses   map[int]int
	succeeded  map[string]bool // operations, by their ids
	took       time.Duration
	complaints []string
	wrong      int
	// unavailable counts the answers that say no more than to try again: a machine that is busy with other things gives some.
	unavailable int
}

// mostUnavailable is the share of answers that may be 503.
const mostUnavailable = 0.01

// throw sends as many requests as are wanted, each on a connection of its own.
func (s *system) throw(ctx context.Context, o options) (*findings, error) {
	found := &findings{statuses: map[int]int{}, succeeded: map[string]bool{}}
	generator := apifuzz.NewGenerator(s.contract, s.world)
	rare := slices.DeleteFunc(s.contract.Operations(), func(op apifuzz.Operation) bool { return !slices.Contains(wasteful, op.OperationID) })
	common := slices.DeleteFunc(s.contract.Operations(), func(op apifuzz.Operation) bool { return slices.Contains(wasteful, op.OperationID) })
	draws := []*rapid.Generator[apifuzz.Request]{generator.Requests(rare...), generator.Requests(common...)}

	ctx, cancel := context.WithTimeout(ctx, o.most)
	defer cancel()
	start := time.Now()
	var next atomic.Int64
	var clients sync.WaitGroup
	errs := make([]error, o.clients)
	for client := range o.clients {
		clients.Go(func() {
			for n := int(next.Add(1)); n <= o.requests && ctx.Err() == nil && errs[client] == nil; n = int(next.Add(1)) {
				sent := draws[min(n%rareOneIn, 1)].Example(o.seed + n)
				errs[client] = s.send(ctx, sent, found)
			}
		})
	}
	clients.Wait()
	found.took = time.Since(start)
	return found, errors.Join(errs...)
}

// send sends one request and judges the answer. The error says that there is none, for whatever the request is.
func (s *system) send(ctx context.Context, sent apifuzz.Request, found *findings) error {
	got, err := exchange(ctx, strings.TrimPrefix(s.APIURL(), "http://"), sent)
	if err != nil {
		return fmt.Errorf("no answer to %s: %w", sent, err)
	}
	wrong := s.contract.Judge(ctx, sent, got)
	if got.Status < http.StatusMultipleChoices {
		s.world.Learn(sent.Operation.OperationID, got.Body)
	}
	if len(wrong) > 0 {
		wrong = append(wrong, s.logged(got.Header.Get("X-Correlation-Id"))...)
	}
	found.add(sent, got, wrong)
	return nil
}

// exchange writes a request to a connection, byte by byte, and reads the answer.
func exchange(ctx context.Context, address string, sent apifuzz.Request) (got apifuzz.Answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return got, err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	written := make(chan struct{})
	go func() {
		defer close(written)
		// A server that has read enough answers and hangs up: what counts is the answer.
		_, _ = conn.Write(sent.Wire)
		if tcp, ok := conn.(*net.TCPConn); ok && sent.CutOff {
			_ = tcp.CloseWrite()
		}
	}()
	method, _, _ := strings.Cut(string(sent.Wire), " ")
	answers := bufio.NewReader(conn)
	for {
		response, err := http.ReadResponse(answers, &http.Request{Method: method})
		if err != nil {
			return got, err
		}
		body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
		_ = response.Body.Close()
		if err != nil {
			return got, err
		}
		if response.StatusCode >= http.StatusOK {
			_ = conn.Close()
			<-written
			return apifuzz.Answer{Status: response.StatusCode, Header: response.Header, Body: body}, nil
		}
	}
}

func (f *findings) add(sent apifuzz.Request, got apifuzz.Answer, wrong []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent++
	f.statuses[got.Status]++
	if got.Status < http.StatusMultipleChoices && len(sent.Breaks) == 0 {
		f.succeeded[sent.Operation.OperationID] = true
	}
	switch {
	case len(wrong) == 0:
		return
	case got.Status == http.StatusServiceUnavailable:
		f.unavailable++
	default:
		f.wrong++
	}
	if len(f.complaints) < mostComplaints {
		f.complaints = append(f.complaints, fmt.Sprintf("%s\nis answered %d %.1000s\nwrong: %q", sent, got.Status, got.Body, wrong))
	}
}

func (f *findings) print(out io.Writer, operations []apifuzz.Operation) {
	var never []string
	for _, op := range operations {
		if !f.succeeded[op.OperationID] {
			never = append(never, op.OperationID)
		}
	}
	fmt.Fprintf(out, "%d requests in %s to %d operations, never with success: %v; answers by status:", f.sent, f.took.Round(time.Second), len(operations), never)
	for _, status := range slices.Sorted(maps.Keys(f.statuses)) {
		fmt.Fprintf(out, "  %d: %d", status, f.statuses[status])
	}
	fmt.Fprintln(out)
	for _, complaint := range f.complaints {
		fmt.Fprintf(out, "\n%s\n", complaint)
	}
}

func (f *findings) err() error {
	if float64(f.unavailable) > mostUnavailable*float64(f.sent) {
		return fmt.Errorf("%d of %d answers are 503", f.unavailable, f.sent)
	}
	if f.wrong > 0 {
		return fmt.Errorf("%d of %d answers are wrong", f.wrong, f.sent)
	}
	return nil
}
