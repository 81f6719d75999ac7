package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/activities"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/dbos-inc/dbos-transact-golang/dbos"
)

const (
	// held is the event with which a booking says what is due.
	held = "held"
	// paid is the topic on which a booking learns of its payment.
	paid = "paid"
	// payable is how long a booking waits for that.
	payable = 5 * time.Minute
)

// office sells seats.
type office struct {
	engine dbos.Context
	steps  *activities.Activities
	// open are the handles of bookings that wait to be paid, by the booking's id. A handle of this process learns of the end at once; one that is
	// found by its id would ask the database again and again.
	open sync.Map
}

// book is the workflow of a booking: hold, wait for the payment, sell.
func (o *office) book(ctx dbos.Context, req booking.Request) (booking.Status, error) {
	due, err := dbos.RunAsStep(ctx, func(ctx context.Context) (booking.Money, error) { return o.hold(ctx, req) })
	if err != nil {
		return "", err
	}
	if err := dbos.SetEvent(ctx, held, due); err != nil {
		return "", err
	}
	payment, err := dbos.Recv[booking.Payment](ctx, paid, payable)
	if err != nil {
		return "", err
	}
	return dbos.RunAsStep(ctx, func(ctx context.Context) (booking.Status, error) { return o.sell(ctx, req, payment) })
}

// buy is the workflow of a booking that is paid in the same request: hold, sell.
func (o *office) buy(ctx dbos.Context, req booking.Request) (booking.Status, error) {
	due, err := dbos.RunAsStep(ctx, func(ctx context.Context) (booking.Money, error) { return o.hold(ctx, req) })
	if err != nil {
		return "", err
	}
	payment := booking.Payment{
		ID: booking.PaymentID(req.BookingID, req.RequestHash), BookingID: req.BookingID, Attempt: 1, Method: booking.MethodWallet,
		Wallet: due, Card: booking.Money{Currency: due.Currency}, RequestHash: req.RequestHash,
	}
	return dbos.RunAsStep(ctx, func(ctx context.Context) (booking.Status, error) { return o.sell(ctx, req, payment) })
}

// hold takes the seats and gives their price.
func (o *office) hold(ctx context.Context, req booking.Request) (booking.Money, error) {
	lock, err := o.steps.LockSeats(ctx, req)
	if err != nil {
		return booking.Money{}, err
	}
	return *lock.Due, nil
}

// sell has the wallet pay.
func (o *office) sell(ctx context.Context, req booking.Request, payment booking.Payment) (booking.Status, error) {
	_, err := o.steps.ConfirmBooking(ctx, booking.Confirmation{
		BookingID: req.BookingID, Payment: payment, Actor: booking.ActorCustomer, Reason: "paid from the wallet", CorrelationID: req.CorrelationID,
	})
	return booking.StatusConfirmed, err
}

func (o *office) routes() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("POST /hold", answering(o.takeHold))
	routes.HandleFunc("POST /pay", answering(o.takePayment))
	routes.HandleFunc("POST /buy", answering(o.takePurchase))
	return routes
}

// answering decodes a request, and encodes what take gives for it.
func answering[In, Out any](take func(In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		err := json.NewDecoder(r.Body).Decode(&in)
		var out Out
		if err == nil {
			out, err = take(in)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out)
	}
}

// takeHold starts a booking, and gives what is due for it once its seats are held.
func (o *office) takeHold(req booking.Request) (booking.Money, error) {
	running, err := dbos.RunWorkflow(o.engine, o.book, req, dbos.WithWorkflowID(req.BookingID))
	if err != nil {
		return booking.Money{}, err
	}
	o.open.Store(req.BookingID, running)
	return dbos.GetEvent[booking.Money](o.engine, req.BookingID, held, patience)
}

// takePurchase has a booking held and paid, and gives how it stands then.
func (o *office) takePurchase(req booking.Request) (booking.Status, error) {
	running, err := dbos.RunWorkflow(o.engine, o.buy, req, dbos.WithWorkflowID(req.BookingID))
	if err != nil {
		return "", err
	}
	return running.GetResult()
}

// takePayment pays a booking, and gives how it stands then.
func (o *office) takePayment(payment booking.Payment) (booking.Status, error) {
	found, _ := o.open.LoadAndDelete(payment.BookingID)
	running, there := found.(dbos.WorkflowHandle[booking.Status])
	if !there {
		return "", errors.New("no booking waits for this payment")
	}
	if err := dbos.Send(o.engine, payment.BookingID, payment, paid); err != nil {
		return "", err
	}
	return running.GetResult()
}
