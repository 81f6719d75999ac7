package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/tools/common/schema"
	"go.temporal.io/server/tools/sql"
)

// maintenanceDatabase is where CREATE DATABASE is sent from.
const maintenanceDatabase = "postgres"

// applySchemas creates the two databases where they are missing and brings their
// schemas to the version of this server. It may be repeated at any time.
func applySchemas(ctx context.Context, opts options, logger log.Logger) error {
	if err := reachPostgres(ctx, opts); err != nil {
		return fmt.Errorf("reach PostgreSQL on %s: %w", opts.postgresAddr, err)
	}
	for database, dir := range map[string]string{
		mainDatabase:       "postgresql/v12/temporal",
		visibilityDatabase: "postgresql/v12/visibility",
	} {
		if err := applySchema(opts, database, dir, logger); err != nil {
			return fmt.Errorf("prepare database %s on PostgreSQL %s: %w", database, opts.postgresAddr, err)
		}
	}
	return nil
}

// reachPostgres connects once before the schema tool does, because the tool hides
// the reason of a failure.
func reachPostgres(ctx context.Context, opts options) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	conn, err := connect(ctx, opts, maintenanceDatabase)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

func connect(ctx context.Context, opts options, database string) (*pgx.Conn, error) {
	location := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(opts.postgresUser, opts.postgresPassword),
		Host:     opts.postgresAddr,
		Path:     database,
		RawQuery: "sslmode=disable",
	}
	return pgx.Connect(ctx, location.String())
}

func applySchema(opts options, database, dir string, logger log.Logger) error {
	if err := sql.DoCreateDatabase(sqlConfig(opts, database), maintenanceDatabase, logger); err != nil {
		return err
	}
	conn, err := sql.NewConnection(sqlConfig(opts, database), logger)
	if err != nil {
		return err
	}
	defer conn.Close()

	setup := schema.NewSetupSchemaTask(conn, &schema.SetupConfig{InitialVersion: "0.0"}, logger)
	if err := setup.Run(); err != nil {
		return fmt.Errorf("create the version tables: %w", err)
	}
	update := schema.NewUpdateSchemaTask(conn, &schema.UpdateConfig{DBName: database, SchemaName: dir}, logger)
	if err := update.Run(); err != nil {
		return fmt.Errorf("update the schema: %w", err)
	}
	return nil
}
