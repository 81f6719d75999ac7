package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/provider"
)

// workflowPage is how many workflows Temporal is asked for at once: as many as it gives.
const workflowPage = 1000

// progressEvery is how many objects are listed between two words of progress.
const progressEvery = 10_000

// look is one look at the provider and at Temporal: what they list is in the work tables under its id.
type look struct {
	*auditor

	id int64
}

// rows is how many rows a check is asked for: one more than are reported.
func (l *look) rows() int32 { return int32(l.Limit) + 1 } //nolint:gosec // at most maxLimit

// since is the moment back to which the provider's list goes.
func (l *look) since() time.Time { return l.began.Add(-l.Since).UTC() }

// list fills the work tables with what the wanted checks need.
func (l *look) list(ctx context.Context, wanted []check) error {
	needs := func(group string) bool {
		return slices.ContainsFunc(wanted, func(c check) bool { return c.group() == group })
	}
	if !needs(GroupProvider) && !needs(GroupTemporal) {
		return nil
	}
	var err error
	if l.id, err = db.New(l.Pool).AuditLookBegin(ctx); err != nil {
		return fmt.Errorf("begin to look: %w", err)
	}
	if needs(GroupProvider) {
		if err := errors.Join(l.listIntents(ctx), l.listRefunds(ctx)); err != nil {
			return err
		}
	}
	if needs(GroupTemporal) {
		return l.listWorkflows(ctx)
	}
	return nil
}

// forget deletes the look's rows, also when the audit has been cut off.
func (l *look) forget(ctx context.Context) error {
	if l.id == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetPatience)
	defer cancel()
	err := l.inTx(ctx, pgx.TxOptions{}, func(q *db.Queries) error { return q.AuditLookEnd(ctx, l.id) })
	if err != nil {
		return fmt.Errorf("forget what was listed: %w", err)
	}
	return nil
}

// listed adds to what the audit has looked at, and says so now and then.
func (l *look) listed(what string, n int) {
	before := l.looked[what]
	l.looked[what] += int64(n)
	if before/progressEvery != l.looked[what]/progressEvery {
		l.Progress(fmt.Sprintf("%d %s listed", l.looked[what], what))
	}
}

func (l *look) listIntents(ctx context.Context) error {
	l.Progress("listing the provider's intents")
	l.looked[intents] = 0
	q := db.New(l.Pool)
	err := l.Provider.EachIntent(ctx, l.since(), func(page []provider.Intent) error {
		rows := make([]db.AuditIntentsCopyParams, 0, len(page))
		for _, in := range page {
			if in.BookingID == "" && in.PaymentID == "" && in.TopUpID == "" {
				continue // another deployment's
			}
			rows = append(rows, db.AuditIntentsCopyParams{
				Look: l.id, IntentID: in.ID, BookingID: in.BookingID, PaymentID: in.PaymentID, TopUpID: in.TopUpID,
				Status: string(in.Status), Received: in.Received.Amount, Currency: in.Received.Currency, CreatedAt: in.Created,
			})
		}
		l.listed(intents, len(rows))
		_, err := q.AuditIntentsCopy(ctx, rows)
		return err
	})
	if err != nil {
		return fmt.Errorf("list the provider's intents: %w", err)
	}
	return nil
}

func (l *look) listRefunds(ctx context.Context) error {
	l.Progress("listing the provider's refunds")
	l.looked[providerRefunds] = 0
	q := db.New(l.Pool)
	err := l.Provider.EachRefund(ctx, l.since(), func(page []provider.Refund) error {
		rows := make([]db.AuditRefundsCopyParams, 0, len(page))
		for _, r := range page {
			refundID, _, _ := strings.Cut(r.RefundID, ":") // what follows is the number of the attempt
			rows = append(rows, db.AuditRefundsCopyParams{
				Look: l.id, ProviderRefundID: r.ID, RefundID: refundID, IntentID: r.IntentID,
				Status: string(r.Status), Amount: r.Amount.Amount, Currency: r.Amount.Currency, CreatedAt: r.Created,
			})
		}
		l.listed(providerRefunds, len(rows))
		_, err := q.AuditRefundsCopy(ctx, rows)
		return err
	})
	if err != nil {
		return fmt.Errorf("list the provider's refunds: %w", err)
	}
	return nil
}

func (l *look) listWorkflows(ctx context.Context) error {
	l.Progress("listing the running workflows")
	l.looked[workflows] = 0
	q := db.New(l.Pool)
	var next []byte
	for {
		page, err := l.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query:    fmt.Sprintf("ExecutionStatus IN ('Running', 'Paused') AND WorkflowType != '%s'", booking.AuditWorkflow),
			PageSize: workflowPage, NextPageToken: next,
		})
		if err != nil {
			return fmt.Errorf("list running workflows: %w", err)
		}
		rows := make([]db.AuditWorkflowsCopyParams, 0, len(page.GetExecutions()))
		for _, w := range page.GetExecutions() {
			rows = append(rows, db.AuditWorkflowsCopyParams{
				Look: l.id, WorkflowID: w.GetExecution().GetWorkflowId(), Type: w.GetType().GetName(), StartedAt: w.GetStartTime().AsTime(),
			})
		}
		l.listed(workflows, len(rows))
		if _, err := q.AuditWorkflowsCopy(ctx, rows); err != nil {
			return fmt.Errorf("note running workflows: %w", err)
		}
		if next = page.GetNextPageToken(); len(next) == 0 {
			return nil
		}
	}
}

func compareIDs(a, b Finding) int { return strings.Compare(a.ID, b.ID) }
