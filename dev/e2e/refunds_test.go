package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// soldByCard is a confirmed booking that was paid with one of the simulator's payment methods.
func (sys *system) soldByCard(t *testing.T, key, show, method string, seats ...string) (buyer *customer.Customer, bookingID string) {
	t.Helper()
	buyer = sys.buyer(t, key, 0)
	held, err := buyer.Book(t.Context(), key, show, seats...)
	require.NoError(t, err)
	payment, err := buyer.Pay(t.Context(), key+"-pay", held.BookingId, booking.MethodCard)
	require.NoError(t, err)
	_, err = buyer.EnterCard(t.Context(), payment, method)
	require.NoError(t, err)
	await(t, buyer, held.BookingId, booking.StatusConfirmed)
	return buyer, held.BookingId
}

func (sys *system) awaitRefund(t *testing.T, refundID string, want booking.RefundStatus) {
	t.Helper()
	eventually(t, "the refund is "+string(want), func() bool {
		return sys.count(t, `SELECT count(*) FROM refunds WHERE id = $1 AND status = $2`, refundID, string(want)) == 1
	})
}

// settleRefund has the provider end the latest attempt at a refund.
func (sys *system) settleRefund(t *testing.T, refundID, outcome string) {
	t.Helper()
	var atProvider string
	eventually(t, "the provider's refund is known", func() bool {
		return sys.Owner.QueryRow(t.Context(), `SELECT provider_refund_id FROM refunds WHERE id = $1 AND provider_refund_id IS NOT NULL`,
			refundID).Scan(&atProvider) == nil
	})
	sys.control(t, "refunds/"+atProvider+"/settle", map[string]string{"outcome": outcome})
}

// operate sends an operator's command about a refund.
func (sys *system) operate(t *testing.T, refundID, command string) booking.RefundReceipt {
	t.Helper()
	id := booking.RefundWorkflowID(refundID)
	start := sys.Temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: id, TaskQueue: booking.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}, booking.RefundWorkflow, booking.RefundRequest{RefundID: refundID, CorrelationID: "test"})
	update, err := sys.Temporal.UpdateWithStartWorkflow(t.Context(), client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: id, UpdateName: command, UpdateID: "test-" + command,
			Args:         []any{booking.RefundCommand{RefundID: refundID, Actor: "us_admin", Reason: "test", CorrelationID: "test"}},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	require.NoError(t, err)
	var receipt booking.RefundReceipt
	require.NoError(t, update.Get(t.Context(), &receipt))
	return receipt
}

// requireNothingOwed checks that a booking's refunds have been paid back, once.
func (sys *system) requireNothingOwed(t *testing.T, bookingID string) {
	t.Helper()
	require.Zero(t, sys.count(t, `
		SELECT COALESCE(sum(e.amount), 0) FROM ledger_entries e JOIN ledger_transactions l ON l.reference = e.reference
		WHERE l.booking_id = $1 AND e.account_id LIKE 'refunds-payable:%'`, bookingID))
}

// requireToldOfRefund has the notices of a show sent, and checks that the buyer's latest one says what became of the refund.
func (sys *system) requireToldOfRefund(t *testing.T, buyer *customer.Customer, show, words string) {
	t.Helper()
	run, err := sys.Temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: booking.NotifyShowWorkflowID(booking.NoticeRefundChanged, show), TaskQueue: booking.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, booking.NotifyShowWorkflow, booking.NotifyShowRequest{Kind: booking.NoticeRefundChanged, ShowID: show, CorrelationID: "e2e"})
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), nil))
	told, err := buyer.Notices(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, told)
	require.Equal(t, booking.NoticeRefundChanged, told[0].Kind)
	require.Contains(t, told[0].Text, words)
}

// The seats go one after another, the refunds come back after days and are retried, and the last goes to the wallet.
func TestSeatsAreCancelledAndTheirMoneyFollowedToItsEnd(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	show := sys.show(t, 5*time.Minute)
	buyer, id := sys.soldByCard(t, "cancel-seats", show, "pm_card_visa", "A1", "A2")

	some, err := buyer.CancelSeats(t.Context(), id, "A1")
	require.NoError(t, err)
	again, err := buyer.CancelSeats(t.Context(), id, "A1")
	require.NoError(t, err)
	require.Equal(t, some.Refunds[0].RefundId, again.Refunds[0].RefundId)
	other := sys.buyer(t, "next", 0)
	_, err = other.Book(t.Context(), "next-hold", show, "A1")
	require.NoError(t, err, "the seat is on sale at once")
	rest, err := buyer.CancelSeats(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, booking.StatusCancelled, rest.Status)
	refundID := rest.Refunds[0].RefundId
	sys.awaitRefund(t, some.Refunds[0].RefundId, booking.RefundSucceeded)
	sys.awaitRefund(t, refundID, booking.RefundSucceeded)
	sys.requireNothingOwed(t, id)

	sys.settleRefund(t, refundID, "fail")
	sys.awaitRefund(t, refundID, booking.RefundNeedsAttention)
	require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM flags WHERE kind = 'REFUND' AND subject = $1`, refundID))
	sys.requireToldOfRefund(t, buyer, show, "could not be paid to your card")
	require.Equal(t, booking.RefundInitiated, sys.operate(t, refundID, booking.UpdateRetry).Status)
	sys.requireToldOfRefund(t, buyer, show, "to the card that you paid with")
	sys.awaitRefund(t, refundID, booking.RefundSucceeded)
	sys.settleRefund(t, refundID, "fail")
	sys.awaitRefund(t, refundID, booking.RefundNeedsAttention)
	for range 2 {
		diverted := sys.operate(t, refundID, booking.UpdateDivert)
		require.Equal(t, booking.TenderWallet, diverted.Tender)
		require.Equal(t, booking.RefundSucceeded, diverted.Status)
	}

	sys.requireNothingOwed(t, id)
	sys.requireToldOfRefund(t, buyer, show, "to your wallet with us")
	wallet, err := buyer.Wallet(t.Context())
	require.NoError(t, err)
	require.Equal(t, rest.Refunds[0].Amount, wallet.Balances[0].Available)
}

func TestAPendingRefundEndsByItsWebhook(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	buyer, id := sys.soldByCard(t, "pending-refund", sys.show(t, 5*time.Minute), "pm_card_pendingRefund", "A1")
	done, err := buyer.CancelSeats(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "INITIATED", string(done.Refunds[0].Status))

	sys.settleRefund(t, done.Refunds[0].RefundId, "succeed")

	sys.awaitRefund(t, done.Refunds[0].RefundId, booking.RefundSucceeded)
	sys.requireNothingOwed(t, id)
}

// The worker is killed with SIGKILL in a cancellation and in a refund.
//
//nolint:paralleltest,tparallel // there is one worker to kill
func TestTheWorkerMayDieInACancellation(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t)
	for name, kill := range map[string]func(t *testing.T, id string, cancel func()) (answered func()){
		"in the middle of the cancellation": func(t *testing.T, id string, cancel func()) func() {
			t.Helper()
			return sys.blockAndKill(t, `SELECT FROM bookings WHERE id = $1 FOR UPDATE`, []any{id}, cancel)
		},
		"before the refund is written down as made": func(t *testing.T, id string, cancel func()) func() {
			t.Helper()
			sys.requestFault(t, stripesim.RequestFault{Operation: "create_refund", Mode: stripesim.HangAfter, Times: 1})
			cancel()
			eventually(t, "the provider has made the refund", func() bool {
				_, made := sys.refunded(t, sys.intentsOf(t, id)[0].ID)
				return made == 1
			})
			sys.killWorker(t)
			return func() {}
		},
	} {
		t.Run(name, func(t *testing.T) {
			buyer, id := sys.soldByCard(t, booking.ID("e2e", name), sys.show(t, 5*time.Minute), "pm_card_visa", "A1")
			answered := kill(t, id, func() { _, _ = buyer.CancelSeats(t.Context(), id) })
			sys.startWorker(t)
			answered()

			eventually(t, "the cancellation is answered", func() bool {
				_, err := buyer.CancelSeats(t.Context(), id)
				return err == nil
			})
			eventually(t, "the refund has been made", func() bool {
				return sys.count(t, `SELECT count(*) FROM refunds WHERE booking_id = $1 AND status = 'SUCCEEDED'`, id) == 1
			})
			_, made := sys.refunded(t, sys.intentsOf(t, id)[0].ID)
			require.Equal(t, 1, made)
			require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM refunds WHERE booking_id = $1`, id))
			sys.requireNothingOwed(t, id)
		})
	}
	sys.audit(t)
}
