package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/testsuite"

	"github.com/boxoffice/boxoffice/activities"
	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/booking"
)

// idleTemporal runs no workflows.
type idleTemporal struct{}

func (idleTemporal) ListWorkflow(
	context.Context, *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func (h *house) auditBooks() booking.AuditSummary {
	h.t.Helper()
	options := audit.Defaults()
	options.Recheck = 0
	auditor := activities.NewAuditor(h.worker, h.bank, idleTemporal{}, options)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(auditor.AuditBooks)
	value, err := env.ExecuteActivity(auditor.AuditBooks)
	require.NoError(h.t, err)
	var summary booking.AuditSummary
	require.NoError(h.t, value.Get(&summary))
	return summary
}

func TestAnAuditFlagsEachBrokenCheckOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.NoError(t, h.confirm(wallet("bk_1", h.hold("bk_1", "us_asha", "A1", "A2"))))
	clean := h.auditBooks()
	require.True(t, clean.Clean, "%s", clean)
	require.Empty(t, clean.Broken)
	require.Greater(t, clean.Checks, 20)
	require.Zero(t, h.flags(booking.FlagAudit))

	h.exec(`DELETE FROM claims WHERE booking_id = 'bk_1' AND seat = 'A1'`)
	for range 2 {
		broken := h.auditBooks()
		require.False(t, broken.Clean)
		require.Equal(t, []booking.AuditBreach{{Check: "seats.bought", IDs: []string{"bk_1"}}}, broken.Broken)
		require.Equal(t, 1, h.flags(booking.FlagAudit), "an open flag says it already")
	}
	require.Equal(t, "The audit found that this does not hold: every seat of a confirmed booking is sold to it. 1 found: "+
		"bk_1 is CONFIRMED and seat A1 of sh_1 is nobody's.", h.text(`SELECT message FROM flags WHERE subject = 'seats.bought'`))
}

func TestAFlagNamesOnlyTheFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`UPDATE show_prices SET amount = 5000`)
	for _, seat := range []string{"A1", "A2", "A3", "A4", "A5", "A6"} {
		require.NoError(t, h.confirm(wallet("bk_"+seat, h.hold("bk_"+seat, "us_asha", seat))), seat)
	}
	h.exec(`DELETE FROM claims`)
	breach := h.auditBooks().Broken[0]
	require.Equal(t, []string{"bk_A1", "bk_A2", "bk_A3", "bk_A4", "bk_A5"}, breach.IDs)
	require.True(t, breach.More)
}
