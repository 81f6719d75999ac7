package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

type apiConfig struct {
	Database databaseConfig
	API      api.Config
	Profile  profileConfig
}

func apiCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "api",
		Short: "Serve the REST API",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := fromEnv[apiConfig]()
			if err != nil {
				return err
			}
			if err := config.Profile.serve(cmd.Context()); err != nil {
				return err
			}
			pool, err := config.Database.open(cmd.Context(), "boxoffice-api", db.HotOfAPI...)
			if err != nil {
				return err
			}
			defer pool.Close()
			temporal, err := temporalClient(fmt.Sprintf("boxoffice-api@%d", os.Getpid()))
			if err != nil {
				return err
			}
			defer temporal.Close()
			workflows := engine.New(temporal, config.API.EnginePatience())
			server, err := api.New(config.API, api.Deps{Pool: pool, Engine: workflows, Logger: slog.Default()})
			if err != nil {
				return err
			}
			defer server.Close()
			return server.Serve(cmd.Context(), config.API.Address)
		},
	}
}
