package worker_test

import (
	"slices"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/workflows"
)

// cascade is the request that starts the story's cascade.
func (s *story) cascade() booking.CascadeRequest {
	return booking.CascadeRequest{
		CascadeID: booking.CascadeID(booking.CascadeShow, s.show), Kind: booking.CascadeShow, SubjectID: s.show,
		Actor: "us_admin", Reason: "the roof leaks", CorrelationID: "test",
	}
}

// drawCancelledShow closes the show for good while its booking is open. Usually the booking is
// signalled, some time later, and sometimes twice.
func (s *story) drawCancelledShow(draw *rapid.T, at time.Duration) {
	s.at(at, s.closeShow)
	for range rapid.IntRange(0, 2).Draw(draw, "words") {
		at += drawSeconds(draw, 60)
		s.at(at, func() {
			if s.open {
				s.logf("is told that the show is cancelled")
				s.env.SignalWorkflow(booking.SignalShowCancelled, booking.ShowCancelled{CascadeID: s.cascade().CascadeID, CorrelationID: "test"})
			}
		})
	}
}

// closeShow runs the first step of the cascade.
func (s *story) closeShow() {
	s.logf("the show is cancelled")
	state, err := s.books.steps.CloseForSale(s.t.Context(), s.cascade())
	require.NoError(s.t, err)
	require.NotEqual(s.t, booking.CascadeFinished, state.Status)
	s.showCancelled = true
}

// playCascade brings the cascade of a cancelled show to its end, while its steps are cut off, the
// provider refuses, operators pause it, and the customer cancels the very same booking.
func (s *story) playCascade(draw *rapid.T) {
	if !s.showCancelled && !rapid.Bool().Draw(draw, "the show is cancelled in the end") {
		return
	}
	s.showCancelled = true
	s.drawFailures(draw)
	s.providerFaults = append(s.providerFaults, rapid.SliceOfN(rapid.SampledFrom(refundFaults), 0, 3).Draw(draw, "faults of refunds")...)
	require.NoError(s.t, s.books.sim.AddFaults(stripesim.Faults{Requests: slices.Clone(s.providerFaults)}))
	defer s.books.sim.ClearFaults()

	env := s.newEnv()
	env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, booking.SignalShowCancelled, mock.Anything).
		Maybe().Return(func(_, workflowID, _, _ string, _ any) error { return s.toldByCascade(workflowID) })
	if rapid.Bool().Draw(draw, "is paused") {
		at := time.Duration(rapid.IntRange(0, 3000).Draw(draw, "paused at")) * time.Millisecond
		for name, after := range map[string]time.Duration{booking.UpdatePause: at, booking.UpdateResume: at + drawSeconds(draw, 600)} {
			env.RegisterDelayedCallback(func() {
				env.UpdateWorkflow(name, name, answered{story: s, to: name}, booking.CascadeCommand{Actor: "us_admin", Reason: "test", CorrelationID: "test"})
			}, after)
		}
	}
	decision := s.drawDecision(draw)
	for _, after := range []time.Duration{time.Minute, time.Hour, 24 * time.Hour} {
		env.RegisterDelayedCallback(func() {
			s.runLate()
			s.endPending(decision)
		}, after)
	}
	beside := rapid.Bool().Draw(draw, "the customer cancels beside it")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		env.ExecuteWorkflow(workflows.Cascade, s.cascade())
	}()
	if beside {
		for _, id := range s.cancelSeats(draw) {
			s.followRefund(draw, id, "")
		}
	}
	<-ended
	require.True(s.t, env.IsWorkflowCompleted(), "cascade: %s", s)
	require.NoError(s.t, env.GetWorkflowError(), "cascade: %s", s)
	var outcome booking.CascadeOutcome
	require.NoError(s.t, env.GetWorkflowResult(&outcome))
	require.Nil(s.t, outcome.Refusal, "%s", s)
	s.logf("the cascade ended: %+v", outcome.Report)
	s.runLate()
	s.requireReport(outcome.Report)
}

// toldByCascade receives the signal for a booking that has not ended: that can only be the rival's, whose workflow is not run.
func (s *story) toldByCascade(workflowID string) error {
	if workflowID == booking.WorkflowID(s.id) {
		return serviceerror.NewNotFound("the booking's workflow has ended")
	}
	s.endRival()
	return nil
}

// requireReport checks that the cascade has left nothing, and that its report is correct.
func (s *story) requireReport(report booking.CascadeProgress) {
	t, b := s.t, s.books
	require.True(t, report.Done(), "%s", s)
	require.Equal(t, booking.CascadeFinished, report.Status)
	require.Equal(t, report.Found, report.Cancelled+report.Released, "%s", s)
	require.LessOrEqual(t, report.Found+report.AlreadyCancelled, 2, "the booking and a rival's: %s", s)
	require.Equal(t, "FINISHED", b.text(`SELECT status FROM cascades WHERE id = $1`, report.CascadeID))
	require.EqualValues(t, 0, b.number(`
		SELECT count(*) FROM cancellations x JOIN bookings b ON b.id = x.booking_id
		WHERE b.id = $1 AND x.cause = 'SHOW_CANCELLED' AND x.amount <> x.paid`, s.id), "everything goes back: %s", s)
}

// requireShowIsOver checks that nobody has a ticket for a show that does not take place.
func (s *story) requireShowIsOver(status booking.Status) {
	if s.showCancelled {
		require.NotEqual(s.t, booking.StatusConfirmed, status, "%s", s)
		require.EqualValues(s.t, 0, s.books.number(`SELECT count(*) FROM claims WHERE booking_id = $1`, s.id), "%s", s)
	}
}
