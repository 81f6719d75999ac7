package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// audit requires that the product's own audit finds the books right, without grace for anything on its way.
func (sys *system) audit(t *testing.T) {
	t.Helper()
	report, code := sys.auditReport(t)
	for _, c := range report.Checks {
		require.False(t, c.Broken(), "%s: %v", c.Name, c.Findings)
	}
	require.Zero(t, code)
}

func (sys *system) auditReport(t *testing.T) (audit.Report, int) {
	t.Helper()
	out, err := sys.Boxoffice(t.Context(), "audit", "--json", "--grace", "0s", "--recheck", "5s")
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else {
		require.NoError(t, err)
	}
	var report audit.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report), "%v", err)
	return report, code
}

func TestTheAuditProvesTheBooks(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t)
	show := sys.show(t, 5*time.Minute)
	buyer, hybrid := sys.buyer(t, "buyer", 500000), sys.buyer(t, "hybrid", 4000)
	book := func(c *customer.Customer, key string, seats ...string) openapi.Booking {
		held, err := c.Book(t.Context(), key, show, seats...)
		require.NoError(t, err)
		return held
	}
	byWallet := book(buyer, "audit-wallet", "A1", "A2")
	_, err := buyer.Pay(t.Context(), "audit-wallet-pay", byWallet.BookingId, booking.MethodWallet)
	require.NoError(t, err)
	payByCard := func(c *customer.Customer, bookingID string, method booking.Method) {
		payment, err := c.Pay(t.Context(), "pay-"+bookingID, bookingID, method)
		require.NoError(t, err)
		_, err = c.EnterCard(t.Context(), payment, "pm_card_visa")
		require.NoError(t, err)
		await(t, c, bookingID, booking.StatusConfirmed)
	}
	payByCard(buyer, book(buyer, "audit-card", "B1").BookingId, booking.MethodCard)
	inParts := book(hybrid, "audit-hybrid", "B2").BookingId
	payByCard(hybrid, inParts, booking.MethodWalletAndCard)
	_, err = hybrid.Cancel(t.Context(), inParts)
	require.NoError(t, err)
	two := book(buyer, "audit-two", "B3", "B4").BookingId
	payByCard(buyer, two, booking.MethodCard)
	_, err = buyer.CancelSeats(t.Context(), two, "B4")
	require.NoError(t, err)
	topUp, err := buyer.TopUp(t.Context(), "audit-top-up", rupees(250))
	require.NoError(t, err)
	_, err = buyer.EnterCardForTopUp(t.Context(), topUp, "pm_card_visa")
	require.NoError(t, err)
	awaitTopUp(t, buyer, topUp.TopUpId, booking.TopUpSucceeded)
	_, err = buyer.Cancel(t.Context(), book(buyer, "audit-cancelled", "C1").BookingId)
	require.NoError(t, err)
	book(buyer, "audit-held", "D1")
	_, err = sys.Owner.Exec(t.Context(), `UPDATE shows SET hold_seconds = 2 WHERE id = $1`, show)
	require.NoError(t, err)
	expiring := book(buyer, "audit-expired", "D2")
	_, err = buyer.Pay(t.Context(), "audit-expired-pay", expiring.BookingId, booking.MethodCard)
	require.NoError(t, err)
	await(t, buyer, expiring.BookingId, booking.StatusExpired)

	sys.audit(t)
	require.True(t, sys.scheduledAudit(t).Clean)

	sys.damage(t, `DELETE FROM claims WHERE booking_id = $1 AND seat = 'A2'`, byWallet.BookingId)
	report, code := sys.auditReport(t)
	require.Equal(t, 1, code)
	require.Len(t, report.Broken(), 1)
	require.Equal(t, "seats.bought", report.Broken()[0].Name)
	require.Equal(t, byWallet.BookingId, report.Broken()[0].Findings[0].ID)
	require.False(t, sys.scheduledAudit(t).Clean)
	require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM flags WHERE kind = 'AUDIT' AND subject = 'seats.bought' AND resolved_at IS NULL`))

	sys.SetEnv(stack.Worker, "BOXOFFICE_AUDIT_SCHEDULE=off")
	sys.killWorker(t)
	sys.startWorker(t)
	_, err = sys.Temporal.ScheduleClient().GetHandle(t.Context(), booking.AuditScheduleID).Describe(t.Context())
	var gone *serviceerror.NotFound
	require.ErrorAs(t, err, &gone, "a schedule that is off is none")

	require.NoError(t, sys.Kill(stack.Stripesim))
	_, err = sys.Boxoffice(t.Context(), "audit")
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 2, exit.ExitCode(), "%v", err)
	require.ErrorContains(t, err, "list the provider's intents")
	_, err = sys.Boxoffice(t.Context(), "audit", "--skip", "moon")
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 2, exit.ExitCode(), "%v", err)
}

// damage changes the books behind the product's back.
func (sys *system) damage(t *testing.T, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), sys.SuperuserDSN("boxoffice"))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	_, err = conn.Exec(t.Context(), `SET session_replication_role = replica`)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

// scheduledAudit has the daily audit begin now, and returns what it ends with.
func (sys *system) scheduledAudit(t *testing.T) booking.AuditSummary {
	t.Helper()
	schedule := sys.Temporal.ScheduleClient().GetHandle(t.Context(), booking.AuditScheduleID)
	before, err := schedule.Describe(t.Context())
	require.NoError(t, err)
	require.NoError(t, schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	var started string
	eventually(t, "the audit has begun", func() bool {
		now, err := schedule.Describe(t.Context())
		if err != nil || now.Info.NumActions <= before.Info.NumActions {
			return false
		}
		started = now.Info.RecentActions[len(now.Info.RecentActions)-1].StartWorkflowResult.WorkflowID
		return true
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var summary booking.AuditSummary
	require.NoError(t, sys.Temporal.GetWorkflow(ctx, started, "").Get(ctx, &summary))
	return summary
}
