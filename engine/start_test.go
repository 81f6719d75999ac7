package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/engine"
)

const (
	once  = enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
	again = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
)

// Histories, operators and repeats rely on how workflows are started.
func TestEveryWorkflowIsStartedInItsOwnWay(t *testing.T) {
	t.Parallel()
	fri := time.Date(2026, 11, 27, 18, 30, 0, 0, time.UTC)
	cancelSeats := booking.CancelSeatsRequest{BookingID: "bk_1", Seats: []string{"A1"}}
	refund := booking.RefundCommand{RefundID: "rf_1", CommandID: "rc_1"}
	outside := booking.OutsideRefundCommand{OutsideRefundID: "re_1", CommandID: "oc_1"}
	show := engine.Cascade{
		Request:   booking.CascadeRequest{Kind: booking.CascadeShow, SubjectID: "sh_1"},
		TheatreID: "th_1", Summary: strings.Repeat("é", 150),
	}
	movie := engine.Cascade{Request: booking.CascadeRequest{Kind: booking.CascadeMovie, SubjectID: "mv_1"}, Summary: "withdraw the movie"}
	paid := booking.PaymentEvent{Kind: booking.PaymentEventSucceeded, IntentID: "pi_1", BookingID: "bk_1", Received: booking.Money{Amount: 30200, Currency: "INR"}}
	for name, test := range map[string]struct {
		ask      func(context.Context, *engine.Engine) error
		id       string
		workflow string
		reuse    enumspb.WorkflowIdReusePolicy
		priority int
		summary  string
		update   client.UpdateWorkflowOptions
		signal   string
		found    map[string]string
	}{
		"hold": {
			ask: func(ctx context.Context, e *engine.Engine) error {
				return hold(ctx, e, booking.Request{BookingID: "bk_1", CustomerID: "us_1", ShowID: "sh_1", TheatreID: "th_1", Seats: []string{"A1", "A2"}},
					engine.ShowTitle{Movie: "Sholay", StartsAt: fri})
			},
			id: booking.WorkflowID("bk_1"), workflow: booking.BookingWorkflow, reuse: once, priority: 2, summary: "2 seats A1 A2 · Sholay · Fri 18:30",
			update: client.UpdateWorkflowOptions{UpdateID: booking.UpdateHold, UpdateName: booking.UpdateHold, WaitForStage: client.WorkflowUpdateStageCompleted},
			found: map[string]string{
				booking.AttributeStatus: "SEATS_LOCKED", booking.AttributeCustomer: "us_1", booking.AttributeShow: "sh_1", booking.AttributeTheatre: "th_1",
			},
		},
		"top-up": {
			ask: func(ctx context.Context, e *engine.Engine) error {
				_, err := e.TopUp(ctx, booking.TopUpRequest{TopUpID: "tu_1", UserID: "us_1", Amount: booking.Money{Amount: 50000, Currency: "INR"}})
				return err
			},
			id: booking.TopUpWorkflowID("tu_1"), workflow: booking.TopUpWorkflow, reuse: once, priority: 2, summary: "top-up of ₹500.00",
			update: client.UpdateWorkflowOptions{UpdateID: booking.UpdateOpen, UpdateName: booking.UpdateOpen, WaitForStage: client.WorkflowUpdateStageAccepted},
			found:  map[string]string{booking.AttributeCustomer: "us_1"},
		},
		"cancel seats": {
			ask: func(ctx context.Context, e *engine.Engine) error {
				return e.CancelSeats(ctx, cancelSeats, engine.BookingParties{CustomerID: "us_1", ShowID: "sh_1", TheatreID: "th_1"}, []string{"A1"})
			},
			id: booking.CancelBookingWorkflowID("bk_1"), workflow: booking.CancelBookingWorkflow, reuse: again, summary: "give back A1",
			update: client.UpdateWorkflowOptions{
				UpdateID: cancelSeats.ID(), UpdateName: booking.UpdateCancel, Args: []any{cancelSeats}, WaitForStage: client.WorkflowUpdateStageCompleted,
			},
			found: map[string]string{booking.AttributeCustomer: "us_1", booking.AttributeShow: "sh_1", booking.AttributeTheatre: "th_1"},
		},
		"end abandoned": {
			ask: func(ctx context.Context, e *engine.Engine) error {
				_, err := e.EndAbandoned(ctx, booking.ExpireRequest{BookingID: "bk_1"}, "sh_1")
				return err
			},
			id: booking.EndAbandonedWorkflowID("bk_1"), workflow: booking.EndAbandonedWorkflow, reuse: again, priority: 4,
			summary: "end a booking without a workflow", found: map[string]string{booking.AttributeShow: "sh_1"},
		},
		"move": {
			ask: func(ctx context.Context, e *engine.Engine) error {
				return e.Move(ctx, booking.SeatMove{MoveID: "sm_1", BookingID: "bk_1", ShowID: "sh_1", To: []string{"B1", "B2"}})
			},
			id: booking.MoveSeatsWorkflowID("sm_1"), workflow: booking.MoveSeatsWorkflow, reuse: again, priority: 4, summary: "move bk_1 to B1 B2",
			found: map[string]string{booking.AttributeShow: "sh_1"},
		},
		"retry a refund": {
			ask: func(ctx context.Context, e *engine.Engine) error { return e.RetryRefund(ctx, refund) },
			id:  booking.RefundWorkflowID("rf_1"), workflow: booking.RefundWorkflow, reuse: again, priority: 4,
			update: client.UpdateWorkflowOptions{UpdateName: booking.UpdateRetry, Args: []any{refund}, WaitForStage: client.WorkflowUpdateStageAccepted},
		},
		"divert a refund": {
			ask: func(ctx context.Context, e *engine.Engine) error { return e.DivertRefund(ctx, refund) },
			id:  booking.RefundWorkflowID("rf_1"), workflow: booking.RefundWorkflow, reuse: again, priority: 4,
			update: client.UpdateWorkflowOptions{UpdateName: booking.UpdateDivert, Args: []any{refund}, WaitForStage: client.WorkflowUpdateStageAccepted},
		},
		"settle a refund": {
			ask: func(ctx context.Context, e *engine.Engine) error { return e.SettleRefund(ctx, refund) },
			id:  booking.RefundWorkflowID("rf_1"), workflow: booking.RefundWorkflow, reuse: again, priority: 4,
			update: client.UpdateWorkflowOptions{UpdateName: booking.UpdateSettle, Args: []any{refund}, WaitForStage: client.WorkflowUpdateStageAccepted},
		},
		"close a refund": {
			ask: func(ctx context.Context, e *engine.Engine) error { return e.CloseRefund(ctx, refund) },
			id:  booking.RefundWorkflowID("rf_1"), workflow: booking.RefundWorkflow, reuse: again, priority: 4,
			update: client.UpdateWorkflowOptions{UpdateName: booking.UpdateClose, Args: []any{refund}, WaitForStage: client.WorkflowUpdateStageAccepted},
		},
		"news of a refund": {
			ask: func(ctx context.Context, e *engine.Engine) error {
				return e.TellRefund(ctx, booking.RefundEvent{RefundID: "rf_1"})
			},
			id: booking.RefundWorkflowID("rf_1"), workflow: booking.RefundWorkflow, reuse: again, priority: 4, signal: booking.SignalRefundEvent,
		},
		"assign an outside refund": {
			ask: func(ctx context.Context, e *engine.Engine) error { return e.AssignOutsideRefund(ctx, "pi_1", outside) },
			id:  booking.OutsideRefundsWorkflowID("pi_1"), workflow: booking.OutsideRefundsWorkflow, reuse: again, priority: 4,
			update: client.UpdateWorkflowOptions{UpdateName: booking.UpdateAssign, Args: []any{outside}, WaitForStage: client.WorkflowUpdateStageCompleted},
		},
		"write an outside refund off": {
			ask: func(ctx context.Context, e *engine.Engine) error {
				return e.WriteOffOutsideRefund(ctx, "pi_1", outside)
			},
			id: booking.OutsideRefundsWorkflowID("pi_1"), workflow: booking.OutsideRefundsWorkflow, reuse: again, priority: 4,
			update: client.UpdateWorkflowOptions{UpdateName: booking.UpdateWriteOff, Args: []any{outside}, WaitForStage: client.WorkflowUpdateStageCompleted},
		},
		"news of outside refunds": {
			ask: func(ctx context.Context, e *engine.Engine) error {
				return e.TellOutsideRefunds(ctx, booking.OutsideRefundEvent{IntentID: "pi_1"})
			},
			id: booking.OutsideRefundsWorkflowID("pi_1"), workflow: booking.OutsideRefundsWorkflow, reuse: again, priority: 4, signal: booking.SignalOutsideRefund,
		},
		"begin a cascade": {
			ask: func(ctx context.Context, e *engine.Engine) error { return e.BeginCascade(ctx, show) },
			id:  booking.CascadeWorkflowID(booking.CascadeShow, "sh_1"), workflow: booking.CascadeWorkflow, reuse: again, priority: booking.CascadePriority,
			summary: strings.Repeat("é", 100),
			update:  client.UpdateWorkflowOptions{UpdateName: booking.UpdateBegin, WaitForStage: client.WorkflowUpdateStageAccepted},
			found:   map[string]string{booking.AttributeShow: "sh_1", booking.AttributeTheatre: "th_1"},
		},
		"pause a cascade": {
			ask: func(ctx context.Context, e *engine.Engine) error {
				return e.PauseCascade(ctx, movie, booking.CascadeCommand{Actor: "us_ada"})
			},
			id: booking.CascadeWorkflowID(booking.CascadeMovie, "mv_1"), workflow: booking.CascadeWorkflow, reuse: again, priority: booking.CascadePriority,
			summary: "withdraw the movie",
			update: client.UpdateWorkflowOptions{
				UpdateName: booking.UpdatePause, Args: []any{booking.CascadeCommand{Actor: "us_ada"}}, WaitForStage: client.WorkflowUpdateStageAccepted,
			},
		},
		"resume a cascade": {
			ask: func(ctx context.Context, e *engine.Engine) error {
				return e.ResumeCascade(ctx, movie, booking.CascadeCommand{Actor: "us_ada"})
			},
			id: booking.CascadeWorkflowID(booking.CascadeMovie, "mv_1"), workflow: booking.CascadeWorkflow, reuse: again, priority: booking.CascadePriority,
			summary: "withdraw the movie",
			update: client.UpdateWorkflowOptions{
				UpdateName: booking.UpdateResume, Args: []any{booking.CascadeCommand{Actor: "us_ada"}}, WaitForStage: client.WorkflowUpdateStageAccepted,
			},
		},
		"settle money that came late": {
			ask: func(ctx context.Context, e *engine.Engine) error {
				delivery, err := e.DeliverPayment(ctx, paid)
				require.Equal(t, engine.Settling, delivery)
				return err
			},
			id: booking.SettlementWorkflowID("pi_1"), workflow: booking.SettlementWorkflow, reuse: again, priority: 4,
			summary: "₹302.00 arrived after its booking was over",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, fake := withEngine(t)
			fake.answer = map[string]any{}
			if test.workflow == booking.SettlementWorkflow {
				fake.unsignalled = serviceerror.NewNotFound("workflow execution already completed")
			}
			require.NoError(t, test.ask(t.Context(), e))

			require.Equal(t, test.workflow, fake.workflow)
			require.Equal(t, test.id, fake.start.ID)
			require.Equal(t, booking.TaskQueue, fake.start.TaskQueue)
			require.Equal(t, enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING, fake.start.WorkflowIDConflictPolicy)
			require.Equal(t, test.reuse, fake.start.WorkflowIDReusePolicy)
			require.Equal(t, test.priority, fake.start.Priority.PriorityKey)
			require.Equal(t, test.summary, fake.start.StaticSummary)
			require.Equal(t, len(test.found), fake.start.TypedSearchAttributes.Size())
			for attribute, want := range test.found {
				got, ok := fake.start.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(attribute))
				require.True(t, ok, attribute)
				require.Equal(t, want, got)
			}
			if test.signal != "" || test.update.UpdateName != "" {
				test.update.WorkflowID = test.id
				require.Equal(t, test.update, fake.update)
			}
			if test.signal != "" {
				require.Equal(t, test.signal, fake.signal)
			}
		})
	}
}

// What is sent to a running booking joins it and starts nothing.
func TestARunningBookingIsTold(t *testing.T) {
	t.Parallel()
	pay := booking.PayRequest{PaymentID: "pay_1"}
	cancel, expire := booking.CancelRequest{CorrelationID: "c"}, booking.ExpireRequest{BookingID: "bk_1"}
	for name, test := range map[string]struct {
		ask    func(context.Context, *engine.Engine) error
		update client.UpdateWorkflowOptions
	}{
		"pay": {
			func(ctx context.Context, e *engine.Engine) error {
				_, err := e.Pay(ctx, "bk_1", pay)
				return err
			},
			client.UpdateWorkflowOptions{UpdateID: "pay_1", UpdateName: booking.UpdatePay, Args: []any{pay}},
		},
		"cancel": {
			func(ctx context.Context, e *engine.Engine) error { return e.CancelUnpaid(ctx, "bk_1", cancel) },
			client.UpdateWorkflowOptions{UpdateName: booking.UpdateCancel, Args: []any{cancel}},
		},
		"expire": {
			func(ctx context.Context, e *engine.Engine) error {
				_, err := e.Expire(ctx, expire)
				return err
			},
			client.UpdateWorkflowOptions{UpdateName: booking.UpdateExpire, Args: []any{expire}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, fake := withEngine(t)
			fake.answer = map[string]any{}
			require.NoError(t, test.ask(t.Context(), e))
			test.update.WorkflowID, test.update.WaitForStage = booking.WorkflowID("bk_1"), client.WorkflowUpdateStageAccepted
			require.Equal(t, test.update, fake.update)
			require.Empty(t, fake.start.ID)
		})
	}
}

func TestPaymentEventsGoToTheirBookingOrTopUp(t *testing.T) {
	t.Parallel()
	e, fake := withEngine(t)
	event := booking.PaymentEvent{Kind: booking.PaymentEventSucceeded, IntentID: "pi_1", TopUpID: "tu_1"}
	delivery, err := e.DeliverPayment(t.Context(), event)
	require.NoError(t, err)
	require.Equal(t, engine.Signalled, delivery)
	require.Equal(t, booking.TopUpWorkflowID("tu_1"), fake.update.WorkflowID)
	require.Equal(t, booking.SignalPaymentEvent, fake.signal)
	require.Equal(t, event, fake.told)

	fake.unsignalled = serviceerror.NewNotFound("workflow execution already completed")
	event.Kind = booking.PaymentEventDeclined
	delivery, err = e.DeliverPayment(t.Context(), event)
	require.NoError(t, err)
	require.Equal(t, engine.Ignored, delivery, "nobody has to do anything about it")
	require.Empty(t, fake.start.ID)

	fake.unsignalled = serviceerror.NewInvalidArgument("too large")
	_, err = e.DeliverPayment(t.Context(), event)
	require.ErrorIs(t, err, engine.ErrUnavailable, "whatever it is, the provider sends it again")
}
