package activities

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/activity"

	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/provider"
)

// auditHeartbeat is how often an audit says that it is alive, however long one of its checks takes.
const auditHeartbeat = 10 * time.Second

// flaggedIDs is how many of the offending ids a flag and a summary name.
const flaggedIDs = 5

// Auditor holds what an audit compares.
type Auditor struct {
	sources audit.Sources
	options audit.Options
}

// NewAuditor makes the auditor. Outside of tests, options are audit.Nightly.
func NewAuditor(pool *pgxpool.Pool, provider provider.Provider, temporal audit.Temporal, options audit.Options) *Auditor {
	return &Auditor{sources: audit.Sources{Pool: pool, Provider: provider, Temporal: temporal}, options: options}
}

// AuditBooks carries out an audit and raises a flag for each broken check. A flag that operators have not resolved yet stays as it is.
func (a *Auditor) AuditBooks(ctx context.Context) (booking.AuditSummary, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go heartbeat(ctx)
	options := a.options
	options.Progress = func(doing string) { activity.RecordHeartbeat(ctx, doing) }
	report, err := audit.Run(ctx, a.sources, options)
	if err != nil {
		return booking.AuditSummary{}, classify(fmt.Errorf("audit: %w", err))
	}
	q := db.New(a.sources.Pool)
	for _, c := range report.Broken() {
		err := q.FlagRaise(ctx, db.FlagRaiseParams{Kind: booking.FlagAudit, Subject: c.Name, Message: flagMessage(c)})
		if err != nil {
			return booking.AuditSummary{}, classify(fmt.Errorf("flag %s: %w", c.Name, err))
		}
	}
	return summary(report), nil
}

// heartbeat goes on until the audit has ended.
func heartbeat(ctx context.Context) {
	tick := time.NewTicker(auditHeartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			activity.RecordHeartbeat(ctx)
		}
	}
}

// flagMessage says which invariant is broken, how often, and where first.
func flagMessage(c audit.Check) string {
	count := fmt.Sprint(len(c.Findings))
	if c.More {
		count = "more than " + count
	}
	first := make([]string, 0, flaggedIDs)
	for _, f := range c.Findings[:min(len(c.Findings), flaggedIDs)] {
		first = append(first, f.ID+" "+f.Message)
	}
	return fmt.Sprintf("The audit found that this does not hold: %s. %s found: %s.", c.Description, count, strings.Join(first, "; "))
}

func summary(report audit.Report) booking.AuditSummary {
	s := booking.AuditSummary{
		Clean: report.Clean, Checks: len(report.Checks), Broken: []booking.AuditBreach{}, Duration: report.Duration.String(),
	}
	for _, c := range report.Broken() {
		breach := booking.AuditBreach{Check: c.Name, More: c.More || len(c.Findings) > flaggedIDs}
		for _, f := range c.Findings[:min(len(c.Findings), flaggedIDs)] {
			breach.IDs = append(breach.IDs, f.ID)
		}
		s.Broken = append(s.Broken, breach)
	}
	return s
}
