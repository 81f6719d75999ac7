package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	pollInterval = 50 * time.Millisecond
	// probePatience bounds one readiness request.
	probePatience = 5 * time.Second
)

// poll calls try until it succeeds, fails with an error that does not pass, or ctx ends.
func poll(ctx context.Context, try func(context.Context) error, passes func(error) bool) error {
	for {
		err := try(ctx)
		if err == nil || !passes(err) {
			return err
		}
		if !wait.For(ctx, pollInterval) {
			return errors.Join(context.Cause(ctx), err)
		}
	}
}

func always(error) bool { return true }

// answersOK asks url until it answers 200.
func answersOK(url string) func(context.Context) error {
	client := &http.Client{Timeout: probePatience}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		if err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s: %s", url, response.Status, strings.TrimSpace(string(body)))
		}
		return nil
	}
}

// awaitReady polls check until it succeeds. When the process ends first, or patience does, the process is gone on return.
func awaitReady(ctx context.Context, p *process, patience time.Duration, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not ready after %s", patience))
	defer cancel()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() {
		select {
		case <-p.Done():
			end(errors.New("ended while starting"))
		case <-ctx.Done():
		}
	}()
	err := poll(ctx, check, always)
	if err == nil {
		return nil
	}
	p.Kill()
	return errors.Join(err, p.Outcome())
}
