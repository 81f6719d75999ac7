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

func (f *fixture) auditBooks() booking.AuditSummary {
	f.t.Helper()
	options := audit.Defaults()
	options.Recheck = 0
	auditor := activities.NewAuditor(f.worker, f.bank, idleTemporal{}, options)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(auditor.AuditBooks)
	value, err := env.ExecuteActivity(auditor.AuditBooks)
	require.NoError(f.t, err)
	var summary booking.AuditSummary
	require.NoError(f.t, value.Get(&summary))
	return summary
}

func TestAnAuditFlagsEachBrokenCheckOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	require.NoError(t, f.confirm(wallet("bk_1", f.hold("bk_1", "us_asha", "A1", "A2"))))
	clean := f.auditBooks()
	require.True(t, clean.Clean, "%s", clean)
	require.Empty(t, clean.Broken)
	require.Greater(t, clean.Checks, 20)
	require.Zero(t, f.flags(booking.FlagAudit))

	f.exec(`DELETE FROM claims WHERE booking_id = 'bk_1' AND seat = 'A1'`)
	for range 2 {
		broken := f.auditBooks()
		require.False(t, broken.Clean)
		require.Equal(t, []booking.AuditBreach{{Check: "seats.bought", IDs: []string{"bk_1"}}}, broken.Broken)
		require.Equal(t, 1, f.flags(booking.FlagAudit), "an open flag says it already")
	}
	require.Equal(t, "The audit found that this does not hold: every seat of a confirmed booking is sold to it. 1 found: "+
		"bk_1 is CONFIRMED and seat A1 of sh_1 is nobody's.", f.text(`SELECT message FROM flags WHERE subject = 'seats.bought'`))
}

func TestAFlagNamesOnlyTheFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(`UPDATE show_prices SET amount = 5000`)
	for _, seat := range []string{"A1", "A2", "A3", "A4", "A5", "A6"} {
		require.NoError(t, f.confirm(wallet("bk_"+seat, f.hold("bk_"+seat, "us_asha", seat))), seat)
	}
	f.exec(`DELETE FROM claims`)
	breach := f.auditBooks().Broken[0]
	require.Equal(t, []string{"bk_A1", "bk_A2", "bk_A3", "bk_A4", "bk_A5"}, breach.IDs)
	require.True(t, breach.More)
}
