package workflows_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/workflows"
)

// runAudit plays an audit whose first tries fail.
func runAudit(failures int, summary booking.AuditSummary) (*testsuite.TestWorkflowEnvironment, *int) {
	env := newEnvironment()
	tries := 0
	env.RegisterActivityWithOptions(func(context.Context) (booking.AuditSummary, error) {
		if tries++; tries <= failures {
			return booking.AuditSummary{}, errors.New("the provider is away")
		}
		return summary, nil
	}, activity.RegisterOptions{Name: booking.StepAuditBooks})
	env.ExecuteWorkflow(workflows.Audit)
	return env, &tries
}

func TestAnAuditEndsWithItsSummary(t *testing.T) {
	t.Parallel()
	want := booking.AuditSummary{
		Checks: 30, Duration: "2s", Broken: []booking.AuditBreach{{Check: "seats.sold", IDs: []string{"sh_1/A1"}, More: true}},
	}
	env, tries := runAudit(2, want)
	require.NoError(t, env.GetWorkflowError())
	var got booking.AuditSummary
	require.NoError(t, env.GetWorkflowResult(&got))
	require.Equal(t, want, got)
	require.Equal(t, "The books are wrong: seats.sold: sh_1/A1 and more.", got.String())
	require.Equal(t, 3, *tries)
}

func TestAnAuditThatCannotBeCarriedOutFails(t *testing.T) {
	t.Parallel()
	env, tries := runAudit(100, booking.AuditSummary{})
	require.ErrorContains(t, env.GetWorkflowError(), "the provider is away")
	require.Equal(t, 5, *tries)
}
