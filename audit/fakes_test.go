package audit_test

import (
	"context"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// fakeBank is the provider's list. An audit asks for nothing else.
type fakeBank struct {
	provider.Provider

	intents []provider.Intent
	refunds []provider.Refund
	// since is what the audit asked for.
	since time.Time
	// walks counts the lists; onWalk, if it is set, is called before each.
	walks  int
	onWalk func(n int)
	err    error
}

func intent(id, bookingID string, status provider.IntentStatus, amount int64) provider.Intent {
	in := provider.Intent{
		ID: id, Status: status, Amount: inr(amount), Received: inr(0), Created: longAgo(),
		BookingID: bookingID, PaymentID: strings.Replace(bookingID, "bk_", "pay_", 1),
	}
	if status == provider.IntentSucceeded {
		in.Received = in.Amount
	}
	return in
}

func topUp(id, topUpID string, status provider.IntentStatus, amount int64) provider.Intent {
	in := intent(id, "", status, amount)
	in.TopUpID = topUpID
	return in
}

func refund(refundID, intentID string, status provider.RefundStatus, amount int64) provider.Refund {
	return provider.Refund{ID: "re_" + refundID, RefundID: refundID, IntentID: intentID, Status: status, Amount: inr(amount), Created: longAgo()}
}

func inr(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: "INR"} }

func longAgo() time.Time { return time.Now().Add(-time.Hour).Truncate(time.Second).UTC() }

func newBank() *fakeBank {
	return &fakeBank{
		intents: []provider.Intent{
			intent("pi_open", "bk_open", provider.IntentRequiresPayment, 6180),
			intent("pi_card", "bk_card", provider.IntentSucceeded, 11180),
			intent("pi_hybrid", "bk_hybrid", provider.IntentSucceeded, 6180),
			intent("pi_expired", "bk_expired", provider.IntentCanceled, 10000),
			intent("pi_late", "bk_late", provider.IntentSucceeded, 11180),
			intent("pi_failed", "bk_failed", provider.IntentSucceeded, 11180),
			intent("pi_returned", "bk_returned", provider.IntentSucceeded, 10000),
			intent("pi_partial", "bk_partial", provider.IntentSucceeded, 22360),
			intent("pi_outside", "bk_outside", provider.IntentSucceeded, 22360),
			topUp("pi_tu_paid", "tu_paid", provider.IntentSucceeded, 5000),
			topUp("pi_tu_open", "tu_open", provider.IntentRequiresPayment, 6000),
			topUp("pi_tu_expired", "tu_expired", provider.IntentCanceled, 7000),
			topUp("pi_tu_stray", "tu_stray", provider.IntentSucceeded, 8001),
			intent("pi_of_others", "", provider.IntentSucceeded, 999),
		},
		refunds: []provider.Refund{
			refund("rf_failed", "pi_failed", provider.RefundSucceeded, 11180),
			refund("rf_returned", "pi_returned", provider.RefundSucceeded, 10000),
			refund("rf_partial", "pi_partial", provider.RefundPending, 11180),
			refund("rf_stray", "pi_tu_stray", provider.RefundSucceeded, 8001),
			{ID: "re_outside", IntentID: "pi_outside", Status: provider.RefundSucceeded, Amount: inr(12180), Created: longAgo()},
			{ID: "re_of_others", IntentID: "pi_of_others", Status: provider.RefundSucceeded, Amount: inr(999), Created: longAgo()},
		},
	}
}

// EachIntent lists one intent per page.
func (b *fakeBank) EachIntent(_ context.Context, since time.Time, page func([]provider.Intent) error) error {
	b.since = since
	b.walks++
	if b.onWalk != nil {
		b.onWalk(b.walks)
	}
	for _, in := range b.intents {
		if err := page([]provider.Intent{in}); err != nil {
			return err
		}
	}
	return b.err
}

// EachRefund lists all refunds on one page.
func (b *fakeBank) EachRefund(_ context.Context, _ time.Time, page func([]provider.Refund) error) error {
	return page(b.refunds)
}

// setRefund changes the status of a refund.
func (b *fakeBank) setRefund(id string, status provider.RefundStatus, amount int64) {
	for i := range b.refunds {
		if b.refunds[i].ID == id {
			b.refunds[i].Status, b.refunds[i].Amount = status, inr(amount)
		}
	}
}

// fakeTemporal lists one workflow per page.
type fakeTemporal struct {
	running, failed []*workflowpb.WorkflowExecutionInfo
	queries         []string
	err             error
}

func workflow(id, kind string) *workflowpb.WorkflowExecutionInfo {
	return &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run"},
		Type:      &commonpb.WorkflowType{Name: kind},
		Status:    enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
		StartTime: timestamppb.New(longAgo()),
	}
}

func newTemporal() *fakeTemporal {
	return &fakeTemporal{running: []*workflowpb.WorkflowExecutionInfo{
		workflow("booking/bk_held", "Booking"),
		workflow("booking/bk_open", "Booking"),
		workflow("cancel-show/sh_off", "Cascade"),
		workflow("refund/rf_partial", "Refund"),
		workflow("top-up/tu_open", "TopUp"),
	}}
}

func (f *fakeTemporal) ListWorkflow(
	_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	f.queries = append(f.queries, request.GetQuery())
	list := f.failed
	if strings.Contains(request.GetQuery(), "'Running'") {
		list = f.running
	}
	at := len(request.GetNextPageToken())
	if at >= len(list) {
		return &workflowservice.ListWorkflowExecutionsResponse{}, f.err
	}
	response := &workflowservice.ListWorkflowExecutionsResponse{Executions: list[at : at+1]}
	if at+1 < len(list) {
		response.NextPageToken = make([]byte, at+1)
	}
	return response, f.err
}
