package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// refusedBy is how a workflow's refusal arrives at a client.
func refusedBy(refusal *booking.Refusal) error {
	return temporal.NewApplicationErrorWithOptions(refusal.Message, booking.RefusalType,
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{*refusal}})
}

func TestWhatTemporalSaysIsRecognised(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		said error
		is   error // nil for a defect
	}{
		{context.DeadlineExceeded, ErrUnavailable},
		{context.Canceled, ErrUnavailable},
		{serviceerror.NewUnavailable(""), ErrUnavailable},
		{serviceerror.NewDeadlineExceeded(""), ErrUnavailable},
		{serviceerror.NewCanceled(""), ErrUnavailable},
		{serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_CONCURRENT_LIMIT, ""), ErrUnavailable},
		{serviceerror.NewAborted(""), ErrUnavailable},
		{serviceerror.NewWorkflowNotReady(""), ErrUnavailable},
		{serviceerror.NewNamespaceNotFound(""), ErrUnavailable},
		{serviceerror.NewFailedPrecondition("something else"), ErrUnavailable},
		{client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded), ErrUnavailable},
		{serviceerror.NewNotFound(""), ErrNoWorkflow},
		{serviceerror.NewWorkflowExecutionAlreadyStarted("", "", ""), ErrNoWorkflow},
		{temporal.NewApplicationError("", updateOutlived), ErrNoWorkflow},
		{serviceerror.NewInvalidArgument("field"), nil},
		{serviceerror.NewPermissionDenied("", ""), nil},
		{temporal.NewApplicationError("", booking.FailureDefect), nil},
		{errors.New("anything"), nil},
	} {
		err := explain(fmt.Errorf("wrapped: %w", test.said), "")
		require.ErrorIs(t, err, test.said, "the cause is for the log")
		for _, known := range []error{ErrUnavailable, ErrNoWorkflow, ErrCutShort} {
			require.Equal(t, known == test.is, errors.Is(err, known), "%T is %v", test.said, known) //nolint:errorlint // which of them
		}
		short := explainShort(test.said)
		require.Equal(t, test.is != nil, errors.Is(short, ErrUnavailable), "%T: a repeat finds out", test.said)
	}
	require.NoError(t, explain(nil, ""))
	require.NoError(t, explainShort(nil))
}

func TestARefusalAnswersTheRequestThatItWasGiven(t *testing.T) {
	t.Parallel()
	with := booking.WrongState("no", booking.StatusConfirmed).With(booking.DetailRequestHash, "first")
	for hash, want := range map[string]*booking.Refusal{
		"first": booking.WrongState("no", booking.StatusConfirmed), "": booking.WrongState("no", booking.StatusConfirmed), "second": booking.KeyReused(),
	} {
		refusal, ok := errors.AsType[*booking.Refusal](explain(refusedBy(with), hash))
		require.True(t, ok)
		require.Equal(t, want.Code, refusal.Code)
		require.NotContains(t, refusal.Details, booking.DetailRequestHash, "it is not for the caller")
	}
}
