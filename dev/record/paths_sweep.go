package main

import (
	"time"

	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// sweepPaths lose workflows and have a sweep find what they leave behind.
func sweepPaths() []path {
	return []path{{name: "swept", play: func(s *scene) {
		s.sweep("nothing_found", booking.Sweepings{})

		payment := s.holdAndPayByCard()
		topUp := s.openTopUp(topUpAmount)
		s.lose(booking.WorkflowID(s.booking))
		s.lose(booking.TopUpWorkflowID(topUp.TopUpId))
		s.sql("UPDATE bookings SET expires_at = expires_at - interval '1 hour' WHERE id = $1", s.booking)
		s.sql("UPDATE claims SET held_until = held_until - interval '1 hour' WHERE booking_id = $1", s.booking)
		s.sql("UPDATE top_ups SET expires_at = expires_at - interval '2 hours' WHERE id = $1", topUp.TopUpId)
		s.sweep("abandoned_booking", booking.Sweepings{Bookings: 1, Settlements: 2})
		s.keepSettlement(payment.ProviderPayload.PaymentIntentId, "swept_booking", booking.SettledNothing)
		s.keepSettlement(topUp.ProviderPayload.PaymentIntentId, "swept_topup", booking.SettledNothing)

		refund := s.cancelSoldPending()
		s.lose(booking.RefundWorkflowID(refund))
		s.sql("UPDATE refunds SET updated_at = updated_at - interval '1 day' WHERE id = $1", refund)
		s.sweep("abandoned_refund", booking.Sweepings{Refunds: 1})
		s.settleRefund(refund, stripesim.Succeed)
		s.untilRefund(refund, booking.RefundSucceeded)

		s.sellByCard(cardPendingRefund)
		s.cascade(booking.CascadeShow, s.show)
		s.untilCascadeWaits()
		s.lose(booking.CascadeWorkflowID(booking.CascadeShow, s.show))
		s.sweep("abandoned_cascade", booking.Sweepings{Cascades: 1})
		s.settleRefund(s.refundOfShow(), stripesim.Succeed)
		s.untilRefund(s.refundOfShow(), booking.RefundSucceeded)
		s.until("the cascade has finished", func() (bool, error) {
			return s.text("SELECT status FROM cascades WHERE show_id = '"+s.show+"'") == string(booking.CascadeFinished), nil
		})
	}}}
}

// auditPaths audit the books as they are, and with a sold seat missing.
func auditPaths() []path {
	return []path{{name: "audited", play: func(s *scene) {
		s.hold(s.asha)
		s.payFromWallet()
		s.audit("clean", true)

		conn := get(s.Owner.Acquire(s.ctx))
		defer conn.Release()
		get(conn.Exec(s.ctx, "CREATE TEMPORARY TABLE lost AS TABLE claims WITH NO DATA"))
		get(conn.Exec(s.ctx, "WITH gone AS (DELETE FROM claims WHERE booking_id = $1 RETURNING *) INSERT INTO lost TABLE gone", s.booking))
		s.audit("broken", false)
		get(conn.Exec(s.ctx, "INSERT INTO claims TABLE lost"))
	}}}
}

// lose ends a workflow in the middle, as a mistake may.
func (s *scene) lose(workflowID string) {
	s.must(s.Temporal.TerminateWorkflow(s.ctx, workflowID, "", "recording"))
}

func (s *scene) sweep(name string, want booking.Sweepings) {
	id := s.startScheduled("sweep", name, booking.SweepWorkflow)
	swept := ended[booking.Sweepings](s, id, nil)
	s.expect(swept == want, "the sweep has found %+v, and should have found %+v", swept, want)
	s.keep(id, "sweep", name)
}

func (s *scene) audit(name string, clean bool) {
	id := s.startScheduled("audit", name, booking.AuditWorkflow)
	summary := ended[booking.AuditSummary](s, id, nil)
	s.expect(summary.Clean == clean, "the audit says: %s", summary)
	s.keep(id, "audit", name)
}

// startScheduled starts a workflow as a schedule does.
func (s *scene) startScheduled(kind, name, workflow string) (workflowID string) {
	workflowID = kind + "-" + time.Now().UTC().Format(time.RFC3339) + "-" + name
	get(s.Temporal.ExecuteWorkflow(s.ctx, client.StartWorkflowOptions{ID: workflowID, TaskQueue: booking.TaskQueue}, workflow))
	return workflowID
}
