package booking

import "time"

// CascadeProgress is what a cascade has done and what is left, as the database has it. When the cascade has finished, it is its report.
type CascadeProgress struct {
	CascadeState
	// Found counts the bookings that the cascade has had to deal with: Cancelled, Released and left over.
	Found int `json:"found"`
	// Cancelled had been sold; everything that was paid for them goes back.
	Cancelled int `json:"cancelled"`
	// Released were being paid, and have ended without a sale since the cascade began.
	Released int `json:"released"`
	// AlreadyCancelled had been cancelled before the show was, on the terms of their own cancellation.
	AlreadyCancelled int `json:"alreadyCancelled"`
	// Sold and Unpaid are left over: sold ones that have to be cancelled, and ones that are still being paid.
	Sold   int `json:"sold"`
	Unpaid int `json:"unpaid"`
	// Undecided counts attempts to pay of which nobody knows yet whether they have brought money that has to go back.
	Undecided int `json:"undecided"`
	// Refunds are in the order of currency, tender and status.
	Refunds []CascadeRefunds `json:"refunds"`
	// At is when the database was asked.
	At time.Time `json:"at"`
}

// CascadeRefunds are the refunds of a cascade to one tender that stand alike.
type CascadeRefunds struct {
	Tender Tender       `json:"tender"`
	Status RefundStatus `json:"status"`
	// Disputed refunds wait for a bank to decide, which takes months: no cascade waits for that.
	Disputed bool  `json:"disputed,omitempty"`
	Count    int   `json:"count"`
	Amount   Money `json:"amount"`
}

// Left counts the bookings that have not ended.
func (p CascadeProgress) Left() int { return p.Sold + p.Unpaid }

// Waiting counts the refunds that are under way, or tried again by themselves, but for those that wait for a bank.
func (p CascadeProgress) Waiting() int { return p.refunds(RefundInitiated) + p.refunds(RefundFailed) }

// NeedsAttention counts the refunds that wait for an operator.
func (p CascadeProgress) NeedsAttention() int { return p.refunds(RefundNeedsAttention) }

// Done says that nothing is left to do but what operators have to.
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
