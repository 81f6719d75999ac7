package provider

import (
	"io"
	"log/slog"
	"net/http"
	"time"
)

// maxAnswer bounds what is read of one answer, in bytes. A page of a hundred
// intents is well below it.
const maxAnswer = 4 << 20

// transport logs requests without their bodies and bounds the answers.
type transport struct {
	next http.RoundTripper
	log  *slog.Logger
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	began := time.Now()
	res, err := t.next.RoundTrip(req)
	attrs := []slog.Attr{
		slog.String("method", req.Method),
		slog.String("path", req.URL.Path),
		slog.Duration("took", time.Since(began)),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
		t.log.LogAttrs(req.Context(), slog.LevelWarn, "payment provider did not answer", attrs...)
		return nil, err
	}
	level := slog.LevelDebug
	if res.StatusCode >= http.StatusBadRequest {
		level = slog.LevelWarn
	}
	attrs = append(attrs,
		slog.Int("status", res.StatusCode),
		slog.String("requestId", res.Header.Get("Request-Id")),
		slog.Bool("replayed", res.Header.Get(replayedHeader) == "true"),
	)
	t.log.LogAttrs(req.Context(), level, "payment provider answered", attrs...)
	res.Body = &boundedBody{Reader: io.LimitReader(res.Body, maxAnswer), Closer: res.Body}
	return res, nil
}

type boundedBody struct {
	io.Reader
	io.Closer
}
