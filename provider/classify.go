package provider

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
)

const (
	replayedHeader    = "Idempotent-Replayed"
	maxMessageLength  = 300
	maxRetryAfter     = 10 * time.Minute
	codeUnexpected    = string(stripe.ErrorCodePaymentIntentUnexpectedState)
	codeMissing       = string(stripe.ErrorCodeResourceMissing)
	codeLockTimeout   = string(stripe.ErrorCodeLockTimeout)
	codeKeyInUse      = string(stripe.ErrorCodeIdempotencyKeyInUse)
	messageUnreadable = "the answer could not be read"
)

// classify turns an error of stripe-go into an *Error.
func (s *Stripe) classify(op string, err error) *Error {
	if answer, ok := errors.AsType[*stripe.Error](err); ok {
		return s.classifyAnswer(op, answer)
	}
	e := &Error{Kind: KindUnavailable, Op: op}
	_, network := errors.AsType[*url.Error](err)
	switch {
	case network, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.err = err
		e.Message = s.clean(err.Error())
	default:
		// What remains is a body that is not JSON; stripe-go quotes it.
		e.Message = messageUnreadable
	}
	return e
}

func (s *Stripe) classifyAnswer(op string, answer *stripe.Error) *Error {
	e := &Error{
		Kind:      kindOf(answer),
		Op:        op,
		Code:      string(answer.Code),
		Message:   s.clean(answer.Msg),
		RequestID: answer.RequestID,
	}
	if e.Code == "" {
		e.Code = string(answer.Type)
	}
	if answer.LastResponse != nil {
		e.stored = answer.LastResponse.Header.Get(replayedHeader) == "true"
		e.RetryAfter = retryAfter(answer.LastResponse.Header)
	}
	return e
}

func kindOf(answer *stripe.Error) Kind {
	status, code := answer.HTTPStatusCode, string(answer.Code)
	switch {
	case status >= http.StatusInternalServerError:
		return KindUnavailable
	case status == http.StatusTooManyRequests && code != codeLockTimeout:
		return KindRateLimited
	case status == http.StatusTooManyRequests, status == http.StatusConflict, code == codeKeyInUse,
		status == http.StatusRequestTimeout, status == http.StatusFailedDependency:
		return KindUnavailable
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return KindUnauthorized
	case answer.Type == stripe.ErrorTypeIdempotency:
		return KindIdempotencyReuse
	case status == http.StatusNotFound, code == codeMissing:
		return KindNotFound
	default:
		return KindRejected
	}
}

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}

// clean shortens a message and removes our own key from it.
func (s *Stripe) clean(message string) string {
	message = strings.ReplaceAll(message, s.key, "[key]")
	if len(message) > maxMessageLength {
		message = strings.ToValidUTF8(message[:maxMessageLength], "") + "…"
	}
	return message
}

// refuse is the error for a request that is not worth sending.
func refuse(op, message string) *Error {
	return &Error{Kind: KindRejected, Op: op, Code: "invalid_request", Message: message}
}
