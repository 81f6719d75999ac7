package stripesim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const maxBody = 64 << 10

// operation is one thing that the API can do.
type operation struct {
	name   Operation
	params []string // the parameters it knows: see checkParams
	// public says that a browser may do it, with a publishable key and the
	// intent's client secret.
	public bool
	// check refuses what can be refused without looking at the state. Such a
	// refusal is not kept for the idempotency key.
	check func(c *call) *apiError
	// run does it, under the lock.
	run func(s *Server, c *call) (any, *apiError)
}

// retrieve finds an object by the id in the path, or says that there is no such kind of thing, in terms of a parameter.
func retrieve[T any](name Operation, kind, param string, from func(*Server) *table[T]) operation {
	return operation{name: name, run: func(s *Server, c *call) (any, *apiError) {
		found := from(s).get(c.id)
		if found == nil {
			return nil, missing(kind, c.id, param, http.StatusNotFound)
		}
		return found, nil
	}}
}

// call is one request on its way through the server.
type call struct {
	op        operation
	form      url.Values
	id        string // from the path
	requestID string
	key       string // idempotency key
	public    bool   // came with a publishable key
}

// result is an answer that is ready to be written, once or again.
type result struct {
	Status int             `json:"status"`
	Body   json.RawMessage `json:"body"`
}

func answer(v any, e *apiError) result {
	status := http.StatusOK
	if e != nil {
		status, v = e.status, errorAnswer{e}
	}
	body, err := json.Marshal(v)
	if err != nil {
		return answer(nil, serverError(http.StatusInternalServerError))
	}
	return result{Status: status, Body: body}
}

func (r result) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.Status)
	_, _ = w.Write(r.Body)
}

// api routes a pattern to an operation.
func (s *Server) api(pattern string, op operation) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		c := &call{op: op, id: r.PathValue("id"), requestID: newID("req_")}
		h := w.Header()
		h.Set("Request-Id", c.requestID)
		version := r.Header.Get("Stripe-Version")
		orDefault(&version, s.cfg.APIVersion)
		h.Set("Stripe-Version", version)
		if e := s.admit(w, r, c); e != nil {
			answer(nil, e).write(w)
			return
		}
		if fault := s.arrive(c); fault.Mode == RateLimit {
			e := &apiError{
				Type: typeInvalid, Code: "rate_limit", status: http.StatusTooManyRequests,
				Message: "Request rate limit exceeded.",
			}
			h.Set("Retry-After", fault.retryAfter())
			answer(nil, e).write(w)
			return
		}
		if op.check != nil {
			if e := op.check(c); e != nil {
				answer(nil, e).write(w)
				return
			}
		}
		if c.key != "" {
			h.Set("Idempotency-Key", c.key)
			if stored, done := s.claimKey(r, c); done {
				if stored.replayed {
					h.Set("Idempotent-Replayed", "true")
					h.Set("Original-Request", stored.requestID)
				}
				stored.result.write(w)
				return
			}
		}
		fault := s.takeFault(c)
		res := s.execute(c, fault)
		if fault.Mode == HangAfter {
			s.sleep(fault.hang(), r.Context().Done())
			panic(http.ErrAbortHandler)
		}
		res.write(w)
	})
}

// admit reads the request and checks who sends it.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, c *call) *apiError {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return invalid("", "", "The request could not be read: it must be form-encoded and at most %d bytes.", maxBody)
	}
	c.form = r.Form
	if e := s.authenticate(r, c); e != nil {
		return e
	}
	if r.Method == http.MethodPost {
		c.key = strings.TrimSpace(r.Header.Get("Idempotency-Key"))
		if len(c.key) > 255 {
			return invalid("", "", "Keys for idempotent requests can be up to 255 characters long.")
		}
	}
	return checkParams(c.form, c.op.params)
}

func (s *Server) authenticate(r *http.Request, c *call) *apiError {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		key, _, _ = r.BasicAuth()
	}
	if key == "" {
		key = c.form.Get("key") // where a browser puts its publishable key
	}
	switch {
	case key == "":
		return unauthorized("", "You did not provide an API key. Use it in the Authorization header as a bearer token.")
	case strings.HasPrefix(key, "pk_test_"):
		if !c.op.public {
			return unauthorized("secret_key_required",
				"This API call cannot be made with a publishable API key. Please use a secret API key.")
		}
		if c.form.Get("client_secret") == "" {
			return invalid("parameter_missing", "client_secret", "Missing required param: client_secret.")
		}
		c.public = true
		return nil
	case s.cfg.SecretKey != "" && key == s.cfg.SecretKey,
		s.cfg.SecretKey == "" && strings.HasPrefix(key, "sk_test_"):
		return nil
	default:
		return unauthorized("", "Invalid API Key provided: "+mask(key))
	}
}

// mask shows what kind of key it is and its last four characters.
func mask(key string) string {
	if len(key) < 16 {
		return "****"
	}
	return key[:8] + strings.Repeat("*", 8) + key[len(key)-4:]
}

// arrive counts a request and limits the rate, when a fault says so.
func (s *Server) arrive(c *call) RequestFault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.add(c.op.name, s.bookingOf(c))
	return s.faults.take(c.op.name, func(f RequestFault) bool { return f.Mode == RateLimit })
}

// takeFault takes the fault for a request that is going to be executed: answers
// repeated for an idempotency key use none up.
func (s *Server) takeFault(c *call) RequestFault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults.take(c.op.name, func(f RequestFault) bool { return f.Mode != RateLimit })
}

// execute runs the operation, bent by the fault, and keeps the answer for the
// idempotency key. It goes on when the client has left, as Stripe does.
func (s *Server) execute(c *call, fault RequestFault) result {
	if fault.Latency > 0 {
		s.sleep(time.Duration(fault.Latency), nil)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var res result
	switch fault.Mode {
	case FailBefore, Refuse:
		res = answer(nil, fault.asError())
	case FailAfter:
		answer(c.op.run(s, c))
		res = answer(nil, fault.asError())
	default:
		res = answer(c.op.run(s, c))
	}
	s.settleKey(c, res, !fault.Unstored)
	s.journal.flush()
	return res
}
