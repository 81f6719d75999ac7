package main

import (
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

const (
	cardVisa          = "pm_card_visa"
	cardPendingRefund = "pm_card_pendingRefund"
)

// cancelPaths cancel bookings that are paid. The booking's own workflow has ended long before and is not kept.
func cancelPaths() []path {
	return []path{
		cancelled("card_cancelled", 1, (*scene).sellByCard),
		cancelled("wallet_cancelled", 1, func(s *scene, _ string) openapi.Booking {
			held := s.hold(s.asha)
			s.payFromWallet()
			return held
		}),
		cancelled("hybrid_cancelled", 2, func(s *scene, card string) openapi.Booking {
			held := s.hold(s.asha)
			payment := get(s.asha.PayInParts(s.ctx, s.key(), s.booking, walletPart))
			s.enter(payment, card, "succeeded")
			s.await(booking.StatusConfirmed)
			return held
		}),
		{name: "card_cancelled_to_the_wallet", play: func(s *scene) {
			s.sellByCard(cardVisa)
			to := booking.RefundToWallet
			get(s.asha.CancelWith(s.ctx, s.booking, openapi.CancelBookingRequest{RefundTo: &to}))
			s.keepCancellation(s.name, 1, "")
		}},
		{name: "some_seats_then_the_rest", play: func(s *scene) {
			sold := s.sellByCard(cardVisa)
			get(s.asha.CancelSeats(s.ctx, s.booking, sold.Seats[0]))
			s.keepCancellation("some_seats", 1, "")
			get(s.asha.CancelSeats(s.ctx, s.booking))
			s.keepCancellation("the_rest", 1, "")
		}},
		{name: "two_at_once", play: twoAtOnce},
		{name: "asked_twice", play: func(s *scene) {
			refund := s.cancelSoldPending()
			s.untilCancelled()
			s.cancelByInput(s.customerCancels())
			s.keepCancellation(s.name, 1, "")
			s.settleRefund(refund, stripesim.Succeed)
			s.untilRefund(refund, booking.RefundSucceeded)
		}},
		{name: "refused_after_the_cut_off", play: func(s *scene) {
			s.sellByCard(cardVisa)
			s.sql("UPDATE shows SET starts_at = now() - interval '20 days', ends_at = now() - interval '19 days 22 hours' WHERE id = $1", s.show)
			s.expect(s.cancelByUpdate(s.customerCancels()) != nil, "it is too late to cancel")
			s.keepCancellation(s.name, 0, "")
		}},
		{name: "refused_unpaid", play: func(s *scene) {
			s.hold(s.asha)
			s.expect(s.cancelByUpdate(s.customerCancels()) != nil, "nothing has been paid")
			s.keepCancellation(s.name, 0, "")
			s.cancel(0)
		}},
		{name: "input_refused", play: func(s *scene) {
			s.hold(s.asha)
			s.cancelByInput(s.customerCancels())
			s.keepCancellation(s.name, 0, booking.CodeInvalidState)
			s.cancel(0)
		}},
		{name: "show_cancelled", play: func(s *scene) {
			s.sellByCard(cardVisa)
			request := s.customerCancels()
			request.Cause, request.Actor, request.Reason = booking.CauseShowCancelled, string(booking.ActorSystem), "the show was cancelled"
			s.cancelByInput(request)
			s.keepCancellation(s.name, 1, "")
		}},
	}
}

// idleCancelPaths wait for somebody who does not come.
func idleCancelPaths() []path {
	return []path{{name: "nobody_asks", play: func(s *scene) {
		s.booking = booking.ID(s.ashaID, s.key())
		s.startCancellation(booking.CancelBookingRequest{BookingID: s.booking})
		s.keepCancellation(s.name, 0, "")
	}}}
}

// cancelled is a path in which a customer gives a whole booking back, to so many tenders.
func cancelled(name string, tenders int, sell func(s *scene, card string) openapi.Booking) path {
	return path{name: name, play: func(s *scene) {
		sell(s, cardVisa)
		done := get(s.asha.Cancel(s.ctx, s.booking))
		s.expect(len(done.Refunds) == tenders, "there are %d refunds, and should be %d", len(done.Refunds), tenders)
		s.keepCancellation(s.name, 1, "")
	}}
}

// sellByCard gets as far as a booking that is paid by card.
func (s *scene) sellByCard(card string) openapi.Booking {
	held := s.hold(s.asha)
	s.enter(s.payByCard(), card, "succeeded")
	s.await(booking.StatusConfirmed)
	return held
}

// twoAtOnce has a second cancellation come while the first waits for its booking.
func twoAtOnce(s *scene) {
	sold := s.sellByCard(cardVisa)
	id := booking.CancelBookingWorkflowID(s.booking)
	answers := make(chan error, 2)
	ask := func(seat string) { answers <- s.cancelByUpdate(s.customerCancels(seat)) }
	s.whileLocked(lockBooking, s.booking, func() {
		go ask(sold.Seats[0])
		s.untilEventOf(id, "the cancellation is tried as an activity", asks(booking.StepCancelSeats))
		go ask(sold.Seats[1])
		s.until("the second cancellation has been accepted", func() (bool, error) {
			events := slices.DeleteFunc(s.history(id).GetEvents(), func(e *historypb.HistoryEvent) bool { return !accepts(booking.UpdateCancel)(e) })
			return len(events) == 2, nil
		})
	})
	for range 2 {
		s.must(<-answers)
	}
	s.keepCancellation(s.name, 2, "")
}

// customerCancels is a customer's cancellation of seats, all of them when none are named.
func (s *scene) customerCancels(seats ...string) booking.CancelSeatsRequest {
	return booking.CancelSeatsRequest{
		BookingID: s.booking, Seats: seats, RefundTo: booking.RefundToOriginal, Cause: booking.CauseCustomer,
		Actor: string(booking.ActorCustomer), Reason: "cancelled by the customer", CorrelationID: "record-" + s.name,
	}
}

// cancelByUpdate asks for a cancellation as the API does, without its look at the terms before.
func (s *scene) cancelByUpdate(request booking.CancelSeatsRequest) error {
	_, err := s.startAndAsk(cancellation(s.booking), booking.CancelBookingWorkflow, booking.CancelBookingRequest{BookingID: s.booking},
		booking.UpdateCancel, request.ID(), request)
	return err
}

// cancelByInput asks for a cancellation as whoever cancels a show does.
func (s *scene) cancelByInput(request booking.CancelSeatsRequest) {
	s.startCancellation(booking.CancelBookingRequest{BookingID: s.booking, Cancel: &request})
}

func (s *scene) startCancellation(req booking.CancelBookingRequest) {
	get(s.Temporal.ExecuteWorkflow(s.ctx, cancellation(s.booking), booking.CancelBookingWorkflow, req))
}

func cancellation(bookingID string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       booking.CancelBookingWorkflowID(bookingID),
		TaskQueue:                booking.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}
}

func (s *scene) untilCancelled() booking.CancelBookingOutcome {
	return ended[booking.CancelBookingOutcome](s, booking.CancelBookingWorkflowID(s.booking), nil)
}

// keepCancellation waits until the latest run of the booking's cancellation has ended, checks how often it has cancelled and whether its
// input was refused, and keeps its history.
func (s *scene) keepCancellation(name string, times int, refusal booking.Code) {
	outcome := s.untilCancelled()
	s.expect(len(outcome.Cancellations) == times, "it has cancelled %d times, and should have %d times", len(outcome.Cancellations), times)
	s.expectRefusal(outcome.Refusal, refusal)
	s.keep(booking.CancelBookingWorkflowID(s.booking), "cancel_booking", name)
}
