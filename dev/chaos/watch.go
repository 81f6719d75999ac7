package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 8 << 20

// watcher judges every answer of the API on its way to the customer.
type watcher struct {
	next http.RoundTripper
	// host is the API's; what goes elsewhere is not looked at.
	host    string
	outages *outages
	record  *record
}

type expectedKey struct{}

// expecting allows the requests of a context to be refused with codes that would be wrong otherwise.
func expecting(ctx context.Context, codes ...booking.Code) context.Context {
	return context.WithValue(ctx, expectedKey{}, codes)
}

// RoundTrip implements http.RoundTripper.
func (w *watcher) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != w.host {
		return w.next.RoundTrip(req)
	}
	x := exchange{Operation: operation(req.Method, strings.TrimPrefix(req.URL.Path, "/api/v1")), Began: time.Now()}
	x.Expected, _ = req.Context().Value(expectedKey{}).([]booking.Code)
	res, err := w.next.RoundTrip(req)
	if err == nil {
		x.Status, x.Header = res.StatusCode, res.Header
		x.Body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer))
		_ = res.Body.Close()
		res.Body = io.NopCloser(bytes.NewReader(x.Body))
	}
	x.Err, x.Ended = err, time.Now()
	if errors.Is(err, context.Canceled) {
		return nil, err // the run has been interrupted, and the API is not to blame
	}
	w.record.answered(x, judgeAnswer(x, x.apiAway(w.outages)))
	if x.inPeace(w.outages) {
		w.record.answeredInPeace(x)
	}
	if err == nil && !x.readable() && x.Status >= http.StatusOK && x.Status < http.StatusMultipleChoices {
		w.outages.wrote(x.Ended)
	}
	if x.Status == http.StatusServiceUnavailable && x.readable() && !w.outages.touched(stack.Postgres, x.Began, x.Ended) {
		w.record.note("reads that were not available although PostgreSQL was there")
	}
	if err != nil {
		return nil, err
	}
	return res, nil
}
