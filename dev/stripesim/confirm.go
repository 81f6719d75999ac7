package stripesim

import (
	"fmt"
	"net/http"
	"slices"
)

var confirmIntent = operation{
	name:   OpConfirmIntent,
	params: append([]string{"client_secret", "key", "expected_payment_method_type"}, confirmParams...),
	public: true,
	check: func(c *call) *apiError {
		_, e := methodOf(c.form)
		return e
	},
	run: func(s *Server, c *call) (any, *apiError) {
		in, e := s.intentOf(c)
		if e != nil {
			return nil, e
		}
		in = copyOf(in)
		if e := s.confirm(c, in); e != nil {
			return nil, e
		}
		return c.view(in), nil
	},
}

// confirm tries to pay an intent, which it changes.
func (s *Server) confirm(c *call, in *intent) *apiError {
	switch {
	case in.Status == succeeded:
		return unexpectedState(in, "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.")
	case !slices.Contains([]string{requiresPaymentMethod, requiresConfirmation, requiresAction}, in.Status):
		return unexpectedState(in, "You cannot confirm this PaymentIntent because it has a status of %s. Only a PaymentIntent with "+
			"one of the following statuses may be confirmed: requires_confirmation, requires_action.", in.Status)
	}
	method, e := methodOf(c.form)
	if e != nil {
		return e
	}
	if method == nil && in.PaymentMethod != nil {
		method = methodNamed(*in.PaymentMethod)
	}
	if method == nil {
		return unexpectedState(in, "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update "+
			"the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method.")
	}
	if auto := in.AutomaticPaymentMethods; auto != nil && auto.AllowRedirects == "always" && c.form.Get("return_url") == "" {
		return invalid("", "return_url", "This PaymentIntent is configured to accept payment methods that might redirect: "+
			"provide a `return_url`, or set `automatic_payment_methods[allow_redirects]` to `never` when creating it.")
	}
	in.PaymentMethod, in.LastPaymentError, in.NextAction = &method.name, nil, nil
	switch method.behaviour {
	case declines:
		return s.decline(c, in, method, &apiError{Type: typeCard, Code: method.code, DeclineCode: method.decline, Message: method.message})
	case challenges:
		in.Status, in.NextAction = requiresAction, &nextAction{
			Type: "use_stripe_sdk", UseStripeSDK: &sdkAction{Type: "three_d_secure_redirect"},
		}
		s.saveIntent(in)
		s.emit(c, "payment_intent.requires_action", in)
	case processes:
		in.Status = processing
		s.saveIntent(in)
		s.emit(c, "payment_intent.processing", in)
	default:
		s.collect(c, in, method)
	}
	return nil
}

// collect takes the money.
func (s *Server) collect(c *call, in *intent, method *testMethod) {
	ch := s.newCharge(in, method)
	ch.Paid, ch.Captured, ch.Status, ch.AmountCaptured = true, true, succeeded, in.Amount
	s.saveCharge(ch)
	in.Status, in.AmountReceived, in.LatestCharge, in.NextAction = succeeded, in.Amount, &ch.ID, nil
	s.saveIntent(in)
	s.emit(c, "charge.succeeded", ch)
	s.emit(c, "payment_intent.succeeded", in)
}

// decline leaves the intent payable with another method, and makes the error
// that answers a confirmation.
func (s *Server) decline(c *call, in *intent, method *testMethod, why *apiError) *apiError {
	ch := s.newCharge(in, method)
	ch.Status, ch.FailureCode, ch.FailureMessage = "failed", &why.Code, &why.Message
	s.saveCharge(ch)
	why.Charge, why.PaymentMethod, why.status = ch.ID, method.object(), http.StatusPaymentRequired
	in.Status, in.PaymentMethod, in.NextAction = requiresPaymentMethod, nil, nil
	in.LatestCharge, in.LastPaymentError = &ch.ID, why
	s.saveIntent(in)
	s.emit(c, "charge.failed", ch)
	s.emit(c, "payment_intent.payment_failed", in)
	told := copyOf(why)
	told.PaymentIntent = in
	if c != nil {
		told.PaymentIntent = c.view(in)
	}
	return told
}

func (s *Server) newCharge(in *intent, method *testMethod) *charge {
	return &charge{
		ID: newID("ch_"), Object: "charge", Amount: in.Amount, Created: s.now(), Currency: in.Currency,
		Description: in.Description, Metadata: in.Metadata, PaymentIntent: in.ID, PaymentMethod: &method.name,
		PaymentMethodDetails: methodDetails{Type: "card", Card: method.card()},
	}
}

// Outcome is how something ends that waits for somebody outside.
type Outcome string

// The outcomes.
const (
	Succeed Outcome = "succeed"
	Fail    Outcome = "fail"
	// Cancel is for refunds alone.
	Cancel Outcome = "cancel"
)

// Authenticate ends the 3-D Secure challenge of an intent, as the customer's
// bank does.
func (s *Server) Authenticate(intentID string, outcome Outcome) error {
	return s.finish(intentID, requiresAction, outcome, &apiError{
		Type: typeCard, Code: "payment_intent_authentication_failure",
		Message: "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
	})
}

// SettleIntent ends the processing of an intent.
func (s *Server) SettleIntent(intentID string, outcome Outcome) error {
	return s.finish(intentID, processing, outcome, &apiError{
		Type: typeCard, Code: "card_declined", DeclineCode: "generic_decline", Message: declinedMessage,
	})
}

func (s *Server) finish(intentID, from string, outcome Outcome, why *apiError) error {
	if outcome != Succeed && outcome != Fail {
		return fmt.Errorf("stripesim: unknown outcome %q", outcome)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.intents.get(intentID)
	switch {
	case in == nil:
		return fmt.Errorf("stripesim: no intent %q", intentID)
	case in.Status != from:
		return fmt.Errorf("stripesim: intent %q is %s, not %s", intentID, in.Status, from)
	}
	in = copyOf(in)
	method := methodNamed(*in.PaymentMethod)
	if outcome == Succeed {
		s.collect(nil, in, method)
	} else {
		s.decline(nil, in, method, why)
	}
	s.journal.flush()
	return nil
}
