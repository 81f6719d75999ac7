package booking

import "time"

// CascadeProgress is what a cascade has done and what is left, according to the database. When the
// cascade has finished, it is its report.
type CascadeProgress struct {
	CascadeState
	// Found counts the bookings that the cascade has had to deal with: Cancelled, Released and left over.
	Found int `json:"found"`
	// Cancelled counts bookings that had been sold; everything that was paid for them goes back.
	Cancelled int `json:"cancelled"`
	// Released counts bookings that were being paid, and that have ended without a sale since the cascade began.
	Released int `json:"released"`
	// AlreadyCancelled counts bookings that were cancelled before the show was, on the terms of their own cancellation.
	AlreadyCancelled int `json:"alreadyCancelled"`
	// Sold and Unpaid are left: bookings that still have to be cancelled, and bookings that are still being paid.
	Sold   int `json:"sold"`
	Unpaid int `json:"unpaid"`
	// Undecided counts attempts to pay of which it is not known yet whether they have brought money that has to go back.
	Undecided int `json:"undecided"`
	// Refunds are in the order of currency, tender and status.
	Refunds []CascadeRefunds `json:"refunds"`
	// At is when the database was read.
	At time.Time `json:"at"`
}

// CascadeRefunds sums up the refunds of a cascade that go to the same tender and have the same status.
type CascadeRefunds struct {
	Tender Tender       `json:"tender"`
	Status RefundStatus `json:"status"`
	// Disputed refunds wait for a bank to decide, which takes months: no cascade waits for them.
	Disputed bool  `json:"disputed,omitempty"`
	Count    int   `json:"count"`
	Amount   Money `json:"amount"`
}

// Left counts the bookings that have not ended.
func (p CascadeProgress) Left() int { return p.Sold + p.Unpaid }

// Waiting counts the refunds that are under way or tried again automatically, except those that wait for a bank.
func (p CascadeProgress) Waiting() int { return p.refunds(RefundInitiated) + p.refunds(RefundFailed) }

// NeedsAttention counts the refunds that wait for an operator.
func (p CascadeProgress) NeedsAttention() int { return p.refunds(RefundNeedsAttention) }

// Done says that nothing is left to do except by operators.
func (p CascadeProgress) Done() bool { return p.Left() == 0 && p.Undecided == 0 && p.Waiting() == 0 }

func (p CascadeProgress) refunds(status RefundStatus) int {
	count := 0
	for _, r := range p.Refunds {
		if r.Status == status && !r.Disputed {
			count += r.Count
		}
	}
	return count
}
