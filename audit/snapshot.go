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

// workflowPage is how many workflows Temporal is asked for at once: as many as it returns.
const workflowPage = 1000

// progressEvery is how many objects are listed between two progress messages.
const progressEvery = 10_000

// snapshot is what the provider and Temporal list at one time: it is in the work tables under its id.
type snapshot struct {
	*auditor

	id int64
}

// rows is how many rows a check is asked for: one more than are reported.
func (s *snapshot) rows() int32 { return int32(s.Limit) + 1 } //nolint:gosec // at most maxLimit

// since is how far back the provider's list goes.
func (s *snapshot) since() time.Time { return s.began.Add(-s.Since).UTC() }

// list fills the work tables with what the wanted checks need.
func (s *snapshot) list(ctx context.Context, wanted []check) error {
	needs := func(group string) bool {
		return slices.ContainsFunc(wanted, func(c check) bool { return c.group() == group })
	}
	if !needs(GroupProvider) && !needs(GroupTemporal) {
		return nil
	}
	var err error
	if s.id, err = db.New(s.Pool).AuditLookBegin(ctx); err != nil {
		return fmt.Errorf("begin to look: %w", err)
	}
	if needs(GroupProvider) {
		if err := errors.Join(s.listIntents(ctx), s.listRefunds(ctx)); err != nil {
			return err
		}
	}
	if needs(GroupTemporal) {
		return s.listWorkflows(ctx)
	}
	return nil
}

// forget deletes the snapshot's rows, even when the audit has been cut off.
func (s *snapshot) forget(ctx context.Context) error {
	if s.id == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetPatience)
	defer cancel()
	err := s.inTx(ctx, pgx.TxOptions{}, func(q *db.Queries) error { return q.AuditLookEnd(ctx, s.id) })
	if err != nil {
		return fmt.Errorf("forget what was listed: %w", err)
	}
	return nil
}

// listed counts what the audit has listed, and reports progress now and then.
func (s *snapshot) listed(what string, n int) {
	before := s.looked[what]
	s.looked[what] += int64(n)
	if before/progressEvery != s.looked[what]/progressEvery {
		s.Progress(fmt.Sprintf("%d %s listed", s.looked[what], what))
	}
}

func (s *snapshot) listIntents(ctx context.Context) error {
	s.Progress("listing the provider's intents")
	s.looked[intents] = 0
	q := db.New(s.Pool)
	err := s.Provider.EachIntent(ctx, s.since(), func(page []provider.Intent) error {
		rows := make([]db.AuditIntentsCopyParams, 0, len(page))
		for _, in := range page {
			if in.BookingID == "" && in.PaymentID == "" && in.TopUpID == "" {
				continue // another deployment's
			}
			rows = append(rows, db.AuditIntentsCopyParams{
				Look: s.id, IntentID: in.ID, BookingID: in.BookingID, PaymentID: in.PaymentID, TopUpID: in.TopUpID,
				Status: string(in.Status), Received: in.Received.Amount, Currency: in.Received.Currency, CreatedAt: in.Created,
			})
		}
		s.listed(intents, len(rows))
		_, err := q.AuditIntentsCopy(ctx, rows)
		return err
	})
	if err != nil {
		return fmt.Errorf("list the provider's intents: %w", err)
	}
	return nil
}

func (s *snapshot) listRefunds(ctx context.Context) error {
	s.Progress("listing the provider's refunds")
	s.looked[providerRefunds] = 0
	q := db.New(s.Pool)
	err := s.Provider.EachRefund(ctx, s.since(), func(page []provider.Refund) error {
		rows := make([]db.AuditRefundsCopyParams, 0, len(page))
		for _, r := range page {
			refundID, _, _ := strings.Cut(r.RefundID, ":") // what follows is the number of the attempt
			rows = append(rows, db.AuditRefundsCopyParams{
				Look: s.id, ProviderRefundID: r.ID, RefundID: refundID, IntentID: r.IntentID,
				Status: string(r.Status), Amount: r.Amount.Amount, Currency: r.Amount.Currency, CreatedAt: r.Created,
			})
		}
		s.listed(providerRefunds, len(rows))
		_, err := q.AuditRefundsCopy(ctx, rows)
		return err
	})
	if err != nil {
		return fmt.Errorf("list the provider's refunds: %w", err)
	}
	return nil
}

func (s *snapshot) listWorkflows(ctx context.Context) error {
	s.Progress("listing the running workflows")
	s.looked[workflows] = 0
	q := db.New(s.Pool)
	var next []byte
	for {
		page, err := s.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query:    fmt.Sprintf("ExecutionStatus IN ('Running', 'Paused') AND WorkflowType != '%s'", booking.AuditWorkflow),
			PageSize: workflowPage, NextPageToken: next,
		})
		if err != nil {
			return fmt.Errorf("list running workflows: %w", err)
		}
		rows := make([]db.AuditWorkflowsCopyParams, 0, len(page.GetExecutions()))
		for _, w := range page.GetExecutions() {
			rows = append(rows, db.AuditWorkflowsCopyParams{
				Look: s.id, WorkflowID: w.GetExecution().GetWorkflowId(), Type: w.GetType().GetName(), StartedAt: w.GetStartTime().AsTime(),
			})
		}
		s.listed(workflows, len(rows))
		if _, err := q.AuditWorkflowsCopy(ctx, rows); err != nil {
			return fmt.Errorf("note running workflows: %w", err)
		}
		if next = page.GetNextPageToken(); len(next) == 0 {
			return nil
		}
	}
}

func compareIDs(a, b Finding) int { return strings.Compare(a.ID, b.ID) }
