package stripesim

import (
	"fmt"
	"net/http"
)

// apiError is the inside of Stripe's error answer; the same shape is the
// last_payment_error of an intent.
type apiError struct {
	Charge        string         `json:"charge,omitempty"`
	Code          string         `json:"code,omitempty"`
	DeclineCode   string         `json:"decline_code,omitempty"`
	Message       string         `json:"message"`
	Param         string         `json:"param,omitempty"`
	PaymentIntent *intent        `json:"payment_intent,omitempty"`
	PaymentMethod *paymentMethod `json:"payment_method,omitempty"`
	Type          string         `json:"type"`

	status int
}

type errorAnswer struct {
	Error *apiError `json:"error"`
}

const (
	typeAPI         = "api_error"
	typeCard        = "card_error"
	typeIdempotency = "idempotency_error"
	typeInvalid     = "invalid_request_error"
)

func invalid(code, param, format string, args ...any) *apiError {
	return &apiError{
		Type: typeInvalid, Code: code, Param: param,
		Message: fmt.Sprintf(format, args...), status: http.StatusBadRequest,
	}
}

func unauthorized(code, message string) *apiError {
	return &apiError{Type: typeInvalid, Code: code, Message: message, status: http.StatusUnauthorized}
}

// missing is the answer for an object that does not exist: 404 when the path
// names it, and 400 when a parameter does.
func missing(kind, id, param string, status int) *apiError {
	e := invalid("resource_missing", param, "No such %s: '%s'", kind, id)
	e.status = status
	return e
}

func serverError(status int) *apiError {
	return &apiError{
		Type: typeAPI, status: status,
		Message: "An unknown error occurred. (This one was asked for: see the faults of the simulator.)",
	}
}

func unexpectedState(in *intent, format string, args ...any) *apiError {
	e := invalid("payment_intent_unexpected_state", "", format, args...)
	e.PaymentIntent = copyOf(in)
	return e
}
