package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/boxoffice/boxoffice/db/seed"
)

// seedStatement is the least time limit of a statement of the seed: each writes thousands of rows, and
// nobody waits at a screen for it.
const seedStatement = 2 * time.Minute

func seedCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "seed",
		Short: "Fill the database with theatres, films, a week of shows and demo accounts",
		Long: "Fills the database at DATABASE_URL with theatres, films, demo accounts and shows for the next seven\n" +
			"days. Run it as the owner of the database. Again, it adds only what is missing. The accounts' password is\n" +
			"public: never seed a database that customers use.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := fromEnv[databaseConfig]()
			if err != nil {
				return err
			}
			config.StatementTimeout = max(config.StatementTimeout, seedStatement)
			pool, err := config.open(cmd.Context(), "boxoffice-seed")
			if err != nil {
				return err
			}
			defer pool.Close()
			summary, err := seed.Load(cmd.Context(), pool, time.Now())
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintln(cmd.OutOrStdout(), summary)
			return nil
		},
	}
}
