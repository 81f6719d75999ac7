package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/engine"
)

// The server forgets an update before it forgets the workflow: then the workflow's result answers.
func TestAHoldThatIsOverIsAnsweredByItsResult(t *testing.T) {
	t.Parallel()
	e, fake := withEngine(t)
	fake.failure = serviceerror.NewWorkflowExecutionAlreadyStarted("already", "", "")
	again := func() error {
		return hold(t.Context(), e, booking.Request{BookingID: "bk_1", RequestHash: "mine"}, engine.ShowTitle{})
	}
	fake.ended = booking.Outcome{BookingID: "bk_1", Status: booking.StatusExpired, RequestHash: "mine"}
	require.NoError(t, again(), "there is a booking to read")

	var refusal *booking.Refusal
	fake.ended = booking.Outcome{RequestHash: "mine", Refusal: booking.SeatsTaken("sh_1", []string{"A1"}).With(booking.DetailRequestHash, "mine")}
	require.ErrorAs(t, again(), &refusal)
	require.Equal(t, booking.CodeSeatLockFailed, refusal.Code)
	require.NotContains(t, refusal.Details, booking.DetailRequestHash)

	fake.ended = booking.Outcome{RequestHash: "another", Status: booking.StatusConfirmed}
	require.ErrorAs(t, again(), &refusal)
	require.Equal(t, booking.CodeIdempotencyKeyReused, refusal.Code)

	fake.endedErr = &temporal.TerminatedError{}
	require.ErrorIs(t, again(), engine.ErrCutShort)
	fake.endedErr = serviceerror.NewNotFound("no such workflow")
	require.ErrorIs(t, again(), engine.ErrUnavailable, "it is forgotten just now: a repeat begins it anew")
}

func TestATopUpThatIsOverSaysSo(t *testing.T) {
	t.Parallel()
	e, fake := withEngine(t)
	request := booking.TopUpRequest{TopUpID: "tu_1", RequestHash: "mine"}
	fake.failure = serviceerror.NewWorkflowExecutionAlreadyStarted("already", "", "")
	_, err := e.TopUp(t.Context(), request)
	require.ErrorIs(t, err, engine.ErrNoWorkflow)

	fake.ended = booking.TopUpOutcome{RequestHash: "mine"}
	require.NoError(t, e.TopUpEnded(t.Context(), request))
	fake.ended = booking.TopUpOutcome{RequestHash: "another"}
	var refusal *booking.Refusal
	require.ErrorAs(t, e.TopUpEnded(t.Context(), request), &refusal)
	require.Equal(t, booking.CodeIdempotencyKeyReused, refusal.Code)
	fake.endedErr = temporal.NewCanceledError()
	require.ErrorIs(t, e.TopUpEnded(t.Context(), request), engine.ErrCutShort)
}

func TestAnotherRequestUnderTheSameKeyIsRefused(t *testing.T) {
	t.Parallel()
	e, fake := withEngine(t)
	fake.answer = map[string]any{"requestHash": "first"}
	var refusal *booking.Refusal
	require.ErrorAs(t, hold(t.Context(), e, booking.Request{RequestHash: "second"}, engine.ShowTitle{}), &refusal)
	require.Equal(t, booking.CodeIdempotencyKeyReused, refusal.Code)
	_, err := e.TopUp(t.Context(), booking.TopUpRequest{RequestHash: "second"})
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, booking.CodeIdempotencyKeyReused, refusal.Code)
}

func TestACommandThatWaitsBehindAPausedStepSaysSo(t *testing.T) {
	t.Parallel()
	e, fake := withEngine(t)
	fake.failure = serviceerror.NewDeadlineExceeded("no answer yet")
	fake.described = &workflowservice.DescribeWorkflowExecutionResponse{}
	_, err := e.Pay(t.Context(), "bk_1", booking.PayRequest{})
	require.ErrorIs(t, err, engine.ErrUnavailable)

	fake.described.PendingActivities = []*workflowpb.PendingActivityInfo{{PauseInfo: &workflowpb.PendingActivityInfo_PauseInfo{}}}
	_, err = e.Pay(t.Context(), "bk_1", booking.PayRequest{})
	var refusal *booking.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, booking.Paused(), refusal)
}
