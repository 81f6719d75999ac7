package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"
	sdklog "go.temporal.io/sdk/log"

	"github.com/boxoffice/boxoffice/worker"
)

func replayCommand() *cobra.Command {
	var (
		query string
		limit int
	)
	cmd := &cobra.Command{
		Use:   "replay [FILE ...]",
		Short: "Replay recorded workflow histories against this code",
		Long: "Replays workflow histories against this build's workflow code: JSON files as\n" +
			"`temporal workflow show -o json` writes them, or the live workflows that --query finds. Ends with the\n" +
			"first difference and a non-zero exit code.",
		Example: "  boxoffice replay workflows/testdata/histories/*.json\n" +
			"  boxoffice replay --query \"WorkflowType = 'Booking' AND ExecutionStatus IN ('Running', 'Paused')\" --limit 500",
		RunE: func(cmd *cobra.Command, files []string) error {
			if (query == "") == (len(files) == 0) {
				return errors.New("replay needs either files or --query")
			}
			logger := sdklog.NewStructuredLogger(slog.Default())
			out := cmd.OutOrStdout()
			for _, file := range files {
				if err := worker.ReplayFile(file, logger); err != nil {
					return err
				}
				_, _ = fmt.Fprintf(out, "same  %s\n", file)
			}
			if query == "" {
				return nil
			}
			temporal, err := temporalClient("boxoffice-replay")
			if err != nil {
				return err
			}
			defer temporal.Close()
			replayed, err := worker.ReplayQuery(cmd.Context(), temporal, query, limit, out, logger)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(out, "%d replayed, no difference\n", replayed)
			return nil
		},
	}
	cmd.Flags().StringVar(&query, "query", "", "a visibility query for live workflows")
	cmd.Flags().IntVar(&limit, "limit", 0, "at most this many live workflows; 0 for all")
	return cmd
}
