package stripesim

import "maps"

// Operation names a request to the API.
type Operation string

// The operations.
const (
	OpCreateIntent    Operation = "create_intent"
	OpConfirmIntent   Operation = "confirm_intent"
	OpCancelIntent    Operation = "cancel_intent"
	OpRetrieveIntent  Operation = "retrieve_intent"
	OpListIntents     Operation = "list_intents"
	OpCreateRefund    Operation = "create_refund"
	OpRetrieveRefund  Operation = "retrieve_refund"
	OpListRefunds     Operation = "list_refunds"
	OpRetrieveDispute Operation = "retrieve_dispute"
	OpListDisputes    Operation = "list_disputes"
	OpListEvents      Operation = "list_events"
	OpRetrieveEvent   Operation = "retrieve_event"
)

var operations = []Operation{
	OpCreateIntent, OpConfirmIntent, OpCancelIntent, OpRetrieveIntent, OpListIntents,
	OpCreateRefund, OpRetrieveRefund, OpListRefunds, OpRetrieveDispute, OpListDisputes, OpListEvents, OpRetrieveEvent,
}

// maxCountedBookings bounds Counts.ByBooking; later bookings are not counted one
// by one.
const maxCountedBookings = 100_000

// Counts is how many authenticated requests arrived, whatever became of them.
// A confirmation comes from the customer's browser, not from the product.
type Counts struct {
	ByOperation map[Operation]int `json:"by_operation"`
	// ByBooking is by the booking_id in the metadata of the object in question.
	ByBooking map[string]map[Operation]int `json:"by_booking"`
}

func newCounts() Counts {
	return Counts{ByOperation: map[Operation]int{}, ByBooking: map[string]map[Operation]int{}}
}

// Counts returns the counts since the start or the last ResetCounts.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Counts{ByOperation: maps.Clone(s.counts.ByOperation), ByBooking: map[string]map[Operation]int{}}
	for id, ops := range s.counts.ByBooking {
		out.ByBooking[id] = maps.Clone(ops)
	}
	return out
}

// ResetCounts starts counting anew.
func (s *Server) ResetCounts() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts = newCounts()
}

func (c Counts) add(op Operation, booking string) {
	c.ByOperation[op]++
	if booking == "" {
		return
	}
	ops := c.ByBooking[booking]
	if ops == nil {
		if len(c.ByBooking) >= maxCountedBookings {
			return
		}
		ops = map[Operation]int{}
		c.ByBooking[booking] = ops
	}
	ops[op]++
}

// bookingOf finds the booking that a request is about, or nothing.
func (s *Server) bookingOf(c *call) string {
	const key = "booking_id"
	if id := c.form.Get("metadata[" + key + "]"); id != "" {
		return id
	}
	for _, id := range []string{c.id, c.form.Get("payment_intent")} {
		if in := s.intents.get(id); in != nil {
			return in.Metadata[key]
		}
		if r := s.refunds.get(id); r != nil {
			return r.Metadata[key]
		}
		if d := s.disputes.get(id); d != nil {
			if in := s.intents.get(d.PaymentIntent); in != nil {
				return in.Metadata[key]
			}
		}
	}
	return ""
}
