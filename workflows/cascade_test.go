package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/workflows"
)

// cascadeTest runs one run of a cascade against steps that keep its bookings in a list.
type cascadeTest struct {
	t   *testing.T
	env *testsuite.TestWorkflowEnvironment

	refusal *booking.Refusal
	state   booking.CascadeState
	events  []string
	// bookings are those of the show, in order; waiting counts refunds that are under way.
	bookings []booking.CascadeBooking
	waiting  int
	// looks counts how often the database was asked how the cascade stands.
	looks int

	// mu guards told and state: signals are sent and steps run concurrently.
	mu sync.Mutex
	// cancelled are in the order of their cancellation; underWay and most count concurrent cancellations.
	cancelled, told []string
	// notified are the shows whose customers are notified.
	notified       []string
	underWay, most int
	// began is when each cancellation began.
	began []time.Time
	// forgotten is how many notes from before a reset the workflow does not know of.
	forgotten int
	// perSecond is how many bookings may be dealt with in a second.
	perSecond int
	// wrong are the ids of children that were started in the wrong way.
	wrong []string
	// fail makes the next cancellations of a booking fail.
	fail map[string]int
	// slowly is an event that takes a while to be noted.
	slowly booking.CascadeEvent
	// more are bookings of other shows, which appear only in the counts.
	more int
	// onLook runs at each look, onNotice when a show's customers are notified.
	onLook, onNotice func()
}

var testCascade = booking.CascadeRequest{
	CascadeID: "cs_1", Kind: booking.CascadeShow, SubjectID: "sh_1", Actor: "us_admin", Reason: "flood", CorrelationID: "cancel-1",
}

func newCascadeTest(t *testing.T, sold, unpaid int) *cascadeTest {
	t.Helper()
	return newCascadeTestIn(t, newEnvironment(), sold, unpaid)
}

func newCascadeTestIn(t *testing.T, env *testsuite.TestWorkflowEnvironment, sold, unpaid int) *cascadeTest {
	t.Helper()
	c := &cascadeTest{
		t: t, env: env, state: booking.CascadeState{CascadeID: "cs_1", Status: booking.CascadeCancelling, Shows: 1},
		fail: map[string]int{}, onLook: func() {}, onNotice: func() {},
	}
	for n := range sold + unpaid {
		b := booking.CascadeBooking{CascadePosition: booking.CascadePosition{ShowID: "sh_1", BookingID: fmt.Sprintf("bk_%05d", n)}, Status: booking.StatusConfirmed}
		if n >= sold {
			b.Status = booking.StatusPaymentPending
		}
		c.bookings = append(c.bookings, b)
	}
	for name, step := range map[string]any{
		booking.StepCloseForSale: c.closeForSale, booking.StepFindCascadeBookings: c.find, booking.StepFindCascadeShows: c.shows, booking.StepCascadeProgress: c.progress,
		booking.StepNoteCascade: c.note,
	} {
		c.env.RegisterActivityWithOptions(step, activity.RegisterOptions{Name: name})
	}
	return c
}

func (c *cascadeTest) closeForSale(_ context.Context, req booking.CascadeRequest) (booking.CascadeState, error) {
	require.Equal(c.t, testCascade.SubjectID, req.SubjectID)
	if c.refusal != nil {
		return c.state, refusalError(c.refusal)
	}
	state := c.state
	state.Noted -= c.forgotten
	return state, nil
}

func (c *cascadeTest) find(_ context.Context, page booking.CascadePage) (booking.CascadeBookings, error) {
	found := booking.CascadeBookings{PerSecond: c.perSecond}
	for _, b := range c.bookings {
		if b.BookingID > page.After.BookingID && len(found.Bookings) < page.Most {
			found.Bookings = append(found.Bookings, b)
		}
	}
	return found, nil
}

// shows are 130, of which the second page has 30.
func (c *cascadeTest) shows(_ context.Context, page booking.CascadeShowsPage) (booking.CascadeShows, error) {
	var found booking.CascadeShows
	for n := range 130 {
		if show := fmt.Sprintf("sh_%03d", n); show > page.After && len(found.Shows) < page.Most {
			found.Shows = append(found.Shows, show)
		}
	}
	return found, nil
}

func (c *cascadeTest) progress(context.Context, booking.CascadeRef) (booking.CascadeProgress, error) {
	c.looks++
	c.onLook()
	c.mu.Lock()
	told, state := len(c.told), c.state
	c.mu.Unlock()
	progress := booking.CascadeProgress{CascadeState: state, Cancelled: len(c.cancelled), Released: told}
	for _, b := range c.bookings {
		if b.Status == booking.StatusConfirmed {
			progress.Sold++
		} else {
			progress.Unpaid++
		}
	}
	progress.Found = c.more + len(c.bookings) + len(c.cancelled) + told
	if c.waiting > 0 {
		progress.Refunds = []booking.CascadeRefunds{{Tender: booking.TenderCard, Status: booking.RefundFailed, Count: c.waiting}}
	}
	return progress, nil
}

func (c *cascadeTest) note(ctx context.Context, note booking.CascadeNote) (booking.CascadeState, error) {
	if note.Event == c.slowly {
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if note.Number <= c.state.Noted {
		return c.state, nil
	}
	c.state.Noted = note.Number
	c.events = append(c.events, string(note.Event)+" by "+note.Actor)
	switch note.Event {
	case booking.CascadePaused:
		c.state.Paused = true
	case booking.CascadeResumed:
		c.state.Paused = false
	case booking.CascadeAllCancelled:
		c.state.Status = booking.CascadeRefunding
	case booking.CascadeCameToItsEnd:
		c.state.Status = booking.CascadeFinished
	case booking.CascadeStarted:
	}
	return c.state, nil
}

func (c *cascadeTest) remove(id string) {
	c.bookings = slices.DeleteFunc(c.bookings, func(b booking.CascadeBooking) bool { return b.BookingID == id })
}

// cancelling is how long the cancellation of a booking takes.
const cancelling = 300 * time.Millisecond

// cancelBooking stands for the workflow in which a booking is cancelled; it takes a while.
func (c *cascadeTest) cancelBooking(ctx workflow.Context, req booking.CancelBookingRequest) (booking.CancelBookingOutcome, error) {
	c.began = append(c.began, workflow.Now(ctx))
	c.underWay++
	c.most = max(c.most, c.underWay)
	defer func() { c.underWay-- }()
	_ = workflow.Sleep(ctx, cancelling)
	if req.Cancel.Cause != booking.CauseShowCancelled || req.Cancel.RefundTo != booking.RefundToOriginal ||
		workflow.GetInfo(ctx).WorkflowExecution.ID != "cancel-booking/"+req.BookingID {
		c.wrong = append(c.wrong, req.BookingID)
	}
	if c.fail[req.BookingID] > 0 {
		c.fail[req.BookingID]--
		return booking.CancelBookingOutcome{}, errors.New("a defect")
	}
	c.cancelled = append(c.cancelled, req.BookingID)
	c.remove(req.BookingID)
	return booking.CancelBookingOutcome{}, nil
}

func (c *cascadeTest) notifyShow(_ workflow.Context, req booking.NotifyShowRequest) (booking.NoticesStanding, error) {
	if req.Kind != booking.NoticeShowCancelled {
		c.wrong = append(c.wrong, req.ShowID)
	}
	c.notified = append(c.notified, req.ShowID)
	c.onNotice()
	return booking.NoticesStanding{}, nil
}

func (c *cascadeTest) signal(_, id, _, name string, word any) error {
	require.Equal(c.t, booking.SignalShowCancelled, name)
	require.Equal(c.t, booking.ShowCancelled{CascadeID: "cs_1", CorrelationID: "cancel-1"}, word)
	c.mu.Lock()
	c.told = append(c.told, id)
	c.mu.Unlock()
	c.env.RegisterDelayedCallback(func() { c.remove(id[len("booking/"):]) }, time.Second)
	return nil
}

func (c *cascadeTest) play(req booking.CascadeRequest) (booking.CascadeOutcome, error) {
	c.t.Helper()
	c.env.OnWorkflow(booking.CancelBookingWorkflow, mock.Anything, mock.Anything).Maybe().Return(c.cancelBooking)
	c.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Maybe().Return(c.signal)
	c.env.OnWorkflow(booking.NotifyShowWorkflow, mock.Anything, mock.Anything).Maybe().Return(c.notifyShow)
	c.env.ExecuteWorkflow(workflows.Cascade, req)
	require.True(c.t, c.env.IsWorkflowCompleted())
	require.Empty(c.t, c.wrong)
	var outcome booking.CascadeOutcome
	if err := c.env.GetWorkflowError(); err != nil {
		return outcome, err
	}
	require.NoError(c.t, c.env.GetWorkflowResult(&outcome))
	return outcome, nil
}

func (c *cascadeTest) commandAt(after time.Duration, name string) *update[booking.CascadeState] {
	done := &update[booking.CascadeState]{}
	c.env.RegisterDelayedCallback(func() {
		c.env.UpdateWorkflow(name, "", done, booking.CascadeCommand{Actor: "us_admin", Reason: "too busy", CorrelationID: "pause-1"})
	}, after)
	return done
}

func TestACascadeCancelsWhatIsSoldAndSignalsBookingsBeingPaid(t *testing.T) {
	t.Parallel()
	c := newCascadeTest(t, 250, 3)
	begun := &update[booking.CascadeState]{}
	c.env.RegisterDelayedCallback(func() { c.env.UpdateWorkflow(booking.UpdateBegin, "", begun) }, 0)

	outcome, err := c.play(testCascade)

	require.NoError(t, err)
	require.NoError(t, begun.err)
	require.Equal(t, booking.CascadeCancelling, begun.result.Status)
	require.Len(t, c.cancelled, 250)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(c.cancelled))), 250, "each once")
	require.ElementsMatch(t, []string{"booking/bk_00250", "booking/bk_00251", "booking/bk_00252"}, c.told)
	require.Equal(t, booking.CascadeWindow, c.most)
	require.Equal(t, []string{"REFUNDING by SYSTEM", "FINISHED by SYSTEM"}, c.events)
	require.Equal(t, booking.CascadeFinished, outcome.Report.Status)
	require.Equal(t, 250, outcome.Report.Cancelled)
	require.Len(t, c.notified, 130)
	require.Equal(t, c.notified, slices.Compact(slices.Sorted(slices.Values(c.notified))), "each once")
}

func TestACascadeThatMayNotBeginSaysWhy(t *testing.T) {
	t.Parallel()
	c := newCascadeTest(t, 1, 0)
	c.refusal = booking.ShowPlayed("sh_1")
	begun := &update[booking.CascadeState]{}
	c.env.RegisterDelayedCallback(func() { c.env.UpdateWorkflow(booking.UpdateBegin, "", begun) }, 0)

	outcome, err := c.play(testCascade)

	require.NoError(t, err)
	require.Equal(t, booking.CodeInvalidState, outcome.Refusal.Code)
	require.ErrorContains(t, begun.err, "The show has been played.")
	require.Empty(t, c.cancelled)
}

func TestACascadeHandsOverBeforeItsHistoryIsLong(t *testing.T) {
	t.Parallel()
	c := newCascadeTest(t, 300, 0)
	c.onLook = func() { c.env.SetContinueAsNewSuggested(c.looks > 1) }

	_, err := c.play(testCascade)

	next, ok := errors.AsType[*workflow.ContinueAsNewError](err)
	require.True(t, ok, "%v", err)
	var req booking.CascadeRequest
	require.NoError(t, workflowArgs(next, &req))
	require.Equal(t, slices.Max(c.cancelled), req.After.BookingID, "the next run goes on behind the last booking")
	require.Len(t, c.cancelled, booking.CascadePageSize)
	require.Zero(t, c.underWay)

	c2 := newCascadeTest(t, 300, 0)
	c2.bookings = c.bookings
	_, err = c2.play(req)
	require.NoError(t, err)
	require.Len(t, c2.cancelled, 200)
}

// A theatre may have more shows than one run can notify the customers of.
func TestACascadeHandsOverWhileItTellsTheCustomersOfManyShows(t *testing.T) {
	t.Parallel()
	c := newCascadeTest(t, 1, 0)
	c.onNotice = func() {
		if len(c.notified) == 50 {
			c.env.SetContinueAsNewSuggested(true)
		}
	}

	_, err := c.play(testCascade)

	next, ok := errors.AsType[*workflow.ContinueAsNewError](err)
	require.True(t, ok, "%v", err)
	var req booking.CascadeRequest
	require.NoError(t, workflowArgs(next, &req))
	require.True(t, req.Telling)
	require.Equal(t, 1, req.Progress.Cancelled, "the next run can be asked at once")

	c2 := newCascadeTest(t, 0, 0)
	c2.state = c.state
	_, err = c2.play(req)
	require.NoError(t, err)
	require.Less(t, len(c2.notified), 90)
	told := slices.Concat(c.notified, c2.notified)
	require.Len(t, told, 130)
	require.Equal(t, told, slices.Compact(slices.Sorted(slices.Values(told))), "each once")
	require.Equal(t, []string{"FINISHED by SYSTEM"}, c2.events)
}

// The server does not pass an operator's cancel on to the next run.
func TestACancelIsNotLostBetweenTwoRuns(t *testing.T) {
	t.Parallel()
	c := newCascadeTest(t, 1, 0)
	c.slowly = booking.CascadePaused
	c.onNotice = func() {
		c.env.SetContinueAsNewSuggested(true)
		c.env.CancelWorkflow()
	}

	_, err := c.play(testCascade)

	_, ok := errors.AsType[*workflow.ContinueAsNewError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, []string{"REFUNDING by SYSTEM", "PAUSED by OPERATOR"}, c.events)
	require.True(t, c.state.Paused)
}

// Counting hundreds of thousands of bookings takes the database seconds, which people who are buying need.
func TestALargeCascadeCountsSeldom(t *testing.T) {
	t.Parallel()
	c := newCascadeTest(t, 1000, 0)
	c.more, c.waiting = 200_000, 1
	c.env.RegisterDelayedCallback(func() { c.waiting = 0 }, time.Hour)
	start := c.env.Now()

	_, err := c.play(testCascade)

	require.NoError(t, err)
	require.Len(t, c.cancelled, 1000)
	require.Less(t, c.looks, 20)
	require.Less(t, c.env.Now().Sub(start), 2*time.Hour)
}

func workflowArgs(next *workflow.ContinueAsNewError, out any) error {
	return converter.GetDefaultDataConverter().FromPayloads(next.Input, out)
}

func TestACascadeKeepsItsPaceWhileOthersBuy(t *testing.T) {
	t.Parallel()
	c := newCascadeTest(t, 60, 0)
	c.perSecond = 5
	start := c.env.Now()
	waits := 0
	c.env.SetOnTimerScheduledListener(func(_ string, wait time.Duration) {
		if wait > cancelling && wait <= time.Second {
			waits++
		}
	})

	_, err := c.play(testCascade)

	require.NoError(t, err)
	require.Len(t, c.began, 60)
	for i, began := range c.began {
		require.GreaterOrEqual(t, began.Sub(start), time.Duration(i/5)*time.Second, "five a second at most, which is %d", i)
	}
	require.LessOrEqual(t, waits, 11, "and no fewer: it waits only for the next second")
	require.Len(t, c.cancelled, 60)
	require.LessOrEqual(t, c.most, 10)
}

func TestACascadeThatWasResetFinishesAlthoughItsNumbersWereUsed(t *testing.T) {
	t.Parallel()
	for forgotten := range 4 {
		c := newCascadeTest(t, 2, 0)
		c.state.Noted, c.forgotten = 3, forgotten

		outcome, err := c.play(testCascade)

		require.NoError(t, err)
		require.Equal(t, []string{"REFUNDING by SYSTEM", "FINISHED by SYSTEM"}, c.events)
		require.Equal(t, booking.CascadeFinished, outcome.Report.Status)
	}
}

func TestACascadePausesAndResumes(t *testing.T) {
	t.Parallel()
	c := newCascadeTest(t, 100, 0)
	paused := c.commandAt(400*time.Millisecond, booking.UpdatePause)
	var before int
	c.env.RegisterDelayedCallback(func() { before = len(c.cancelled) }, time.Minute)
	var whenResumed int
	c.env.RegisterDelayedCallback(func() { whenResumed = len(c.cancelled) }, time.Hour-time.Second)
	resumed := c.commandAt(time.Hour, booking.UpdateResume)

	_, err := c.play(testCascade)

	require.NoError(t, err)
	require.NoError(t, paused.err)
	require.True(t, paused.result.Paused)
	require.NoError(t, resumed.err)
	require.Equal(t, before, whenResumed, "nothing is begun meanwhile")
	require.Less(t, before, 100)
	require.Len(t, c.cancelled, 100)
	require.Equal(t, []string{"PAUSED by us_admin", "RESUMED by us_admin", "REFUNDING by SYSTEM", "FINISHED by SYSTEM"}, c.events)
}

// Commands that come before the cascade has begun wait together, and are then carried out in order.
func TestCommandsOfACascadeDoNotOvertakeEachOther(t *testing.T) {
	t.Parallel()
	c := newCascadeTest(t, 1, 0)
	c.slowly = booking.CascadePaused
	paused, resumed := &update[booking.CascadeState]{}, &update[booking.CascadeState]{}
	c.env.RegisterDelayedCallback(func() {
		command := booking.CascadeCommand{Actor: "us_admin", Reason: "too busy", CorrelationID: "pause-1"}
		c.env.UpdateWorkflow(booking.UpdatePause, "", paused, command)
		c.env.UpdateWorkflow(booking.UpdateResume, "", resumed, command)
	}, 0)

	_, err := c.play(testCascade)

	require.NoError(t, err)
	require.True(t, paused.result.Paused)
	require.False(t, resumed.result.Paused)
	require.Equal(t, []string{"PAUSED by us_admin", "RESUMED by us_admin", "REFUNDING by SYSTEM", "FINISHED by SYSTEM"}, c.events)
}

func TestACascadeThatIsCancelledInTheTemporalUIIsPaused(t *testing.T) {
	t.Parallel()
	c := newCascadeTest(t, 100, 0)
	c.env.RegisterDelayedCallback(c.env.CancelWorkflow, 400*time.Millisecond)
	c.commandAt(time.Hour, booking.UpdateResume)

	_, err := c.play(testCascade)

	require.NoError(t, err)
	require.Len(t, c.cancelled, 100)
	require.Equal(t, []string{"PAUSED by OPERATOR", "RESUMED by us_admin", "REFUNDING by SYSTEM", "FINISHED by SYSTEM"}, c.events)
}

func TestACommandWithoutAReasonIsRefused(t *testing.T) {
	t.Parallel()
	c := newCascadeTest(t, 1, 0)
	refused := &update[booking.CascadeState]{}
	c.env.RegisterDelayedCallback(func() {
		c.env.UpdateWorkflow(booking.UpdatePause, "", refused, booking.CascadeCommand{Actor: "us_admin"})
	}, 0)

	_, err := c.play(testCascade)

	require.NoError(t, err)
	require.Error(t, refused.err)
	require.NotContains(t, c.events, "PAUSED by us_admin")
}

// Our account at the provider may hold too little for days. The cascade waits, and asks less and less often.
func TestACascadeWaitsForItsRefunds(t *testing.T) {
	t.Parallel()
	c := newCascadeTest(t, 2, 0)
	c.waiting = 2
	c.env.RegisterDelayedCallback(func() { c.waiting = 0 }, 24*time.Hour)
	start := c.env.Now()

	outcome, err := c.play(testCascade)

	require.NoError(t, err)
	require.Equal(t, booking.CascadeFinished, outcome.Report.Status)
	require.Less(t, c.env.Now().Sub(start), 25*time.Hour)
	require.Less(t, c.looks, 24*12+20, "every five minutes")
}

func TestABookingThatCannotBeCancelledDoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	c := newCascadeTest(t, 50, 0)
	c.fail["bk_00003"] = 2

	_, err := c.play(testCascade)

	require.NoError(t, err)
	require.Equal(t, "bk_00003", c.cancelled[49], "it is tried again in the next passes")
}
