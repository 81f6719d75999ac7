package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/workflows"
)

// notified runs a show's notices against steps that give these answers, the last one repeatedly.
type notified struct {
	env     *testsuite.TestWorkflowEnvironment
	written []int
	sent    []booking.NoticesStanding
	// away is how often the mail server is unreachable.
	away int
	// writes and sends are when the steps ran, since the start.
	writes, sends []time.Duration
}

func newNotified() *notified {
	n := &notified{env: newEnvironment()}
	start := n.env.Now()
	n.env.RegisterActivityWithOptions(func(context.Context, booking.NotifyShowRequest) (booking.NoticesWritten, error) {
		n.writes = append(n.writes, n.env.Now().Sub(start))
		return booking.NoticesWritten{Written: next(&n.written)}, nil
	}, activity.RegisterOptions{Name: booking.StepWriteNotices})
	n.env.RegisterActivityWithOptions(func(context.Context, booking.NotifyShowRequest) (booking.NoticesStanding, error) {
		n.sends = append(n.sends, n.env.Now().Sub(start))
		if n.away > 0 {
			n.away--
			return booking.NoticesStanding{}, temporal.NewApplicationError("mail server: UNREACHABLE", "MailServerUnavailable")
		}
		return next(&n.sent), nil
	}, activity.RegisterOptions{Name: booking.StepSendNotices})
	return n
}

// next takes the first of the answers, unless it is the last one.
func next[T any](answers *[]T) T {
	first := (*answers)[0]
	if len(*answers) > 1 {
		*answers = (*answers)[1:]
	}
	return first
}

func (n *notified) play() error {
	n.env.ExecuteWorkflow(workflows.NotifyShow, booking.NotifyShowRequest{Kind: booking.NoticeReminder, ShowID: "sh_1", CorrelationID: "test"})
	return n.env.GetWorkflowError()
}

func (n *notified) standing(t *testing.T) (standing booking.NoticesStanding) {
	t.Helper()
	require.NoError(t, n.env.GetWorkflowResult(&standing))
	return standing
}

func TestNoticesAreWrittenThenSent(t *testing.T) {
	t.Parallel()
	n := newNotified()
	n.written, n.sent = []int{3, 0}, []booking.NoticesStanding{{Sent: 2, Failed: 1}}
	require.NoError(t, n.play())
	require.Equal(t, booking.NoticesStanding{Sent: 2, Failed: 1}, n.standing(t))
	require.Len(t, n.sends, 1)
	require.Len(t, n.writes, 2)
}

func TestCustomersWhoAreAddedWhileNoticesAreSentAreNotified(t *testing.T) {
	t.Parallel()
	n := newNotified()
	n.written, n.sent = []int{3, 1, 0}, []booking.NoticesStanding{{Sent: 3}, {Sent: 4}}
	require.NoError(t, n.play())
	require.Equal(t, booking.NoticesStanding{Sent: 4}, n.standing(t))
	require.Len(t, n.sends, 2)
}

// A run that writes nothing still sends what an earlier one has left.
func TestLeftNoticesAreSent(t *testing.T) {
	t.Parallel()
	n := newNotified()
	n.written, n.sent = []int{0}, []booking.NoticesStanding{{Sent: 5}}
	require.NoError(t, n.play())
	require.Len(t, n.sends, 1)
}

func TestDeferredNoticesAreTriedAgainAfterAPause(t *testing.T) {
	t.Parallel()
	n := newNotified()
	n.written = []int{3, 0}
	n.sent = []booking.NoticesStanding{
		{Sent: 1, Pending: 2, NextTry: 10 * time.Second},
		{Sent: 2, Pending: 1, NextTry: 4 * time.Minute},
		{Sent: 2, Pending: 1, NextTry: 100 * time.Hour},
		{Sent: 2, Failed: 1},
	}
	require.NoError(t, n.play())
	require.Equal(t, booking.NoticesStanding{Sent: 2, Failed: 1}, n.standing(t))
	require.Len(t, n.sends, 4)
	require.InDelta(t, time.Minute, n.sends[1]-n.sends[0], float64(time.Second), "not at once")
	require.InDelta(t, 4*time.Minute, n.sends[2]-n.sends[1], float64(time.Second))
	require.InDelta(t, time.Hour, n.sends[3]-n.sends[2], float64(time.Second), "not in four days")
}

func TestAnUnreachableMailServerIsTriedUntilItIsBack(t *testing.T) {
	t.Parallel()
	n := newNotified()
	n.away = 5
	n.written, n.sent = []int{3, 0}, []booking.NoticesStanding{{Sent: 3}}
	require.NoError(t, n.play())
	require.Len(t, n.sends, 6)
	require.Greater(t, n.sends[5], 2*time.Minute, "not all the time")
}

func TestNoticesThatTakeVeryLongBeginANewHistory(t *testing.T) {
	t.Parallel()
	n := newNotified()
	n.env.SetCurrentHistoryLength(2001)
	n.written, n.sent = []int{0}, []booking.NoticesStanding{{Pending: 1, NextTry: time.Minute}}
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, n.play(), &again)
	require.Len(t, n.sends, 1)
}

func TestShowsAreRemindedOf(t *testing.T) {
	t.Parallel()
	n := newNotified()
	n.env.RegisterActivityWithOptions(func(context.Context) (booking.ShowsToNotify, error) {
		return booking.ShowsToNotify{Shows: []booking.ShowNotice{
			{Kind: booking.NoticeReminder, ShowID: "sh_1"}, {Kind: booking.NoticeShowCancelled, ShowID: "sh_2"},
		}}, nil
	}, activity.RegisterOptions{Name: booking.StepFindShowsToNotify})
	var started []string
	n.env.SetOnChildWorkflowStartedListener(func(child *workflow.Info, _ workflow.Context, _ converter.EncodedValues) {
		started = append(started, child.WorkflowExecution.ID)
	})
	n.env.OnWorkflow(booking.NotifyShowWorkflow, mock.Anything, mock.Anything).Return(booking.NoticesStanding{}, nil)
	n.env.ExecuteWorkflow(workflows.RemindShows)
	require.NoError(t, n.env.GetWorkflowError())
	var reminded booking.Reminded
	require.NoError(t, n.env.GetWorkflowResult(&reminded))
	require.Equal(t, booking.Reminded{Shows: 2}, reminded)
	require.ElementsMatch(t, []string{"notify-show/reminder/sh_1", "notify-show/show_cancelled/sh_2"}, started)
}
