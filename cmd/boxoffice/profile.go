package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// profileConfig lets people with access to the machine inspect a running process.
type profileConfig struct {
	// Address is a loopback address at which Go's profiles (/debug/pprof/) are served; empty means that they are not served.
	Address string `env:"BOXOFFICE_PROFILE_ADDR"`
}

// serve serves the profiles until ctx ends. They show what is in memory and need no login, so they are served to this machine only.
func (c profileConfig) serve(ctx context.Context) error {
	if c.Address == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(c.Address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("BOXOFFICE_PROFILE_ADDR: %q is no loopback address with a port, such as 127.0.0.1:6060", c.Address)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Address)
	if err != nil {
		return fmt.Errorf("BOXOFFICE_PROFILE_ADDR: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // the process ends
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("the profiles are served no more", "error", err)
		}
	}()
	return nil
}
