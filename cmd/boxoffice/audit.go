package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/provider"
)

// progressAfter is how long a part of the audit may take before its progress is reported.
const progressAfter = 2 * time.Second

// Exit codes of the audit.
const (
	exitBroken      = 1
	exitAuditNotRun = 2
)

type auditConfig struct {
	Database databaseConfig
	Provider provider.Config
}

func auditCommand() *cobra.Command {
	options := audit.Defaults()
	since := "30d"
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Prove the books against the database, the payment provider and Temporal",
		Long: "Checks every invariant about seats and money against the database, the payment provider's own list and\n" +
			"Temporal, and names what breaks one. It needs what the worker needs, with the worker's rights, and changes nothing.\n\n" +
			"It may run while bookings are being made: what is younger than --grace is left out where something may still be on\n" +
			"its way, and what is found is looked at once more after --recheck; only what is found twice is reported. Refunds\n" +
			"that wait for an operator are shown with an exclamation mark: they are work, and the books are right with them.\n" +
			"Amounts are in the currency's minor unit.\n\n" +
			"--since bounds the provider's list and the failed workflows; the database is always looked at as a whole.\n\n" +
			"Exit codes: 0 the books are right; 1 they are not; 2 the audit could not be carried out.\n\n" +
			"Groups of checks: " + strings.Join(audit.Groups(), ", ") + ".",
		Example: "  boxoffice audit\n  boxoffice audit --json --skip provider,temporal",
		Args:    func(cmd *cobra.Command, args []string) error { return auditNotRun(cobra.NoArgs(cmd, args)) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if options.Since, err = parseDays(since); err != nil {
				return auditNotRun(fmt.Errorf("--since: %w", err))
			}
			report, err := runAudit(cmd.Context(), options, cmd.ErrOrStderr())
			if err != nil {
				return auditNotRun(err)
			}
			if err := show(cmd.OutOrStdout(), report, asJSON); err != nil {
				return auditNotRun(err)
			}
			if !report.Clean {
				return exitError{code: exitBroken, err: errors.New("the books are wrong")}
			}
			return nil
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return auditNotRun(err) })
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the report as JSON")
	cmd.Flags().StringVar(&since, "since", since, "how far back to ask the provider and Temporal: 30d, 12h")
	cmd.Flags().IntVar(&options.Limit, "limit", options.Limit, "how many ids a check reports at most")
	cmd.Flags().StringSliceVar(&options.Skip, "skip", nil, "groups of checks to leave out")
	cmd.Flags().DurationVar(&options.Grace, "grace", options.Grace, "how long something may be on its way between two systems")
	cmd.Flags().DurationVar(&options.Recheck, "recheck", options.Recheck, "how long to wait before looking at findings once more")
	return cmd
}

func runAudit(ctx context.Context, options audit.Options, progress io.Writer) (audit.Report, error) {
	config, err := fromEnv[auditConfig]()
	if err != nil {
		return audit.Report{}, err
	}
	pool, err := config.Database.open(ctx, "boxoffice-audit")
	if err != nil {
		return audit.Report{}, err
	}
	defer pool.Close()
	sources := audit.Sources{Pool: pool}
	if !slices.Contains(options.Skip, audit.GroupProvider) {
		config.Provider.Logger = slog.New(slog.DiscardHandler)
		if sources.Provider, err = provider.NewStripe(config.Provider); err != nil {
			return audit.Report{}, err
		}
	}
	if !slices.Contains(options.Skip, audit.GroupTemporal) {
		temporal, err := temporalClient("boxoffice-audit")
		if err != nil {
			return audit.Report{}, err
		}
		defer temporal.Close()
		sources.Temporal = temporal
	}
	slow := newSlowNotice(progressAfter, func(doing string) { _, _ = fmt.Fprintln(progress, "audit:", doing) })
	defer slow.done()
	options.Progress = slow.begin
	return audit.Run(ctx, sources, options)
}

func show(w io.Writer, report audit.Report, asJSON bool) error {
	if !asJSON {
		report.Print(w)
		return nil
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}

// parseDays reads a duration that may be given in days, which time.ParseDuration does not know.
func parseDays(text string) (time.Duration, error) {
	days, ok := strings.CutSuffix(text, "d")
	if !ok {
		return time.ParseDuration(text)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	return time.Duration(n) * 24 * time.Hour, err
}

func auditNotRun(err error) error {
	if err == nil {
		return nil
	}
	return exitError{code: exitAuditNotRun, err: err}
}
