// The program dbos is the booking that a Go team would build with DBOS instead of Temporal. It is a workflow of two durable steps: one holds
// the seats, the other sells them when the wallet pays. The steps are the product's own, with its SQL, so that what is compared is what
// makes them durable. Holds and payments come through HTTP, as they do to the product, but nobody has to log in, and there is no deadline to undo a
// hold. Workflow and server share one process, which suits DBOS best.
//
// The bench starts it. It reads its orders as JSON from its input, and writes as JSON where it listens.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/boxoffice/boxoffice/activities"
	"github.com/boxoffice/boxoffice/db"
	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// conns is how many connections each of the two databases may get: as many as the product's API and its worker have.
	conns = 20
	// patience bounds what should take milliseconds.
	patience = time.Minute
)

// orders are the bench's.
type orders struct {
	// DSN has the rights of the product's worker.
	DSN string `json:"dsn"`
	// SystemDSN is a database in which DBOS keeps its own tables.
	SystemDSN string `json:"systemDsn"`
}

// answer is given once the program listens.
type answer struct {
	URL string `json:"url"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "dbos:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

func run(ctx context.Context) error {
	var told orders
	if err := json.NewDecoder(os.Stdin).Decode(&told); err != nil {
		return err
	}
	product, err := db.Open(ctx, told.DSN, db.PoolOptions{Application: "bench-dbos", MaxConns: conns, StatementTimeout: patience})
	if err != nil {
		return err
	}
	defer product.Close()
	settings, err := pgxpool.ParseConfig(told.SystemDSN)
	if err != nil {
		return err
	}
	settings.MaxConns = conns
	own, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return err
	}
	defer own.Close()
	engine, err := dbos.NewContext(context.WithoutCancel(ctx), dbos.Config{
		AppName: "boxoffice-bench", SystemDBPool: own, Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return err
	}
	office := &office{engine: engine, steps: activities.New(product, nil)}
	dbos.RegisterWorkflow(engine, office.book)
	dbos.RegisterWorkflow(engine, office.buy)
	if err := dbos.Launch(engine); err != nil {
		return err
	}
	return errors.Join(serve(ctx, office), dbos.Shutdown(engine, patience))
}

// serve answers until ctx ends.
func serve(ctx context.Context, office *office) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: office.routes(), ReadHeaderTimeout: patience}
	over := make(chan error, 1)
	go func() { over <- server.Serve(listener) }()
	if err := json.NewEncoder(os.Stdout).Encode(answer{URL: "http://" + listener.Addr().String()}); err != nil {
		return err
	}
	select {
	case err := <-over:
		return err
	case <-ctx.Done():
		return server.Close()
	}
}
