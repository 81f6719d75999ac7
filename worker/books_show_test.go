package worker_test

import (
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/workflows"
)

// playTheShow lets time pass until the show is over. Its customer may have come, and somebody may
// cancel while bookings are being completed.
func (s *story) playTheShow(draw *rapid.T) {
	if !rapid.Bool().Draw(draw, "the show is played") {
		return
	}
	b := s.books
	if rapid.Bool().Draw(draw, "comes") {
		s.logf("comes")
		b.exec(`INSERT INTO check_ins (booking_id, show_id, staff_id, correlation_id) SELECT id, show_id, customer_id, 'test' FROM bookings WHERE id = $1`, s.id)
	}
	// The shows of all stories share a screen, and each has a day of its own.
	b.exec(`UPDATE shows SET starts_at = starts_at - interval '10 years', ends_at = ends_at - interval '10 years' WHERE id = $1`, s.show)
	s.drawFailures(draw)
	if rapid.Bool().Draw(draw, "is cancelled at the same moment") {
		s.cancelWhileCompleting(draw)
	}
	s.complete(s.newEnv())

	status := b.text(`SELECT COALESCE((SELECT status FROM bookings WHERE id = $1), '')`, s.id)
	require.NotEqual(s.t, string(booking.StatusConfirmed), status, "nobody completed it: %s", s)
}

// cancelWhileCompleting runs the workflow that cancels and the one that completes at once, and follows the refunds.
func (s *story) cancelWhileCompleting(draw *rapid.T) {
	env := s.newEnv()
	completed := make(chan struct{})
	go func() {
		defer close(completed)
		s.complete(env)
	}()
	refunds := s.cancelSeats(draw)
	<-completed
	for _, id := range refunds {
		s.followRefund(draw, id, "")
	}
}

// complete runs the workflow that completes once.
func (s *story) complete(env *testsuite.TestWorkflowEnvironment) {
	env.ExecuteWorkflow(workflows.CompleteShows)
	require.True(s.t, env.IsWorkflowCompleted(), "%s", s)
	require.NoError(s.t, env.GetWorkflowError(), "%s", s)
	var done booking.CompletedShows
	require.NoError(s.t, env.GetWorkflowResult(&done))
	s.logf("%s", done)
}
