// Command stripesim runs the payment provider simulator as a process of its own.
// What it can do is described in package stripesim.
//
// The environment gives STRIPE_SECRET_KEY, the one key to accept (any sk_test_
// key without it), and STRIPE_WEBHOOK_SECRET, which signs the webhooks (none are
// sent without it).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/dev/tool"
)

const stopWithin = 5 * time.Second

func main() { tool.Main("stripesim", run) }

func run(ctx context.Context, args []string, out io.Writer) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	cfg := stripesim.Config{
		SecretKey:     os.Getenv("STRIPE_SECRET_KEY"),
		WebhookSecret: os.Getenv("STRIPE_WEBHOOK_SECRET"),
		Logger:        log,
	}
	flags := tool.Flags("stripesim", out)
	addr := flags.String("addr", "127.0.0.1:12111", "address to listen on; /_sim/ asks for no key, so keep it private")
	flags.StringVar(&cfg.WebhookURL, "webhook-url", "http://127.0.0.1:8080/api/v1/payments/webhooks/stripe", "where webhooks go")
	flags.StringVar(&cfg.StateFile, "state", "", "file that keeps the state across restarts; empty for memory alone")
	flags.StringVar(&cfg.APIVersion, "api-version", stripesim.DefaultAPIVersion, "API version that events carry")
	flags.DurationVar(&cfg.RetryFirst, "retry-first", 500*time.Millisecond, "pause before a webhook's first retry; it doubles")
	flags.DurationVar(&cfg.RetryMax, "retry-max", 30*time.Second, "longest pause between a webhook's retries")
	flags.IntVar(&cfg.RetryAttempts, "retry-attempts", 20, "how often a webhook is tried in all")
	flags.DurationVar(&cfg.RefundDelay, "refund-delay", 5*time.Second, "after how long a pending refund ends by itself; 0 for never")
	if err := flags.Parse(args); err != nil {
		return err
	}

	sim, err := stripesim.New(cfg) //nolint:contextcheck // it delivers until it is closed
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *addr)
	if err != nil {
		return errors.Join(fmt.Errorf("listen on %s: %w", *addr, err), sim.Close())
	}
	log.Info("payment provider simulator is ready", "url", "http://"+listener.Addr().String(),
		"webhooks", cfg.WebhookURL, "signed", cfg.WebhookSecret != "", "state", cfg.StateFile)
	return serve(ctx, sim, listener)
}

// serve answers requests until ctx ends, then finishes those under way.
func serve(ctx context.Context, sim *stripesim.Server, listener net.Listener) error {
	server := &http.Server{
		Handler:           sim,
		ReadHeaderTimeout: 10 * time.Second,
		// Requests that a fault holds end with the process.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		err = server.Shutdown(within)
	}
	return errors.Join(err, sim.Close())
}
