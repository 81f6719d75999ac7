package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/dev/apifuzz"
	"github.com/boxoffice/boxoffice/dev/tool"
)

const (
	// mostComplaints is how many wrong answers are shown.
	mostComplaints = 10
	// mostUnavailable is the share of answers that may be 503.
	mostUnavailable = 0.01
	// severalRequests are enough for an operation to be available to one of them.
	severalRequests = 3
	// longRun is how many requests suffice for each everyday operation to succeed once.
	longRun = 2000
)

// findings are what came of the requests.
type findings struct {
	mu         sync.Mutex
	sent       int
	statuses   map[int]int
	operations map[string]tally // by their ids
	took       time.Duration
	complaints []string
	wrong      int
	// unavailable counts answers that only ask to try again: a busy machine causes some.
	unavailable int
	// visits counts the customers who did everything right, and wholeVisits those of them who got everything they wanted; lastBroken is what went
	// wrong for the latest of the others.
	visits, wholeVisits int
	lastBroken          error
	// narrowed says that requests go to some operations alone.
	narrowed bool
}

// tally is what came of the requests to one operation.
type tally struct {
	succeeded bool
	// valid are those that break no rule, and unavailable those of them that were asked to try again.
	valid, unavailable int
}

func newFindings() *findings {
	return &findings{statuses: map[int]int{}, operations: map[string]tally{}}
}

// add notes an answer, with what is wrong with it and what the API's log says about it.
func (f *findings) add(sent apifuzz.Request, got apifuzz.Answer, wrong, logged []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent++
	f.statuses[got.Status]++
	if len(sent.Breaks) == 0 {
		operation := f.operations[sent.Operation.OperationID]
		operation.valid++
		if got.Status < http.StatusMultipleChoices {
			operation.succeeded = true
		}
		if got.Status == http.StatusServiceUnavailable {
			operation.unavailable++
		}
		f.operations[sent.Operation.OperationID] = operation
	}
	switch {
	case len(wrong) == 0:
		return
	case got.MerelyUnavailable(wrong):
		f.unavailable++
	default:
		f.wrong++
	}
	if len(f.complaints) < mostComplaints {
		f.complaints = append(f.complaints, fmt.Sprintf("%s\nis answered %d %.1000s\nwrong: %q\nlogged: %q", sent, got.Status, got.Body, wrong, logged))
	}
}

// worked notes that operations have succeeded.
func (f *findings) worked(operationIDs ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range operationIDs {
		operation := f.operations[id]
		operation.succeeded = true
		f.operations[id] = operation
	}
}

// visited notes how a visit went.
func (f *findings) visited(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.visits++
	if err == nil {
		f.wholeVisits++
	} else {
		f.lastBroken = err
	}
}

func (f *findings) print(out io.Writer, operations tool.Scenarios[apifuzz.Operation]) {
	var never []string
	for _, op := range operations {
		if !f.operations[op.Name].succeeded {
			never = append(never, op.Name)
		}
	}
	fmt.Fprintf(out, "%d requests in %s to %d operations, never with success: %v; answers by status:", f.sent, f.took.Round(time.Second), len(operations), never)
	for _, status := range slices.Sorted(maps.Keys(f.statuses)) {
		fmt.Fprintf(out, "  %d: %d", status, f.statuses[status])
	}
	fmt.Fprintf(out, "\n%d of %d customers who did everything right got all they wanted", f.wholeVisits, f.visits)
	if f.lastBroken != nil {
		fmt.Fprintf(out, "; the latest other one was told: %v", f.lastBroken)
	}
	fmt.Fprintln(out)
	for _, complaint := range f.complaints {
		fmt.Fprintf(out, "\n%s\n", complaint)
	}
}

// err says what is wrong with the answers as a whole.
func (f *findings) err() error {
	var broken []error
	say := func(format string, args ...any) { broken = append(broken, fmt.Errorf(format, args...)) }
	if f.wrong > 0 {
		say("%d of %d answers are wrong", f.wrong, f.sent)
	}
	if float64(f.unavailable) > mostUnavailable*float64(f.sent) {
		say("%d of %d answers are 503", f.unavailable, f.sent)
	}
	for _, id := range slices.Sorted(maps.Keys(f.operations)) {
		if operation := f.operations[id]; operation.valid >= severalRequests && operation.unavailable == operation.valid {
			say("%s is never available: all %d valid requests are answered 503", id, operation.valid)
		}
	}
	if f.sent >= longRun && !f.narrowed {
		for _, id := range everyday {
			if !f.operations[id].succeeded {
				say("%s has never succeeded", id)
			}
		}
	}
	return errors.Join(broken...)
}
