package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

const (
	// mailTry bounds one run of the sending step, which ends by itself before that; mailHeartbeat bounds how long it may be silent.
	mailTry       = 15 * time.Minute
	mailHeartbeat = 45 * time.Second
	// noticePause and noticePauseMost are the shortest and the longest pause before notices that the mail
	// server has deferred are tried again.
	noticePause     = time.Minute
	noticePauseMost = time.Hour
	// noticeHistory is how many events a run may have when it begins another round.
	noticeHistory = 2000
)

// NotifyShow notifies the customers of one show of one thing: it writes a notice for everybody concerned, and sends
// what is unsent, until nothing is left to write or to send. It may run any number of times; nobody is notified twice.
func NotifyShow(ctx workflow.Context, req booking.NotifyShowRequest) (booking.NoticesStanding, error) {
	var standing booking.NoticesStanding
	for asked := false; ; asked = true {
		// Before each check whether all is done, because bookings may have been cancelled in the meantime.
		done, err := writeNotices(ctx, req)
		if err != nil || asked && done.Written == 0 && standing.Pending == 0 {
			return standing, err
		}
		if standing, err = sendNotices(ctx, req); err != nil {
			return standing, err
		}
		workflow.SetCurrentDetails(ctx, showStanding(standing))
		if standing.Pending == 0 {
			continue
		}
		if workflow.GetInfo(ctx).GetCurrentHistoryLength() > noticeHistory {
			return standing, workflow.NewContinueAsNewError(ctx, booking.NotifyShowWorkflow, req)
		}
		pause := min(max(standing.NextTry, noticePause), noticePauseMost)
		timer := workflow.NewTimerWithOptions(ctx, pause, workflow.TimerOptions{
			Summary: fmt.Sprintf("%d notices are put off by the mail server", standing.Pending),
		})
		if err := timer.Get(ctx, nil); err != nil {
			return standing, err
		}
	}
}

func showStanding(s booking.NoticesStanding) string {
	return fmt.Sprintf("Notices: %d sent, %d to be sent, %d refused, %d skipped.", s.Sent, s.Pending, s.Failed, s.Skipped)
}

// RemindShows finds shows whose customers have to be notified, and has them notified. A schedule starts it.
func RemindShows(ctx workflow.Context) (booking.Reminded, error) {
	var reminded booking.Reminded
	found, err := findShowsToNotify(ctx)
	if err != nil {
		return reminded, err
	}
	for _, show := range found.Shows {
		if err := notifyShow(ctx, show.Kind, show.ShowID, workflow.GetInfo(ctx).WorkflowExecution.ID); err != nil {
			return reminded, err
		}
		reminded.Shows++
	}
	return reminded, nil
}

// notifyShow has the customers of a show notified of one thing. A workflow that is already doing so
// includes those who have been added since, or a later RemindShows finds them.
func notifyShow(ctx workflow.Context, kind booking.NoticeKind, showID, correlationID string) error {
	return follow(ctx, follower{
		workflow:   booking.NotifyShowWorkflow,
		id:         booking.NotifyShowWorkflowID(kind, showID),
		summary:    string(kind) + " to the customers of " + showID,
		attributes: temporal.NewSearchAttributes(temporal.NewSearchAttributeKeyKeyword(booking.AttributeShow).ValueSet(showID)),
		input:      booking.NotifyShowRequest{Kind: kind, ShowID: showID, CorrelationID: correlationID},
	})
}

func writeNotices(ctx workflow.Context, req booking.NotifyShowRequest) (done booking.NoticesWritten, err error) {
	err = durably(ctx, booking.StepWriteNotices, "write who is to be told", req, &done)
	return done, err
}

// sendNotices repeats while the mail server is unreachable. The step itself gives up notices that have become useless.
func sendNotices(ctx workflow.Context, req booking.NotifyShowRequest) (standing booking.NoticesStanding, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           booking.MailTaskQueue,
		StartToCloseTimeout: mailTry,
		HeartbeatTimeout:    mailHeartbeat,
		RetryPolicy:         endlessRetry(5*time.Second, 5*time.Minute),
		Summary:             "send what is unsent",
	})
	err = workflow.ExecuteActivity(ctx, booking.StepSendNotices, req).Get(ctx, &standing)
	return standing, err
}

// findShowsToNotify reads a lot and is not urgent.
func findShowsToNotify(ctx workflow.Context) (found booking.ShowsToNotify, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           booking.TaskQueue,
		StartToCloseTimeout: durableTry,
		RetryPolicy:         endlessRetry(time.Second, time.Minute),
		Summary:             "find shows whose customers are to be told something",
	})
	err = workflow.ExecuteActivity(ctx, booking.StepFindShowsToNotify).Get(ctx, &found)
	return found, err
}
