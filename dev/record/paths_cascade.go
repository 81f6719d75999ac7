package main

import (
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// cascadeHistory is after how many events the server of a recording suggests that a cascade goes on in a new run.
const cascadeHistory = 90

// cascadePaths cancel shows that do not take place.
func cascadePaths() []path {
	return []path{
		{name: "show_off", play: func(s *scene) {
			s.sellByCard(cardVisa)
			s.hold(s.asha)
			s.payFromWallet()
			held := s.hold(s.ben)
			s.holdAndPayByCard()
			s.cascade(booking.CascadeShow, s.show)
			s.keepCascade(booking.CascadeShow, s.show, s.name, "")
			s.keep(booking.WorkflowID(held.BookingId), "booking", "held_while_the_show_was_cancelled")
			s.keep(booking.WorkflowID(s.booking), "booking", "paying_while_the_show_was_cancelled")
		}},
		{name: "show_off_with_nobody_in_it", play: func(s *scene) {
			s.cascade(booking.CascadeShow, s.show)
			s.keepCascade(booking.CascadeShow, s.show, s.name, "")
		}},
		{name: "show_played", play: func(s *scene) {
			s.sql("UPDATE shows SET starts_at = now() - interval '9 days', ends_at = now() - interval '8 days 22 hours' WHERE id = $1", s.show)
			_, err := s.beginCascade(booking.CascadeShow, s.show)
			s.expect(err != nil, "the show has been played")
			s.keepCascade(booking.CascadeShow, s.show, s.name, booking.CodeInvalidState)
		}},
		{name: "show_off_money_waits", play: func(s *scene) {
			s.sellByCard(cardPendingRefund)
			s.cascade(booking.CascadeShow, s.show)
			s.untilCascadeWaits()
			s.settleRefund(s.refundOfShow(), stripesim.Succeed)
			s.keepCascade(booking.CascadeShow, s.show, s.name, "")
		}},
		{name: "show_off_paused", play: func(s *scene) {
			s.sellByCard(cardPendingRefund)
			s.cascade(booking.CascadeShow, s.show)
			s.untilCascadeWaits()
			s.must(s.Temporal.CancelWorkflow(s.ctx, booking.CascadeWorkflowID(booking.CascadeShow, s.show), ""))
			s.until("the cancel has paused it", func() (bool, error) {
				return ask[bool](s, "SELECT paused FROM cascades WHERE show_id = $1", s.show)
			})
			s.commandCascade(booking.UpdateResume)
			s.commandCascade(booking.UpdatePause)
			s.settleRefund(s.refundOfShow(), stripesim.Succeed)
			s.commandCascade(booking.UpdateResume)
			s.keepCascade(booking.CascadeShow, s.show, s.name, "")
		}},
		{name: "show_off_in_two_runs", play: func(s *scene) {
			for range 2 {
				s.hold(s.asha)
				s.payFromWallet()
			}
			for range 50 {
				seats := get(s.ben.FreeSeats(s.ctx, s.show, 1))
				s.book(s.ben, seats...)
			}
			first := s.cascade(booking.CascadeShow, s.show)
			s.keepCascade(booking.CascadeShow, s.show, "show_off_last_run", "")
			latest := get(s.Temporal.DescribeWorkflowExecution(s.ctx, booking.CascadeWorkflowID(booking.CascadeShow, s.show), ""))
			s.expect(latest.GetWorkflowExecutionInfo().GetExecution().GetRunId() != first, "the cascade has ended in its first run")
			s.keepRun(booking.CascadeWorkflowID(booking.CascadeShow, s.show), first, "cascade", "show_off_first_run")
		}},
		{name: "theatre_closed", play: func(s *scene) {
			theatre := s.text(`SELECT t.id FROM theatres t WHERE t.currency <> 'INR' ORDER BY t.id LIMIT 1`)
			s.cascade(booking.CascadeTheatre, theatre)
			s.keepCascade(booking.CascadeTheatre, theatre, s.name, "")
		}},
		{name: "movie_withdrawn", play: func(s *scene) {
			movie := s.text(`SELECT m.id FROM movies m WHERE NOT EXISTS (
				SELECT FROM shows sh JOIN screens sc ON sc.id = sh.screen_id JOIN theatres t ON t.id = sc.theatre_id
				WHERE sh.movie_id = m.id AND t.currency = 'INR') ORDER BY m.id DESC LIMIT 1`)
			s.cascade(booking.CascadeMovie, movie)
			s.keepCascade(booking.CascadeMovie, movie, s.name, "")
		}},
	}
}

// cascade begins a cascade, and says which run of its workflow is the first.
func (s *scene) cascade(kind booking.CascadeKind, subjectID string) (runID string) {
	return get(s.beginCascade(kind, subjectID))
}

func (s *scene) beginCascade(kind booking.CascadeKind, subjectID string) (runID string, err error) {
	start := client.StartWorkflowOptions{
		ID: booking.CascadeWorkflowID(kind, subjectID), WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}
	return s.startAndAsk(start, booking.CascadeWorkflow, booking.CascadeRequest{
		CascadeID: booking.CascadeID(kind, subjectID), Kind: kind, SubjectID: subjectID, Actor: s.adminID, Reason: "the recording wants it",
		CorrelationID: "record-" + s.name,
	}, booking.UpdateBegin, "")
}

// commandCascade pauses or resumes the cascade of the path's show.
func (s *scene) commandCascade(name string) {
	update := get(s.Temporal.UpdateWorkflow(s.ctx, client.UpdateWorkflowOptions{
		WorkflowID: booking.CascadeWorkflowID(booking.CascadeShow, s.show), UpdateName: name, WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{booking.CascadeCommand{Actor: s.adminID, Reason: "the recording wants it", CorrelationID: "record-" + s.name}},
	}))
	s.must(update.Get(s.ctx, nil))
}

// untilCascadeWaits waits until the cascade of the path's show has nothing to do but wait for its refund.
func (s *scene) untilCascadeWaits() {
	s.untilRefundWaits(s.refundOfShow())
	s.untilEventOf(booking.CascadeWorkflowID(booking.CascadeShow, s.show), "the cascade waits", func(event *historypb.HistoryEvent) bool {
		return event.GetEventType() == enumspb.EVENT_TYPE_TIMER_STARTED
	})
}

// refundOfShow is what the cascade gives back to the card of the path's booking.
func (s *scene) refundOfShow() string {
	return booking.CancellationRefundID(booking.CancellationID(s.booking, nil), booking.TenderCard)
}

// keepCascade waits until a cascade has ended, checks how, and keeps the history of its last run.
func (s *scene) keepCascade(kind booking.CascadeKind, subjectID, name string, refusal booking.Code) {
	id := booking.CascadeWorkflowID(kind, subjectID)
	outcome := ended[booking.CascadeOutcome](s, id, nil)
	if outcome.Refusal == nil {
		s.expect(outcome.Report.Status == booking.CascadeFinished, "the cascade is %s", outcome.Report.Status)
	}
	s.expectRefusal(outcome.Refusal, refusal)
	s.keep(id, "cascade", name)
}
