package stripesim

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

var createRefund = operation{
	name:   OpCreateRefund,
	params: []string{"payment_intent", "charge", "amount", "reason", "metadata["},
	check: func(c *call) *apiError {
		if c.form.Get("payment_intent") == "" && c.form.Get("charge") == "" {
			return invalid("parameter_missing", "charge", "One of the following params should be provided for this request: payment_intent or charge.")
		}
		if amount, e := integer(c.form, "amount", false); e != nil {
			return e
		} else if amount < 1 && c.form.Get("amount") != "" {
			return invalid("parameter_invalid_integer", "amount", "Invalid positive integer")
		}
		if _, e := oneOf(c.form, "reason", "duplicate", "fraudulent", "requested_by_customer"); e != nil {
			return e
		}
		_, e := metadataOf(c.form)
		return e
	},
	run: func(s *Server, c *call) (any, *apiError) {
		r, e := s.refundCharge(c)
		if e != nil {
			return nil, e // not r: a nil *refund is something
		}
		return r, nil
	},
}

// refundCharge gives money of a paid charge back.
func (s *Server) refundCharge(c *call) (*refund, *apiError) {
	ch, e := s.chargeToRefund(c)
	if e != nil {
		return nil, e
	}
	left := ch.Amount - ch.AmountRefunded
	amount, _ := integer(c.form, "amount", false)
	orDefault(&amount, left)
	switch {
	case left == 0:
		return nil, invalid("charge_already_refunded", "", "Charge %s has already been refunded.", ch.ID)
	case amount > left:
		return nil, invalid("", "amount", "Refund amount (%d %s) is greater than unrefunded amount on charge (%d %s)",
			amount, ch.Currency, left, ch.Currency)
	}
	meta, _ := metadataOf(c.form)
	r := &refund{
		ID: newID("re_"), Object: "refund", Amount: amount, Charge: ch.ID, Created: s.now(), Currency: ch.Currency,
		Metadata: meta, PaymentIntent: ch.PaymentIntent, Reason: optional(c.form.Get("reason")), Status: refundSucceeded,
	}
	if ch.refundMode() == refundsPending {
		r.Status = refundPending
	}
	s.saveRefund(r)
	s.changeRefunded(ch, amount)
	s.emit(c, "refund.created", r)
	s.emit(c, "charge.refunded", s.charges.get(ch.ID))
	s.settleLater(r)
	return r, nil
}

// chargeToRefund finds the paid charge that a refund names.
func (s *Server) chargeToRefund(c *call) (*charge, *apiError) {
	id := c.form.Get("charge")
	if intentID := c.form.Get("payment_intent"); intentID != "" {
		in := s.intents.get(intentID)
		switch {
		case in == nil:
			return nil, missing("payment_intent", intentID, "payment_intent", http.StatusBadRequest)
		case in.Status != succeeded:
			return nil, invalid("", "", "This PaymentIntent (%s) does not have a successful charge to refund.", intentID)
		}
		id = *in.LatestCharge
	}
	ch := s.charges.get(id)
	switch {
	case ch == nil:
		return nil, missing("charge", id, "charge", http.StatusBadRequest)
	case !ch.Paid:
		return nil, invalid("charge_not_refundable", "", "Charge %s was not paid and cannot be refunded.", id)
	case s.chargedBack(ch):
		return nil, invalid("charge_disputed", "", "Charge %s has been charged back; cannot issue a refund.", id)
	}
	return ch, nil
}

func (ch *charge) refundMode() refundMode {
	if m := methodNamed(*ch.PaymentMethod); m != nil {
		return m.refunds
	}
	return refundsAtOnce
}

func (s *Server) changeRefunded(ch *charge, by int64) {
	ch = copyOf(ch)
	ch.AmountRefunded += by
	ch.Refunded = ch.AmountRefunded == ch.Amount
	s.saveCharge(ch)
}

var retrieveRefund = retrieve(OpRetrieveRefund, "refund", "id", func(s *Server) *table[refund] { return s.refunds })

var listRefunds = operation{
	name:   OpListRefunds,
	params: append([]string{"payment_intent", "charge"}, pageParams...),
	check:  checkPage,
	run: func(s *Server, c *call) (any, *apiError) {
		intentID, chargeID := c.form.Get("payment_intent"), c.form.Get("charge")
		from := s.refunds.all()
		if intentID != "" {
			from = listingOf(s.refundOf[intentID])
		}
		return page(c, "/v1/refunds", s.refunds, from, func(r *refund) (int64, bool) {
			return r.Created, chargeID == "" || r.Charge == chargeID
		})
	},
}

// RefundByHand gives money of an intent's charge back, all that is left when amount is 0, as somebody does at Stripe's own desk: nothing in its
// metadata says whose refund it is.
func (s *Server) RefundByHand(intentID string, amount int64) (id string, err error) {
	c := &call{op: createRefund, form: url.Values{"payment_intent": {intentID}}, requestID: newID("req_")}
	if amount != 0 {
		c.form.Set("amount", strconv.FormatInt(amount, 10))
	}
	if e := createRefund.check(c); e != nil {
		return "", fmt.Errorf("stripesim: %s", e.Message)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made, e := s.refundCharge(c)
	if e != nil {
		return "", fmt.Errorf("stripesim: %s", e.Message)
	}
	s.journal.flush()
	return made.ID, nil
}

// SettleRefund ends a pending refund, or lets one fail that had succeeded, as
// the customer's bank may do days later. A pending one may also be cancelled, as
// by hand at Stripe's own desk.
func (s *Server) SettleRefund(refundID string, outcome Outcome) error {
	if outcome != Succeed && outcome != Fail && outcome != Cancel {
		return fmt.Errorf("stripesim: unknown outcome %q", outcome)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.refunds.get(refundID)
	switch {
	case r == nil:
		return fmt.Errorf("stripesim: no refund %q", refundID)
	case r.Status == refundFailed, r.Status == refundCanceled, r.Status == refundSucceeded && outcome != Fail:
		return fmt.Errorf("stripesim: refund %q is %s", refundID, r.Status)
	}
	s.endRefund(r, outcome)
	s.journal.flush()
	return nil
}

func (s *Server) endRefund(r *refund, outcome Outcome) {
	r = copyOf(r)
	switch outcome {
	case Succeed:
		r.Status = refundSucceeded
	case Fail:
		r.Status, r.FailureReason = refundFailed, "expired_or_canceled_card"
	case Cancel:
		r.Status = refundCanceled
	}
	if ch := s.charges.get(r.Charge); ch != nil && outcome != Succeed {
		s.changeRefunded(ch, -r.Amount)
	}
	s.saveRefund(r)
	s.emit(nil, "refund.updated", r)
	s.emit(nil, "charge.refund.updated", r)
	if outcome == Fail {
		s.emit(nil, "refund.failed", r)
	}
}

// settleLater lets time do what SettleRefund does, when configured.
func (s *Server) settleLater(r *refund) {
	ch := s.charges.get(r.Charge)
	if s.cfg.RefundDelay <= 0 || ch == nil {
		return
	}
	before, outcome := r.Status, Succeed
	switch ch.refundMode() {
	case refundsPending:
	case refundsFailLater:
		outcome = Fail
	default:
		return
	}
	waited := s.cfg.Now().Sub(time.Unix(r.Created, 0))
	s.later(max(s.cfg.RefundDelay-waited, 0), func() {
		if now := s.refunds.get(r.ID); now != nil && now.Status == before {
			s.endRefund(now, outcome)
			s.journal.flush()
		}
	})
}
