package booking

import "slices"

// Status is the state of a booking.
type Status string

// The states of a booking: the way to the seat first, then the exits.
const (
	StatusInitiated      Status = "INITIATED"
	StatusSeatsLocked    Status = "SEATS_LOCKED"
	StatusPaymentPending Status = "PAYMENT_PENDING"
	StatusConfirmed      Status = "CONFIRMED"
	StatusCompleted      Status = "COMPLETED"
	StatusFailed         Status = "FAILED"
	StatusExpired        Status = "EXPIRED"
	StatusCancelled      Status = "CANCELLED"
)

// predecessors is the one place where transitions are decided: every change of state in SQL takes its
// list of permitted origins from here. No state is ever entered twice.
//
// EXPIRED may become CONFIRMED only by the settlement of money that arrived late while the very same seats were
// still free: the customer paid, so the customer gets them.
var predecessors = map[Status][]Status{
	StatusInitiated:      {},
	StatusSeatsLocked:    {StatusInitiated},
	StatusPaymentPending: {StatusSeatsLocked},
	StatusConfirmed:      {StatusPaymentPending, StatusExpired},
	StatusCompleted:      {StatusConfirmed},
	StatusFailed:         {StatusInitiated, StatusSeatsLocked, StatusPaymentPending},
	StatusExpired:        {StatusSeatsLocked, StatusPaymentPending},
	StatusCancelled:      {StatusSeatsLocked, StatusPaymentPending, StatusConfirmed},
}

// Predecessors lists the states from which a booking may enter this one.
func (s Status) Predecessors() []Status { return slices.Clone(predecessors[s]) }

// CanBecome says whether a booking in this state may enter the next one.
func (s Status) CanBecome(next Status) bool { return slices.Contains(predecessors[next], s) }

// Payable says whether a booking in this state waits for money.
func (s Status) Payable() bool { return s == StatusSeatsLocked || s == StatusPaymentPending }

// Unpaid says whether a booking in this state is on its way to being paid: its own workflow is in charge of it.
func (s Status) Unpaid() bool { return s == StatusInitiated || s.Payable() }

// Actor is who caused a change of state, as the audit trail names it.
type Actor string

// The actors of booking_events that are roles.
const (
	ActorCustomer   Actor = "CUSTOMER"
	ActorProvider   Actor = "PROVIDER"
	ActorTimer      Actor = "TIMER"
	ActorSettlement Actor = "SETTLEMENT"
	ActorSystem     Actor = "SYSTEM"
	// ActorOperator stands for any operator in what customers read; the trail itself has the operator's id.
	ActorOperator Actor = "OPERATOR"
)

// IsRole says whether an actor is one of these, rather than the id of an operator.
func (a Actor) IsRole() bool {
	return slices.Contains([]Actor{ActorCustomer, ActorProvider, ActorTimer, ActorSettlement, ActorSystem, ActorOperator}, a)
}
