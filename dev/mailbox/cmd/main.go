// Command mailbox runs the mail server for development as a process of its own. What it does is described in package mailbox.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/boxoffice/boxoffice/dev/mailbox"
	"github.com/boxoffice/boxoffice/dev/tool"
)

const stopWithin = 5 * time.Second

func main() { tool.Main("mailbox", run) }

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := tool.Flags("mailbox", out)
	addr := flags.String("addr", "127.0.0.1:8025", "address of the web page")
	smtpAddr := flags.String("smtp-addr", "127.0.0.1:1025", "address that takes mail, from anybody and without a password: keep it private")
	if err := flags.Parse(args); err != nil {
		return err
	}
	web, err := listen(ctx, *addr)
	if err != nil {
		return err
	}
	mail, err := listen(ctx, *smtpAddr)
	if err != nil {
		return errors.Join(err, web.Close())
	}
	return serve(ctx, web, mail)
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return listener, nil
}

// serve shows and takes mail until ctx ends.
func serve(ctx context.Context, web, mail net.Listener) error {
	box := mailbox.New()
	server := &http.Server{Handler: box.Handler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 2)
	go func() { failed <- server.Serve(web) }()
	go func() { failed <- box.ServeSMTP(mail) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return errors.Join(err, server.Shutdown(within), box.Close())
}
