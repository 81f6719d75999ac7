package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/wait"
)

// scene is a path while it is played. A path is a straight story: a step that fails ends it, so steps return no errors.
type scene struct {
	*studio
	ctx  context.Context //nolint:containedctx // a scene is one call, spread over the methods that tell it
	name string
	show string
	// booking is the id of the booking that the path is about.
	booking string
	keys    int
}

// stopped is what ends a scene.
type stopped struct{ err error }

func (s *scene) must(err error) {
	if err != nil {
		panic(stopped{err})
	}
}

// get gives what a step has answered, and ends the scene when that is an error.
func get[T any](answer T, err error) T {
	if err != nil {
		panic(stopped{err})
	}
	return answer
}

func (s *scene) expect(ok bool, format string, args ...any) {
	if !ok {
		s.must(fmt.Errorf(format, args...))
	}
}

// play plays one path, and keeps the history of its booking when that is what the path is about.
func (s *studio) play(ctx context.Context, p path) (err error) {
	defer func() {
		switch end := recover().(type) {
		case nil:
		case stopped:
			err = fmt.Errorf("%s: %w", p.name, end.err)
		default:
			panic(end)
		}
	}()
	sc := &scene{studio: s, ctx: ctx, name: p.name}
	sc.show, err = s.takeShow(ctx, p.holdSeconds)
	sc.must(err)
	p.play(sc)
	if p.want != "" {
		sc.keepBooking(p)
	}
	return nil
}

// until waits for something that has no event of its own.
func (s *scene) until(what string, condition func() (bool, error)) {
	err := wait.Until(s.ctx, 50*time.Millisecond, func() (bool, error) {
		ok := get(condition())
		return ok, nil
	})
	if err != nil {
		s.must(fmt.Errorf("waiting until %s: %w", what, err))
	}
}

// key is an Idempotency-Key that nothing else in this recording uses.
func (s *scene) key() string {
	s.keys++
	return s.latestKey()
}

// latestKey is what key returned last.
func (s *scene) latestKey() string { return fmt.Sprintf("record-%s-%d", s.name, s.keys) }

// hold has a customer hold the first two free seats.
func (s *scene) hold(who *customer.Customer) openapi.Booking {
	seats := get(who.FreeSeats(s.ctx, s.show, 2))
	held := s.book(who, seats...)
	s.booking = held.BookingId
	return held
}

// book has a customer hold seats when it is this path's turn.
func (s *scene) book(who *customer.Customer, seats ...string) openapi.Booking {
	done := s.awaitTurn()
	defer done()
	return get(who.Book(s.ctx, s.key(), s.show, seats...))
}

// buyAtOnce has a customer, whose id is given, hold and pay the first two free seats in one request.
func (s *scene) buyAtOnce(who *customer.Customer, userID string, onRefusal booking.SeatsOnRefusal) (openapi.Booking, error) {
	seats := get(who.FreeSeats(s.ctx, s.show, 2))
	done := s.awaitTurn()
	defer done()
	s.booking = booking.ID(userID, s.key())
	return who.BuyAtOnce(s.ctx, s.latestKey(), s.show, onRefusal, seats...)
}

// awaitTurn waits until this path may begin a booking, and returns what lets the next path do so.
func (s *scene) awaitTurn() (done func()) {
	select {
	case s.holding <- struct{}{}:
	case <-s.ctx.Done():
		s.must(s.ctx.Err())
	}
	return func() { <-s.holding }
}

// payByCard starts a card payment of the booking.
func (s *scene) payByCard() openapi.Payment {
	return get(s.asha.Pay(s.ctx, s.key(), s.booking, booking.MethodCard))
}

// holdAndPayByCard gets as far as a card payment that waits for its card.
func (s *scene) holdAndPayByCard() openapi.Payment {
	s.hold(s.asha)
	return s.payByCard()
}

// enter pays an intent with a card and wants it to become so.
func (s *scene) enter(payment openapi.Payment, card, want string) {
	status := get(s.asha.EnterCard(s.ctx, payment, card))
	s.expect(status == want, "the charge is %q, and should be %q", status, want)
}

// enterDeclined pays an intent with a card that is declined, and waits until the booking knows.
func (s *scene) enterDeclined(payment openapi.Payment) {
	_, err := s.asha.EnterCard(s.ctx, payment, "pm_card_visa_chargeDeclined")
	s.expect(err != nil, "the card should have been declined")
	s.untilPayment(payment, booking.PaymentDeclined)
}

// untilPayment waits until a payment stands so.
func (s *scene) untilPayment(payment openapi.Payment, want booking.PaymentStatus) {
	s.until("the payment is "+string(want), func() (bool, error) {
		b, err := s.asha.Booking(s.ctx, s.booking)
		for _, p := range b.Payments {
			if p.PaymentId == payment.PaymentId && p.Status == want {
				return true, err
			}
		}
		return false, err
	})
}

// await waits until the booking is in a state.
func (s *scene) await(want booking.Status) {
	get(s.asha.Await(s.ctx, s.booking, want))
}

// refused wants an answer to be a certain refusal.
func (s *scene) refused(err error, code booking.Code) {
	refusal, ok := errors.AsType[*customer.Refused](err)
	s.expect(ok, "it should have been refused with %s: %v", code, err)
	s.expect(refusal.Body.Code == code, "the answer is %v, and should be %s", refusal, code)
}

// sql changes something behind the product's back.
func (s *scene) sql(statement string, args ...any) {
	get(s.Owner.Exec(s.ctx, statement, args...))
}

// ask asks the database for one value.
func ask[T any](s *scene, query string, args ...any) (value T, err error) {
	err = s.Owner.QueryRow(s.ctx, query, args...).Scan(&value)
	return value, err
}

// text asks the database for one text.
func (s *scene) text(query string, args ...any) string { return get(ask[string](s, query, args...)) }

// intent is the provider's id of the booking's payment.
func (s *scene) intent() string {
	return s.text("SELECT intent_id FROM payments WHERE booking_id = $1", s.booking)
}

// startAndAsk starts a workflow, unless it runs, and has it answer an update, as the API does. Without an id the update may be repeated.
func (s *scene) startAndAsk(start client.StartWorkflowOptions, workflow string, input any, update, updateID string, args ...any) (runID string, err error) {
	start.TaskQueue, start.WorkflowIDConflictPolicy = booking.TaskQueue, enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	asked, err := s.Temporal.UpdateWithStartWorkflow(s.ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: s.Temporal.NewWithStartWorkflowOperation(start, workflow, input),
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: start.ID, UpdateID: updateID, UpdateName: update, Args: args, WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err != nil {
		return "", err
	}
	return asked.RunID(), asked.Get(s.ctx, nil)
}

// expectRefusal wants a workflow to have refused with a code, or not at all when it is empty.
func (s *scene) expectRefusal(refusal *booking.Refusal, want booking.Code) {
	var code booking.Code
	if refusal != nil {
		code = refusal.Code
	}
	s.expect(code == want, "the refusal is %q, and should be %q", code, want)
}

// closeShow takes the show off sale.
func (s *scene) closeShow() { s.sql("UPDATE shows SET status = 'CLOSED' WHERE id = $1", s.show) }

// whileLocked does something while a row that the product needs is locked.
func (s *scene) whileLocked(lock string, arg any, do func()) {
	tx := get(s.Owner.Begin(s.ctx))
	defer func() { _ = tx.Rollback(context.WithoutCancel(s.ctx)) }()
	get(tx.Exec(s.ctx, lock, arg))
	do()
}

// lockBooking makes every change of the booking wait.
const lockBooking = "SELECT FROM bookings WHERE id = $1 FOR UPDATE"
