package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// startUI serves the web UI in the background. The UI ends the process by
// itself when it cannot listen.
func startUI(opts options) *uiserver.Server {
	ui := uiserver.NewServer(server_options.WithConfigProvider(&uiconfig.Config{
		TemporalGRPCAddress: opts.frontendAddr(),
		Host:                opts.ip,
		Port:                opts.uiPort,
		EnableUI:            true,
		DefaultNamespace:    opts.namespace,
		DisableNewsFetch:    true,
		HideLogs:            true,
		// The CSRF cookie must work over plain HTTP, which is what loopback has.
		CORS: uiconfig.CORS{CookieInsecure: true},
	}))
	go func() { _ = ui.Start() }()
	return ui
}

// waitForUI returns when the UI shows the namespace, which takes its own
// connection to the server.
func waitForUI(ctx context.Context, opts options) error {
	page := opts.uiURL() + "/api/v1/namespaces/" + url.PathEscape(opts.namespace)
	err := until(ctx, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, page, http.NoBody)
		if err != nil {
			return permanent(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20)); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", page, response.Status)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("wait for the UI: %w", err)
	}
	return nil
}
