package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

const (
	// cascadeEvents is how long the history of one run of a cascade may grow before the next run takes
	// over: far enough below what the server suggests for the bookings under way to finish.
	cascadeEvents = 3000
	// cascadeDrain is how long the end of a pass, or of a run, waits for the bookings under way. The next
	// pass finds those that it has not waited for.
	cascadeDrain = time.Minute
	// A cascade that can only wait checks again after this time, and less and less often while nothing changes.
	cascadeShortestRest = 2 * time.Second
	cascadeLongest      = 5 * time.Minute
	// cascadeRestOf is how long, for each booking that it has found, a cascade rests at least: counting a
	// very large one keeps the database busy for seconds, which people who are buying need.
	cascadeRestOf = time.Millisecond / 2
	// cascadeCounts is how often a pass counts along the way, however many bookings there are.
	cascadeCounts = 20
)

// Cascade cancels all bookings of shows that will not take place: it closes the shows for sale, then makes pass after
// pass over the bookings that have not ended until none is left, then waits until the money is back. What has been
// done is recorded in the database alone, so that a run may be cut off anywhere: the next one finds what is left.
func Cascade(ctx workflow.Context, req booking.CascadeRequest) (booking.CascadeOutcome, error) {
	run, err := newCascadeRun(ctx, req)
	if err != nil {
		return booking.CascadeOutcome{}, err
	}
	if err := run.closeForSale(); err != nil {
		return run.refused(err)
	}
	for {
		if err := run.pass(); err != nil {
			return run.outcome(err)
		}
		if run.historyIsFull() {
			return run.handOver()
		}
		if err := run.refresh(); err != nil {
			return run.outcome(err)
		}
		if run.req.Telling {
			return run.handOver()
		}
		if run.progress.Done() && !run.paused {
			return run.finish()
		}
		if err := run.rest(); err != nil {
			return run.outcome(err)
		}
	}
}

// cascadeRun is the state of one run of the workflow.
type cascadeRun struct {
	// ctx is disconnected from the workflow's own: an operator's cancel pauses the cascade, and interrupts nothing.
	ctx workflow.Context
	// own is the workflow's own context; cancelTaken says that its cancellation has become a pause.
	own         workflow.Context
	cancelTaken bool
	req         booking.CascadeRequest

	// begun says that the shows are closed for sale; refusal says why they are not.
	begun   bool
	refusal *booking.Refusal
	paused  bool
	// notes queues the notes, which are written one after another; noted is the number of the latest.
	notes queue
	noted int

	// progress is the latest progress that was read from the database.
	progress booking.CascadeProgress
	// underWay counts the bookings that are being cancelled or notified; uncounted, those begun since the database was last asked.
	underWay, uncounted int
	pace                pace
	// interval is the longest that the next rest lasts; resumed ends a rest.
	interval time.Duration
	resumed  bool
	// defects counts the cancellations of this run that have failed, for operators to see.
	defects int
}

func newCascadeRun(ctx workflow.Context, req booking.CascadeRequest) (*cascadeRun, error) {
	work, _ := workflow.NewDisconnectedContext(ctx)
	run := &cascadeRun{ctx: work, own: ctx, req: req, interval: cascadeShortestRest, progress: req.Progress}
	run.progress.CascadeID, run.progress.Status = req.CascadeID, booking.CascadeCancelling
	if err := run.handleCommands(ctx); err != nil {
		return run, err
	}
	workflow.Go(work, func(work workflow.Context) {
		ctx.Done().Receive(work, nil)
		if errors.Is(ctx.Err(), workflow.ErrCanceled) {
			run.pauseByCancel(work)
		}
		run.cancelTaken = true
	})
	return run, nil
}

// closeForSale begins the cascade and counts what there is to do. If an earlier run has begun it, it returns how the cascade stands.
func (c *cascadeRun) closeForSale() error {
	state, err := closeForSale(c.ctx, c.req)
	if err != nil {
		return err
	}
	c.progress.CascadeState, c.paused, c.noted, c.begun = state, state.Paused, state.Noted, true
	if c.progress.Found == 0 {
		err = c.count(c.ctx)
	}
	c.show()
	return err
}

// refused ends a cascade that may not begin.
func (c *cascadeRun) refused(err error) (booking.CascadeOutcome, error) {
	if c.refusal = refusalIn(err); c.refusal == nil {
		return booking.CascadeOutcome{}, err
	}
	workflow.SetCurrentDetails(c.ctx, "Refused: "+c.refusal.Message)
	return c.outcome(workflow.Await(c.ctx, func() bool { return workflow.AllHandlersFinished(c.ctx) }))
}

// refresh asks the database how the cascade stands, and notes when it has got further. While something
// changes, the next refresh comes soon.
func (c *cascadeRun) refresh() error {
	before := c.progress
	if err := c.count(c.ctx); err != nil {
		return err
	}
	if c.progress.Left() == 0 && c.progress.Status == booking.CascadeCancelling {
		if err := c.note(booking.CascadeAllCancelled, "no booking is left"); err != nil {
			return err
		}
		c.req.Telling = true
	}
	if err := c.notifyCustomers(); err != nil {
		return err
	}
	if moved(before, c.progress) {
		c.interval = c.shortestRest()
	} else {
		c.interval = min(2*c.interval, cascadeLongest)
	}
	c.show()
	return nil
}

// count reads the progress.
func (c *cascadeRun) count(ctx workflow.Context) error {
	progress, err := cascadeProgress(ctx, booking.CascadeRef{CascadeID: c.req.CascadeID})
	if err != nil {
		return err
	}
	// A command may have been written since the database was asked.
	progress.Paused = c.paused
	c.progress, c.uncounted = progress, 0
	return nil
}

// shortestRest is how long the cascade rests while something changes.
func (c *cascadeRun) shortestRest() time.Duration {
	return min(max(cascadeShortestRest, time.Duration(c.progress.Found)*cascadeRestOf), cascadeLongest)
}

// moved says whether anything has changed between two reads of the progress.
func moved(before, after booking.CascadeProgress) bool {
	return before.Left() != after.Left() || before.Undecided != after.Undecided || before.Waiting() != after.Waiting()
}

// rest waits until it is time to check again, or until the cascade is resumed.
func (c *cascadeRun) rest() error {
	c.resumed = false
	if err := c.awaitAtMost(c.interval, "look again", func() bool { return c.resumed }); err != nil {
		return err
	}
	return workflow.Await(c.ctx, func() bool { return !c.paused })
}

// historyIsFull says that this run's history is long enough.
func (c *cascadeRun) historyIsFull() bool {
	info := workflow.GetInfo(c.ctx)
	return info.GetContinueAsNewSuggested() || info.GetCurrentHistoryLength() >= cascadeEvents
}

// handOver ends this run and starts the next one where this one stopped.
func (c *cascadeRun) handOver() (booking.CascadeOutcome, error) {
	if err := c.drain(); err != nil {
		return booking.CascadeOutcome{}, err
	}
	// A cancel affects this run only.
	taken := func() bool { return workflow.AllHandlersFinished(c.ctx) && (c.own.Err() == nil || c.cancelTaken) }
	if err := workflow.Await(c.ctx, taken); err != nil {
		return booking.CascadeOutcome{}, err
	}
	c.req.Progress = c.progress
	return booking.CascadeOutcome{}, workflow.NewContinueAsNewError(c.ctx, booking.CascadeWorkflow, c.req)
}

// finish records the end of the cascade. Its result is the report.
func (c *cascadeRun) finish() (booking.CascadeOutcome, error) {
	if err := c.note(booking.CascadeCameToItsEnd, "all money is back, or waits for an operator"); err != nil {
		return c.outcome(err)
	}
	c.show()
	return c.outcome(workflow.Await(c.ctx, func() bool { return workflow.AllHandlersFinished(c.ctx) }))
}

func (c *cascadeRun) outcome(err error) (booking.CascadeOutcome, error) {
	return booking.CascadeOutcome{Report: c.progress, Refusal: c.refusal}, err
}

// note records what has happened to the cascade without a command.
func (c *cascadeRun) note(event booking.CascadeEvent, reason string) error {
	turn := c.notes.join()
	if err := workflow.Await(c.ctx, func() bool { return c.notes.serves(turn) }); err != nil {
		return err
	}
	defer c.notes.leave()
	return c.noteBy(c.ctx, event, booking.CascadeCommand{
		Actor: string(booking.ActorSystem), Reason: reason, CorrelationID: c.req.CorrelationID,
	})
}

// noteBy records an event for the caller whose turn it is. When the workflow was reset, the earlier
// run may have used the number for something else: then the next number is tried.
func (c *cascadeRun) noteBy(ctx workflow.Context, event booking.CascadeEvent, by booking.CascadeCommand) error {
	for {
		state, err := noteCascade(ctx, booking.CascadeNote{
			CascadeID: c.req.CascadeID, Number: c.noted + 1, Event: event, Actor: by.Actor, Reason: by.Reason, CorrelationID: by.CorrelationID,
		})
		if err != nil {
			return err
		}
		c.progress.CascadeState, c.paused, c.noted = state, state.Paused, state.Noted
		if state.Has(event) {
			return nil
		}
	}
}

// cascadeAttributes make the workflows that a cascade starts searchable by show, theatre and customer.
func cascadeAttributes(b booking.CascadeBooking) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(
		temporal.NewSearchAttributeKeyKeyword(booking.AttributeCustomer).ValueSet(b.CustomerID),
		temporal.NewSearchAttributeKeyKeyword(booking.AttributeShow).ValueSet(b.ShowID),
		temporal.NewSearchAttributeKeyKeyword(booking.AttributeTheatre).ValueSet(b.TheatreID),
	)
}
