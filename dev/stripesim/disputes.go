package stripesim

import (
	"fmt"
	"slices"
	"time"
)

// disputeReasons are the reasons that Stripe passes on from the customer's bank.
var disputeReasons = []string{
	"bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated", "debit_not_authorized", "duplicate",
	"fraudulent", "general", "incorrect_account_details", "insufficient_funds", "product_not_received",
	"product_unacceptable", "subscription_canceled", "unrecognized",
}

// respondWithin is how long the account has to bring evidence.
const respondWithin = 7 * 24 * time.Hour

// DisputeStatus is where a dispute stands.
type DisputeStatus string

// The states of a dispute. DisputeWon, DisputeLost and DisputePrevented are final.
const (
	DisputeNeedsResponse DisputeStatus = "needs_response"
	DisputeUnderReview   DisputeStatus = "under_review"
	DisputeWon           DisputeStatus = "won"
	DisputeLost          DisputeStatus = "lost"
	DisputePrevented     DisputeStatus = "prevented"
)

// disputeFee is what a dispute costs, in the smallest unit of its currency. It is
// not given back to who wins.
const disputeFee = 1500

// ended says that nothing changes a dispute in this state any more.
func (s DisputeStatus) ended() bool {
	return s == DisputeWon || s == DisputeLost || s == DisputePrevented
}

// moves adds a balance transaction to a dispute: money that the bank takes, or
// gives back.
func (d *dispute) moves(amount, fee, now int64) {
	category := "dispute"
	if amount > 0 {
		category = "dispute_reversal"
	}
	d.BalanceTransactions = append(slices.Clone(d.BalanceTransactions), movement{
		ID: newID("txn_"), Object: "balance_transaction", Amount: amount, Created: now, Currency: d.Currency, Fee: fee, Net: amount - fee,
		ReportingCategory: category, Source: d.ID, Type: "adjustment",
	})
}

// OpenDispute lets the customer's bank ask for all money of an intent back, and
// returns the dispute's id. What was refunded does not count, as at Stripe. The
// account loses the money at once, with a fee, and gets it back if it wins; until then the
// charge cannot be refunded. A charge is disputed once. An empty reason means
// general.
func (s *Server) OpenDispute(intentID, reason string) (string, error) {
	orDefault(&reason, "general")
	if !slices.Contains(disputeReasons, reason) {
		return "", fmt.Errorf("stripesim: unknown reason %q", reason)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.intents.get(intentID)
	switch {
	case in == nil:
		return "", fmt.Errorf("stripesim: no intent %q", intentID)
	case in.Status != succeeded:
		return "", fmt.Errorf("stripesim: intent %q is %s, not %s", intentID, in.Status, succeeded)
	}
	ch := s.charges.get(*in.LatestCharge)
	switch {
	case ch == nil:
		return "", fmt.Errorf("stripesim: no charge %q", *in.LatestCharge)
	case ch.Disputed:
		return "", fmt.Errorf("stripesim: charge %q is disputed already", ch.ID)
	}
	ch = copyOf(ch)
	ch.Disputed = true
	s.saveCharge(ch)
	d := &dispute{
		ID: newID("dp_"), Object: "dispute", Amount: ch.Amount, Charge: ch.ID,
		Created: s.now(), Currency: ch.Currency,
		EvidenceDetails: evidenceDetails{DueBy: s.now() + int64(respondWithin/time.Second)},
		Metadata:        map[string]string{}, PaymentIntent: in.ID, Reason: reason, Status: DisputeNeedsResponse,
	}
	d.moves(-d.Amount, disputeFee, s.now())
	s.saveDispute(d)
	s.emit(nil, "charge.dispute.created", d)
	s.emit(nil, "charge.dispute.funds_withdrawn", d)
	s.journal.flush()
	return d.ID, nil
}

// MoveDispute brings a dispute under review, or lets the bank decide it: when it
// is won or prevented the account has the money again.
func (s *Server) MoveDispute(disputeID string, to DisputeStatus) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.disputes.get(disputeID)
	switch {
	case d == nil:
		return fmt.Errorf("stripesim: no dispute %q", disputeID)
	case to != DisputeUnderReview && !to.ended():
		return fmt.Errorf("stripesim: a dispute cannot be moved to %q", to)
	case d.Status == to, d.Status.ended():
		return fmt.Errorf("stripesim: dispute %q is %s", disputeID, d.Status)
	}
	d = copyOf(d)
	d.Status = to
	reinstated := to == DisputeWon || to == DisputePrevented
	if reinstated {
		d.moves(d.Amount, 0, s.now())
	}
	s.saveDispute(d)
	if to == DisputeUnderReview {
		s.emit(nil, "charge.dispute.updated", d)
	} else {
		s.emit(nil, "charge.dispute.closed", d)
	}
	if reinstated {
		s.emit(nil, "charge.dispute.funds_reinstated", d)
	}
	s.journal.flush()
	return nil
}

// chargedBack says that the bank has taken the charge's money, for now or for
// good.
func (s *Server) chargedBack(ch *charge) bool {
	if !ch.Disputed {
		return false
	}
	for _, d := range s.disputes.oldestFirst {
		if d.Charge == ch.ID {
			return d.Status != DisputeWon && d.Status != DisputePrevented
		}
	}
	return false
}

var retrieveDispute = retrieve(OpRetrieveDispute, "dispute", "dispute", func(s *Server) *table[dispute] { return s.disputes })

var listDisputes = operation{
	name:   OpListDisputes,
	params: append([]string{"payment_intent", "charge"}, pageParams...),
	check:  checkPage,
	run: func(s *Server, c *call) (any, *apiError) {
		intentID, chargeID := c.form.Get("payment_intent"), c.form.Get("charge")
		return page(c, "/v1/disputes", s.disputes, s.disputes.all(), func(d *dispute) (int64, bool) {
			return d.Created, (intentID == "" || d.PaymentIntent == intentID) && (chargeID == "" || d.Charge == chargeID)
		})
	},
}
