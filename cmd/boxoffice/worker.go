package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/notify"
	"github.com/boxoffice/boxoffice/provider"
	"github.com/boxoffice/boxoffice/worker"
)

type workerConfig struct {
	Database databaseConfig
	Provider provider.Config
	Mail     notify.Config
	Worker   worker.Config
	Profile  profileConfig
}

func workerCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "worker",
		Short: "Run the booking workflows and their steps",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := fromEnv[workerConfig]()
			if err != nil {
				return err
			}
			if err := config.Profile.serve(cmd.Context()); err != nil {
				return err
			}
			pool, err := config.Database.open(cmd.Context(), "boxoffice-worker", db.HotOfWorker...)
			if err != nil {
				return err
			}
			defer pool.Close()
			config.Provider.Logger = slog.Default()
			stripe, err := provider.NewStripe(config.Provider)
			if err != nil {
				return err
			}
			mailer, err := notify.New(config.Mail)
			if err != nil {
				return err
			}
			temporal, err := temporalClient(fmt.Sprintf("boxoffice-worker@%d", os.Getpid()))
			if err != nil {
				return err
			}
			defer temporal.Close()
			workers := worker.New(temporal, pool, stripe, mailer, config.Worker)
			if err := workers.Start(); err != nil {
				return err
			}
			if err := config.Worker.Schedules.Ensure(cmd.Context(), temporal); err != nil {
				workers.Stop()
				return err
			}
			slog.Info("worker started")
			<-cmd.Context().Done()
			slog.Info("worker stopping")
			workers.Stop()
			return nil
		},
	}
}
