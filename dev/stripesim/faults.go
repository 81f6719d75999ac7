package stripesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Faults are the ways in which the simulator misbehaves until told otherwise.
// POST /_sim/faults adds the given ones to those in force, DELETE clears all,
// GET shows them:
//
//	{"requests": [{"operation": "create_refund", "mode": "fail_after", "times": 1},
//	              {"operation": "confirm_intent", "mode": "hang_after", "latency": "100ms"},
//	              {"operation": "create_refund", "mode": "refuse", "every": 3, "status": 400,
//	               "type": "invalid_request_error", "code": "balance_insufficient", "message": "…"}],
//	 "webhooks": [{"mode": "duplicate", "copies": 3, "types": ["payment_intent.succeeded"]},
//	              {"mode": "delay", "delay": "2s", "times": 5}]}
//
// The first fault that fits is used; one with times is gone after as many uses,
// one without stays. Rate limits come before everything else. The other request
// faults befall requests that are executed: those that fail validation or are
// answered for their idempotency key use none up.
type Faults struct {
	Requests []RequestFault `json:"requests,omitempty"`
	Webhooks []WebhookFault `json:"webhooks,omitempty"`
}

// RequestMode is how a request goes wrong.
type RequestMode string

// The request faults.
const (
	// Slow acts and answers as usual, after Latency. Every other mode may have a
	// Latency too. Until then the idempotency key is in use.
	Slow RequestMode = "slow"
	// FailBefore answers with a server error and does nothing.
	FailBefore RequestMode = "fail_before"
	// FailAfter does it and answers with a server error.
	FailAfter RequestMode = "fail_after"
	// HangAfter does it and never answers: the connection stays open for Hang
	// (default one minute) and is cut then.
	HangAfter RequestMode = "hang_after"
	// RateLimit answers 429 with Retry-After and leaves no trace.
	RateLimit RequestMode = "rate_limit"
	// Refuse answers with the error given by Status, Type, Code and Message.
	Refuse RequestMode = "refuse"
)

// RequestFault bends requests to the API.
type RequestFault struct {
	// Operation is which requests; empty means all.
	Operation Operation   `json:"operation,omitempty"`
	Mode      RequestMode `json:"mode"`
	// Times is for how many requests; zero means until cleared.
	Times int `json:"times,omitempty"`
	// Every spares all but every nth of the requests that it fits; zero spares none.
	Every   int      `json:"every,omitempty"`
	Latency Duration `json:"latency,omitempty"`
	Hang    Duration `json:"hang,omitempty"`
	// Status is the HTTP status of FailBefore, FailAfter (default 500) and
	// Refuse (default 400).
	Status int `json:"status,omitempty"`
	// Unstored makes the answer one that the idempotency layer does not keep, as
	// of a gateway in front of the API.
	Unstored bool `json:"unstored,omitempty"`
	// RetryAfter is the header of RateLimit, in whole seconds. Default: 1 s.
	RetryAfter Duration `json:"retry_after,omitempty"`
	Type       string   `json:"type,omitempty"`
	Code       string   `json:"code,omitempty"`
	Message    string   `json:"message,omitempty"`

	// spared is how many requests in a row were.
	spared int
}

// WebhookMode is how a delivery goes wrong.
type WebhookMode string

// The webhook faults.
const (
	// Delay waits before the first try; other events overtake.
	Delay WebhookMode = "delay"
	// Duplicate delivers Copies times (default 2) at once.
	Duplicate WebhookMode = "duplicate"
	// Reorder gathers Window events (default 2) and sends them newest first.
	// What is gathered when faults are cleared is sent then.
	Reorder WebhookMode = "reorder"
	// Drop never delivers. The event stays listed and can be redelivered.
	Drop WebhookMode = "drop"
)

// WebhookFault bends the delivery of events.
type WebhookFault struct {
	// Types is which events; empty means all.
	Types []string    `json:"types,omitempty"`
	Mode  WebhookMode `json:"mode"`
	// Times is for how many events; zero means until cleared.
	Times  int      `json:"times,omitempty"`
	Delay  Duration `json:"delay,omitempty"`
	Copies int      `json:"copies,omitempty"`
	Window int      `json:"window,omitempty"`
}

// Duration is a time.Duration that JSON writes as "1.5s".
type Duration time.Duration

// MarshalJSON implements json.Marshaler.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON implements json.Unmarshaler.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("a duration is a string such as \"1.5s\": %w", err)
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return err
	}
	*d = Duration(parsed)
	return nil
}

const (
	maxFaults = 1000
	maxCopies = 100
	maxWindow = 1000
)

// AddFaults puts faults in force beside the present ones.
func (s *Server) AddFaults(f Faults) error {
	if err := f.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults.Requests)+len(f.Requests) > maxFaults || len(s.faults.Webhooks)+len(f.Webhooks) > maxFaults {
		return fmt.Errorf("stripesim: more than %d faults", maxFaults)
	}
	s.faults.Requests = append(s.faults.Requests, f.Requests...)
	s.faults.Webhooks = append(s.faults.Webhooks, f.Webhooks...)
	return nil
}

// ClearFaults ends all misbehaviour and sends the events that Reorder held.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	s.faults = Faults{}
	s.mu.Unlock()
	s.hooks.release()
}

// ActiveFaults returns the faults in force, with the uses they have left.
func (s *Server) ActiveFaults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Faults{Requests: slices.Clone(s.faults.Requests), Webhooks: slices.Clone(s.faults.Webhooks)}
}

func (f *Faults) check() error {
	for _, r := range f.Requests {
		switch r.Mode {
		case Slow, FailBefore, FailAfter, HangAfter, RateLimit, Refuse:
		default:
			return fmt.Errorf("stripesim: unknown request mode %q", r.Mode)
		}
		if r.Operation != "" && !slices.Contains(operations, r.Operation) {
			return fmt.Errorf("stripesim: unknown operation %q", r.Operation)
		}
		if r.Every < 0 {
			return errors.New("stripesim: every must not be negative")
		}
		if r.Status != 0 && (r.Status < 400 || r.Status > 599) {
			return fmt.Errorf("stripesim: status %d is no error", r.Status)
		}
	}
	for _, w := range f.Webhooks {
		switch w.Mode {
		case Delay, Duplicate, Reorder, Drop:
		default:
			return fmt.Errorf("stripesim: unknown webhook mode %q", w.Mode)
		}
		if w.Copies < 0 || w.Copies > maxCopies || w.Window < 0 || w.Window > maxWindow {
			return fmt.Errorf("stripesim: at most %d copies and a window of %d", maxCopies, maxWindow)
		}
	}
	return nil
}

// take finds and uses up the first fault for a request. The caller holds mu.
func (f *Faults) take(op Operation, eligible func(RequestFault) bool) RequestFault {
	for i, r := range f.Requests {
		if (r.Operation == "" || r.Operation == op) && eligible(r) {
			if f.Requests[i].spared++; f.Requests[i].spared < r.Every {
				continue
			}
			f.Requests[i].spared = 0
			if r.Times > 0 {
				if f.Requests[i].Times--; f.Requests[i].Times == 0 {
					f.Requests = slices.Delete(f.Requests, i, i+1)
				}
			}
			return r
		}
	}
	return RequestFault{}
}

// takeWebhook finds and uses up the fault for an event. The caller holds mu.
func (f *Faults) takeWebhook(eventType string) WebhookFault {
	for i, w := range f.Webhooks {
		if len(w.Types) == 0 || slices.Contains(w.Types, eventType) {
			if w.Times > 0 {
				if f.Webhooks[i].Times--; f.Webhooks[i].Times == 0 {
					f.Webhooks = slices.Delete(f.Webhooks, i, i+1)
				}
			}
			return w
		}
	}
	return WebhookFault{}
}

func (r RequestFault) asError() *apiError {
	if r.Mode != Refuse {
		orDefault(&r.Status, http.StatusInternalServerError)
		return serverError(r.Status)
	}
	orDefault(&r.Status, http.StatusBadRequest)
	orDefault(&r.Type, typeInvalid)
	orDefault(&r.Message, "This request is refused because a fault of the simulator says so.")
	return &apiError{Type: r.Type, Code: r.Code, Message: r.Message, status: r.Status}
}

func (r RequestFault) retryAfter() string {
	seconds := int(time.Duration(r.RetryAfter).Round(time.Second) / time.Second)
	return strconv.Itoa(max(seconds, 1))
}

func (r RequestFault) hang() time.Duration {
	if r.Hang <= 0 {
		return time.Minute
	}
	return time.Duration(r.Hang)
}
