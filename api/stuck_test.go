package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// running is a workflow that began so long ago.
func running(id, kind string, began time.Duration) *workflowservice.DescribeWorkflowExecutionResponse {
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run-1"}, Type: &commonpb.WorkflowType{Name: kind},
		StartTime: ago(began), Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
	}}
}

func ago(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(time.Now().Add(-d)) }

// failing is a step that has failed so many times.
func failing(name string, attempts int32, why *failurepb.Failure) *workflowpb.PendingActivityInfo {
	return &workflowpb.PendingActivityInfo{
		ActivityType: &commonpb.ActivityType{Name: name}, State: enumspb.PENDING_ACTIVITY_STATE_SCHEDULED, Attempt: attempts + 1,
		ScheduledTime: ago(time.Minute), LastFailure: why, NextAttemptScheduleTime: ago(-time.Minute),
	}
}

func application(kind, message string, cause *failurepb.Failure) *failurepb.Failure {
	return &failurepb.Failure{Message: message, Cause: cause, FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
		ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: kind},
	}}
}

func (b *bundle) stuck(query string) (list openapi.StuckList) {
	b.Helper()
	b.get(ada, admin+"/stuck"+query).is(http.StatusOK, &list)
	return list
}

func TestNothingIsStuckWhenNothingIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	b.temporal.running = []*workflowservice.DescribeWorkflowExecutionResponse{
		running("booking/bk_1", booking.BookingWorkflow, 20*time.Minute), // its hold goes on
		running("refund/rf_1", booking.RefundWorkflow, 5*time.Hour),
		running("sweep-2026", booking.SweepWorkflow, time.Minute),
	}
	waiting := failing(booking.StepSendRefund, 0, nil)
	b.temporal.running[1].PendingActivities = []*workflowpb.PendingActivityInfo{waiting}
	list := b.stuck("")
	require.Empty(t, list.Items)
	require.True(t, list.Complete)
	require.Zero(t, list.OpenFlags)
	for _, query := range b.temporal.lists {
		require.Contains(t, query, "ExecutionStatus IN ('Running', 'Paused') AND ", "a paused workflow is not forgotten")
	}
}

func TestStuckWorkflowsSayWhy(t *testing.T) {
	t.Parallel()
	b := withRefund(t, booking.RefundFailed)
	b.exec("UPDATE refunds SET failure_code = 'insufficient_funds'")
	b.exec("INSERT INTO flags (kind, subject, message) VALUES ('REFUND', 'rf_9', 'refused')")
	b.insert(row{id: "bk_2", seats: []string{"B1"}, expires: -8 * time.Minute, status: booking.StatusPaymentPending})
	b.insertPayment("pay_2", "bk_2", "hash", booking.PaymentProcessing)
	late := running("booking/bk_2", booking.BookingWorkflow, 13*time.Minute)
	late.PendingActivities = []*workflowpb.PendingActivityInfo{failing(booking.StepCloseIntent, 6, application(booking.FailureStillProcessing, "the charge is processing", nil))}
	refund := running("refund/"+someRefund, booking.RefundWorkflow, time.Hour)
	refund.PendingActivities = []*workflowpb.PendingActivityInfo{failing(booking.StepSendRefund, 2,
		application("wrapError", "dial db.internal:5432", application("ConnectError", "failed to connect to user=boxoffice", nil)))}
	settle := running("settle/pi_pay_2", booking.SettlementWorkflow, 2*time.Minute)
	settle.PendingWorkflowTask = &workflowpb.PendingWorkflowTaskInfo{Attempt: 7, ScheduledTime: ago(time.Minute), State: enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED}
	lonely := running("top-up/tu_1", booking.TopUpWorkflow, time.Minute)
	lonely.PendingWorkflowTask = &workflowpb.PendingWorkflowTaskInfo{Attempt: 1, ScheduledTime: ago(time.Minute), State: enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED}
	b.temporal.running = []*workflowservice.DescribeWorkflowExecutionResponse{late, refund, settle, lonely}

	list := b.stuck("")
	require.True(t, list.Complete)
	require.Equal(t, 1, list.OpenFlags)
	found := map[string]openapi.StuckItem{}
	for _, item := range list.Items {
		found[*item.WorkflowId] = item
	}
	require.Len(t, found, 4)
	require.Equal(t, "refund/"+someRefund, *list.Items[0].WorkflowId, "longest first")

	item := found["booking/bk_2"]
	require.Equal(t, []string{"RETRYING", "OVERDUE"}, item.Reasons)
	require.Equal(t, "bk_2", *item.BookingId)
	require.Equal(t, "sh_hindi", *item.ShowId)
	require.Equal(t, "PAYMENT_PENDING", *item.Status)
	require.WithinDuration(t, time.Now().Add(-8*time.Minute), *item.Deadline, time.Minute)
	require.Equal(t, "/namespaces/default/workflows/booking%2Fbk_2/run-1/history", *item.TemporalPath)
	require.Equal(t, "CloseIntent", item.PendingActivities[0].Name)
	require.Equal(t, 7, item.PendingActivities[0].Attempt)
	require.Equal(t, "the charge is processing", *item.PendingActivities[0].LastFailure)
	require.WithinDuration(t, time.Now().Add(time.Minute), *item.PendingActivities[0].NextAttemptAt, time.Minute)

	item = found["refund/"+someRefund]
	require.Equal(t, []string{"RETRYING", "REFUND_REFUSED"}, item.Reasons)
	require.Equal(t, someRefund, *item.RefundId)
	require.Equal(t, "bk_1", *item.BookingId)
	require.Equal(t, "insufficient_funds", *item.FailureCode)
	require.Equal(t, "The database does not answer as it should.", *item.PendingActivities[0].LastFailure)

	item = found["settle/pi_pay_2"]
	require.Equal(t, []string{"DEFECT"}, item.Reasons)
	require.Equal(t, "bk_2", *item.BookingId)
	require.Equal(t, 7, item.WorkflowTask.Attempt)
	require.Equal(t, []string{"NO_WORKER"}, found["top-up/tu_1"].Reasons)

	require.Len(t, b.stuck("?reason=DEFECT").Items, 1)
	one := b.stuck("?limit=1")
	require.Len(t, one.Items, 1)
	require.False(t, one.Complete)
	for query, field := range map[string]string{"reason=LOST": "reason", "reason=": "reason", "limit=0": "limit"} {
		require.Equal(t, field, b.get(ada, admin+"/stuck?"+query).refuses(http.StatusBadRequest, booking.CodeValidation)["field"])
	}
}

func TestABookingWithoutItsWorkflowIsStuck(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1", expires: -10 * time.Minute})
	b.insert(row{id: "bk_2", seats: []string{"B1"}, expires: -time.Minute})
	list := b.stuck("?reason=NO_WORKFLOW")
	require.Len(t, list.Items, 1)
	require.Equal(t, "bk_1", *list.Items[0].BookingId)
	require.Equal(t, "SEATS_LOCKED", *list.Items[0].Status)
	require.Nil(t, list.Items[0].WorkflowId)
}

func TestRefusedRefundsAreToldWithoutTemporal(t *testing.T) {
	t.Parallel()
	b := withRefund(t, booking.RefundNeedsAttention)
	b.temporal.unlisted = serviceerror.NewUnavailable("temporal.internal:7233 is away")
	got := b.get(ada, admin+"/stuck")
	got.refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	require.NotContains(t, string(got.body), "internal")
	list := b.stuck("?reason=REFUND_REFUSED")
	require.Len(t, list.Items, 1)
	require.Equal(t, someRefund, *list.Items[0].RefundId)
	require.Equal(t, "NEEDS_ATTENTION", *list.Items[0].Status)

	b.temporal.unlisted = nil
	b.temporal.running = []*workflowservice.DescribeWorkflowExecutionResponse{running("refund/rf_x", booking.RefundWorkflow, time.Hour)}
	b.temporal.undescribed = serviceerror.NewUnavailable("away")
	b.get(ada, admin+"/stuck").refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
}

// A server may take its time, or have had enough: what it has said by then is told.
func TestWhatTemporalDoesNotTellInTimeIsLeftOut(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.ProviderTimeout = 2 * time.Second })
	b.insert(row{id: "bk_1", expires: -10 * time.Minute})
	failed := running("settle/pi_2", booking.SettlementWorkflow, time.Minute)
	failed.PendingActivities = []*workflowpb.PendingActivityInfo{failing(booking.StepCloseIntent, 6, nil)}
	b.temporal.running = []*workflowservice.DescribeWorkflowExecutionResponse{running("settle/pi_1", booking.SettlementWorkflow, time.Hour), failed}
	b.temporal.slow = map[string]bool{"settle/pi_1": true}
	list := b.stuck("")
	require.False(t, list.Complete)
	require.Len(t, list.Items, 2)
	require.Equal(t, "bk_1", *list.Items[0].BookingId)
	require.Equal(t, "settle/pi_2", *list.Items[1].WorkflowId)
	require.Less(t, len(b.temporal.lists), 10, "as many as a server answers in a second")

	b.temporal.undescribed = serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "namespace rate limit exceeded")
	list = b.stuck("")
	require.False(t, list.Complete)
	require.Empty(t, list.Items)
}

// A terminated booking waits for no deadline; one that was reset has another run, and one that has ended is nobody's business.
func TestATerminatedBookingIsStuckAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_lost"})
	b.insert(row{id: "bk_sold", seats: []string{"B1"}, status: booking.StatusConfirmed})
	lost, sold := running("booking/bk_lost", booking.BookingWorkflow, time.Minute), running("booking/bk_sold", booking.BookingWorkflow, time.Minute)
	reset := running("booking/bk_reset", booking.BookingWorkflow, time.Minute)
	for _, workflow := range []*workflowservice.DescribeWorkflowExecutionResponse{lost, sold} {
		workflow.WorkflowExecutionInfo.Status = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
		workflow.WorkflowExecutionInfo.CloseTime = ago(10 * time.Second)
	}
	b.temporal.running = []*workflowservice.DescribeWorkflowExecutionResponse{lost, sold, reset}

	list := b.stuck("")

	require.Len(t, list.Items, 1)
	require.Equal(t, []string{"NO_WORKFLOW"}, list.Items[0].Reasons)
	require.Equal(t, "bk_lost", *list.Items[0].BookingId)
	require.Equal(t, "sh_hindi", *list.Items[0].ShowId)
	require.WithinDuration(t, time.Now().Add(-10*time.Second), list.Items[0].Since, 5*time.Second)
	require.Contains(t, b.temporal.lists[0], "ExecutionStatus IN ('Terminated', 'TimedOut', 'Canceled', 'Failed')")
}

func TestWhatIsPausedSaysByWhomAndWhy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	step := running("refund/rf_1", booking.RefundWorkflow, time.Hour)
	waiting := failing(booking.StepSendRefund, 0, nil)
	waiting.Paused = true
	waiting.PauseInfo = &workflowpb.PendingActivityInfo_PauseInfo{
		PauseTime: ago(time.Minute),
		PausedBy: &workflowpb.PendingActivityInfo_PauseInfo_Manual_{
			Manual: &workflowpb.PendingActivityInfo_PauseInfo_Manual{Identity: "ada@office", Reason: "the bank called"},
		},
	}
	step.PendingActivities = []*workflowpb.PendingActivityInfo{waiting}
	whole := running("settle/pi_1", booking.SettlementWorkflow, time.Minute)
	whole.WorkflowExecutionInfo.Status = enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED
	whole.WorkflowExtendedInfo = &workflowpb.WorkflowExecutionExtendedInfo{
		PauseInfo: &workflowpb.WorkflowExecutionPauseInfo{Identity: "ben@office", PausedTime: ago(time.Minute)},
	}
	b.temporal.running = []*workflowservice.DescribeWorkflowExecutionResponse{step, whole}

	list := b.stuck("?reason=PAUSED")

	require.Len(t, list.Items, 2)
	require.Equal(t, []string{"PAUSED"}, list.Items[0].Reasons, "at its first attempt, too")
	pause := list.Items[0].PendingActivities[0].Pause
	require.Equal(t, "ada@office", pause.By)
	require.Equal(t, "the bank called", *pause.Reason)
	require.WithinDuration(t, time.Now().Add(-time.Minute), *pause.Since, 5*time.Second)
	require.Equal(t, []string{"PAUSED"}, list.Items[1].Reasons)
	require.Equal(t, "ben@office", list.Items[1].Pause.By)
	require.Nil(t, list.Items[1].Pause.Reason)
	require.Contains(t, b.temporal.lists[0], "TemporalPauseInfo IS NOT NULL")
}
