package engine_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/engine"
)

// maxUpdates is how many updates the server of these tests lets one workflow take.
const maxUpdates = 6

// Payments that the scripted booking knows. It accepts any other.
const (
	payRefused  = "pay_refused"
	payOutlived = "pay_outlived"
)

// scripted stands for the booking workflow: it takes a hold, payments and a cancellation, which ends
// it. It does not know the update expire.
func scripted(ctx workflow.Context, request booking.Request) (booking.Outcome, error) {
	over := false
	err := errors.Join(
		workflow.SetUpdateHandler(ctx, booking.UpdateHold, func(workflow.Context) (booking.Hold, error) {
			return booking.Hold{BookingID: request.BookingID, RequestHash: request.RequestHash}, nil
		}),
		workflow.SetUpdateHandler(ctx, booking.UpdatePay, func(ctx workflow.Context, pay booking.PayRequest) (booking.Payment, error) {
			switch pay.PaymentID {
			case payRefused:
				refusal := booking.AttemptEnded().With(booking.DetailRequestHash, pay.RequestHash)
				return booking.Payment{}, temporal.NewApplicationErrorWithOptions(refusal.Message, booking.RefusalType,
					temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{*refusal}})
			case payOutlived:
				over = true
				return booking.Payment{}, workflow.Await(ctx, func() bool { return false })
			}
			return booking.Payment{ID: pay.PaymentID, RequestHash: pay.RequestHash}, nil
		}),
		workflow.SetUpdateHandler(ctx, booking.UpdateCancel, func(workflow.Context, booking.CancelRequest) (booking.Cancellation, error) {
			over = true
			return booking.Cancellation{BookingID: request.BookingID, Status: booking.StatusCancelled}, nil
		}),
	)
	if err == nil {
		err = workflow.Await(ctx, func() bool { return over })
	}
	return booking.Outcome{BookingID: request.BookingID, Status: booking.StatusCancelled, RequestHash: request.RequestHash}, err
}

// server is a Temporal server with a worker that knows only the scripted booking.
type server struct {
	client client.Client
	engine *engine.Engine
	worker sdkworker.Worker
}

func startServer(t *testing.T) *server {
	t.Helper()
	//nolint:usetesting // t.TempDir lies in a folder that is closed to the user that PostgreSQL runs as
	dir, err := os.MkdirTemp("", "boxoffice-engine-")
	require.NoError(t, err)
	// PostgreSQL's account must be able to traverse the folder.
	require.NoError(t, os.Chmod(dir, 0o711))
	system, err := stack.Start(t.Context(), stack.Options{
		Dir: dir, Parts: []stack.Part{stack.Postgres, stack.Temporal}, TemporalArgs: []string{"--max-updates", strconv.Itoa(maxUpdates)},
	})
	if err != nil {
		require.NoError(t, errors.Join(err, os.RemoveAll(dir)))
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, errors.Join(system.Stop(ctx), stack.Reset(ctx, dir)))
	})
	connection, err := client.DialContext(t.Context(), client.Options{
		HostPort: system.TemporalAddr(), Namespace: stack.Namespace, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	worker := sdkworker.New(connection, booking.TaskQueue, sdkworker.Options{})
	worker.RegisterWorkflowWithOptions(scripted, workflow.RegisterOptions{Name: booking.BookingWorkflow})
	require.NoError(t, worker.Start())
	t.Cleanup(worker.Stop)
	return &server{client: connection, engine: engine.New(connection, engine.Patience{Accept: patience, Finish: patience, Survey: patience}), worker: worker}
}

// held is a booking that holds its seats.
func (s *server) held(t *testing.T, id string) booking.Request {
	t.Helper()
	request := booking.Request{BookingID: id, CustomerID: "us_1", ShowID: "sh_1", TheatreID: "th_1", Seats: []string{"A1"}, RequestHash: "first"}
	require.NoError(t, hold(t.Context(), s.engine, request, engine.ShowTitle{Movie: "Sholay"}))
	return request
}

// refused requires a refusal, and returns its message and details.
func refused(t *testing.T, err error, code booking.Code) (message string, details map[string]any) {
	t.Helper()
	var refusal *booking.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, code, refusal.Code)
	return refusal.Message, refusal.Details
}

// The meaning of errors is known by their types, codes and texts: if a server or an SDK changes one, this test fails.
func TestTheServerReportsErrorsAsExpected(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	pay := func(t *testing.T, bookingID, paymentID string) error {
		t.Helper()
		_, err := s.engine.Pay(t.Context(), bookingID, booking.PayRequest{PaymentID: paymentID, RequestHash: "first"})
		return err
	}
	cancel := func(t *testing.T, bookingID string) {
		t.Helper()
		require.NoError(t, s.engine.CancelUnpaid(t.Context(), bookingID, booking.CancelRequest{}))
		require.NoError(t, s.client.GetWorkflow(t.Context(), booking.WorkflowID(bookingID), "").Get(t.Context(), nil))
	}

	t.Run("a repeat is answered as the first, also when the workflow is over", func(t *testing.T) {
		t.Parallel()
		request := s.held(t, "bk_repeat")
		require.NoError(t, hold(t.Context(), s.engine, request, engine.ShowTitle{}))
		cancel(t, "bk_repeat")
		require.NoError(t, hold(t.Context(), s.engine, request, engine.ShowTitle{}))
		request.RequestHash = "second"
		refused(t, hold(t.Context(), s.engine, request, engine.ShowTitle{}), booking.CodeIdempotencyKeyReused)
	})
	t.Run("a refusal answers its own request", func(t *testing.T) {
		t.Parallel()
		s.held(t, "bk_refused")
		_, details := refused(t, pay(t, "bk_refused", payRefused), booking.CodePaymentFailed)
		require.Equal(t, map[string]any{booking.DetailNewKey: true}, details)
		_, err := s.engine.Pay(t.Context(), "bk_refused", booking.PayRequest{PaymentID: payRefused, RequestHash: "second"})
		refused(t, err, booking.CodeIdempotencyKeyReused)
	})
	t.Run("a workflow that is over, or was never there, is no workflow", func(t *testing.T) {
		t.Parallel()
		require.ErrorIs(t, pay(t, "bk_none", "pay_1"), engine.ErrNoWorkflow)
		s.held(t, "bk_over")
		cancel(t, "bk_over")
		require.ErrorIs(t, pay(t, "bk_over", "pay_1"), engine.ErrNoWorkflow)
	})
	t.Run("so is one that ends before an update that it has taken on", func(t *testing.T) {
		t.Parallel()
		s.held(t, "bk_outlived")
		require.ErrorIs(t, pay(t, "bk_outlived", payOutlived), engine.ErrNoWorkflow)
	})
	t.Run("a workflow that was terminated was cut short", func(t *testing.T) {
		t.Parallel()
		request := s.held(t, "bk_cut")
		require.NoError(t, s.client.TerminateWorkflow(t.Context(), booking.WorkflowID("bk_cut"), "", "for a test"))
		require.NoError(t, hold(t.Context(), s.engine, request, engine.ShowTitle{}), "its update is remembered")
		topUp := booking.TopUpRequest{TopUpID: "tu_cut"}
		_, err := s.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: booking.TopUpWorkflowID("tu_cut"), TaskQueue: "nobody"}, booking.TopUpWorkflow, topUp)
		require.NoError(t, err)
		require.NoError(t, s.client.TerminateWorkflow(t.Context(), booking.TopUpWorkflowID("tu_cut"), "", "for a test"))
		_, err = s.engine.TopUp(t.Context(), topUp)
		require.ErrorIs(t, err, engine.ErrNoWorkflow)
		require.ErrorIs(t, s.engine.TopUpEnded(t.Context(), topUp), engine.ErrCutShort)
	})
	t.Run("a paused workflow takes no commands", func(t *testing.T) {
		t.Parallel()
		s.held(t, "bk_paused")
		_, err := s.client.WorkflowService().PauseWorkflowExecution(t.Context(), &workflowservice.PauseWorkflowExecutionRequest{
			Namespace: stack.Namespace, WorkflowId: booking.WorkflowID("bk_paused"), Identity: "ada", Reason: "for a test", RequestId: "pause",
		})
		require.NoError(t, err)
		_, details := refused(t, pay(t, "bk_paused", "pay_1"), booking.CodeConflict)
		require.Equal(t, booking.Paused().Details, details)
	})
	t.Run("a workflow takes so many commands and no more", func(t *testing.T) {
		t.Parallel()
		s.held(t, "bk_limit")
		for n := range maxUpdates - 1 {
			require.NoError(t, pay(t, "bk_limit", "pay_"+string(rune('a'+n))))
		}
		message, _ := refused(t, pay(t, "bk_limit", "pay_z"), booking.CodeConflict)
		require.Contains(t, message, "attempts")
	})
	t.Run("an older workflow says that it does not know a command", func(t *testing.T) {
		t.Parallel()
		s.held(t, "bk_old")
		_, err := s.engine.Expire(t.Context(), booking.ExpireRequest{BookingID: "bk_old"})
		message, _ := refused(t, err, booking.CodeConflict)
		require.Contains(t, message, "older version")
	})
	t.Run("without a worker, what waits for one is unavailable", func(t *testing.T) {
		t.Parallel()
		hurried := engine.New(s.client, engine.Patience{Accept: 200 * time.Millisecond, Finish: patience})
		_, err := hurried.TopUp(t.Context(), booking.TopUpRequest{TopUpID: "tu_1", UserID: "us_1", Amount: booking.Money{Amount: 500, Currency: "INR"}})
		require.ErrorIs(t, err, engine.ErrUnavailable, "this worker knows no top-ups")
	})
	t.Run("the list of what may be stuck can be asked for", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, s.engine.Reach(t.Context()))
		require.Eventually(t, func() bool {
			seen, err := s.engine.WorkerSeen(context.WithoutCancel(t.Context()))
			return err == nil && !seen.IsZero()
		}, patience, 10*time.Millisecond, "a worker asks for work soon after it has started, not at once")
		survey, err := s.engine.Survey(t.Context(), time.Now().UTC(), []string{"bk_gone"})
		require.NoError(t, err)
		require.True(t, survey.Seen[booking.WorkflowID("bk_gone")].Gone)
		for id := range survey.Seen {
			does, _ := engine.Subject(id)
			require.Contains(t, []string{"booking", "top-up"}, does)
		}
	})
}
