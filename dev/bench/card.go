package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// cardContest is a booking paid by card beside a bare workflow that waits for a card. On both sides an action is over when the workflow has ended.
func cardContest(_ context.Context, s *system, sale *sale) (*contest, error) {
	floor, err := startBareCards(s)
	if err != nil {
		return nil, err
	}
	return &contest{
		product: contender{act: func(ctx context.Context, client int) (time.Duration, error) { return sale.buyByCard(ctx, s, client) }},
		floors:  []contender{{act: floor.run, targets: []target{wantNoFailure()}, muted: true}},
		end:     func() error { floor.stop(); return nil },
	}, nil
}

// buyByCard books the next seat of the client's show, pays it by card, and waits until the provider's event has confirmed the booking. It gives
// how long the hold took.
func (s *sale) buyByCard(ctx context.Context, system *system, client int) (time.Duration, error) {
	bought, err := s.take(ctx, client, booking.MethodCard)
	if err != nil {
		return 0, err
	}
	if _, err := s.buyers[client].EnterCard(ctx, bought.payment, cardThatPays); err != nil {
		return 0, err
	}
	var outcome booking.Outcome
	if err := system.Temporal.GetWorkflow(ctx, booking.WorkflowID(bought.booking.BookingId), "").Get(ctx, &outcome); err != nil {
		return 0, err
	}
	if outcome.Status != booking.StatusConfirmed {
		return 0, fmt.Errorf("%s is %s: %s", bought.booking.BookingId, outcome.Status, outcome.Reason)
	}
	return bought.hold, nil
}

// cardThatPays is the simulator's payment method that succeeds at once.
const cardThatPays = "pm_card_visa"

// bareCards are bare workflows that are paid by card. Like a booking that is paid so they take four workflow tasks.
type bareCards struct {
	*bareWorkflows

	simulator stripesim.Client
}

func startBareCards(s *system) (_ *bareCards, err error) {
	c := &bareCards{simulator: s.Simulator()}
	c.bareWorkflows, err = startBareWorkflows(s.Temporal, func(registry worker.Registry) {
		registry.RegisterWorkflow(c.wait)
		registry.RegisterActivity(c.openIntent)
	})
	return c, err
}

// wait is asked to hold and then to open an intent, waits for the signal that the intent is paid, and ends. Instead of locking and of selling it
// takes local steps that do nothing.
func (c *bareCards) wait(ctx workflow.Context) error {
	step := func(ctx workflow.Context) (string, error) {
		ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{ScheduleToCloseTimeout: bareStays})
		return "ok", workflow.ExecuteLocalActivity(ctx, func(context.Context) error { return nil }).Get(ctx, nil)
	}
	if err := workflow.SetUpdateHandler(ctx, bareHold, step); err != nil {
		return err
	}
	open := func(ctx workflow.Context) (intent string, err error) {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: bareStays})
		err = workflow.ExecuteActivity(ctx, c.openIntent).Get(ctx, &intent)
		return intent, err
	}
	if err := workflow.SetUpdateHandler(ctx, barePay, open); err != nil {
		return err
	}
	_, _ = workflow.GetSignalChannel(ctx, barePaid).ReceiveWithTimeout(ctx, bareStays, nil)
	_, err := step(ctx)
	return err
}

// openIntent opens an intent at the provider and gives its id.
func (c *bareCards) openIntent(ctx context.Context) (string, error) {
	var opened struct {
		ID string `json:"id"`
	}
	err := c.simulator.Ask(ctx, http.MethodPost, "/v1/payment_intents", url.Values{
		"amount": {"50000"}, "currency": {"inr"}, "payment_method_types[]": {"card"},
	}, &opened)
	return opened.ID, err
}

// run plays one to its end and gives how long its hold took.
func (c *bareCards) run(ctx context.Context, _ int) (time.Duration, error) {
	_, took, err := c.play(ctx)
	return took, err
}

// play plays one to its end. It gives its id, and how long its hold took.
func (c *bareCards) play(ctx context.Context) (id string, took time.Duration, err error) {
	if id, took, err = c.hold(ctx, c.wait); err != nil {
		return "", 0, err
	}
	intent, err := c.pay(ctx, id)
	if err != nil {
		return "", 0, err
	}
	if err := c.simulator.Pay(ctx, intent, cardThatPays); err != nil {
		return "", 0, err
	}
	if err := c.temporal.SignalWorkflow(ctx, id, "", barePaid, nil); err != nil {
		return "", 0, err
	}
	return id, took, c.temporal.GetWorkflow(ctx, id, "").Get(ctx, nil)
}
