package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/dev/wait"
)

// settleProbe is how often the run looks whether everything has come to its end.
const settleProbe = 500 * time.Millisecond

// bankDelay is how long the simulator's banks take at most to send a refund back, with a second for rounding.
const bankDelay = 7 * time.Second

// open is what has not come to its end.
type open struct {
	what, sql string
}

// openThings are counted until each is zero.
var openThings = []open{
	{"bookings that wait for money", `SELECT count(*) FROM bookings WHERE status IN ('INITIATED', 'SEATS_LOCKED', 'PAYMENT_PENDING')`},
	{"payments under way", `SELECT count(*) FROM payments WHERE status IN ('INITIATED', 'PROCESSING', 'DECLINED', 'REFUNDING')`},
	{"refunds under way", `SELECT count(*) FROM refunds WHERE status <> 'SUCCEEDED'`},
	{"top-ups that wait for money", `SELECT count(*) FROM top_ups WHERE status IN ('INITIATED', 'PROCESSING', 'DECLINED')`},
	{"cascades under way", `SELECT count(*) FROM cascades WHERE status <> 'FINISHED'`},
}

// settle lets everything come to its end, with all parts running and a provider that behaves. Lost events stay lost. The operator does what operators
// are for: refused refunds are paid into wallets, and top-ups that would wait for half an hour are closed. It returns how long this took; the error
// says what is still open when patience has run out.
func (c *chaos) settle(ctx context.Context) (took time.Duration, err error) {
	began := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, c.options.settle, fmt.Errorf("not settled after %s", c.options.settle))
	defer cancel()
	if err := c.decideAll(ctx); err != nil {
		return time.Since(began), err
	}
	said := ""
	for round := 0; ; round++ {
		if round%10 == 0 {
			c.lookAfterRefunds(ctx, fmt.Sprintf("settle-%d", round), func() bool { return true })
			if err := c.closeTopUps(ctx); err != nil && ctx.Err() == nil {
				c.record.note("closing top-ups had to be repeated")
			}
		}
		left, err := c.left(ctx)
		if err == nil && len(left) == 0 {
			return time.Since(began), nil
		}
		if now := strings.Join(left, ", "); err == nil && now != said {
			c.say("settling: %s", now)
			said = now
		}
		if !wait.For(ctx, settleProbe) {
			return time.Since(began), errors.Join(fmt.Errorf("%w: %s", context.Cause(ctx), strings.Join(left, ", ")), err)
		}
	}
}

// decideAll has the banks decide about everything that they have not decided.
func (c *chaos) decideAll(ctx context.Context) error {
	charges, err := c.charges(ctx)
	if err != nil {
		return err
	}
	d := throw(c.plan.Seed, "last decisions")
	for _, charge := range charges {
		if charge.Status == "processing" {
			if err := c.system.Simulator().SettleIntent(ctx, charge.ID, drawOutcome(d)); err != nil {
				c.record.note("decisions of a bank that came too late")
			}
		}
	}
	paybacks, err := c.paybacks(ctx)
	if err != nil {
		return err
	}
	for _, back := range paybacks {
		if back.Status == "pending" {
			if err := c.system.Simulator().SettleRefund(ctx, back.ID, stripesim.Succeed); err != nil {
				c.record.note("decisions of a bank that came too late")
			}
		}
	}
	return nil
}

// closeTopUps cancels the workflows of top-ups that wait to be paid. They ask the provider first, so money whose event was lost is credited.
func (c *chaos) closeTopUps(ctx context.Context) error {
	rows, _ := c.system.Owner.Query(ctx, `SELECT id FROM top_ups WHERE status IN ('INITIATED', 'PROCESSING', 'DECLINED')`) // the error comes with the rows
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, id := range ids {
		err := c.system.Temporal.CancelWorkflow(ctx, booking.TopUpWorkflowID(id), "")
		if _, gone := errors.AsType[*serviceerror.NotFound](err); err != nil && !gone {
			return err
		}
		c.record.note("top-ups that an operator closed")
	}
	return nil
}

// left says what is still open.
func (c *chaos) left(ctx context.Context) (left []string, err error) {
	for _, thing := range openThings {
		var n int
		if err := c.system.Owner.QueryRow(ctx, thing.sql).Scan(&n); err != nil {
			return nil, err
		}
		if n > 0 {
			left = append(left, fmt.Sprintf("%d %s", n, thing.what))
		}
	}
	list, err := c.system.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "ExecutionStatus IN ('Running', 'Paused')", PageSize: 100})
	if err != nil {
		return nil, err
	}
	running := map[string]int{}
	for _, w := range list.GetExecutions() {
		name := w.GetType().GetName()
		if name == booking.SweepWorkflow { // it comes and goes
			continue
		}
		if name == booking.SettlementWorkflow {
			given, err := c.givenBack(ctx, w.GetExecution().GetWorkflowId())
			if err != nil {
				return nil, err
			}
			if given {
				continue
			}
		}
		running[name]++
	}
	for _, name := range slices.Sorted(maps.Keys(running)) {
		left = append(left, fmt.Sprintf("%d workflows %s", running[name], name))
	}
	if len(left) > 0 {
		return left, nil
	}
	return c.leftAtProvider(ctx)
}

// givenBack says whether the money of a settlement has been given back. The provider's event may have said so although the settlement, which asks
// once an hour, does not know yet.
func (c *chaos) givenBack(ctx context.Context, workflowID string) (given bool, err error) {
	intent := strings.TrimPrefix(workflowID, booking.SettlementWorkflowID(""))
	err = c.system.Owner.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM refunds WHERE id = $1 AND status = 'SUCCEEDED')`, booking.RefundID(intent)).Scan(&given)
	return given, err
}

// leftAtProvider says what the provider still has to do: deliver events, and let banks send refunds back.
func (c *chaos) leftAtProvider(ctx context.Context) (left []string, err error) {
	undelivered, err := c.undelivered(ctx)
	if err != nil {
		return nil, err
	}
	if undelivered > 0 {
		left = append(left, fmt.Sprintf("%d events to deliver", undelivered))
	}
	paybacks, err := c.paybacks(ctx)
	if err != nil {
		return nil, err
	}
	for _, back := range paybacks {
		if time.Since(time.Unix(back.Created, 0)) < bankDelay {
			return append(left, "refunds that a bank may send back"), nil
		}
	}
	return left, nil
}
