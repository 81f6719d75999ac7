package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/dev/apifuzz"
)

const (
	// answerPatience bounds one request.
	answerPatience = 2 * time.Minute
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 8 << 20
	// rareOneIn is how rarely a request is for an operation that cancels many shows.
	rareOneIn = 200
)

// wasteful are operations that would soon leave nothing to book.
var wasteful = []string{"cancelShow", "deactivateTheatre", "withdrawMovie"}

// throw sends so many requests, each on a connection of its own, and begins none when the time is over. Now and then a customer who does everything
// right visits.
func (s *system) throw(ctx context.Context, o options) (*findings, error) {
	found := newFindings()
	generator := apifuzz.NewGenerator(s.contract, s.world)
	found.narrowed = len(o.operations) < len(s.contract.Operations())
	var rare, common []apifuzz.Operation
	for _, op := range o.operations {
		if slices.Contains(wasteful, op.Name) && !found.narrowed {
			rare = append(rare, op.Play)
		} else {
			common = append(common, op.Play)
		}
	}
	draws := []*rapid.Generator[apifuzz.Request]{generator.Requests(common...), generator.Requests(common...)}
	if len(rare) > 0 {
		draws[0] = generator.Requests(rare...)
	}

	limited, cancel := context.WithTimeout(ctx, o.most)
	defer cancel()
	whole := context.WithoutCancel(ctx)
	start := time.Now()
	var next atomic.Int64
	var clients errgroup.Group
	for range o.clients {
		clients.Go(func() error {
			for n := int(next.Add(1)); n <= o.requests && limited.Err() == nil; n = int(next.Add(1)) {
				if (n-1)%max(o.requests/visits, 1) == 0 {
					found.visited(s.visit(whole, fmt.Sprintf("visit-%d", n), found))
				}
				if err := s.send(whole, draws[min(n%rareOneIn, 1)].Example(o.seed+n), found); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := clients.Wait()
	found.took = time.Since(start)
	return found, errors.Join(err, ctx.Err())
}

// send sends one request and judges the answer. It fails when there is no answer, whatever the request was.
func (s *system) send(ctx context.Context, sent apifuzz.Request, found *findings) error {
	got, err := exchange(ctx, strings.TrimPrefix(s.APIURL(), "http://"), sent)
	if err != nil {
		return fmt.Errorf("no answer to %s: %w", sent, err)
	}
	wrong := s.contract.Judge(ctx, sent, got)
	if got.Status < http.StatusMultipleChoices {
		s.world.Learn(sent.Operation.OperationID, got.Body)
	}
	var logged []string
	if len(wrong) > 0 {
		logged = s.logged(got.Header.Get("X-Correlation-Id"))
	}
	found.add(sent, got, wrong, logged)
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
