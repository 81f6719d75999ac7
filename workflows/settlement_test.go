package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/workflows"
)

func (r *testRun) settle() booking.SettlementOutcome {
	r.t.Helper()
	r.env.ExecuteWorkflow(workflows.Settlement, booking.SettlementRequest{IntentID: "pi_1", Reason: "test"})
	require.NoError(r.t, r.env.GetWorkflowError())
	var outcome booking.SettlementOutcome
	require.NoError(r.t, r.env.GetWorkflowResult(&outcome))
	return outcome
}

func TestASettlementOfAnUnpaidIntentClosesItAndIsDone(t *testing.T) {
	t.Parallel()
	run := newRun(t)

	outcome := run.settle()

	require.Equal(t, booking.SettledNothing, outcome.Result)
	require.Equal(t, []string{"close pi_1", "note CANCELLED"}, run.steps)
}

func TestASettlementThatFindsTheSeatsFreeKeepsTheMoney(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.paid["pi_1"] = testQuote.Due()
	run.decision = booking.SettlementDecision{Result: booking.SettledConfirmed}

	outcome := run.settle()

	require.Equal(t, booking.SettledConfirmed, outcome.Result)
	require.Equal(t, []string{"close pi_1", "settle"}, run.steps)
}

func TestASettlementGivesBackMoneyThatBuysNothing(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.paid["pi_1"] = testQuote.Due()
	run.decision = booking.SettlementDecision{Result: booking.SettledRefunded, Reason: "seats are gone"}

	outcome := run.settle()

	require.Equal(t, booking.SettledRefunded, outcome.Result)
	require.Equal(t, "seats are gone", outcome.Reason)
	require.Equal(t, testQuote.Due(), outcome.Received)
	require.Equal(t, []string{"close pi_1", "settle", "refund pi_1"}, run.steps)
	require.Equal(t, []booking.RefundOrder{{
		RefundID: booking.RefundID("pi_1"), IntentID: "pi_1", BookingID: "bk_1", PaymentID: "payment of pi_1", Amount: testQuote.Due(), Reason: "seats are gone",
	}}, run.orders)
}

// Another run was quicker, when the seats were free.
func TestASettlementOfMoneyThatHasBoughtTheSeatsMeanwhileIsDone(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.paid["pi_1"] = testQuote.Due()
	run.decision = booking.SettlementDecision{Result: booking.SettledRefunded, Reason: "seats are gone"}
	run.refundError = refusalError(booking.Refuse(booking.CodeInvalidState, "The money has bought the seats."))

	outcome := run.settle()

	require.Equal(t, booking.SettledAlready, outcome.Result)
	require.Nil(t, outcome.Refund)
	require.Equal(t, []string{"close pi_1", "settle"}, run.steps)
}

func TestASettlementOutlivesAnOperatorsCancel(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.processing["pi_1"] = true
	run.decision = booking.SettlementDecision{Result: booking.SettledRefunded, Reason: "seats are gone"}
	run.at(10*time.Second, run.env.CancelWorkflow)
	run.at(time.Minute, func() {
		run.processing["pi_1"] = false
		run.paid["pi_1"] = testQuote.Due()
	})

	require.Equal(t, booking.SettledRefunded, run.settle().Result)
	require.Equal(t, []string{"close pi_1", "settle", "refund pi_1"}, run.steps)
}

func TestASettlementWaitsForAChargeUntilItIsDecided(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.processing["pi_1"] = true
	run.at(time.Minute, func() { run.processing["pi_1"] = false })

	outcome := run.settle()

	require.Equal(t, booking.SettledNothing, outcome.Result)
	require.GreaterOrEqual(t, run.env.Now().Sub(run.start), time.Minute)
}

func TestASettlementHasOtherAttemptsFollowed(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.paid["pi_1"] = testQuote.Due()
	run.decision = booking.SettlementDecision{Result: booking.SettledConfirmed, Intents: []string{"pi_2"}}
	run.env.ExecuteWorkflow(workflows.Settlement, booking.SettlementRequest{IntentID: "pi_1"})
	require.NoError(t, run.env.GetWorkflowError())
	require.Equal(t, []string{"pi_2"}, run.settled)
}
