package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// GroupTemporal is the group of the checks that need Temporal's list.
const GroupTemporal = "temporal"

func temporalChecks() []check {
	return []check{
		{
			name: "temporal.failed", description: "no workflow has failed or timed out; an audit that could not be carried out does not count",
			run: func(ctx context.Context, s *snapshot) ([]Finding, error) { return s.failedWorkflows(ctx) },
		},
		{
			name: "temporal.bookings", description: "every booking that waits for money has a workflow that waits with it",
			looksAt: []string{bookings, workflows}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditTemporalBookingsRow, error) {
				return q.AuditTemporalBookings(ctx, db.AuditTemporalBookingsParams{Look: s.id, GraceSeconds: s.Grace.Seconds(), MaxRows: s.rows()})
			}),
		},
		{
			name: "temporal.workflows", description: "every running workflow of a booking has a booking that waits for money",
			looksAt: []string{workflows, bookings}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditTemporalWorkflowsRow, error) {
				return q.AuditTemporalWorkflows(ctx, db.AuditTemporalWorkflowsParams{Look: s.id, GraceSeconds: s.Grace.Seconds(), MaxRows: s.rows()})
			}),
		},
		{
			name: "temporal.payments", description: "a settlement follows every attempt that is open after the end of its booking",
			looksAt: []string{payments, workflows}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditTemporalPaymentsRow, error) {
				return q.AuditTemporalPayments(ctx, db.AuditTemporalPaymentsParams{Look: s.id, GraceSeconds: s.Grace.Seconds(), MaxRows: s.rows()})
			}),
		},
		{
			name: "temporal.refunds", description: "a workflow follows every refund that is under way",
			looksAt: []string{refunds, workflows}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditTemporalRefundsRow, error) {
				return q.AuditTemporalRefunds(ctx, db.AuditTemporalRefundsParams{Look: s.id, GraceSeconds: s.Grace.Seconds(), MaxRows: s.rows()})
			}),
		},
		{
			name: "temporal.cascades", description: "a workflow carries out every cascade that has not finished",
			looksAt: []string{cascades, workflows}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditTemporalCascadesRow, error) {
				return q.AuditTemporalCascades(ctx, db.AuditTemporalCascadesParams{Look: s.id, GraceSeconds: s.Grace.Seconds(), MaxRows: s.rows()})
			}),
		},
		{
			name: "temporal.top-ups", description: "every top-up that waits for money has a workflow that waits with it",
			looksAt: []string{topUps, workflows}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditTemporalTopUpsRow, error) {
				return q.AuditTemporalTopUps(ctx, db.AuditTemporalTopUpsParams{Look: s.id, GraceSeconds: s.Grace.Seconds(), MaxRows: s.rows()})
			}),
		},
	}
}

// failedWorkflows asks for one more than the limit. Every failed workflow is a defect, so there should be none.
func (s *snapshot) failedWorkflows(ctx context.Context) ([]Finding, error) {
	query := fmt.Sprintf("ExecutionStatus IN ('Failed', 'TimedOut') AND WorkflowType != '%s' AND CloseTime >= '%s'",
		booking.AuditWorkflow, s.began.Add(-cmp.Or(s.FailedSince, s.Since)).UTC().Format(time.RFC3339))
	found := []Finding{}
	var page []byte
	for {
		list, err := s.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: query, PageSize: min(s.rows(), workflowPage), NextPageToken: page,
		})
		if err != nil {
			return nil, fmt.Errorf("list failed workflows: %w", err)
		}
		for _, w := range list.GetExecutions() {
			found = append(found, Finding{
				ID: w.GetExecution().GetWorkflowId(),
				Message: fmt.Sprintf("run %s of %s ended as %s at %s", w.GetExecution().GetRunId(), w.GetType().GetName(), w.GetStatus(),
					w.GetCloseTime().AsTime().Format(time.DateTime+" UTC")),
			})
		}
		page = list.GetNextPageToken()
		if len(page) == 0 || len(found) >= int(s.rows()) {
			slices.SortFunc(found, compareIDs)
			return found, nil
		}
	}
}
