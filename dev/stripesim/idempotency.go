package stripesim

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"
)

// keyLifetime is how long Stripe keeps an idempotency key at least.
const keyLifetime = 24 * time.Hour

// keyRecord is what is known of an idempotency key.
type keyRecord struct {
	Scope     string  `json:"scope"`
	Endpoint  string  `json:"endpoint"`
	Params    string  `json:"params"` // hash
	RequestID string  `json:"request_id"`
	Created   int64   `json:"created"`
	Result    *result `json:"result,omitempty"` // nil while the request runs
}

// keyAnswer is the answer to a request whose key was used before.
type keyAnswer struct {
	result    result
	replayed  bool
	requestID string
}

// scope keeps keys of browsers apart from those of the account.
func (c *call) scope() string {
	if c.public {
		return "pk:" + c.key
	}
	return "sk:" + c.key
}

// claimKey takes the key for this request. If it is taken already, done is true
// and the answer is ready.
func (s *Server) claimKey(r *http.Request, c *call) (a keyAnswer, done bool) {
	sum := sha256.Sum256([]byte(c.form.Encode()))
	params, endpoint := hex.EncodeToString(sum[:]), r.URL.Path
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := s.keys.get(c.scope())
	if rec != nil && s.now()-rec.Created > int64(keyLifetime/time.Second) {
		s.keys.remove(c.scope())
		rec = nil
	}
	switch {
	case rec == nil:
		s.keys.put(c.scope(), &keyRecord{
			Scope: c.scope(), Endpoint: endpoint, Params: params,
			RequestID: c.requestID, Created: s.now(),
		})
		return keyAnswer{}, false
	case rec.Endpoint != endpoint:
		e := invalid("", "", "Keys for idempotent requests can only be used for the same endpoint they were first used for "+
			"('%s' vs '%s'). Try using a key other than '%s' if you meant to execute a different request.",
			endpoint, rec.Endpoint, c.key)
		e.Type = typeIdempotency
		return keyAnswer{result: answer(nil, e)}, true
	case rec.Params != params:
		e := invalid("", "", "Keys for idempotent requests can only be used with the same parameters they were first used with. "+
			"Try using a key other than '%s' if you meant to execute a different request.", c.key)
		e.Type = typeIdempotency
		return keyAnswer{result: answer(nil, e)}, true
	case rec.Result == nil:
		e := invalid("idempotency_key_in_use", "", "There is currently another in-progress request using this idempotent key: %s. "+
			"Please try again later.", c.key)
		e.Type, e.status = typeIdempotency, http.StatusConflict
		return keyAnswer{result: answer(nil, e)}, true
	default:
		return keyAnswer{result: *rec.Result, replayed: true, requestID: rec.RequestID}, true
	}
}

// settleKey keeps the answer for the key, or frees the key. The caller holds mu.
func (s *Server) settleKey(c *call, res result, store bool) {
	rec := s.keys.get(c.scope())
	if c.key == "" || rec == nil || rec.RequestID != c.requestID {
		return
	}
	if !store {
		s.keys.remove(c.scope())
		return
	}
	rec.Result = &res
	s.journal.append(kindKey, rec)
}
