package main

import (
	"github.com/spf13/cobra"

	"github.com/boxoffice/boxoffice/db"
)

func migrateCommand() *cobra.Command {
	migrate := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database at DATABASE_URL to the newest schema",
		Long: "Brings the database at DATABASE_URL to the newest schema. Run it as the owner of the database, before\n" +
			"the processes that need the schema start. Several may run at once.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := fromEnv[databaseConfig]()
			if err != nil {
				return err
			}
			return db.Migrate(cmd.Context(), config.URL)
		},
	}
	var version int64
	down := &cobra.Command{
		Use:   "down",
		Short: "Take back every migration newer than --to, with its data",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := fromEnv[databaseConfig]()
			if err != nil {
				return err
			}
			return db.MigrateDown(cmd.Context(), config.URL, version)
		},
	}
	down.Flags().Int64Var(&version, "to", 0, "the version to keep; 0 keeps nothing")
	_ = down.MarkFlagRequired("to")
	migrate.AddCommand(down)
	return migrate
}
