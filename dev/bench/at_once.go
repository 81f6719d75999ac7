package main

import (
	"context"
	"time"

	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// atOnceCost is what a booking in one request may need of the processor time of one in two.
const atOnceCost = 0.6

// atOnceContest is a booking that is held and paid from the wallet in one request, beside a bare workflow and beside one in two requests.
func atOnceContest(_ context.Context, s *system, sale *sale) (*contest, error) {
	floor, err := startBareWorkflows(s.Temporal, func(registry worker.Registry) { registry.RegisterWorkflow(bareAtOnce) })
	if err != nil {
		return nil, err
	}
	return &contest{
		product: contender{act: sale.buyAtOnce},
		floors: []contender{
			{act: floor.runAtOnce, name: " beside a bare workflow", targets: []target{wantNoFailure()}},
			{act: sale.buy, name: " beside two requests", targets: []target{wantCPU(atOnceCost)}},
		},
		end: func() error { floor.stop(); return nil },
	}, nil
}

// buyAtOnce books the next seat of the client's show and pays it in the same request. It gives how long that took.
func (s *sale) buyAtOnce(ctx context.Context, client int) (time.Duration, error) {
	show, seat, err := s.nextSeat(client)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	_, err = s.buyers[client].BuyAtOnce(ctx, "bench-"+show+"-"+seat, show, booking.ReleaseSeats, seat)
	return time.Since(began), err
}

// bareAtOnce is the floor of that: a workflow that is asked to hold, answers, and ends, in one workflow task.
func bareAtOnce(ctx workflow.Context) error {
	held := false
	hold := func(workflow.Context) (string, error) { held = true; return "ok", nil }
	if err := workflow.SetUpdateHandler(ctx, bareHold, hold); err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return held })
}

// runAtOnce plays one to its end and gives how long it took.
func (w *bareWorkflows) runAtOnce(ctx context.Context, _ int) (time.Duration, error) {
	_, took, err := w.hold(ctx, bareAtOnce)
	return took, err
}
