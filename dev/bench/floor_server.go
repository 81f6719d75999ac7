package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/db"
)

const (
	// floorConns is how many connections the floor server may have: as many as the API.
	floorConns = 20
	// floorHeaderPatience bounds how long a client of the floor server may take over its headers.
	floorHeaderPatience = 10 * time.Second
)

// floorOrders are the floor server's.
type floorOrders struct {
	// DSN has the rights of the API.
	DSN string `json:"dsn"`
	// WebhookSecret signs the provider's events.
	WebhookSecret string `json:"webhookSecret"`
}

// floorAnswer is given once the floor server listens.
type floorAnswer struct {
	URL string `json:"url"`
}

// floorServer is a plain Echo server in a process of its own, as the API is one. What its handlers do is the least that an answer can
// cost.
type floorServer struct {
	*errand

	url string
}

func (s *system) startFloorServer() (*floorServer, error) {
	process, err := startErrand("floor", floorOrders{DSN: s.APIDSN(), WebhookSecret: s.Secrets().StripeWebhookSecret})
	if err != nil {
		return nil, err
	}
	var ready floorAnswer
	if err := process.answer(&ready); err != nil {
		return nil, errors.Join(err, process.stop())
	}
	return &floorServer{errand: process, url: ready.URL}, nil
}

// serveFloor is the errand of the floor server.
func serveFloor(ctx context.Context, in *json.Decoder, out *json.Encoder) error {
	var orders floorOrders
	if err := in.Decode(&orders); err != nil {
		return err
	}
	pool, err := db.Open(ctx, orders.DSN, db.PoolOptions{Application: "bench-floor", MaxConns: floorConns, StatementTimeout: time.Minute})
	if err != nil {
		return err
	}
	defer pool.Close()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: floorRoutes(orders, pool), ReadHeaderTimeout: floorHeaderPatience} //nolint:contextcheck // each request has its own
	over := make(chan error, 1)
	go func() { over <- server.Serve(listener) }()
	if err := out.Encode(floorAnswer{URL: fmt.Sprintf("http://%s", listener.Addr())}); err != nil {
		return err
	}
	select {
	case err := <-over:
		return err
	case <-ctx.Done():
		return server.Close()
	}
}

func floorRoutes(orders floorOrders, pool *pgxpool.Pool) *echo.Echo {
	e := echo.New()
	e.GET("/livez", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	e.POST(floorNewEvent, takeEvent(orders.WebhookSecret, writeEvent(pool)))
	e.POST(floorKnownEvent, takeEvent(orders.WebhookSecret, findEvent(pool)))
	e.POST("/claims/:show/:seat", readClaim(pool))
	new(constants).routes(e)
	return e
}
