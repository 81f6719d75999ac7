package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func (r *testRun) expire(after time.Duration, actor, reason string) *update[booking.Expiry] {
	expire := &update[booking.Expiry]{}
	r.at(after, func() {
		r.env.UpdateWorkflow(booking.UpdateExpire, "", expire, booking.ExpireRequest{BookingID: "bk_1", Actor: actor, Reason: reason, CorrelationID: "ops-1"})
	})
	return expire
}

func TestAnOperatorEndsAnUnpaidHold(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	expire := run.expire(time.Minute, "us_ada", "they called")
	outcome := run.playToEnd()
	require.NoError(t, expire.err)
	require.Equal(t, booking.Expiry{BookingID: "bk_1", Status: booking.StatusExpired}, expire.result)
	require.Equal(t, booking.StatusExpired, outcome.Status)
	require.Equal(t, "they called", outcome.Reason)
	require.Equal(t, []string{"lock", "release EXPIRED"}, run.steps)
	require.False(t, run.undecided)
	require.Less(t, run.env.Now().Sub(run.start), testHold)
}

func TestAnOperatorsEndAsksTheProviderFirst(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Second, booking.MethodCard)
	expire := run.expire(time.Minute, "us_ada", "they called")
	run.playToEnd()
	require.NoError(t, expire.err)
	require.Equal(t, booking.StatusExpired, expire.result.Status)
	require.Equal(t, []string{"lock", "open pi_1", "close pi_1", "release EXPIRED"}, run.steps)

	faster := newRun(t)
	faster.expectHold()
	faster.pay(time.Second, booking.MethodCard)
	faster.paid["pi_1"] = testQuote.Due()
	expire = faster.expire(time.Minute, "us_ada", "they called")
	outcome := faster.playToEnd()
	require.NoError(t, expire.err)
	require.Equal(t, booking.StatusConfirmed, expire.result.Status, "money that was faster buys the seats")
	require.Equal(t, booking.StatusConfirmed, outcome.Status)

	lost := newRun(t)
	lost.expectHold()
	lost.pay(time.Second, booking.MethodCard)
	lost.paid["pi_1"] = testQuote.Due()
	lost.confirmErrors = []error{refusalError(booking.Refuse(booking.CodeSeatLockFailed, "no"))}
	expire = lost.expire(time.Minute, "us_ada", "they called")
	lost.playToEnd()
	require.NoError(t, expire.err)
	require.Equal(t, booking.StatusFailed, expire.result.Status)
	require.True(t, lost.refunded["pi_1"])
}

func TestAnOperatorWaitsForAChargeUnderWay(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Second, booking.MethodCard)
	run.processing["pi_1"] = true
	refused := run.expire(10*time.Second, "us_ada", "they called")
	run.at(time.Minute, func() { run.processing["pi_1"] = false })
	again := run.expire(2*time.Minute, "us_ada", "they called")
	run.playToEnd()
	requireRefusal(t, refused.err, booking.CodePaymentPending)
	require.NoError(t, again.err)
	require.Equal(t, booking.StatusExpired, again.result.Status)
}

func TestAnOperatorsEndIsRefused(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	nobody, nothing := run.expire(time.Second, "", "they called"), run.expire(time.Second, "us_ada", "")
	first := run.expire(time.Minute, "us_ada", "they called")
	second := run.expire(time.Minute, "us_ada", "they called")
	run.playToEnd()
	requireRefusal(t, nobody.err, booking.CodeValidation)
	requireRefusal(t, nothing.err, booking.CodeValidation)
	require.NoError(t, first.err)
	if second.err != nil {
		requireRefusal(t, second.err, booking.CodeBookingExpired)
	}
	require.Equal(t, []string{"lock", "release EXPIRED"}, run.steps, "it ends once")

	meanwhile := newRun(t)
	meanwhile.expectHold()
	meanwhile.settledMeanwhile = true
	expire := meanwhile.expire(time.Minute, "us_ada", "they called")
	meanwhile.playToEnd()
	require.NoError(t, expire.err)
	require.Equal(t, booking.StatusConfirmed, expire.result.Status)
}

// A customer who has used up all commands does not block operators, whose commands are limited, too.
func TestAnOperatorComesAfterTheCustomersLastCommand(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.openError = refusalError(booking.Refuse(booking.CodePaymentFailed, "no"))
	for range booking.MaxCommands {
		run.pay(time.Second, booking.MethodCard)
	}
	late := run.pay(2*time.Second, booking.MethodCard)
	expire := run.expire(time.Minute, "us_ada", "they called")
	run.playToEnd()
	requireRefusal(t, late.err, booking.CodeConflict)
	require.NoError(t, expire.err)
	require.Equal(t, booking.StatusExpired, expire.result.Status)
}
