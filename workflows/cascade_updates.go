package workflows

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

func (c *cascadeRun) handleCommands(ctx workflow.Context) error {
	return errors.Join(
		workflow.SetUpdateHandlerWithOptions(ctx, booking.UpdateBegin, c.handleBegin, workflow.UpdateHandlerOptions{
			Description: "Answers when nothing more can be sold, or says why the cascade is refused.",
		}),
		workflow.SetUpdateHandlerWithOptions(ctx, booking.UpdatePause, c.handlePause, workflow.UpdateHandlerOptions{
			Description: "Begins with no other booking until resumed. Refunds that are under way go on.",
			Validator:   refuseCascadeCommand,
		}),
		workflow.SetUpdateHandlerWithOptions(ctx, booking.UpdateResume, c.handleResume, workflow.UpdateHandlerOptions{
			Description: "Goes on after a pause.",
			Validator:   refuseCascadeCommand,
		}),
		workflow.SetQueryHandlerWithOptions(ctx, booking.QueryProgress, func() (booking.CascadeProgress, error) { return c.progress, nil },
			workflow.QueryHandlerOptions{Description: "What has been done and what is left, as of the last look."}),
	)
}

func (c *cascadeRun) handleBegin(ctx workflow.Context) (booking.CascadeState, error) {
	if err := await(ctx, func() bool { return c.begun || c.refusal != nil }); err != nil {
		return booking.CascadeState{}, err
	}
	if c.refusal != nil {
		return booking.CascadeState{}, answer(c.refusal)
	}
	return c.progress.CascadeState, nil
}

func (c *cascadeRun) handlePause(ctx workflow.Context, cmd booking.CascadeCommand) (booking.CascadeState, error) {
	return c.command(ctx, booking.CascadePaused, cmd)
}

func (c *cascadeRun) handleResume(ctx workflow.Context, cmd booking.CascadeCommand) (booking.CascadeState, error) {
	state, err := c.command(ctx, booking.CascadeResumed, cmd)
	if err == nil {
		c.resumed, c.interval = true, cascadeShortestRest
	}
	return state, err
}

// command records a pause or its end. If the cascade already is as requested, it stays so.
func (c *cascadeRun) command(ctx workflow.Context, event booking.CascadeEvent, cmd booking.CascadeCommand) (booking.CascadeState, error) {
	turn := c.notes.join()
	if err := await(ctx, func() bool { return (c.begun || c.refusal != nil) && c.notes.serves(turn) }); err != nil {
		return booking.CascadeState{}, err
	}
	defer c.notes.leave()
	if c.refusal != nil {
		return booking.CascadeState{}, answer(c.refusal)
	}
	work, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	err := c.noteBy(work, event, cmd)
	if refusal := refusalIn(err); refusal != nil {
		return c.progress.CascadeState, answer(refusal)
	}
	// For operators who look at a paused cascade; the command itself has been carried out.
	if countErr := c.count(work); countErr != nil {
		workflow.GetLogger(ctx).Error("cascade not counted", "error", countErr)
	}
	c.show()
	return c.progress.CascadeState, err
}

// pauseByCancel treats a cancel in the Temporal UI as a pause: shows stay cancelled, and their bookings still have to be.
func (c *cascadeRun) pauseByCancel(ctx workflow.Context) {
	_, err := c.command(ctx, booking.CascadePaused, booking.CascadeCommand{
		Actor: string(booking.ActorOperator), Reason: "the workflow was cancelled", CorrelationID: c.req.CorrelationID,
	})
	if err != nil {
		workflow.GetLogger(ctx).Error("cascade not paused", "error", err)
	}
}

// queue serves those who have joined it in their order. Handlers that wait for the same condition
// would go on in reverse order, and a pause would overtake the resume that came after it.
type queue struct{ joined, left int }

func (l *queue) join() (turn int) {
	l.joined++
	return l.joined - 1
}

func (l *queue) serves(turn int) bool { return l.left == turn }

func (l *queue) leave() { l.left++ }

// refuseCascadeCommand rejects a command before anything of it is written.
func refuseCascadeCommand(cmd booking.CascadeCommand) error {
	if cmd.Actor == "" || cmd.Reason == "" {
		return answer(booking.InvalidField("reason", "Say who wants it, and why."))
	}
	return nil
}
