// Package audit proves the books: it checks every invariant about seats and money against PostgreSQL,
// the payment provider's own list and Temporal. It changes nothing but its work tables.
//
// Every check is one set-based statement in queries/audit.sql. What the provider and Temporal list is first
// copied, page by page, into work tables, so that it too is compared by SQL and memory stays bounded. The audit
// may run while everything else does: where something may still be on its way, what is younger than the grace
// is left out. Whatever a check finds is checked again a little later; only what is found twice is reported.
package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/provider"
)

// statementTimeout ends a check that takes longer. A million bookings take seconds.
const statementTimeout = 15 * time.Minute

// forgetPatience bounds the deletion of a snapshot's work rows after the audit has been cut off.
const forgetPatience = time.Minute

// Sources are what the audit compares.
type Sources struct {
	// Pool reaches PostgreSQL with the rights of the worker.
	Pool *pgxpool.Pool
	// Provider is not asked when its group of checks is skipped, and may then be nil.
	Provider provider.Provider
	// Temporal is not asked when its group of checks is skipped, and may then be nil.
	Temporal Temporal
}

// Temporal is what the audit needs of Temporal; the SDK's client has it.
type Temporal interface {
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
}

// Options bound an audit.
type Options struct {
	// Since is how far back the provider's list and failed workflows are checked. PostgreSQL is always checked as a whole.
	Since time.Duration
	// FailedSince is how far back failed workflows are checked, if that is shorter than Since.
	FailedSince time.Duration
	// Limit is how many offending ids a check reports, at least 1.
	Limit int
	// Grace is how long something may be on its way between two systems before it is a finding.
	Grace time.Duration
	// Recheck is how long the audit waits before it checks its findings again.
	Recheck time.Duration
	// Skip names groups of checks that are left out: see Groups.
	Skip []string
	// Progress is called with a short text about what the audit is doing; nil if nobody wants it.
	Progress func(string)
}

// Defaults are the options of an audit of a live system.
func Defaults() Options {
	return Options{Since: 30 * 24 * time.Hour, Limit: 20, Grace: 15 * time.Minute, Recheck: 30 * time.Second}
}

// Nightly are the options of an audit that is repeated every night. A failed workflow stays failed: it is
// reported by the next audits, whose flag then stays, but not for a month after operators have dealt with it.
func Nightly() Options {
	options := Defaults()
	options.FailedSince = 48 * time.Hour
	return options
}

// Groups are the names of the groups of checks, in the order in which they run.
func Groups() []string {
	var groups []string
	for _, c := range checks() {
		if !slices.Contains(groups, c.group()) {
			groups = append(groups, c.group())
		}
	}
	return groups
}

// Run carries out an audit. An error means that it could not be finished, and says nothing about the books.
func Run(ctx context.Context, sources Sources, options Options) (Report, error) {
	wanted, err := choose(options)
	if err != nil {
		return Report{}, err
	}
	if options.Progress == nil {
		options.Progress = func(string) {}
	}
	a := &auditor{Sources: sources, Options: options, began: time.Now()}
	report := Report{StartedAt: a.began.UTC(), Checks: make([]Check, len(wanted))}
	a.Progress("counting")
	if a.looked, err = a.count(ctx); err != nil {
		return Report{}, fmt.Errorf("count: %w", err)
	}
	if err := a.checkOnce(ctx, wanted, report.Checks); err != nil {
		return Report{}, err
	}
	if err := a.recheck(ctx, wanted, report.Checks); err != nil {
		return Report{}, err
	}
	report.Clean = len(report.Broken()) == 0
	report.Duration = Duration(time.Since(a.began))
	return report, nil
}

func choose(options Options) ([]check, error) {
	if options.Limit < 1 || options.Limit > maxLimit {
		return nil, fmt.Errorf("the limit must be between 1 and %d", maxLimit)
	}
	if options.Since <= 0 || options.Grace < 0 || options.Recheck < 0 {
		return nil, errors.New("the time to look back must be positive, grace and recheck not negative")
	}
	for _, group := range options.Skip {
		if !slices.Contains(Groups(), group) {
			return nil, fmt.Errorf("there is no group of checks %q, only %s", group, strings.Join(Groups(), ", "))
		}
	}
	return slices.DeleteFunc(checks(), func(c check) bool { return slices.Contains(options.Skip, c.group()) }), nil
}

// auditor is one audit that is under way.
type auditor struct {
	Sources
	Options

	began time.Time
	// looked counts what was checked, by kind.
	looked map[string]int64
}

// checkOnce runs the wanted checks into results, with one snapshot of the provider and Temporal if they need it.
func (a *auditor) checkOnce(ctx context.Context, wanted []check, results []Check) (err error) {
	s := &snapshot{auditor: a}
	defer func() { err = errors.Join(err, s.forget(ctx)) }()
	if err := s.list(ctx, wanted); err != nil {
		return err
	}
	for i, c := range wanted {
		a.Progress(fmt.Sprintf("%d of %d: %s", i+1, len(wanted), c.name))
		began := time.Now()
		found, err := c.run(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		results[i] = c.result(a.looked, found, a.Limit)
		results[i].Duration = Duration(time.Since(began))
	}
	return nil
}

// recheck repeats the checks that are broken and keeps what they find again.
func (a *auditor) recheck(ctx context.Context, wanted []check, results []Check) error {
	var again []check
	var at []int
	for i, c := range wanted {
		if results[i].Broken() {
			again, at = append(again, c), append(at, i)
		}
	}
	if len(again) == 0 {
		return nil
	}
	a.Progress(fmt.Sprintf("%d checks are broken; looking again in %s", len(again), a.Recheck))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(a.Recheck):
	}
	second := make([]Check, len(again))
	if err := a.checkOnce(ctx, again, second); err != nil {
		return err
	}
	for i, result := range second {
		results[at[i]] = results[at[i]].confirmedBy(result)
	}
	return nil
}

// ask runs a question about whole tables. It sees the database at one moment, and cannot change anything.
func (a *auditor) ask(ctx context.Context, question func(*db.Queries) error) error {
	return a.inTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly}, question)
}

func (a *auditor) inTx(ctx context.Context, options pgx.TxOptions, do func(*db.Queries) error) error {
	return pgx.BeginTxFunc(ctx, a.Pool, options, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.AuditPrepare(ctx, strconv.FormatInt(statementTimeout.Milliseconds(), 10)); err != nil {
			return err
		}
		return do(q)
	})
}

func (a *auditor) count(ctx context.Context) (map[string]int64, error) {
	var n db.AuditCountsRow
	err := a.ask(ctx, func(q *db.Queries) (err error) {
		n, err = q.AuditCounts(ctx)
		return err
	})
	return map[string]int64{
		bookings: n.Bookings, seats: n.BookingSeats, events: n.BookingEvents, claims: n.Claims, payments: n.Payments, refunds: n.Refunds,
		outside: n.OutsideRefunds, disputes: n.Disputes,
		cancellations: n.Cancellations, cascades: n.Cascades, topUps: n.TopUps, coupons: n.Coupons, redemptions: n.CouponRedemptions,
		accounts: n.LedgerAccounts, transactions: n.LedgerTransactions, entries: n.LedgerEntries,
	}, err
}
