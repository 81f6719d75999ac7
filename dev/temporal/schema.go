package main

import (
	"fmt"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/tools/common/schema"
	"go.temporal.io/server/tools/sql"
)

// maintenanceDatabase is where CREATE DATABASE is sent from.
const maintenanceDatabase = "postgres"

// applySchemas creates the two databases where they are missing and brings their
// schemas to the version of this server. It may be repeated at any time.
func applySchemas(opts options, logger log.Logger) error {
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
