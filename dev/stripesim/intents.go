package stripesim

import (
	"net/http"
	"slices"
	"strings"
)

var confirmParams = []string{
	"payment_method", "payment_method_data[", "payment_method_options[", "return_url", "use_stripe_sdk",
	"off_session", "setup_future_usage", "receipt_email", "shipping[", "mandate_data[",
}

var createIntent = operation{
	name: OpCreateIntent,
	params: append([]string{
		"amount", "currency", "automatic_payment_methods[enabled]", "automatic_payment_methods[allow_redirects]",
		"payment_method_types[", "capture_method", "confirmation_method", "confirm", "customer", "description",
		"metadata[", "statement_descriptor", "statement_descriptor_suffix", "transfer_group",
	}, confirmParams...),
	check: func(c *call) *apiError {
		_, e := newIntent(c)
		return e
	},
	run: func(s *Server, c *call) (any, *apiError) {
		in, e := newIntent(c)
		if e != nil {
			return nil, e
		}
		in.Created = s.now()
		s.saveIntent(in)
		s.emit(c, "payment_intent.created", in)
		if c.form.Get("confirm") == "true" {
			if e := s.confirm(c, in); e != nil {
				return nil, e
			}
		}
		return in, nil
	},
}

// newIntent makes an intent of the parameters, or says what is wrong with them.
func newIntent(c *call) (*intent, *apiError) {
	amount, e := integer(c.form, "amount", true)
	if e != nil {
		return nil, e
	}
	currency, e := currencyOf(c.form.Get("currency"))
	if e != nil {
		return nil, e
	}
	if e := checkAmount(amount, currency); e != nil {
		return nil, e
	}
	meta, e := metadataOf(c.form)
	if e != nil {
		return nil, e
	}
	automatic, e := automaticOf(c)
	if e != nil {
		return nil, e
	}
	if _, e := oneOf(c.form, "capture_method", "automatic", "automatic_async"); e != nil {
		return nil, e
	}
	if _, e := boolean(c.form, "confirm"); e != nil {
		return nil, e
	}
	method, e := methodOf(c.form)
	if e != nil {
		return nil, e
	}
	id := newID("pi_")
	in := &intent{
		ID: id, Object: "payment_intent", Amount: amount, Currency: currency,
		AutomaticPaymentMethods: automatic, CaptureMethod: "automatic",
		ClientSecret: newID(id + "_secret_"), ConfirmationMethod: "automatic",
		Customer: optional(c.form.Get("customer")), Description: optional(c.form.Get("description")),
		Metadata: meta, PaymentMethodTypes: []string{"card"}, Status: requiresPaymentMethod,
	}
	if raw := c.form.Get("capture_method"); raw != "" {
		in.CaptureMethod = raw
	}
	if method != nil {
		in.PaymentMethod, in.Status = &method.name, requiresConfirmation
	}
	return in, nil
}

// automaticOf reads automatic_payment_methods, which is on unless the request
// names payment_method_types.
func automaticOf(c *call) (*automaticMethods, *apiError) {
	const enabled, redirects = "automatic_payment_methods[enabled]", "automatic_payment_methods[allow_redirects]"
	on, e := boolean(c.form, enabled)
	if e != nil {
		return nil, e
	}
	allow, e := oneOf(c.form, redirects, "always", "never")
	if e != nil {
		return nil, e
	}
	types := false
	for name := range c.form {
		types = types || strings.HasPrefix(name, "payment_method_types[")
	}
	switch {
	case types && on:
		return nil, invalid("", "", "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")
	case types, c.form.Get(enabled) == "false":
		return nil, nil
	case c.form.Get(enabled) == "" && allow != "":
		return nil, invalid("parameter_missing", enabled, "Missing required param: %s.", enabled)
	}
	orDefault(&allow, "always")
	return &automaticMethods{AllowRedirects: allow, Enabled: true}, nil
}

var retrieveIntent = operation{
	name:   OpRetrieveIntent,
	params: []string{"client_secret", "key"},
	public: true,
	run: func(s *Server, c *call) (any, *apiError) {
		in, e := s.intentOf(c)
		if e != nil {
			return nil, e
		}
		return c.view(in), nil
	},
}

var listIntents = operation{
	name:   OpListIntents,
	params: append([]string{"customer"}, pageParams...),
	check:  checkPage,
	run: func(s *Server, c *call) (any, *apiError) {
		return page(c, "/v1/payment_intents", s.intents, s.intents.all(), func(in *intent) (int64, bool) {
			customer := c.form.Get("customer")
			return in.Created, customer == "" || (in.Customer != nil && *in.Customer == customer)
		})
	},
}

var cancelIntent = operation{
	name:   OpCancelIntent,
	params: []string{"cancellation_reason"},
	check: func(c *call) *apiError {
		_, e := oneOf(c.form, "cancellation_reason", "duplicate", "fraudulent", "requested_by_customer", "abandoned")
		return e
	},
	run: func(s *Server, c *call) (any, *apiError) {
		in, e := s.intentOf(c)
		if e != nil {
			return nil, e
		}
		if !slices.Contains([]string{requiresPaymentMethod, requiresConfirmation, requiresAction}, in.Status) {
			return nil, unexpectedState(in, "You cannot cancel this PaymentIntent because it has a status of %s. Only a PaymentIntent with "+
				"one of the following statuses may be canceled: requires_payment_method, requires_capture, "+
				"requires_confirmation, requires_action.", in.Status)
		}
		in = copyOf(in)
		in.Status, in.NextAction = canceled, nil
		in.CanceledAt, in.CancellationReason = ptr(s.now()), optional(c.form.Get("cancellation_reason"))
		s.saveIntent(in)
		s.emit(c, "payment_intent.canceled", in)
		return in, nil
	},
}

// intentOf finds the intent that the path names, and checks the client secret of
// a browser.
func (s *Server) intentOf(c *call) (*intent, *apiError) {
	in := s.intents.get(c.id)
	if in == nil {
		return nil, missing("payment_intent", c.id, "intent", http.StatusNotFound)
	}
	if given := c.form.Get("client_secret"); given != "" && given != in.ClientSecret {
		return nil, invalid("payment_intent_invalid_parameter", "client_secret",
			"The client_secret provided does not match any associated PaymentIntent.")
	}
	return in, nil
}

// view hides from a browser what only the account may see.
func (c *call) view(in *intent) *intent {
	if !c.public {
		return in
	}
	in = copyOf(in)
	in.Metadata, in.Customer, in.LatestCharge = nil, nil, nil
	return in
}
