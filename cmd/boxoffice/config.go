package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"

	"github.com/boxoffice/boxoffice/db"
)

// databaseConfig is how a process reaches PostgreSQL.
type databaseConfig struct {
	// URL is a PostgreSQL connection string; its role decides what the process may do.
	URL string `env:"DATABASE_URL,required"`
	// MaxConns is the size of the process's pool.
	MaxConns int32 `env:"DATABASE_MAX_CONNS" envDefault:"20"`
	// StatementTimeout ends a statement that takes longer. It is shorter than the time limit of a step, so
	// that PostgreSQL gives up before the step does.
	StatementTimeout time.Duration `env:"DATABASE_STATEMENT_TIMEOUT" envDefault:"3s"`
}

// open makes a pool for a process, with the statements that somebody waits for, if there are any.
func (c databaseConfig) open(ctx context.Context, application string, hot ...string) (*pgxpool.Pool, error) {
	return db.Open(ctx, c.URL, db.PoolOptions{
		Application:      application,
		MaxConns:         c.MaxConns,
		StatementTimeout: c.StatementTimeout,
		Hot:              hot,
	})
}

// temporalClient connects by the variables that Temporal's own tools use (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
// TEMPORAL_TLS_..., TEMPORAL_CONFIG_FILE). It is lazy: a process can start while Temporal is down.
func temporalClient(identity string) (client.Client, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, fmt.Errorf("read the Temporal configuration: %w", err)
	}
	options.Logger = sdklog.NewStructuredLogger(slog.Default())
	options.Identity = identity
	return client.NewLazyClient(options)
}

// fromEnv reads the configuration from the environment, and reports everything that is missing at once.
func fromEnv[T any]() (T, error) {
	config, err := env.ParseAs[T]()
	if err != nil {
		return config, fmt.Errorf("configuration: %w", err)
	}
	return config, nil
}
